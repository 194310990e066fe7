"""Google Cloud as `weightguard.estate.providers` knows it: from the scopes of snapshots to its share of an estate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from weightguard.estate.contents import tally
from weightguard.estate.fact import Collection, Fact, Known, Reason, Source, Unknown
from weightguard.estate.gcp import (
    containers,
    disks,
    identities,
    keys,
    perimeters,
    resources,
    storage,
    workloads,
)
from weightguard.estate.gcp.constraints import Constraints
from weightguard.estate.gcp.scope import Records
from weightguard.estate.model import NamedPolicy
from weightguard.estate.share import LeftBehind, ScopeInput, Share
from weightguard.provider import scope_parts

DESCRIBED: Final = (
    "organisations",
    "accounts",
    "principals",
    "role_definitions",
    "federated_providers",
    "stores",
    "keys",
    "workloads",
    "disk_copies",
    "secrets",
)
"""Collections that an export of resources fills: without one, more may exist of each."""


def read(scopes: Sequence[ScopeInput], left_behind: LeftBehind) -> Share:
    """Everything that the scopes hold; containers, groups and policies of one may bear on things of another."""
    records = Records()
    for given in scopes:
        records.listings.update(tally(given.snapshot, given.name))
        records.from_state |= given.calls.from_state
        records.logs[scope_parts(given.name)[1]] = given.calls
        for owner, service in given.snapshot.services:
            if owner == given.name:
                for record in given.snapshot.records(owner, service):
                    records.add(record)
    gaps = _gaps(records, scopes, left_behind)
    found = _things(records)
    return Share(
        {name: _collection(items, gaps.get(name, ())) for name, items in found.items()},
        resources.resources(records),
    )


def _things(records: Records) -> dict[str, Sequence[Any]]:
    outer = containers.containers(records)
    constraints = Constraints(outer)
    buckets = storage.stores(records, constraints)
    rings, held = keys.rings(records), keys.keys(records)
    running, secret = workloads.workloads(records), resources.secrets(records)
    others = [one for each in resources.resources(records).values() for one in each]
    policed: list[Any] = [*buckets, *held, *running, *secret, *others]
    facts: list[Fact[Any]] = [
        *(one.policy for one in policed),
        *(one.policies for one in (*outer, *rings)),
        *(one.folder_policies for one in buckets),
    ]
    trusting = identities.principals(records, ())
    facts += [one.trust for one in trusting]
    return {
        "organisations": containers.organisations(records),
        "containers": (*outer, *rings),
        "accounts": containers.accounts(records, constraints),
        "principals": identities.principals(records, _documents(facts)),
        "role_definitions": identities.roles(records),
        "federated_providers": identities.federated_providers(records),
        "stores": buckets,
        "keys": held,
        "perimeters": perimeters.perimeters(records),
        "workloads": running,
        "disk_copies": disks.disk_copies(records),
        "secrets": secret,
    }


def _documents(facts: Iterable[Fact[Any]]) -> Iterator[Mapping[str, Any]]:
    """The documents of some policies."""
    for one in facts:
        value = one.value if isinstance(one, Known) else None
        for policy in value if isinstance(value, tuple) else (value,):
            if isinstance(policy, NamedPolicy) and isinstance(policy.document, Mapping):
                yield policy.document


def _collection(items: Iterable[Any], gaps: tuple[Unknown, ...]) -> Collection[Any]:
    by_id = {item.id: item for item in items}
    return Collection(tuple(by_id[name] for name in sorted(by_id)), gaps)


def _gaps(
    records: Records, scopes: Sequence[ScopeInput], left_behind: LeftBehind
) -> dict[str, tuple[Unknown, ...]]:
    """Collection -> what may be missing from it."""
    found: list[Unknown] = []
    for given in scopes:
        found += [unknown for _, unknown in given.calls.obstacles()]
    found += [unknown for rows in left_behind.values() for _, unknown in rows]
    if "RESOURCE" not in records.contents:
        found += [
            Unknown(
                Reason.NOT_COLLECTED, Source.asked("gcp", name, "cloudasset", "ExportAssets", "resources")
            )
            for _, name in (scope_parts(given.name) for given in scopes)
        ]
    return dict.fromkeys(DESCRIBED, tuple(dict.fromkeys(found)))
