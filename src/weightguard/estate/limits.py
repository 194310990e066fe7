"""Which limits of our own this estate meets: each detector says from typed facts where its limit stands and whether it is in play.

Sources: Amazon S3 user guide, "Controlling ownership of objects and disabling ACLs for your bucket" (with BucketOwnerEnforced no
ACL grants anything), "Delegating access control to access points" and "Configuring Multi-Region Access Point permissions" (the
policy of an access point grants what the bucket's policy delegates), "S3 Access Grants" (a location is read through a role that
trusts ``access-grants.s3.amazonaws.com``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from weightguard.estate.aws.settings import UNREAD_TYPES
from weightguard.estate.aws.trust import services_trusted
from weightguard.estate.fact import Fact, Known, Unknown
from weightguard.estate.limit import Limit, LimitKind
from weightguard.estate.model import Estate, NamedPolicy, Store

EVERYTHING: Final = "*"
GRANTS_SERVICE: Final = "access-grants.s3"
DELEGATING: Final = "s3:dataaccesspoint"
"""How the condition keys begin by which a bucket's policy leaves the decision to access points."""


def limits_of(estate: Estate) -> tuple[Limit, ...]:
    """Every limit that concerns what this estate holds, in the order of kind and place."""
    found = dict.fromkeys(limit for detect in _DETECTORS for limit in detect(estate))
    return tuple(sorted(found, key=lambda limit: (limit.kind.id, limit.about)))


def _object_acls(estate: Estate) -> Iterator[Limit]:
    """In play where ACLs are on; where they are not known to be off they may be."""
    for store in estate.stores:
        if store.provider == "aws" and not (
            isinstance(store.object_lists, Known) and not store.object_lists.value.in_force
        ):
            yield Limit(LimitKind.OBJECT_ACLS, store.id)


def _old_versions(estate: Estate) -> Iterator[Limit]:
    """Standing: where versions are or were kept and nobody listed them, deleted weights may still lie."""
    for store in estate.stores:
        if isinstance(store.contents, Known) and store.contents.value.old_versions:
            continue
        if isinstance(store.versioning, Unknown) or store.versioning.value.was_on:
            yield Limit(LimitKind.OLD_VERSIONS, store.id, in_play=False)


def _multi_region(estate: Estate) -> Iterator[Limit]:
    """In play where a bucket's policy leaves the decision to access points; else standing, once."""
    delegating = [store for store in estate.stores if _delegates(store)]
    yield from (Limit(LimitKind.MULTI_REGION_ACCESS_POINTS, store.id) for store in delegating)
    if len(estate.stores) and not delegating:
        yield Limit(LimitKind.MULTI_REGION_ACCESS_POINTS, EVERYTHING, in_play=False)


def _access_grants(estate: Estate) -> Iterator[Limit]:
    """In play in an account that has a role for it; else standing, once."""
    accounts = sorted({one.account for one in estate.principals if GRANTS_SERVICE in services_trusted(one)})
    yield from (Limit(LimitKind.ACCESS_GRANTS, account) for account in accounts)
    if len(estate.stores) and not accounts:
        yield Limit(LimitKind.ACCESS_GRANTS, EVERYTHING, in_play=False)


def _disks(estate: Estate) -> Iterator[Limit]:
    """Standing: where there are disks, no source shows what lies in them."""
    held = {copy.account for copy in estate.disk_copies}
    held.update(
        one.account for kind in ("efs.file_system", "fsx.file_system") for one in estate.resources_of(kind)
    )
    yield from (Limit(LimitKind.DISK_CONTENTS, account, in_play=False) for account in sorted(held))


def _unread_types(estate: Estate) -> Iterator[Limit]:
    """Standing, one a type; in play at the stores that a resource of such a type names."""
    for account in estate.accounts:
        stated = account.settings.get(UNREAD_TYPES)
        types = stated.value if isinstance(stated, Known) and isinstance(stated.value, Mapping) else {}
        for name, told in (types.get("aws") or {}).items():
            yield Limit(LimitKind.UNREAD_TYPES, str(name), in_play=False)
            yield from (Limit(LimitKind.UNREAD_TYPES, str(store)) for store in told.get("stores") or ())


def _standing(estate: Estate) -> Iterator[Limit]:
    """What no source of ours shows."""
    if any(account.provider == "aws" for account in estate.accounts):
        yield Limit(LimitKind.RESOURCE_SHARES, EVERYTHING, in_play=False)
        yield Limit(LimitKind.OTHER_STORES, EVERYTHING, in_play=False)
    if len(estate.organisations):
        yield Limit(LimitKind.ORGANISATION_FEATURES, EVERYTHING, in_play=False)
    if len(estate.endpoints):
        yield Limit(LimitKind.ENDPOINT_POLICIES, EVERYTHING, in_play=False)


_DETECTORS: Final[tuple[Callable[[Estate], Iterable[Limit]], ...]] = (
    _object_acls,
    _old_versions,
    _multi_region,
    _access_grants,
    _disks,
    _unread_types,
    _standing,
)


def _delegates(store: Store) -> bool:
    """Whether an allowing statement of the bucket's policy hangs on which access point a request comes through."""
    return any(
        key.lower().startswith(DELEGATING)
        for statement in _statements(store.policy)
        if statement.get("Effect") == "Allow"
        for keys in _mappings(statement.get("Condition"))
        for key in keys
        if isinstance(key, str)
    )


def _statements(fact: Fact[NamedPolicy | None]) -> Iterator[Mapping[str, Any]]:
    document = fact.value.document if isinstance(fact, Known) and fact.value is not None else None
    if isinstance(document, Mapping):
        yield from (item for item in _listed(document.get("Statement")) if isinstance(item, Mapping))


def _mappings(condition: object) -> Iterator[Mapping[Any, Any]]:
    if isinstance(condition, Mapping):
        yield from (keys for keys in condition.values() if isinstance(keys, Mapping))


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
