"""Which limits of our own this estate meets: each detector says from typed facts where its limit stands and whether it is in play.

What only one provider has is detected in its package, which `weightguard.estate.providers` tells.
"""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.estate.fact import Known, Unknown
from weightguard.estate.limit import Limit, LimitKind
from weightguard.estate.model import Estate
from weightguard.estate.providers import limits


def limits_of(estate: Estate) -> tuple[Limit, ...]:
    """Every limit that concerns what this estate holds, in the order of kind and place."""
    found = dict.fromkeys((*_old_versions(estate), *_disks(estate), *limits(estate)))
    return tuple(sorted(found, key=lambda limit: (limit.kind.id, limit.about)))


def _old_versions(estate: Estate) -> Iterator[Limit]:
    """Standing: where versions are or were kept and nobody listed them, deleted weights may still lie."""
    for store in estate.stores:
        if isinstance(store.contents, Known) and store.contents.value.old_versions:
            continue
        if isinstance(store.versioning, Unknown) or store.versioning.value.was_on:
            yield Limit(LimitKind.OLD_VERSIONS, store.id, in_play=False)


def _disks(estate: Estate) -> Iterator[Limit]:
    """Standing: where there are disks, no source shows what lies in them."""
    held = {copy.account for copy in estate.disk_copies}
    yield from (Limit(LimitKind.DISK_CONTENTS, account, in_play=False) for account in sorted(held))
