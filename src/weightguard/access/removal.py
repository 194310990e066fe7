"""Things that can be taken out of an estate to close a way, and the estate without them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from weightguard.access.model import Because
from weightguard.access.understanding import parsed
from weightguard.estate.fact import Collection, Fact, Known
from weightguard.estate.model import DiskCopy, Estate, Key, NamedPolicy, Principal, Secret, Store, Workload

OPEN_DOOR: Final = "AuthType NONE"
"""The statement of a reason that is a workload's own setting: it asks its callers for no credentials."""
SHARED: Final = "shared"
"""The statement of a reason that is a disk's own setting: it is shared with everybody, or with another account."""
WHOLE = "*"
"""The statement of a unit that takes a whole policy away."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, order=True)
class Unit:
    """One removable thing.

    Attributes:
        holder: whose policy it is: a principal, a group, a store, a key.
        policy: the policy's id, or the grant's.
        statement: its Sid or index; ``*`` where the whole policy is detached, or a grant retired.
        words: the change, as somebody is told to make it.
        rank: among equally small sets, what to touch first: an actor's own permission (0), what lets an actor in (1), what lets a
            service work (2).
    """

    rank: int
    holder: str
    policy: str
    statement: str
    words: str


class Removable:
    """Finds the removable thing behind a reason.

    Args:
        estate: what the reasons are about.
    """

    def __init__(self, estate: Estate) -> None:
        self._principals = {one.id: one for one in estate.principals}
        self._policies = {policy.id: (holder, policy) for holder, policy in _resource_policies(estate)}
        self._grants = {
            grant.id: key.id
            for key in estate.keys
            if isinstance(key.grants, Known)
            for grant in key.grants.value
        }
        self._workloads = {workload.id for workload in estate.workloads}
        self._disks = {disk.id for disk in estate.disk_copies}
        self._stores = estate.stores

    def unit(self, actor: str, because: Because) -> Unit | None:
        """The removable thing; None where it cannot be removed (it is not there yet, or is nobody's statement)."""
        return self._carried(actor, because) or self._on_resource(because) or self._setting(because)

    def _carried(self, actor: str, because: Because) -> Unit | None:
        """A statement of an identity policy, or the attachment of a provider's."""
        found = self._carrier(actor, because.policy)
        if found is None:
            return None
        holder, policy = found
        if policy.origin == "provider":
            return Unit(1, holder, policy.id, WHOLE, f"detach {policy.name} from {holder}")
        owner = policy.id if policy.origin == "customer" else holder
        return Unit(0, owner, policy.id, because.statement, _words(policy, because.statement))

    def _carrier(self, actor: str, name: str) -> tuple[str, NamedPolicy] | None:
        """Who carries an identity policy on the actor's behalf, and the policy."""
        principal = self._principals.get(actor)
        if principal is None:
            return None
        groups = (self._principals[group] for group in principal.groups if group in self._principals)
        for owner in (principal, *groups):
            for policy in owner.policies.value if isinstance(owner.policies, Known) else ():
                if policy.id == name:
                    return owner.id, policy
        return None

    def _on_resource(self, because: Because) -> Unit | None:
        """A statement of a resource's or a role's own policy, or a grant of a key."""
        found = self._policies.get(because.policy)
        if found is not None:
            holder, policy = found
            rank = 2 if _lets_service_in(policy, because.statement) else 1
            return Unit(rank, holder, policy.id, because.statement, _words(policy, because.statement))
        key = self._grants.get(because.policy)
        return (
            None
            if key is None
            else Unit(1, key, because.policy, WHOLE, f"retire grant {because.policy} of {key}")
        )

    def _setting(self, because: Because) -> Unit | None:
        """A setting of a workload, a disk or a store that lets somebody in."""
        name, statement = because.policy, because.statement
        if statement == OPEN_DOOR and name in self._workloads:
            return Unit(1, name, name, OPEN_DOOR, f"have {name} ask its callers for credentials")
        if statement == SHARED and name in self._disks:
            return Unit(1, name, name, SHARED, f"stop sharing {name}")
        for store in self._stores:
            acl = store.acl.value if isinstance(store.acl, Known) else None
            if any(_grants(entry, because) for entry in (acl.get("Grants", ()) if acl is not None else ())):
                words = (
                    f"remove the grant of {statement} to {name} from the access control list of {store.id}"
                )
                return Unit(1, store.id, name, statement, words)
        return None


def unit_of(estate: Estate, actor: str, because: Because) -> Unit | None:
    """The removable thing behind one reason; see `Removable` for many."""
    return Removable(estate).unit(actor, because)


def _grants(entry: Mapping[str, Any], because: Because) -> bool:
    grantee = entry.get("Grantee", {})
    return (
        because.policy in (grantee.get("URI"), grantee.get("ID"))
        and entry.get("Permission") == because.statement
    )


def _lets_service_in(policy: NamedPolicy, statement: str) -> bool:
    document = parsed(policy.document)
    rows = document.get("Statement") if isinstance(document, Mapping) else None
    for index, row in enumerate(rows if isinstance(rows, list) else [rows]):
        if isinstance(row, Mapping) and _label(row, index) == statement:
            principal = row.get("Principal")
            return isinstance(principal, Mapping) and "Service" in principal
    return False


def _words(policy: NamedPolicy, statement: str) -> str:
    return f"remove statement {statement} from {policy.name} ({policy.id})"


def _resource_policies(estate: Estate) -> Iterable[tuple[str, NamedPolicy]]:
    """Every policy that hangs on something other than an identity, with what it hangs on."""
    for principal in estate.principals:
        yield from _known(principal.id, principal.trust)
    for store in estate.stores:
        yield from _known(store.id, store.policy)
        for point in store.access_points:
            yield from _known(point.id, point.policy)
    for key in estate.keys:
        yield from _known(key.id, key.policy)
    for workload in estate.workloads:
        yield from _known(workload.id, workload.policy)
    for secret in estate.secrets:
        yield from _known(secret.id, secret.policy)


def _known(holder: str, fact: Fact[NamedPolicy | None]) -> Iterable[tuple[str, NamedPolicy]]:
    if isinstance(fact, Known) and fact.value is not None:
        yield holder, fact.value


def applied(estate: Estate, units: Iterable[Unit]) -> Estate:
    """The estate without some removable things."""
    without = _Without(frozenset(units))
    return replace(
        estate,
        principals=_mapped(estate.principals, without.principal),
        stores=_mapped(estate.stores, without.store),
        keys=_mapped(estate.keys, without.key),
        workloads=_mapped(estate.workloads, without.workload),
        secrets=_mapped(estate.secrets, without.secret),
        disk_copies=_mapped(estate.disk_copies, without.disk),
    )


def _mapped(found: Collection[T], change: Callable[[T], T]) -> Collection[T]:
    return replace(found, items=tuple(change(item) for item in found))


class _Without:
    """Takes things out."""

    def __init__(self, units: frozenset[Unit]) -> None:
        self._statements: dict[str, set[str]] = {}
        self._detached: set[tuple[str, str]] = set()
        for unit in units:
            if unit.statement == WHOLE:
                self._detached.add((unit.holder, unit.policy))
            else:
                self._statements.setdefault(unit.policy, set()).add(unit.statement)

    def principal(self, item: Principal) -> Principal:
        """A principal without what was taken from its policies and its trust policy."""
        policies = item.policies
        if isinstance(policies, Known):
            kept = tuple(
                self.policy(one) for one in policies.value if (item.id, one.id) not in self._detached
            )
            policies = Known(kept, policies.source)
        return replace(item, policies=policies, trust=self._fact(item.trust))

    def store(self, item: Store) -> Store:
        """A store without what was taken from its policies and its access control list."""
        points = replace(
            item.access_points,
            items=tuple(replace(one, policy=self._fact(one.policy)) for one in item.access_points),
        )
        return replace(item, policy=self._fact(item.policy), access_points=points, acl=self._acl(item))

    def _acl(self, item: Store) -> Fact[Mapping[str, Any] | None]:
        if not isinstance(item.acl, Known) or item.acl.value is None:
            return item.acl
        kept = [entry for entry in item.acl.value.get("Grants", ()) if not self._taken(entry)]
        return Known({**item.acl.value, "Grants": kept}, item.acl.source)

    def _taken(self, entry: Mapping[str, Any]) -> bool:
        grantee = entry.get("Grantee", {})
        names = (grantee.get("URI"), grantee.get("ID"))
        return any(entry.get("Permission") in self._statements.get(name, ()) for name in names if name)

    def key(self, item: Key) -> Key:
        """A key without what was taken from its policy, and without retired grants."""
        grants = item.grants
        if isinstance(grants, Known):
            kept = tuple(one for one in grants.value if (item.id, one.id) not in self._detached)
            grants = Known(kept, grants.source)
        return replace(item, policy=self._fact(item.policy), grants=grants)

    def workload(self, item: Workload) -> Workload:
        """A workload without what was taken from its policy."""
        closed = OPEN_DOOR in self._statements.get(item.id, ())
        public = Known(False, item.public.source) if closed else item.public
        return replace(item, policy=self._fact(item.policy), public=public)

    def disk(self, item: DiskCopy) -> DiskCopy:
        """A disk that is no longer shared, where that was taken away."""
        if SHARED not in self._statements.get(item.id, ()):
            return item
        public, shared = item.public, item.shared_with
        return replace(item, public=Known(False, public.source), shared_with=Known((), shared.source))

    def secret(self, item: Secret) -> Secret:
        """A secret without what was taken from its policy."""
        return replace(item, policy=self._fact(item.policy))

    def _fact(self, fact: Fact[NamedPolicy | None]) -> Fact[NamedPolicy | None]:
        if not isinstance(fact, Known) or fact.value is None:
            return fact
        return Known(self.policy(fact.value), fact.source)

    def policy(self, found: NamedPolicy) -> NamedPolicy:
        """A policy without the statements that were taken from it; the others keep the labels that they had."""
        taken = self._statements.get(found.id)
        document = parsed(found.document)
        if not taken or not isinstance(document, Mapping):
            return found
        statements = document.get("Statement")
        rows = statements if isinstance(statements, list) else [statements]
        kept = [_labelled(row, index) for index, row in enumerate(rows) if _label(row, index) not in taken]
        return replace(found, document={**document, "Statement": kept})


def _label(row: object, index: int) -> str:
    sid = row.get("Sid") if isinstance(row, Mapping) else None
    return str(sid) if sid else str(index)


def _labelled(row: object, index: int) -> object:
    """A statement under the label that it had: an index would shift."""
    return {**row, "Sid": _label(row, index)} if isinstance(row, Mapping) else row
