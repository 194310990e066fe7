"""Things that can be taken out of an estate to close a way: which of them is behind a reason, and how little of it will do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from weightguard.access.aws.removals.policy_edits import EDITABLE, place_of, statements_of, values_of
from weightguard.access.model import Because, Hop
from weightguard.access.provider import OPEN_DOOR, SHARED, WHOLE, Unit, UnitKind
from weightguard.estate.fact import Fact, Known
from weightguard.estate.model import Estate, NamedPolicy, Principal
from weightguard.policy.aws import statement_labels
from weightguard.policy.pattern import glob


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
        self._keys = {key.id: key.account for key in estate.keys}
        self._workloads = {workload.id for workload in estate.workloads}
        self._disks = {disk.id for disk in estate.disk_copies}
        self._stores = {store.id: store for store in estate.stores}
        self._found: dict[tuple[str, Because, str], tuple[Unit, ...]] = {}
        self._rows: dict[str, dict[str, Mapping[str, Any]]] = {}

    def units(self, actor: str, because: Because, target: str) -> tuple[Unit, ...]:
        """The things that have to go for the reason to go; none where it cannot (it is not there yet, or is nobody's statement).

        Args:
            actor: whom the reason lets act.
            target: what it is done to.
        """
        key = (actor, because, target)
        if key not in self._found:
            one = self._on_resource(because) or self._setting(because) or self._listed(because, target)
            self._found[key] = self._carried(actor, because) or (() if one is None else (one,))
        return self._found[key]

    def members(self, unit: Unit) -> Iterable[str]:
        """Those whose own policies a thing is taken from; none where it is not one principal's."""
        principal = self._principals.get(unit.holder)
        return () if principal is None else (principal.id, *self._in_groups.get(principal.id, ()))

    @cached_property
    def _in_groups(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for principal in self._principals.values():
            for group in principal.known_groups:
                found.setdefault(group, []).append(principal.id)
        return found

    def narrower(self, unit: Unit, hop: Hop) -> Iterator[Unit]:
        """Less than the whole statement that should do as well: values out of one of its lists that others are left in."""
        found = self._statement(unit, hop.origin)
        if found is None:
            return
        policy, row = found
        for element, values in self.serves(unit, hop).items():
            if unit.locked and not self._spares_own(unit, element, values):
                continue
            if len(values) < sum(len(values_of(row, one)) for one in _together(element)):
                named, where = " and ".join(sorted(values)), _said(policy, unit.statement)
                words = f"take {named} out of the {element.partition('.')[0]} of {where} of {policy.name} ({policy.id})"
                yield replace(unit, words=words, taken=tuple((element, value) for value in sorted(values)))

    def _spares_own(self, unit: Unit, element: str, values: frozenset[str]) -> bool:
        """Whether what is taken from a statement that must not go leaves the key's own account in."""
        account = self._keys.get(unit.holder, "")
        return element == "Principal.AWS" and not any(_stands_for(one, account) for one in values)

    def serves(self, unit: Unit, hop: Hop) -> Mapping[str, frozenset[str]]:
        """What of the statement's lists a hop rests on, by element."""
        found = self._statement(unit, hop.origin)
        return {} if found is None else served(found[1], hop)

    def _statement(self, unit: Unit, actor: str) -> tuple[NamedPolicy, Mapping[str, Any]] | None:
        if unit.kind is not UnitKind.STATEMENT:
            return None
        carriers = self._carriers(actor, unit.policy)
        policy = carriers[0][1] if carriers else self._policies.get(unit.policy, ("", None))[1]
        row = None if policy is None else self._row(policy, unit.statement)
        return None if policy is None or row is None else (policy, row)

    def _row(self, policy: NamedPolicy, statement: str) -> Mapping[str, Any] | None:
        """The statement of a label; each document is looked through once."""
        if policy.id not in self._rows:
            rows = statements_of(policy.document)
            labels = statement_labels(rows)
            self._rows[policy.id] = {
                label: row for label, row in zip(labels, rows, strict=True) if isinstance(row, Mapping)
            }
        return self._rows[policy.id].get(statement)

    def _carried(self, actor: str, because: Because) -> tuple[Unit, ...]:
        """A statement of an identity policy, or every attachment of a provider's: to the actor and to its groups."""
        carriers = self._carriers(actor, because.policy)
        if not carriers:
            return ()
        holder, policy = carriers[0]
        if policy.origin == "provider":
            return tuple(
                Unit(1, one, policy.id, WHOLE, f"detach {policy.name} from {one}", UnitKind.ATTACHMENT)
                for one, _ in carriers
            )
        if self._row(policy, because.statement) is None:
            return ()
        owner = policy.id if policy.origin == "customer" else holder
        return (Unit(0, owner, policy.id, because.statement, _words(policy, because.statement)),)

    def _carriers(self, actor: str, name: str) -> list[tuple[str, NamedPolicy]]:
        """Who carries an identity policy on the actor's behalf, and the policy."""
        principal = self._principals.get(actor)
        if principal is None:
            return []
        groups = (self._principals[group] for group in principal.known_groups if group in self._principals)
        return [
            (owner.id, policy)
            for owner in (principal, *groups)
            for policy in _carried_by(owner)
            if policy.id == name
        ]

    def _on_resource(self, because: Because) -> Unit | None:
        """A statement of a resource's or a role's own policy, or a grant of a key."""
        found = self._policies.get(because.policy)
        if found is not None:
            return self._in_policy(*found, because.statement)
        key = self._grants.get(because.policy)
        if key is None:
            return None
        return Unit(1, key, because.policy, WHOLE, f"revoke grant {because.policy} of {key}", UnitKind.GRANT)

    def _in_policy(self, holder: str, policy: NamedPolicy, statement: str) -> Unit | None:
        row = self._row(policy, statement)
        if row is None:
            return None
        # A key whose policy names its own account no more is one that nobody may administer ("Default key policy", AWS KMS
        # Developer Guide); the policies that it leaves the decision to can be changed instead.
        own = self._keys.get(holder)
        locked = own is not None and any(_stands_for(one, own) for one in values_of(row, "Principal.AWS"))
        principal = row.get("Principal")
        rank = 2 if isinstance(principal, Mapping) and "Service" in principal else 1
        return Unit(rank, holder, policy.id, statement, _words(policy, statement), locked=locked)

    def _setting(self, because: Because) -> Unit | None:
        """A setting of a workload or a disk that lets somebody in."""
        name, statement = because.policy, because.statement
        if statement == OPEN_DOOR and name in self._workloads:
            words = f"have {name} ask its callers for credentials"
            return Unit(1, name, name, OPEN_DOOR, words, UnitKind.SETTING)
        if statement == SHARED and name in self._disks:
            return Unit(1, name, name, SHARED, f"stop sharing {name}", UnitKind.SETTING)
        return None

    def _listed(self, because: Because, target: str) -> Unit | None:
        """An entry of the access control list of a store."""
        store = self._stores.get(target)
        acl = store.acl.value if store is not None and isinstance(store.acl, Known) else None
        for entry in acl.get("Grants", ()) if acl is not None else ():
            if listed_as(entry, because.policy, because.statement):
                words = (
                    f"remove the grant of {because.statement} to {because.policy} "
                    f"from the access control list of {target}"
                )
                return Unit(1, target, because.policy, because.statement, words, UnitKind.ACL)
        return None


def listed_as(entry: Mapping[str, Any], grantee: str, permission: str) -> bool:
    """Whether an entry of an access control list gives a permission to a grantee."""
    named = entry.get("Grantee", {})
    return grantee in (named.get("URI"), named.get("ID")) and entry.get("Permission") == permission


def served(row: Mapping[str, Any], hop: Hop) -> dict[str, frozenset[str]]:
    """By element of a statement: those values of its list that let a hop through. Elements that say it otherwise are left out."""
    found: dict[str, frozenset[str]] = {}
    actions = [one.strip() for one in hop.how.split("+")]
    for element in EDITABLE:
        values = values_of(row, element)
        if element == "Action":
            own = [one for one in values if any(glob(one.lower()).matches(name.lower()) for name in actions)]
        elif element == "Resource":
            own = [one for one in values if _is_about(one, hop.target)]
        else:
            own = [one for one in values if _means(one, hop.origin)]
        if own:
            found[element] = frozenset(own)
    return found


def _together(element: str) -> tuple[str, ...]:
    """The elements of which one value at least must be left: a Principal may be of several sorts."""
    return tuple(one for one in EDITABLE if one.partition(".")[0] == element.partition(".")[0])


def _is_about(pattern: str, target: str) -> bool:
    """Whether a Resource of a statement is about a hop's target, or about what is in it."""
    found = glob(pattern)
    return found.matches(target) or found.overlaps(glob(f"{target}/*"))


def _means(name: str, actor: str) -> bool:
    """Whether a name in a Principal may mean an actor: itself, a session of it, its account, everybody."""
    actor = actor.partition("#")[0]
    account = _account(actor)
    if name in ("*", actor) or _stands_for(name, account):
        return True
    if actor.endswith(":root"):
        return _account(name) == account
    role = actor.rpartition("/")[2]
    return ":assumed-role/" in name and _account(name) == account and f"/{role}/" in name


def _account(name: str) -> str:
    parts = name.split(":")
    return parts[4] if len(parts) > 5 else ""


def _stands_for(name: str, account: str) -> bool:
    """Whether a name in a Principal is an account's own: its policies decide then."""
    return name == account or (name.endswith(":root") and _account(name) == account)


def _words(policy: NamedPolicy, statement: str) -> str:
    return f"remove {_said(policy, statement)} from {policy.name} ({policy.id})"


def _said(policy: NamedPolicy, statement: str) -> str:
    """A statement as people find it: by its Sid in quotes, else by its position, counted from 1."""
    where = place_of(policy.document, statement)
    if where is None or where.named:
        return f'statement "{statement}"'
    if where.of == 1:
        return "the only statement"
    return f"statement {where.position + 1} of {where.of}"


def _carried_by(owner: Principal) -> Sequence[NamedPolicy]:
    return owner.policies.value if isinstance(owner.policies, Known) else ()


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
