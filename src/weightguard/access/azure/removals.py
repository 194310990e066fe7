"""What can be taken out of an Azure estate to close a way: assignments, owners, what other issuers vouch for, settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from weightguard.access.model import Because, Hop
from weightguard.access.provider import WHOLE, Rewritten, Unit, UnitKind
from weightguard.estate.fact import Collection, Known
from weightguard.estate.model import Container, Estate, Principal, PublicAccess, Store

_SETTINGS: Final[Mapping[str, tuple[str, Any]]] = {
    "allowSharedKeyAccess": ("set allowSharedKeyAccess to false", False),
    "isNfsV3Enabled": ("turn NFS 3.0 off", False),
}


@dataclass(frozen=True, slots=True)
class AzureRemovals:
    """Knows what can be taken out of an estate."""

    estate: Estate

    def units(self, actor: str, because: Because, target: str) -> tuple[Unit, ...]:
        """The things that have to go for a reason to go; see `Removals`."""
        policy, statement = because.policy, because.statement
        owner, _, part = policy.rpartition("#")
        if statement == WHOLE:
            return (Unit(0, actor, policy, WHOLE, f"remove the assignment {policy}", UnitKind.GRANT),)
        if part in ("owners", "federatedIdentityCredentials"):
            what = "owner" if part == "owners" else "federated credential"
            return (
                Unit(
                    1, owner, policy, statement, f"remove the {what} {statement} of {owner}", UnitKind.GRANT
                ),
            )
        if part == "publicAccess":
            return (
                Unit(
                    1,
                    owner,
                    policy,
                    statement,
                    f"set the public access level of {owner} to none",
                    UnitKind.SETTING,
                ),
            )
        if part in _SETTINGS:
            return (Unit(1, owner, policy, statement, f"{_SETTINGS[part][0]} on {owner}", UnitKind.SETTING),)
        return ()

    def narrower(self, unit: Unit, hop: Hop) -> Iterator[Unit]:
        """Nothing less than the whole of an assignment is taken away."""
        return iter(())

    def serves(self, unit: Unit, hop: Hop) -> Mapping[str, frozenset[str]]:
        """Assignments have no lists that a hop rests on a part of."""
        return {}

    def members(self, unit: Unit) -> Iterable[str]:
        """Those whose own a thing is."""
        return (unit.holder,) if unit.statement == WHOLE else ()

    def rewritten(self, policy: str, taken: Iterable[Unit]) -> Rewritten | None:
        """Assignments go whole; settings are said in words."""
        return Rewritten(None)

    def without(self, taken: Iterable[Unit]) -> Estate:
        """The estate without some units."""
        units = list(taken)
        assigned = {unit.policy for unit in units if unit.statement == WHOLE}
        containers = tuple(_container(one, assigned, units) for one in self.estate.containers)
        principals = tuple(_principal(one, units) for one in self.estate.principals)
        stores = tuple(_store(one, units) for one in self.estate.stores)
        return replace(
            self.estate,
            containers=Collection(containers, self.estate.containers.gaps),
            principals=Collection(principals, self.estate.principals.gaps),
            stores=Collection(stores, self.estate.stores.gaps),
        )


def _container(one: Container, assigned: set[str], units: list[Unit]) -> Container:
    if one.provider != "azure":
        return one
    found = one
    if isinstance(one.policies, Known) and any(policy.id in assigned for policy in one.policies.value):
        kept = tuple(policy for policy in one.policies.value if policy.id not in assigned)
        found = replace(found, policies=Known(kept, one.policies.source))
    for unit in units:
        owner, _, part = unit.policy.rpartition("#")
        if owner == one.id and part in _SETTINGS:
            changed = {**found.attributes, part: Known(_SETTINGS[part][1], one.policies.source)}
            if part == "allowSharedKeyAccess":
                changed.pop("allowSharedKeyAccessForServices", None)
                found = replace(found, keys_accepted=Known(False, one.policies.source))
            found = replace(found, attributes=changed)
    return found


def _principal(one: Principal, units: list[Unit]) -> Principal:
    if one.provider != "azure":
        return one
    for unit in units:
        owner, _, part = unit.policy.rpartition("#")
        if owner != one.id:
            continue
        if part == "owners":
            one = _without_owner(one, unit.statement)
        elif (
            part == "federatedIdentityCredentials"
            and isinstance(one.trust, Known)
            and one.trust.value is not None
        ):
            body = one.trust.value.document
            held = body.get(part, ()) if isinstance(body, Mapping) else ()
            kept = [each for each in held if str(each.get("name") or each.get("subject")) != unit.statement]
            one = replace(one, trust=Known(replace(one.trust.value, document={part: kept}), one.trust.source))
    return one


def _without_owner(one: Principal, owner: str) -> Principal:
    attributes = dict(one.attributes)
    held = attributes.get("applicationOwners")
    if isinstance(held, Known):
        attributes["applicationOwners"] = Known(
            tuple(each for each in held.value if each != owner), held.source
        )
    owners = one.owners
    if isinstance(owners, Known):
        owners = Known(tuple(each for each in owners.value if each != owner), owners.source)
    return replace(one, owners=owners, attributes=attributes)


def _store(one: Store, units: list[Unit]) -> Store:
    if one.provider != "azure" or not isinstance(one.policy, Known) or one.policy.value is None:
        return one
    if any(unit.policy == one.policy.value.id for unit in units):
        closed = replace(one.policy.value, document={"publicAccess": "None"})
        public: Known[PublicAccess | None] = Known(PublicAccess(False), one.policy.source)
        return replace(one, policy=Known(closed, one.policy.source), public_access=public)
    return one
