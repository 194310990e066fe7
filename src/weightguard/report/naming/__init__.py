"""What a subject is called, and whose it is: as the report says; in reports of older versions, as its id does.

One module a provider reads ids. It is asked for ids that stand alone too: the store of a weight set, a node of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

from weightguard.assess.model import ResultEntry
from weightguard.provider import PROVIDERS, scope_parts
from weightguard.report.naming.providers import KINDS, READERS


@dataclass(frozen=True, slots=True)
class Subject:
    """A result's subject.

    Attributes:
        provider: ``aws``, ``gcp`` or ``azure``; None where it spans providers, or nobody knows.
        account: the account, project or subscription that it lies in; empty where it lies in none.
        region: empty where it has none.
        name: the short name that people know it by; its id where it has no other.
    """

    provider: str | None
    account: str
    region: str
    name: str


def subject_of(result: ResultEntry) -> Subject:
    """Whose a result's subject is, and what it is called."""
    if result.provider is None and result.account is None and result.name is None:
        return _read(result.subject)
    return Subject(
        result.provider, result.account or "", result.region or "", result.name or short(result.subject)
    )


def short(identifier: str) -> str:
    """The own name in an id: ``aurora-release`` of ``arn:aws:s3:::aurora-release``; an id of no known form as it is."""
    told = _told(identifier)
    return identifier if told is None else told.name


def partition_and_service(identifier: str) -> tuple[str, str]:
    """The partition of the cloud and the service that an id names; empty where it names none."""
    found = (read(identifier) for read in KINDS.values())
    return next((parts for parts in found if parts is not None), ("", ""))


def _read(identifier: str) -> Subject:
    provider, scope = scope_parts(identifier)
    if provider in PROVIDERS and scope:
        return Subject(provider, scope, "", identifier)
    return _told(identifier) or Subject(None, "", "", identifier)


def _told(identifier: str) -> Subject | None:
    """What an id tells by its form alone."""
    for provider, read in READERS.items():
        parts = read(identifier)
        if parts is not None:
            return Subject(provider, *parts)
    return None
