"""A policy document, kept as its provider wrote it: what it means is decided in `weightguard.policy`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy document with the name a person finds it by.

    Attributes:
        id: the managed policy's ARN or resource name, or ``<owner id>#<inline name>``.
        name: the name in the provider's console.
        document: the document as the provider returned it: a mapping, or the text where it could not be parsed. None: the text is
            not in the snapshot; a `provider` policy is then resolved by its id, any other one is not known.
        origin: ``provider`` (managed by the cloud provider), ``customer`` (managed) or ``inline``.
        versions: AWS: the documents of a managed policy's other versions, any of which may be made the default; None: not known.
    """

    id: str
    name: str
    document: Mapping[str, Any] | str | None
    origin: Literal["provider", "customer", "inline"]
    versions: tuple[Mapping[str, Any] | str, ...] | None = None
