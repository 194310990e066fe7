"""Which limits of our own the AWS part of an estate meets.

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
from weightguard.estate.fact import Fact, Known
from weightguard.estate.limit import EVERYTHING, Limit, LimitKind
from weightguard.estate.model import Estate, NamedPolicy, Store

OWN: Final = "aws"
GRANTS_SERVICE: Final = "access-grants.s3"
DELEGATING: Final = "s3:dataaccesspoint"
"""How the condition keys begin by which a bucket's policy leaves the decision to access points."""
FILE_SYSTEMS: Final = ("efs.file_system", "fsx.file_system")


def limits(estate: Estate) -> Iterator[Limit]:
    """Every limit that concerns what lies on AWS."""
    for detect in _DETECTORS:
        yield from detect(estate)


def _stores(estate: Estate) -> list[Store]:
    return [one for one in estate.stores if one.provider == OWN]


def _object_acls(estate: Estate) -> Iterator[Limit]:
    """In play where ACLs are on; where they are not known to be off they may be."""
    for store in _stores(estate):
        if not (isinstance(store.object_lists, Known) and not store.object_lists.value.in_force):
            yield Limit(LimitKind.OBJECT_ACLS, store.id)


def _multi_region(estate: Estate) -> Iterator[Limit]:
    """In play where a bucket's policy leaves the decision to access points; else standing, once."""
    stores = _stores(estate)
    delegating = [store for store in stores if _delegates(store)]
    yield from (Limit(LimitKind.MULTI_REGION_ACCESS_POINTS, store.id) for store in delegating)
    if stores and not delegating:
        yield Limit(LimitKind.MULTI_REGION_ACCESS_POINTS, EVERYTHING, in_play=False)


def _access_grants(estate: Estate) -> Iterator[Limit]:
    """In play in an account that has a role for it; else standing, once."""
    accounts = sorted({one.account for one in estate.principals if GRANTS_SERVICE in services_trusted(one)})
    yield from (Limit(LimitKind.ACCESS_GRANTS, account) for account in accounts)
    if _stores(estate) and not accounts:
        yield Limit(LimitKind.ACCESS_GRANTS, EVERYTHING, in_play=False)


def _file_systems(estate: Estate) -> Iterator[Limit]:
    """Standing: no source shows what lies in a file system."""
    held = {one.account for kind in FILE_SYSTEMS for one in estate.resources_of(kind)}
    yield from (Limit(LimitKind.DISK_CONTENTS, account, in_play=False) for account in sorted(held))


def _unread_types(estate: Estate) -> Iterator[Limit]:
    """Standing, one a type; in play at the stores that a resource of such a type names."""
    for account in estate.accounts:
        stated = account.settings.get(UNREAD_TYPES)
        types = stated.value if isinstance(stated, Known) and isinstance(stated.value, Mapping) else {}
        for name, told in (types.get(OWN) or {}).items():
            yield Limit(LimitKind.UNREAD_TYPES, str(name), in_play=False)
            yield from (Limit(LimitKind.UNREAD_TYPES, str(store)) for store in told.get("stores") or ())


def _standing(estate: Estate) -> Iterator[Limit]:
    """What no source of ours shows."""
    if any(one.provider == OWN for one in estate.accounts):
        yield Limit(LimitKind.RESOURCE_SHARES, EVERYTHING, in_play=False)
        yield Limit(LimitKind.OTHER_STORES, EVERYTHING, in_play=False)
    if any(one.provider == OWN for one in estate.organisations):
        yield Limit(LimitKind.ORGANISATION_FEATURES, EVERYTHING, in_play=False)
    if any(one.provider == OWN for one in estate.endpoints):
        yield Limit(LimitKind.ENDPOINT_POLICIES, EVERYTHING, in_play=False)


_DETECTORS: Final[tuple[Callable[[Estate], Iterable[Limit]], ...]] = (
    _object_acls,
    _multi_region,
    _access_grants,
    _file_systems,
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
