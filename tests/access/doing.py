"""Does in an estate what a cut's changes say, by what they say: the policy as it is to stand, or what is detached or revoked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from weightguard.access.model import Change
from weightguard.estate.fact import Known
from weightguard.estate.model import Estate, NamedPolicy


def done(estate: Estate, changes: Iterable[Change]) -> Estate:
    """The estate after all changes, one after the other."""
    for change in changes:
        estate = _one(estate, change)
    return estate


def _one(estate: Estate, change: Change) -> Estate:
    doing = _Doing(change)
    return replace(
        estate,
        principals=_over(estate.principals, doing.principal),
        stores=_over(estate.stores, doing.store),
        keys=_over(estate.keys, doing.key),
        workloads=_over(estate.workloads, doing.workload),
        secrets=_over(estate.secrets, doing.holder),
    )


def _over(found: Any, how: Any) -> Any:
    return replace(found, items=tuple(how(one) for one in found))


class _Doing:
    def __init__(self, change: Change) -> None:
        self.change = change

    def policy(self, found: NamedPolicy | None) -> NamedPolicy | None:
        if found is None or found.id != self.change.policy or self.change.statement == "*":
            return found
        return None if self.change.after is None else replace(found, document=self.change.after)

    def fact(self, found: Any) -> Any:
        return Known(self.policy(found.value), found.source) if isinstance(found, Known) else found

    def principal(self, one: Any) -> Any:
        if not isinstance(one.policies, Known):
            return replace(one, trust=self.fact(one.trust))
        detached = (self.change.principal, self.change.policy) if self.change.statement == "*" else None
        policies = [self.policy(found) for found in one.policies.value if (one.id, found.id) != detached]
        left = Known(tuple(found for found in policies if found is not None), one.policies.source)
        return replace(one, policies=left, trust=self.fact(one.trust), boundary=self.fact(one.boundary))

    def store(self, one: Any) -> Any:
        points = tuple(replace(each, policy=self.fact(each.policy)) for each in one.access_points)
        return replace(
            one,
            policy=self.fact(one.policy),
            access_points=replace(one.access_points, items=points),
            acl=self.acl(one.acl) if one.id == self.change.principal else one.acl,
        )

    def acl(self, found: Any) -> Any:
        if not isinstance(found, Known) or found.value is None:
            return found
        gone = (self.change.policy, self.change.statement)
        left = [
            entry
            for entry in found.value.get("Grants", ())
            if (entry["Grantee"].get("URI") or entry["Grantee"].get("ID"), entry["Permission"]) != gone
        ]
        return Known({**found.value, "Grants": left}, found.source)

    def key(self, one: Any) -> Any:
        grants = one.grants
        if isinstance(grants, Known) and one.id == self.change.principal:
            left = tuple(each for each in grants.value if each.id != self.change.policy)
            grants = Known(left, grants.source)
        return replace(one, policy=self.fact(one.policy), grants=grants)

    def holder(self, one: Any) -> Any:
        return replace(one, policy=self.fact(one.policy))

    def workload(self, one: Any) -> Any:
        if one.id == self.change.policy and isinstance(one.public, Known):
            return replace(one, public=Known(False, one.public.source))
        return self.holder(one)
