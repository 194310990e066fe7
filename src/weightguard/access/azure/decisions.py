"""Who may do something on Azure: questions to the policy engine, for whoever some assignment may allow it.

Groups stand for their members, unless a deny assignment that bears on the question tells members apart. Somebody whom
nothing but locks stops, and who may delete these, may after having deleted them.

Sources: Azure RBAC documentation, "Understand Azure deny assignments"; Resource Manager documentation, "Lock your resources
to protect your infrastructure" (who may create or delete locks).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from weightguard.access.azure.context import EVERYBODY, Assigned, Context
from weightguard.access.condition import Condition, ConditionKind, Matter
from weightguard.access.grant import Grant
from weightguard.access.links import Step
from weightguard.access.model import Because
from weightguard.policy.azure import Denial, Network, Policies, Request, decide
from weightguard.policy.azure.scopes import matches, plain
from weightguard.policy.decision import Decision, Outcome
from weightguard.policy.formula import ALWAYS, AllOf, Formula
from weightguard.policy.formula import Condition as Test

DELETE_LOCK: Final = "Microsoft.Authorization/locks/delete"
_OPEN: Final = Network()
_KINDS: Final = {
    "Network": ConditionKind.NETWORK,
    "Permits": ConditionKind.UNREAD,
    "Lists": ConditionKind.UNREAD,
}


@dataclass(frozen=True, slots=True)
class Need:
    """One permission: an action on a resource."""

    action: str
    resource: str
    is_data: bool = False


@dataclass(frozen=True, slots=True)
class Holding:
    """Somebody who may do something.

    Attributes:
        name: a principal.
        grant: what allows it, and what it hangs on.
        before: what has to be done first: deleting the locks that stop it.
    """

    name: str
    grant: Grant
    before: tuple[Step, ...] = ()


@dataclass(slots=True)
class Decisions:
    """Puts questions to the policy engine."""

    context: Context
    _held: dict[Need, tuple[Holding, ...]] = field(default_factory=dict)

    def holders(self, need: Need) -> tuple[Holding, ...]:
        """Whoever may do something by roles, groups standing for their members."""
        found = self._held.get(need)
        if found is None:
            found = self._held[need] = tuple(self.asked(need, {}, Policies()))
        return found

    def asked(self, need: Need, told: Mapping[str, object], policies: Policies) -> Iterator[Holding]:
        """The same, with what is known of the request and of the account or vault besides."""
        denials = tuple(self.denying(need))
        for name, assigned in self.candidates(need, apart=bool(denials)).items():
            found = self.holding(name, assigned, need, told, replace(policies, denials=denials))
            if found is not None:
                yield found

    def candidates(self, need: Need, *, apart: bool) -> dict[str, list[Assigned]]:
        """Principal -> the assignments that may allow it."""
        found: dict[str, list[Assigned]] = {}
        for one in self.context.at(need.resource):
            if self.context.permits(one.role, need.action, need.is_data) is not False:
                for name in self.context.leaves(one.principal) if apart else (one.principal,):
                    found.setdefault(name, []).append(one)
        return found

    def denying(self, need: Need) -> Iterator[Denial]:
        held = self.context.denials_at
        for scope in self.context.scopes(need.resource) if held else ():
            for one in held.get(scope, ()):
                if any(
                    matches(pattern, need.action)
                    for permission in one.permissions
                    for pattern in (permission.data_actions if need.is_data else permission.actions)
                ):
                    yield one

    def denied_to_some(self, need: Need) -> bool:
        """Whether a deny assignment bears on it."""
        return next(self.denying(need), None) is not None

    def denied_to_all(self, need: Need) -> bool:
        """Whether a deny assignment keeps everybody from it, but those whom it spares."""
        return any(EVERYBODY in one.principals for one in self.denying(need))

    def holding(
        self,
        name: str,
        assigned: Iterable[Assigned],
        need: Need,
        told: Mapping[str, object],
        policies: Policies,
    ) -> Holding | None:
        """Whether somebody may, by some assignments."""
        every = list(assigned)
        active = [one for one in every if not one.eligible]
        found = self._decided(name, active, need, told, policies) if active else None
        if found is not None and found.grant.is_certain:
            return found
        if len(active) == len(every):
            return found
        later = self._decided(name, every, need, told, policies)
        if later is None:
            return found
        roles = tuple(
            sorted({self.context.role_names.get(one.role, one.role) for one in every if one.eligible})
        )
        waiting = replace(
            later, grant=later.grant.provided(Condition(ConditionKind.ACTIVATION, Matter.ACTIVATION, roles))
        )
        return found or waiting

    def _decided(
        self, name: str, assigned: list[Assigned], need: Need, told: Mapping[str, object], policies: Policies
    ) -> Holding | None:
        plainly = self._plainly(name, assigned, need, policies)
        if plainly is not None:
            return plainly
        context = self.context
        rules = tuple(replace(one.rule, principal=name) for one in assigned)
        locks = () if need.is_data else tuple(one.lock for one in context.locks)
        given = replace(
            policies, roles=context.roles, assignments=rules, parents=context.parents, locks=locks,
            memory=context.estate.memory,
        )  # fmt: skip
        groups = context.groups_of.get(name, frozenset())
        request = Request(name, need.action, need.is_data, need.resource, told, open=True, groups=groups)
        decision = decide(request, given)
        if decision.outcome is Outcome.DENIED_EXPLICITLY and all(why.layer == "lock" for why in decision.by):
            return self._unlocked(name, assigned, need, decision, request, given)
        return self._granted(name, assigned, decision)

    def _plainly(self, name: str, assigned: list[Assigned], need: Need, policies: Policies) -> Holding | None:
        """Whether somebody may by an assignment that hangs on nothing, where nothing else bears on it."""
        closed = policies.storage is not None and policies.storage.network != _OPEN
        if closed or policies.denials or policies.vault is not None or self._may_be_locked(need):
            return None
        because = tuple(
            Because(one.id, "*") for one in assigned if one.condition is None and self._gives(one.role, need)
        )
        return Holding(name, Grant(because)) if because else None

    def _gives(self, role: str, need: Need) -> bool:
        """Whether a role permits something without a condition of its own."""
        return self.context.permits(role, need.action, need.is_data) is True and self.context.is_plain(role)

    def _may_be_locked(self, need: Need) -> bool:
        """Whether some lock bears on a resource, or on what lies in it."""
        if need.is_data or need.action.lower().endswith("/read"):
            return False
        context = self.context
        return bool(context.locks) and (
            plain(need.resource) in context.holding_locks
            or not context.locked.isdisjoint(context.scopes(need.resource))
        )

    def _granted(self, name: str, assigned: list[Assigned], decision: Decision) -> Holding | None:
        if not decision.may_be_allowed:
            return None
        return Holding(name, Grant(because_of(decision, assigned), conditions_of(decision.conditions)))

    def _unlocked(
        self,
        name: str,
        assigned: list[Assigned],
        need: Need,
        decision: Decision,
        request: Request,
        given: Policies,
    ) -> Holding | None:
        """Whether somebody may delete all locks that are in the way."""
        stopping = {plain(why.policy) for why in decision.by}
        before: list[Step] = []
        for one in self.context.locks:
            if plain(one.lock.scope) in stopping:
                held = self._held_by(name, Need(DELETE_LOCK, one.id))
                if held is None:
                    return None
                before.append(Step(DELETE_LOCK, held.grant, one.lock.scope))
        found = self._granted(name, assigned, decide(request, replace(given, locks=())))
        return None if found is None else replace(found, before=tuple(before))

    def _held_by(self, name: str, need: Need) -> Holding | None:
        groups = self.context.groups_of.get(name, frozenset())
        return next((one for one in self.holders(need) if one.name == name or one.name in groups), None)

    def each(self, need: Need) -> dict[str, Holding]:
        """Whoever may, one by one: members in place of groups."""
        found: dict[str, Holding] = {}
        for one in self.holders(need):
            for name in self.context.leaves(one.name):
                known = found.get(name)
                if known is None or (one.grant.is_certain and not known.grant.is_certain):
                    found[name] = replace(one, name=name)
        return found


def because_of(decision: Decision, assigned: Iterable[Assigned]) -> tuple[Because, ...]:
    """The assignments that a decision rests on; where it rests on something else, that."""
    by = {(why.policy, why.statement): None for why in decision.by if why.layer == "rbac"}
    found = [Because(one.id, "*") for one in assigned if (one.scope, one.role) in by]
    others = [
        Because(why.policy, why.statement) for why in decision.by if why.layer not in ("rbac", "deny", "lock")
    ]
    return tuple(dict.fromkeys((*found, *others)))


def conditions_of(formula: Formula) -> tuple[Condition, ...]:
    """What a decision hangs on, as conditions of a step."""
    if formula is ALWAYS:
        return ()
    parts = formula.parts if isinstance(formula, AllOf) else frozenset((formula,))
    return tuple(sorted((_condition(part) for part in parts), key=repr))


def _condition(part: Formula) -> Condition:
    if not isinstance(part, Test):
        return Condition(ConditionKind.SEVERAL, formula=part, provider="azure")
    kind = _KINDS.get(part.operator) or _kind_of(part.key.lower())
    return Condition(kind, part.key, part.values, part.operator, part.negated, provider="azure")


def _kind_of(key: str) -> ConditionKind:
    if "/tags:" in key or "/tags&" in key:
        return ConditionKind.TAG
    if key.startswith("@principal"):
        return ConditionKind.IDENTITY
    if key.startswith("@environment"):
        return ConditionKind.TIME if "utcnow" in key else ConditionKind.NETWORK
    return ConditionKind.REQUEST if key.startswith("@request") else ConditionKind.RESOURCE
