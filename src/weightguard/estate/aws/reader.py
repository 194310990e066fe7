"""AWS as `weightguard.estate.providers` knows it: from the scopes of snapshots to the AWS share of an estate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from typing import Final

from weightguard.estate.aws.estate import Draft, join
from weightguard.estate.aws.partition import DEFAULT, partition_of, partition_of_region
from weightguard.estate.aws.scope import Scope
from weightguard.estate.contents import tally
from weightguard.estate.documents import Documents
from weightguard.estate.evidence import Record
from weightguard.estate.share import LeftBehind, ScopeInput, Share
from weightguard.provider import scope_parts

_LOOKED_AT: Final = 100
"""Records of a service's file that are looked at for the partition."""


def read(scopes: Sequence[ScopeInput], left_behind: LeftBehind) -> Share:
    """Everything that the accounts hold."""
    draft = Draft()
    for given in scopes:
        draft.add(_scope(given, draft.documents), tally(given.snapshot, given.name))
    return join(draft, left_behind)


def _scope(given: ScopeInput, documents: Documents) -> Scope:
    records: Callable[[str], Iterable[Record]] = partial(given.snapshot.records, given.name)
    services = tuple(service for owner, service in given.snapshot.services if owner == given.name)
    return Scope(
        account=scope_parts(given.name)[1],
        name=given.name,
        records=records,
        calls=given.calls,
        documents=documents,
        services=services,
        partition=_partition(records, services),
    )


def _partition(records: Callable[[str], Iterable[Record]], services: Iterable[str]) -> str:
    """The partition of an account, as the first of its records that names one says."""
    for service in services:
        for record in islice(records(service), _LOOKED_AT):
            if record.id.startswith("arn:"):
                return partition_of(record.id)
            if record.region:
                return partition_of_region(record.region)
    return DEFAULT
