"""Code that already runs as a role: the workload holds the role, and so does whoever may run code of its own on it."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.policy_texts import document_of
from weightguard.access.aws.identities.resource_classes import Alike
from weightguard.access.aws.permissions import PASSING, Permissions, how_of
from weightguard.access.aws.technique_data.schema import Need, OnWorkload, techniques
from weightguard.access.aws.techniques.invited_strangers import InvitedStrangers
from weightguard.access.aws.techniques.targets import Targets
from weightguard.access.aws.techniques.who_may import (
    EVERYBODY,
    OwnPolicy,
    accounts_meant,
    asked_apart,
    own_policy,
    who_may,
)
from weightguard.access.aws.techniques.workload_facts import WorkloadFacts, kind_of
from weightguard.access.aws.techniques.workload_names import WorkloadNames
from weightguard.access.condition import Condition, ConditionKind, Matter, besides
from weightguard.access.grant import Grant
from weightguard.access.links import Link, Node, Step
from weightguard.access.model import RUNS_AS, Because
from weightguard.access.provider import OPEN_DOOR
from weightguard.estate.fact import Known
from weightguard.estate.model import Workload
from weightguard.policy.aws import CompiledPolicy, ContextValue, PolicyKind, compile_policy
from weightguard.policy.aws import Principal as Caller

_OPEN: Final = Condition(ConditionKind.CIRCUMSTANCE, Matter.HANDS_OUT)


class Workloads:
    """Works out the links of workloads.

    Args:
        context: what techniques may ask.
        needs: decides what techniques need.
    """

    def __init__(self, context: Context, needs: Permissions) -> None:
        self._context = context
        self._needs = needs
        self._invited = InvitedStrangers(context)
        self._workloads = {item.id: item for item in context.estate.workloads if item.provider == "aws"}
        self._facts = WorkloadFacts(context, self._workloads)
        self._entries = _entries_by_target()
        self._first_actions = {
            kind: tuple(sorted({entry.needs[0].action for entry in entries}))
            for kind, entries in self._entries.items()
        }
        self._all_actions = {
            kind: tuple(sorted(_actions_of(entries))) for kind, entries in self._entries.items()
        }
        self._named_roles = {
            kind for kind, entries in self._entries.items() if any(map(_names_role, entries))
        }
        self._named_itself = {
            kind for kind, entries in self._entries.items() if all(map(_begins_at_target, entries))
        }
        self._aliases = WorkloadNames(context.estate)
        self._aims = Targets()
        self._classes: list[Alike] | None = None

    def holding(self) -> Iterator[Link]:
        """Every workload holds its roles; one that anybody may invoke may hand out what they read."""
        for workload in self._workloads.values():
            for role in self._facts.held(workload):
                if role in self._context.population.group_of:
                    yield Link(workload.id, role, (Step(RUNS_AS, Grant(), role),))
            if isinstance(workload.public, Known) and workload.public.value:
                yield from self._open_to_all(workload)

    def _open_to_all(self, workload: Workload) -> Iterator[Link]:
        """What everybody on the internet gets of a workload: a guest's role as such, else what its code hands out."""
        because = (Because(workload.id, OPEN_DOOR),)
        if workload.kind == "identity_pool":
            guest = self._facts.attribute(workload, "Roles.unauthenticated") or _member(
                self._facts.attribute(workload, "Roles")
            )
            if guest in self._context.population.group_of:
                yield Link(
                    "*",
                    str(guest),
                    (Step("cognito-identity:GetCredentialsForIdentity", Grant(because), str(guest)),),
                )
        elif self._facts.held(workload):
            how = "lambda:InvokeFunctionUrl" if workload.service == "lambda" else "call from the internet"
            yield Link("*", workload.id, (Step(how, Grant(because, (_OPEN,))),))

    def links(self, actors: Actors) -> Iterator[Link]:
        """The links of some groups to workloads."""
        for same in self._same():
            workload = self._workloads[same.names[0]]
            own = own_policy(self._context, workload.policy)
            decide = partial(self._steps, own=own)
            yield from self._aims.links(same, self._actors(actors, same, own), decide)
            if actors.with_others and own.document is not None:
                hub, onward = self._aims.hub(same)
                yield from onward
                yield from self._invited_to(workload, own.document, hub)

    def _same(self) -> list[Alike]:
        """The workloads, as far as they are alike to whoever does something to them."""
        if self._classes is None:
            self._classes = []
            together: dict[tuple[str, str], list[str]] = {}
            for item in self._workloads.values():
                if kind_of(item) in self._entries and self._facts.held(item):
                    together.setdefault((item.account, kind_of(item)), []).append(item.id)
            for (account, kind), names in together.items():
                self._classes += self._context.patterns.split(
                    account, names, self._key, self._all_actions[kind]
                )
        return self._classes

    def _key(self, name: str) -> Hashable:
        workload = self._workloads[name]
        asked = {key for entry in self._entries[kind_of(workload)] for key in entry.when}
        state = tuple((key, str(self._facts.attribute(workload, key))) for key in sorted(asked))
        policy = workload.policy.value if isinstance(workload.policy, Known) else None
        tags = tuple(sorted(self._facts.tags(workload).items(), key=str))
        related = (
            tuple(self._facts.names(workload).values())[:2] if workload.service in ("ecs", "eks") else ()
        )
        roles = self._facts.held(workload)
        kind = kind_of(workload)
        known = (
            self._context.patterns.hits(workload.account, roles[0], self._all_actions[kind])
            if kind in self._named_roles
            else None
        )
        able = tuple(str(self._role_can(entry, workload)) for entry in self._entries[kind] if entry.role_can)
        return (
            kind,
            workload.region,
            state,
            known,
            able,
            str(policy),
            tags,
            related,
            self._facts.reachable(workload),
        )

    def _steps(self, group: PrincipalGroup, workloads: tuple[str, ...], own: OwnPolicy) -> dict[Node, Step]:
        workload, policy = self._workloads[workloads[0]], own.document

        def decide(caller: Caller) -> Step | None:
            best = self._best(group, caller, workload, policy)
            return best or self._by_other_name(group, caller, workload, policy)

        return asked_apart(self._context, group, own, decide)

    def _invited_to(self, workload: Workload, policy: CompiledPolicy | None, hub: Node) -> Iterator[Link]:
        """The same for strangers, of whom the workload's own policy has to allow everything that a technique needs."""
        if policy is None:
            return
        for entry in self._entries[kind_of(workload)]:
            state, ready = self._facts.state(entry, workload), self._role_can(entry, workload)
            if state is not None and ready is not None:
                known = Grant(conditions=(*state, *ready))
                yield from self._invited.running(
                    entry, workload, policy, self._facts.tags(workload), known, hub
                )

    def _actors(self, actors: Actors, same: Alike, own: OwnPolicy) -> list[PrincipalGroup]:
        """The cohorts whose policies, or whom the workload's own policy, let do something to it."""
        workload = self._workloads[same.names[0]]
        kind, actions = kind_of(workload), self._all_actions[kind_of(workload)]

        def able(account: str) -> Iterator[PrincipalGroup]:
            found = actors.cohorts(account, actions, self._first_actions[kind])
            if kind in self._named_itself:
                hits = self._context.patterns.hits(account, workload.id, actions)
                yield from found.speaking_of(hits | same.spelt)
            else:
                yield from found
            yield from (group for group in found if self._aliases.of(group, workload))

        accounts = accounts_meant(self._context, own, workload.account)
        if EVERYBODY in own.names:
            accounts += sorted(self._context.population.realms)
        return who_may(self._context, actors, own, accounts, able)

    def _best(
        self, group: PrincipalGroup, caller: Caller, workload: Workload, policy: CompiledPolicy | None
    ) -> Step | None:
        best: Step | None = None
        for entry in self._entries[kind_of(workload)]:
            step = self._step(entry, group, caller, workload, policy)
            if step is None:
                continue
            if step.grant.is_certain:
                return step
            best = best or step
        return best

    def _by_other_name(
        self, group: PrincipalGroup, caller: Caller, workload: Workload, policy: CompiledPolicy | None
    ) -> Step | None:
        """The same for a workload that the actor's policies name as a state's last run does not."""
        for alias in self._aliases.of(group, workload):
            renamed = None if policy is None else self._renamed(workload, alias)
            step = self._best(group, caller, replace(workload, id=alias), renamed)
            if step is not None:
                known = Condition(ConditionKind.STATE, Matter.OTHER_NAME, (workload.id, alias))
                return Step(step.how, step.grant.provided(known))
        return None

    def _renamed(self, workload: Workload, alias: str) -> CompiledPolicy | None:
        found = workload.policy.value if isinstance(workload.policy, Known) else None
        document = None if found is None else document_of(found)
        if found is None or document is None:
            return None
        text = document if isinstance(document, str) else json.dumps(document)
        text, memory = text.replace(workload.id, alias), self._context.population.memory
        return compile_policy(text, kind=PolicyKind.RESOURCE, name=found.id, memory=memory)

    def _step(
        self,
        entry: OnWorkload,
        group: PrincipalGroup,
        caller: Caller,
        workload: Workload,
        policy: CompiledPolicy | None,
    ) -> Step | None:
        grant = self._all(entry, entry.needs, group, caller, workload, policy)
        if grant is None:
            return None
        state = self._facts.state(entry, workload)
        ready = self._role_can(entry, workload)
        if state is None or ready is None:
            return None
        grant = grant.provided(*state).provided(*ready)
        if entry.conditional is not None and not self._is_settled(entry, group, caller, workload, policy):
            grant = grant.provided(besides(entry.conditional))
        return Step(how_of(need.action for need in entry.needs), grant)

    def _is_settled(
        self,
        entry: OnWorkload,
        group: PrincipalGroup,
        caller: Caller,
        workload: Workload,
        policy: CompiledPolicy | None,
    ) -> bool:
        for needs in entry.settled_by:
            grant = self._all(entry, needs, group, caller, workload, policy)
            if grant is not None and grant.is_certain:
                return True
        return False

    def _all(
        self,
        entry: OnWorkload,
        needs: tuple[Need, ...],
        group: PrincipalGroup,
        caller: Caller,
        workload: Workload,
        policy: CompiledPolicy | None,
    ) -> Grant | None:
        found = Grant()
        for need in needs:
            grant = self._need(entry, need, group, caller, workload, policy)
            if grant is None:
                return None
            found = found.and_also(grant)
        return found

    def _need(
        self,
        entry: OnWorkload,
        need: Need,
        group: PrincipalGroup,
        caller: Caller,
        workload: Workload,
        policy: CompiledPolicy | None,
    ) -> Grant | None:
        if need.resource.startswith("arn:") or need.resource == "*":
            return self._needs.chosen(group, need.resource, (need.action,))
        names = self._facts.names(workload)
        resource = workload.id if need.resource == "target" else need.resource.format_map(names)
        context: dict[str, ContextValue] = dict(self._facts.tags(workload))
        if workload.region is not None:
            context["aws:RequestedRegion"] = workload.region
        if need.action == PASSING:
            context["iam:PassedToService"] = entry.passed_to
            return self._needs.on(
                group, PASSING, resource, caller=caller, owner=workload.account, context=context
            )
        if workload.service == "ecs":
            context["ecs:cluster"] = names["cluster"]
        own = policy if need.resource == "target" else None
        return self._needs.on(
            group, need.action, resource, caller=caller, policy=own, owner=workload.account, context=context
        )

    def _role_can(self, entry: OnWorkload, workload: Workload) -> tuple[Condition, ...] | None:
        """Whether the workload's role lets the technique's agent work; None when it does not."""
        conditions: tuple[Condition, ...] = ()
        for action in entry.role_can:
            grants = []
            for role in self._facts.held(workload):
                group = self._context.population.group_of.get(role)
                if group is not None:
                    grants.append(self._needs.on(group, action, "*"))
            allowed = [grant for grant in grants if grant is not None]
            if not allowed:
                return None
            conditions = (*conditions, *allowed[0].conditions)
        return conditions


def _actions_of(entries: list[OnWorkload]) -> set[str]:
    """Every action that some techniques need, or that settles what they hang on."""
    found = {need.action for entry in entries for need in entry.needs}
    return found | {need.action for entry in entries for needs in entry.settled_by for need in needs}


def _member(roles: object) -> object:
    """The guests' role among an identity pool's roles."""
    return roles.get("unauthenticated") if isinstance(roles, Mapping) else None


def _entries_by_target() -> dict[str, list[OnWorkload]]:
    """The techniques by the kind of workload that they are for, the least demanding first."""
    found: dict[str, list[OnWorkload]] = {}
    for entry in techniques():
        if isinstance(entry, OnWorkload):
            for target in entry.targets:
                found.setdefault(target, []).append(entry)
    for entries in found.values():
        entries.sort(key=lambda entry: (entry.conditional is not None, len(entry.needs), entry.id))
    return found


def _names_role(entry: OnWorkload) -> bool:
    """Whether a technique needs something on the workload's role."""
    return any("{role}" in need.resource for need in entry.needs)


def _begins_at_target(entry: OnWorkload) -> bool:
    """Whether the first thing that a technique needs is needed on the workload itself."""
    return entry.needs[0].resource == "target"
