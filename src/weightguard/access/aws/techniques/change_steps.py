"""What somebody may change about a principal: single moves, and all of them together.

A move is worked out for one actor and one principal; `changing` applies it and finds out who profits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.compiled import parsed
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.policy_texts import compiled, document_of
from weightguard.access.aws.identities.sensitivity import statements_of
from weightguard.access.aws.identities.tags import Tags, request_context
from weightguard.access.aws.permissions import Permissions
from weightguard.access.aws.technique_data.schema import ChangePrincipal, techniques
from weightguard.access.aws.techniques.offered_policies import (
    ADMINISTRATOR,
    ATTACHED,
    BOUNDARY,
    OfferedPolicies,
    wide,
)
from weightguard.access.aws.techniques.policy_choices import Changes, Choice
from weightguard.access.aws.techniques.policy_choices import together as all_of
from weightguard.access.aws.techniques.tag_choices import TagChoices
from weightguard.access.condition import Condition, ConditionKind, Matter
from weightguard.access.grant import Grant
from weightguard.access.links import Step
from weightguard.estate.fact import Known
from weightguard.estate.model import NamedPolicy, Principal, PrincipalKind
from weightguard.policy.aws import CompiledPolicy, ContextValue, PolicyKind
from weightguard.policy.aws import Principal as Caller

_ORDER: Final = ("administrator", "attach_policy", "rewrite_policy", "restore_policy")


@dataclass(frozen=True, slots=True)
class Owned:
    """A policy that a principal carries, and through whom.

    Attributes:
        owner: the principal itself, or the IAM group that it is in.
    """

    policy: NamedPolicy
    owner: Principal
    compiled: CompiledPolicy

    @property
    def denies(self) -> bool:
        """Whether some statement of it denies."""
        return any(not statement.allows for statement in self.compiled.document.statements)


class ChangeSteps:
    """Works out what may be changed about a principal.

    Args:
        context: what techniques may ask.
        needs: decides what techniques need.
    """

    def __init__(self, context: Context, needs: Permissions) -> None:
        self._context = context
        self._needs = needs
        self._population = context.population
        entries = [entry for entry in techniques() if isinstance(entry, ChangePrincipal)]
        self._by_change: dict[str, list[ChangePrincipal]] = {}
        for entry in entries:
            self._by_change.setdefault(entry.change, []).append(entry)
        self.actions = tuple(sorted({need.action for entry in entries for need in entry.needs}))
        self._offers = OfferedPolicies(context)
        self._choices = TagChoices(context.population)
        self._on: dict[tuple[PrincipalGroup, str, str, object, object], Grant | None] = {}

    def possible(self, actor: PrincipalGroup, caller: Caller, principal: Principal) -> Iterator[Changes]:
        """What an actor can change for certain, and what under conditions besides."""
        moves = list(self._moves(actor, caller, principal))
        limits = [move for move in moves if move.boundary is not None]
        moves = [move for move in moves if move.boundary is None]
        certain = [move for move in moves if all(step.grant.is_certain for step in move.steps)]
        for chosen in (certain, moves) if len(certain) < len(moves) else (moves,):
            together = all_of(chosen)
            if not together.is_empty:
                yield together
        yield from (all_of([*certain, limit]) for limit in limits)
        for tagged in self._tagged(actor, caller, principal):
            yield all_of([*certain, tagged])
        yield from self._joined(actor, caller, principal, moves)

    def tags(self, principal: Principal) -> dict[str, ContextValue]:
        """The context keys of a principal's tags."""
        tags = principal.tags.value if isinstance(principal.tags, Known) else None
        return self._context.decisions.tags(tags, "iam")

    def owned(self, principal: Principal) -> list[Owned]:
        """The policies that a principal carries, and through whom."""
        return [
            Owned(policy, owner, self._population.compiled_for(policy, owner))
            for owner in (principal, *self._population.groups_of(principal))
            if isinstance(owner.policies, Known)
            for policy in owner.policies.value
        ]

    def _moves(self, group: PrincipalGroup, caller: Caller, principal: Principal) -> Iterator[Changes]:
        """Single changes: at most one that gives everything, one a denial, one for the boundary."""
        carried = self.owned(principal)
        everything = self._everything(group, caller, principal, carried)
        if everything is not None:
            yield everything
        else:
            yield from self._attached(group, caller, principal)
            yield from self._restored(group, caller, carried)
        for one in carried:
            if one.denies:
                step = self._dropping(group, caller, principal, one)
                if step is not None:
                    yield Changes(dropped=(one.compiled,), steps=[step])
        if (
            group.layers.boundary is not None
            or not isinstance(principal.boundary, Known)
            or principal.boundary.value is not None
        ):
            step = self._unbounding(group, caller, principal)
            if step is not None and _has_boundary(principal):
                yield Changes(unbounded=True, steps=[step])
            if _has_boundary(principal) and (step is None or not step.grant.is_certain):
                yield from self._rebounded(group, caller, principal)

    def _everything(
        self, group: PrincipalGroup, caller: Caller, principal: Principal, carried: list[Owned]
    ) -> Changes | None:
        best: Changes | None = None
        for change in _ORDER:
            for entry in self._by_change.get(change, ()):
                for step, rewritten in self._giving(entry, group, caller, principal, carried):
                    dropped = () if rewritten is None else (rewritten,)
                    found = Changes(everything=True, dropped=dropped, steps=[step])
                    if step.grant.is_certain:
                        return found
                    best = best or found
        return best

    def _giving(
        self,
        entry: ChangePrincipal,
        group: PrincipalGroup,
        caller: Caller,
        principal: Principal,
        carried: list[Owned],
    ) -> Iterator[tuple[Step, CompiledPolicy | None]]:
        """The ways in which a technique gives a principal every permission."""
        extra: dict[str, ContextValue] = {}
        if entry.change == "attach_policy":
            extra["iam:PolicyARN"] = self._administrator_arn(principal)
        if entry.target == principal.kind.value:
            grant = self._ask(entry, group, caller, principal.id, principal, extra)
            if grant is not None:
                yield Step(entry.needs[0].action, grant), None
        elif entry.target == "group" and principal.kind is PrincipalKind.USER:
            for owner in self._population.groups_of(principal):
                grant = self._ask(entry, group, caller, owner.id, None, extra)
                if grant is not None:
                    yield Step(entry.needs[0].action, grant, owner.id), None
        elif entry.target == "policy":
            yield from self._versions(entry, group, caller, carried)

    def _versions(
        self, entry: ChangePrincipal, group: PrincipalGroup, caller: Caller, carried: list[Owned]
    ) -> Iterator[tuple[Step, CompiledPolicy | None]]:
        for one in carried:
            if one.policy.origin != "customer":
                continue
            grant = self._ask(entry, group, caller, one.policy.id, None, {})
            if grant is None:
                continue
            if entry.change == "restore_policy":
                if one.policy.versions is not None:
                    continue  # Its other versions are known, and `_restored` says what each of them gives.
                grant = grant.provided(
                    Condition(ConditionKind.STATE, Matter.EARLIER_VERSION, (one.policy.name,))
                )
            yield Step(entry.needs[0].action, grant, one.policy.id), one.compiled

    def _restored(self, group: PrincipalGroup, caller: Caller, carried: list[Owned]) -> Iterator[Changes]:
        """Making another version of a carried policy the default, where the other versions are known."""
        for entry in self._by_change.get("restore_policy", ()):
            for one in carried:
                if not one.policy.versions:
                    continue
                grant = self._ask(entry, group, caller, one.policy.id, None, {})
                for version in one.policy.versions if grant is not None else ():
                    earlier = replace(one.policy, document=version, versions=None)
                    name, memory = f"{one.policy.id} as restored", self._population.memory
                    added = (compiled(earlier, PolicyKind.IDENTITY, memory, name),)
                    steps = [Step(entry.needs[0].action, grant, one.policy.id)] if grant is not None else []
                    yield Changes(added=added, dropped=(one.compiled,), steps=steps)

    def _administrator_arn(self, principal: Principal) -> str:
        return ADMINISTRATOR.format(partition=self._population.realm(principal.account).partition)

    def _attached(self, group: PrincipalGroup, caller: Caller, principal: Principal) -> Iterator[Changes]:
        """Attaching those policies that the actor may attach, where it may not attach every one; to itself or to a group of its."""
        for entry in self._by_change.get("attach_policy", ()):
            owners = [principal] if entry.target == principal.kind.value else []
            if entry.target == "group":
                owners = self._population.groups_of(principal)
            for owner in owners:
                if self._ask(entry, group, caller, owner.id, owner, {}) is not None:
                    yield from self._attached_to(entry, group, caller, owner)

    def _attached_to(
        self, entry: ChangePrincipal, group: PrincipalGroup, caller: Caller, owner: Principal
    ) -> Iterator[Changes]:
        """Of the provider's policies that nobody carries so far, only those that give what no earlier one gives."""
        aim = owner.id if owner.kind is PrincipalKind.GROUP else None
        held = {policy.id for policy in self._population.managed(owner.account)}
        given: frozenset[str] = frozenset()
        for policy in self._attachable(entry, group, caller, owner):
            gives = frozenset() if policy.id in held else wide(policy, self._population.memory)
            if gives and gives <= given:
                continue
            grant = self._ask(entry, group, caller, owner.id, owner, {ATTACHED: policy.id})
            if grant is not None:
                given |= gives if grant.is_certain else frozenset()
                step = Step(entry.needs[0].action, grant, aim)
                yield Changes(added=(self._population.given(policy),), steps=[step])

    def _unbounding(self, group: PrincipalGroup, caller: Caller, principal: Principal) -> Step | None:
        """Taking the boundary away, or setting one that limits nothing."""
        step = self._first(group, caller, principal, ("remove_boundary",))
        if step is not None and step.grant.is_certain:
            return step
        limitless: dict[str, ContextValue] = {BOUNDARY: self._administrator_arn(principal)}
        return self._first(group, caller, principal, ("replace_boundary",), limitless) or step

    def _attachable(
        self, entry: ChangePrincipal, group: PrincipalGroup, caller: Caller, principal: Principal
    ) -> list[NamedPolicy]:
        """The policies that the account holds, and those of the provider's that a condition leaves to choose among."""
        found = {policy.id: policy for policy in self._population.managed(principal.account)}
        action, context = entry.needs[0].action, self._asked_context(entry, principal)
        for policy in self._offers.choices(group, caller, action, principal.id, ATTACHED, context):
            found.setdefault(policy.id, policy)
        return list(found.values())

    def _tagged(self, group: PrincipalGroup, caller: Caller, principal: Principal) -> Iterator[Changes]:
        """Setting, or taking away, the tags that some policy looks at."""
        for choice in self._choices.of(self._population.group_of[principal.id]):
            wanted: dict[str, Tags] = {
                "tag": {key: value for key, value in choice if value is not None},
                "untag": {key: value for key, value in choice if value is None},
            }
            steps = []
            for change, tags in wanted.items():
                if tags:
                    step = self._first(group, caller, principal, (change,), request_context(tags))
                    steps += [step] if step is not None else []
            if len(steps) == sum(1 for tags in wanted.values() if tags):
                yield Changes(tags=choice, steps=steps)

    def _rebounded(self, group: PrincipalGroup, caller: Caller, principal: Principal) -> Iterator[Changes]:
        """Other boundaries that the actor may set, where it may neither take the boundary away nor choose any."""
        for entry in self._by_change.get("replace_boundary", ()):
            if entry.target != principal.kind.value:
                continue
            action, context = entry.needs[0].action, self._asked_context(entry, principal)
            for policy in self._offers.choices(group, caller, action, principal.id, BOUNDARY, context):
                grant = self._ask(entry, group, caller, principal.id, principal, {BOUNDARY: policy.id})
                if grant is not None and grant.is_certain:
                    limit = self._population.limit(policy)
                    yield Changes(boundary=limit, steps=[Step(action, grant)])

    def _joined(
        self, group: PrincipalGroup, caller: Caller, principal: Principal, moves: list[Changes]
    ) -> Iterator[Changes]:
        """Joining the account's groups, where the actor cannot give everything anyway: they are chosen among later."""
        if principal.kind is not PrincipalKind.USER or any(move.everything for move in moves):
            return
        choices = tuple(self._to_join(group, caller, principal))
        if choices:
            yield replace(all_of(moves), choices=choices)

    def _to_join(self, group: PrincipalGroup, caller: Caller, principal: Principal) -> Iterator[Choice]:
        for entry in self._by_change.get("join_group", ()):
            for other in self._population.iam_groups(principal.account):
                policies = other.policies.value if isinstance(other.policies, Known) else ()
                if other.id in principal.known_groups or not policies:
                    continue
                grant = self._ask(entry, group, caller, other.id, None, {})
                if grant is not None:
                    added = tuple(self._population.given(policy) for policy in policies)
                    best = tuple(self._population.given(without_denials(policy)) for policy in policies)
                    yield Choice(added, Step(entry.needs[0].action, grant, other.id), best)

    def _dropping(
        self, group: PrincipalGroup, caller: Caller, principal: Principal, one: Owned
    ) -> Step | None:
        """A way of taking away a policy that denies."""
        if one.owner is not principal:
            return self._first(group, caller, one.owner, ("leave_group",))
        if one.policy.origin == "inline":
            return self._first(group, caller, principal, ("delete_inline",))
        return self._first(group, caller, principal, ("detach_policy",), {"iam:PolicyARN": one.policy.id})

    def _first(
        self,
        group: PrincipalGroup,
        caller: Caller,
        target: Principal,
        kinds: Iterable[str],
        extra: dict[str, ContextValue] | None = None,
    ) -> Step | None:
        for change in kinds:
            for entry in self._by_change.get(change, ()):
                if entry.target != target.kind.value:
                    continue
                grant = self._ask(entry, group, caller, target.id, target, extra or {})
                if grant is not None:
                    aim = target.id if target.kind is PrincipalKind.GROUP else None
                    return Step(entry.needs[0].action, grant, aim)
        return None

    def _asked_context(self, entry: ChangePrincipal, principal: Principal) -> dict[str, ContextValue]:
        """What a request about a principal says of it."""
        context = self.tags(principal)
        boundary = principal.boundary
        if isinstance(boundary, Known) and entry.change != "replace_boundary":
            context[BOUNDARY] = None if boundary.value is None else boundary.value.id
        return context

    def _ask(
        self,
        entry: ChangePrincipal,
        group: PrincipalGroup,
        caller: Caller,
        resource: str,
        principal: Principal | None,
        extra: dict[str, ContextValue],
    ) -> Grant | None:
        key = (group, entry.id, resource, caller, tuple(extra.items()))
        if key in self._on:
            return self._on[key]
        context = {**({} if principal is None else self._asked_context(entry, principal)), **extra}
        found: Grant | None = Grant()
        for need in entry.needs:
            grant = self._needs.on(group, need.action, resource, caller=caller, context=context)
            if grant is None or found is None:
                found = None
                break
            found = found.and_also(grant)
        self._on[key] = found
        return found


def without_denials(policy: NamedPolicy) -> NamedPolicy:
    """A policy with its allowing statements alone."""
    document = parsed(document_of(policy))
    if not isinstance(document, Mapping):
        return policy
    rows = [one for one in statements_of(document) if one.get("Effect") == "Allow"]
    return replace(policy, document={**document, "Statement": rows})


def _has_boundary(principal: Principal) -> bool:
    return not isinstance(principal.boundary, Known) or principal.boundary.value is not None
