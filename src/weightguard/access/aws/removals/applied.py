"""An estate as changes leave it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from weightguard.access.aws.removals.policy_edits import Hung, hung_on, without
from weightguard.access.aws.removals.removable import listed_as
from weightguard.access.provider import OPEN_DOOR, SHARED, Unit, UnitKind
from weightguard.estate.fact import Collection, Fact, Known
from weightguard.estate.model import DiskCopy, Estate, Key, NamedPolicy, Principal, Secret, Store, Workload

T = TypeVar("T")


def applied(estate: Estate, units: Iterable[Unit]) -> Estate:
    """The estate without some removable things."""
    gone = _Gone(units)
    return replace(
        estate,
        principals=_mapped(estate.principals, gone.principal),
        stores=_mapped(estate.stores, gone.store),
        keys=_mapped(estate.keys, gone.key),
        workloads=_mapped(estate.workloads, gone.workload),
        secrets=_mapped(estate.secrets, gone.secret),
        disk_copies=_mapped(estate.disk_copies, gone.disk),
    )


def taken_from(units: Iterable[Unit]) -> dict[str, dict[str, frozenset[tuple[str, str]]]]:
    """What units take out of documents, by policy and statement."""
    found: dict[str, dict[str, frozenset[tuple[str, str]]]] = {}
    whole: set[tuple[str, str]] = set()
    for unit in units:
        if unit.kind is not UnitKind.STATEMENT:
            continue
        if not unit.taken:
            whole.add((unit.policy, unit.statement))
        labels = found.setdefault(unit.policy, {})
        labels[unit.statement] = labels.get(unit.statement, frozenset()) | frozenset(unit.taken)
    for policy, label in whole:
        found[policy][label] = frozenset()
    return found


def _mapped(found: Collection[T], change: Callable[[T], T]) -> Collection[T]:
    return replace(found, items=tuple(change(item) for item in found))


class _Gone:
    """Takes things out; what nothing is taken from stays the very same object."""

    def __init__(self, units: Iterable[Unit]) -> None:
        units = list(units)
        self._taken = taken_from(units)
        self._places = {(unit.kind, unit.holder, unit.policy, unit.statement) for unit in units}
        self._detached = {(unit.holder, unit.policy) for unit in units if unit.kind is UnitKind.ATTACHMENT}
        self._revoked = {(unit.holder, unit.policy) for unit in units if unit.kind is UnitKind.GRANT}

    def principal(self, item: Principal) -> Principal:
        """A principal without what was taken from its policies and its trust policy."""
        trust = self._fact(item.trust, Hung.TRUST, item.account)
        boundary = self._boundary(item)
        policies = item.policies
        if isinstance(policies, Known) and any(self._concerns(item.id, one) for one in policies.value):
            kept = (one for one in policies.value if (item.id, one.id) not in self._detached)
            changed = (self._policy(one, hung_on(one), item.account) for one in kept)
            policies = Known(tuple(one for one in changed if one is not None), policies.source)
        elif trust is item.trust and boundary is item.boundary:
            return item
        return replace(item, policies=policies, trust=trust, boundary=boundary)

    def _boundary(self, item: Principal) -> Fact[NamedPolicy | None]:
        """A managed policy that is somebody's boundary as well limits more when it says less."""
        return self._fact(item.boundary, Hung.MANAGED, item.account)

    def _concerns(self, holder: str, policy: NamedPolicy) -> bool:
        return policy.id in self._taken or (holder, policy.id) in self._detached

    def store(self, item: Store) -> Store:
        """A store without what was taken from its policies and its access control list."""
        points = replace(
            item.access_points,
            items=tuple(
                replace(one, policy=self._fact(one.policy, Hung.POINT, one.account))
                for one in item.access_points
            ),
        )
        policy = self._fact(item.policy, Hung.RESOURCE, item.account)
        return replace(item, policy=policy, access_points=points, acl=self._acl(item))

    def _acl(self, item: Store) -> Fact[Mapping[str, Any] | None]:
        gone = [(policy, permission) for kind, holder, policy, permission in self._places
                if kind is UnitKind.ACL and holder == item.id]  # fmt: skip
        if not gone or not isinstance(item.acl, Known) or item.acl.value is None:
            return item.acl
        kept = [
            entry
            for entry in item.acl.value.get("Grants", ())
            if not any(listed_as(entry, *one) for one in gone)
        ]
        return Known({**item.acl.value, "Grants": kept}, item.acl.source)

    def key(self, item: Key) -> Key:
        """A key without what was taken from its policy, and without revoked grants."""
        grants = item.grants
        if isinstance(grants, Known):
            kept = tuple(one for one in grants.value if (item.id, one.id) not in self._revoked)
            grants = Known(kept, grants.source)
        return replace(item, policy=self._fact(item.policy, Hung.KEY, item.account), grants=grants)

    def workload(self, item: Workload) -> Workload:
        """A workload without what was taken from its policy."""
        closed = (UnitKind.SETTING, item.id, item.id, OPEN_DOOR) in self._places
        public = Known(False, item.public.source) if closed else item.public
        return replace(item, policy=self._fact(item.policy, Hung.RESOURCE, item.account), public=public)

    def disk(self, item: DiskCopy) -> DiskCopy:
        """A disk that is no longer shared, where that was taken away."""
        if (UnitKind.SETTING, item.id, item.id, SHARED) not in self._places:
            return item
        public, shared = item.public, item.shared_with
        return replace(item, public=Known(False, public.source), shared_with=Known((), shared.source))

    def secret(self, item: Secret) -> Secret:
        """A secret without what was taken from its policy."""
        return replace(item, policy=self._fact(item.policy, Hung.RESOURCE, item.account))

    def _fact(self, fact: Fact[NamedPolicy | None], hung: Hung, account: str) -> Fact[NamedPolicy | None]:
        if not isinstance(fact, Known) or fact.value is None or fact.value.id not in self._taken:
            return fact
        return Known(self._policy(fact.value, hung, account), fact.source)

    def _policy(self, found: NamedPolicy, hung: Hung, account: str) -> NamedPolicy | None:
        """A policy without what was taken from it; None where nothing is left. The statements left keep their labels."""
        taken = self._taken.get(found.id)
        if taken is None:
            return found
        document = without(found.document, taken, hung, account, labelled=True)
        return None if document is None else replace(found, document=document)
