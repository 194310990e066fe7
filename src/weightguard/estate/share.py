"""One provider's share of an estate, and how shares become one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from weightguard.estate.calls import CallLog
from weightguard.estate.fact import Collection, Unknown

if TYPE_CHECKING:
    from weightguard.estate.model import Resource
    from weightguard.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ScopeInput:
    """An account, project or subscription, and the snapshot that is believed for it.

    Attributes:
        name: ``aws/111111111111``.
        calls: what was asked, and what was refused.
    """

    name: str
    snapshot: Snapshot
    calls: CallLog


@dataclass(frozen=True, slots=True)
class Share:
    """What one provider's scopes hold.

    Attributes:
        collections: field of `Estate` -> its things, sorted by id, with the gaps.
        resources: kind -> the other things, as `Estate.resources` has them.
    """

    collections: Mapping[str, Collection[Any]] = field(default_factory=dict)
    resources: Mapping[str, Collection[Resource]] = field(default_factory=dict)


LeftBehind = Mapping[str, Iterable[tuple[str, Unknown]]]
"""The id of a scope -> the listings that only an older snapshot of it made, and the gap that each leaves."""
Reader = Callable[[Sequence[ScopeInput], LeftBehind], Share]
"""Reads all scopes of a provider. What a record says never raises: it becomes an `Unknown`."""


def merged(shares: Sequence[Share]) -> Share:
    """All shares as one: a collection's things of all providers, sorted by id, and its gaps."""
    if len(shares) == 1:
        return shares[0]
    return Share(
        _together([share.collections for share in shares]), _together([share.resources for share in shares])
    )


def _together(parts: Sequence[Mapping[str, Collection[Any]]]) -> dict[str, Collection[Any]]:
    found: dict[str, Collection[Any]] = {}
    for part in parts:
        for name, more in part.items():
            known = found.get(name, Collection())
            items = sorted((*known.items, *more.items), key=lambda item: item.id)
            found[name] = Collection(tuple(items), (*known.gaps, *more.gaps))
    return dict(sorted(found.items()))
