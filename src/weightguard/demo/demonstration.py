"""What a cloud's package offers to `weightguard demo`: a lab in miniature, and what is planted in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from weightguard.sources import Source

World = TypeVar("World")


@dataclass(frozen=True, slots=True)
class Weakness(Generic[World]):
    """One planted weakness: one change to the hardened lab, and the control that catches it.

    Attributes:
        name: a short slug.
        control: the id of the control that must fail because of it.
        subject: a text that the failing result's subject or message contains (a bucket's name, a role's name), or the name of an
            account.
        story: what somebody did, and why it matters, in one sentence.
        plant: makes the change on the hardened lab.
    """

    name: str
    control: str
    subject: str
    story: str
    plant: Callable[[World], None]


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A cloud's lab. `weightguard demo --cloud` runs it, and `scripts/generate_demo_page.py` writes its page in examples/.

    Attributes:
        title: the cloud in words.
        weaknesses: what may be planted in the hardened lab, in this order.
        running: builds the hardened lab with the weaknesses that it is handed (none: the hardened one) on a loopback address, hides
            the machine's own credentials, and yields the settings with which the ordinary collector scans it; stops what it
            started when the block ends. Raises InputError where something that it needs is not installed.
        about: how the lab comes about and what it cannot show, in a sentence or two: the page's first paragraph.
        kind: what the cloud calls the places of the lab: ``account``.
        places: such a place -> what lives there.
    """

    title: str
    weaknesses: tuple[Weakness[Any], ...]
    running: Callable[[tuple[Weakness[Any], ...]], AbstractContextManager[Source]]
    about: str
    kind: str
    places: Mapping[str, str]
