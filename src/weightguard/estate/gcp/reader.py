"""Google Cloud as `weightguard.estate.providers` knows it: from the scopes of snapshots to its share of an estate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from weightguard.estate.contents import tally
from weightguard.estate.fact import Collection, Fact, Known, Reason, Source, Unknown
from weightguard.estate.gcp import (
    containers,
    disks,
    endpoints,
    identities,
    keys,
    perimeters,
    resources,
    sinks,
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
    "trails",
    "endpoints",
    "secrets",
)
"""Collections that an export of resources fills: without one, more may exist of each."""

INVENTORY: Final = "cloudasset:ListAssets/RESOURCE"
_PROJECTS: Final = "cloudresourcemanager"
FEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    INVENTORY: DESCRIBED,
    "cloudresourcemanager:ListFolders": DESCRIBED,
    "cloudresourcemanager:ListProjects": DESCRIBED,
    "cloudasset:ListAssets/IAM_POLICY": ("principals",),
    "cloudasset:ListAssets/ORG_POLICY": (),
    "cloudasset:ListAssets/ACCESS_POLICY": ("perimeters",),
    **dict.fromkeys(
        (
            "accesscontextmanager:ListAccessPolicies",
            "accesscontextmanager:ListServicePerimeters",
            "accesscontextmanager:ListAccessLevels",
        ),
        ("perimeters",),
    ),
    "storage:ListBuckets": ("stores",),
    "iam:ListServiceAccounts": ("principals",),
    "iam:ListRoles": ("role_definitions",),
    **dict.fromkeys(
        (
            "cloudidentity:ListMemberships", "cloudidentity:LookupGroupName", "cloudresourcemanager:GetFolder",
            "cloudresourcemanager:GetIamPolicy", "cloudresourcemanager:GetOrganization", "cloudresourcemanager:GetProject",
            "iam:GetIamPolicy", "iam:GetPolicy", "iam:GetRole", "iam:ListPolicies", "iam:ListPolicyBindings",
            "iam:ListPrincipalAccessBoundaryPolicies", "iam:ListServiceAccountKeys", "orgpolicy:ListPolicies",
            "storage:GetIamPolicy", "storage:GetObject", "storage:ListHmacKeys", "storage:ListManagedFolders",
            "storage:ListObjects",
        ),
        (),
    ),
}  # fmt: skip
"""Call of a collection -> the collections that lack something where it is refused; none: what it tells is a fact of a thing that is
there anyway, and missing of that. A call that is not here may hide anything.
"""


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
        "trails": sinks.trails(records),
        "endpoints": endpoints.endpoints(records),
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
    found: dict[str, dict[Unknown, None]] = {}

    def add(names: Iterable[str], unknown: Unknown) -> None:
        for name in names:
            found.setdefault(name, {})[unknown] = None

    for given in scopes:
        for call, unknown in given.calls.obstacles():
            hidden = FEEDS.get(call, DESCRIBED)
            if call == INVENTORY and _lists_buckets(records, given):
                hidden = tuple(name for name in hidden if name != "stores")
            add(hidden, unknown)
    for rows in left_behind.values():
        for call, unknown in rows:
            add(FEEDS.get(call, DESCRIBED), unknown)
    asked = any(given.calls.called(*INVENTORY.split(":", 1)) for given in scopes)
    if "RESOURCE" not in records.contents and not asked:
        for _, name in (scope_parts(given.name) for given in scopes):
            source = Source.asked("gcp", name, "cloudasset", "ExportAssets", "resources")
            add(DESCRIBED, Unknown(Reason.NOT_COLLECTED, source))
    return {name: tuple(unknowns) for name, unknowns in found.items()}


def _lists_buckets(records: Records, given: ScopeInput) -> bool:
    """Whether storage itself named every bucket of a scope whose inventory could not be read: of a project, or of all below it."""
    log = given.calls
    listed = log.called(_PROJECTS, "ListProjects") and log.called(_PROJECTS, "ListFolders")
    broken = log.obstacle(_PROJECTS, "ListProjects") or log.obstacle(_PROJECTS, "ListFolders")
    return records.tells(given.name, "BUCKETS") or (listed and broken is None)
