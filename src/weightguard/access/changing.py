"""Change what a principal may do, and be it: the access is decided on the principal as the change leaves it.

A change is worked out for a class of principals that no policy tells apart. What limits the principal and is not changed stays: the
boundary, the guardrails, the denials in its other policies. Whoever makes the change must also be the principal, or become it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from weightguard.access.asking import Grant
from weightguard.access.becoming import other_than
from weightguard.access.index import administrator
from weightguard.access.joining import Conjunction
from weightguard.access.links import Graph, Hub, Link, Node, Step
from weightguard.access.needs import Needs
from weightguard.access.population import Group, compiled
from weightguard.access.techniques.schema import ChangePrincipal, techniques
from weightguard.access.unguarding import actors_of
from weightguard.estate.fact import Known
from weightguard.estate.model import NamedPolicy, Principal, PrincipalKind
from weightguard.policy.aws import CompiledPolicy, ContextValue, PolicyKind, PolicySet
from weightguard.policy.aws import Principal as Caller

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph

ADMINISTRATOR_ARN = "arn:{partition}:iam::aws:policy/AdministratorAccess"
_CHANGED: Final = ("changed",)
_ORDER = ("administrator", "attach_policy", "rewrite_policy", "restore_policy")


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


@dataclass(slots=True)
class Changes:
    """What an actor can change about a principal.

    Attributes:
        everything: it can give the principal every permission.
        added: policies that it can give besides.
        dropped: policies that it can take away.
        unbounded: it can take the permissions boundary away.
        steps: what it does.
    """

    everything: bool = False
    added: tuple[CompiledPolicy, ...] = ()
    dropped: tuple[CompiledPolicy, ...] = ()
    unbounded: bool = False
    steps: list[Step] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be changed."""
        return not self.steps


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """Principals that nothing tells apart as targets of a change.

    Attributes:
        names: the principals.
        example: one of them.
    """

    names: tuple[str, ...]
    example: Principal


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Principals as a change leaves them.

    Attributes:
        group: the changed principal as an actor of its own.
        names: the principals that become it.
        steps: what is done to them.
    """

    group: Group
    names: frozenset[str]
    steps: tuple[Step, ...]


class Changing:
    """Works out changed principals and the links that lead to them.

    Args:
        owner: the graph.
        needs: decides what techniques need.
    """

    def __init__(self, owner: AccessGraph, needs: Needs) -> None:
        self._owner = owner
        self._needs = needs
        self._population = owner.population
        entries = [entry for entry in techniques() if isinstance(entry, ChangePrincipal)]
        self._by_change: dict[str, list[ChangePrincipal]] = {}
        for entry in entries:
            self._by_change.setdefault(entry.change, []).append(entry)
        self._actions = tuple(sorted({need.action for entry in entries for need in entry.needs}))
        self._changed: dict[tuple[object, ...], Group] = {}
        self._classes: dict[str, list[Alike]] = {}
        self._class_of: dict[str, Alike] = {}
        self._states: dict[tuple[Group, Alike, Group | None, bool], list[State]] = {}
        self._on: dict[tuple[Group, str, str, object, object], Grant | None] = {}

    def classes(self, account: str) -> list[Alike]:
        """The account's principals, told apart as targets."""
        found = self._classes.get(account)
        if found is None:
            together: dict[tuple[object, ...], list[str]] = {}
            for group in self._population.in_account(account):
                for name in group.names:
                    together.setdefault(self._likeness(name), []).append(name)
            found = [
                Alike(tuple(names), self._population.principals[names[0]]) for names in together.values()
            ]
            self._classes[account] = found
            self._class_of.update((name, alike) for alike in found for name in alike.names)
        return found

    def _likeness(self, name: str) -> tuple[object, ...]:
        """Equal for principals that any change finds, and leaves, the same."""
        principal = self._population.principals[name]
        group = self._population.group_of[name]
        carried = [one for one in self.owned(principal) if one.policy.origin == "customer" or one.denies]
        tags = tuple(sorted(self._tags(principal).items(), key=str))
        return (
            principal.kind,
            principal.service_linked,
            self._owner.patterns.hits(principal.account, name),
            principal.groups,
            tuple((one.policy.id if one.policy.origin != "inline" else "", one.compiled) for one in carried),
            group.layers.boundary,
            tags,
            group.own.signature(name, dict(group.caller.tags or ())),
        )

    def _tags(self, principal: Principal) -> dict[str, ContextValue]:
        tags = principal.tags.value if isinstance(principal.tags, Known) else None
        return self._owner.asker.tags(tags, "iam")

    def actors(self, account: str) -> tuple[Group, ...]:
        """The cohorts that may change some principal of the account, changed ones among them."""
        return self._owner.index.cohorts(account, self._actions)

    def prepare(self, account: str) -> None:
        """Work out every changed principal that can come about, so that all techniques know them as actors."""
        before = -1
        while before != len(self._changed):
            before = len(self._changed)
            for actor in self.actors(account):
                for alike in self.classes(account):
                    self.states(actor, alike)
                for part, alike, _ in self._selves(actor):
                    self.states(actor, alike, part, itself=True)
                for state in self._changed_in(account):
                    self.states(actor, self._class_of[state.origin.id], state)

    def _selves(self, actor: Group) -> Iterator[tuple[Group, Alike, tuple[str, ...]]]:
        """The groups of a cohort with the classes that their own members are in."""
        for part in actor.parts:
            if part.names:
                for alike in dict.fromkeys(self._class_of[name] for name in part.names):
                    own = set(part.names)
                    yield part, alike, tuple(name for name in alike.names if name in own)
            elif part.change == _CHANGED:
                alike = self._class_of[part.origin.id]
                yield part, alike, (part.origin.id,)

    def _changed_in(self, account: str) -> list[Group]:
        return [group for group in self._population.changed(account) if group.change == _CHANGED]

    def states(
        self, actor: Group, alike: Alike, base: Group | None = None, *, itself: bool = False
    ) -> list[State]:
        """The states that a cohort's principals can put a class's principals into.

        Args:
            base: the group that the principals are in when they are changed; None: whichever they are in as things stand.
            itself: True where the members of `base` change themselves.
        """
        key = (actor, alike, base, itself)
        found = self._states.get(key)
        if found is None:
            self._states[key] = found = []
            if self._concerns(actor, alike):
                for changes in self._possible(actor, alike, base if itself else None):
                    found.extend(self._after(alike, changes, base))
        return found

    def _concerns(self, actor: Group, alike: Alike) -> bool:
        """Whether the actor's policies speak of the principal, or of a group or policy of its."""
        example = alike.example
        if "*" in actor.reach:
            return True
        aims = [example.id, *example.groups, *(one.policy.id for one in self.owned(example))]
        if example.kind is PrincipalKind.USER:
            aims += [other.id for other in self._population.iam_groups(example.account)]
        hits = self._owner.patterns.hits
        return any(not hits(example.account, aim).isdisjoint(actor.reach) for aim in aims)

    def _possible(self, actor: Group, alike: Alike, itself: Group | None) -> Iterator[Changes]:
        """What can be changed for certain, and what under conditions besides."""
        target = self._target(actor, alike, itself)
        if target is None:
            return
        caller, principal = target
        moves = list(self._moves(actor, caller, principal))
        certain = [move for move in moves if all(step.grant.is_certain for step in move.steps)]
        for chosen in (certain, moves) if len(certain) < len(moves) else (moves,):
            together = _together(chosen)
            if not together.is_empty:
                yield together
        yield from self._joined(actor, caller, principal, moves)

    def _target(self, actor: Group, alike: Alike, itself: Group | None) -> tuple[Caller, Principal] | None:
        if itself is not None:
            own = itself.names or [itself.origin.id]
            name = next(name for name in own if self._class_of[name] is alike)
            return self._population.callers[name], self._population.principals[name]
        found = other_than(actor, alike.names)
        return None if found is None else (found[0], self._population.principals[found[1]])

    def owned(self, principal: Principal) -> list[Owned]:
        """The policies that a principal carries, and through whom."""
        return [
            Owned(policy, owner, self._population.compiled_for(policy, owner))
            for owner in (principal, *self._population.groups_of(principal))
            if isinstance(owner.policies, Known)
            for policy in owner.policies.value
        ]

    def _moves(self, group: Group, caller: Caller, principal: Principal) -> Iterator[Changes]:
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
            step = self._first(group, caller, principal, ("remove_boundary", "replace_boundary"))
            if step is not None and _has_boundary(principal):
                yield Changes(unbounded=True, steps=[step])

    def _everything(
        self, group: Group, caller: Caller, principal: Principal, carried: list[Owned]
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
        self, entry: ChangePrincipal, group: Group, caller: Caller, principal: Principal, carried: list[Owned]
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
        self, entry: ChangePrincipal, group: Group, caller: Caller, carried: list[Owned]
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
                grant = grant.provided(f"an earlier version of {one.policy.name} has to allow it")
            yield Step(entry.needs[0].action, grant, one.policy.id), one.compiled

    def _restored(self, group: Group, caller: Caller, carried: list[Owned]) -> Iterator[Changes]:
        """Making another version of a carried policy the default, where the other versions are known."""
        for entry in self._by_change.get("restore_policy", ()):
            for one in carried:
                if not one.policy.versions:
                    continue
                grant = self._ask(entry, group, caller, one.policy.id, None, {})
                for version in one.policy.versions if grant is not None else ():
                    earlier = replace(one.policy, document=version, versions=None)
                    added = (compiled(earlier, PolicyKind.IDENTITY, f"{one.policy.id} as restored"),)
                    steps = [Step(entry.needs[0].action, grant, one.policy.id)] if grant is not None else []
                    yield Changes(added=added, dropped=(one.compiled,), steps=steps)

    def _administrator_arn(self, principal: Principal) -> str:
        return ADMINISTRATOR_ARN.format(partition=self._population.realm(principal.account).partition)

    def _attached(self, group: Group, caller: Caller, principal: Principal) -> Iterator[Changes]:
        """Attaching those policies that the actor may attach, where it may not attach every one."""
        for entry in self._by_change.get("attach_policy", ()):
            if (
                entry.target != principal.kind.value
                or self._ask(entry, group, caller, principal.id, principal, {}) is None
            ):
                continue
            for policy in self._population.managed(principal.account):
                grant = self._ask(entry, group, caller, principal.id, principal, {"iam:PolicyARN": policy.id})
                if grant is not None:
                    step = Step(entry.needs[0].action, grant)
                    yield Changes(added=(compiled(policy, PolicyKind.IDENTITY),), steps=[step])

    def _joined(
        self, group: Group, caller: Caller, principal: Principal, moves: list[Changes]
    ) -> Iterator[Changes]:
        """Joining each of the account's groups, where the actor cannot give everything anyway."""
        if principal.kind is not PrincipalKind.USER or any(move.everything for move in moves):
            return
        for entry in self._by_change.get("join_group", ()):
            for other in self._population.iam_groups(principal.account):
                if (
                    other.id in principal.groups
                    or not isinstance(other.policies, Known)
                    or not other.policies.value
                ):
                    continue
                grant = self._ask(entry, group, caller, other.id, None, {})
                if grant is not None:
                    added = tuple(compiled(policy, PolicyKind.IDENTITY) for policy in other.policies.value)
                    step = Step(entry.needs[0].action, grant, other.id)
                    together = _together(moves)
                    yield Changes(
                        added=(*together.added, *added),
                        dropped=together.dropped,
                        unbounded=together.unbounded,
                        steps=[*together.steps, step],
                    )

    def _dropping(self, group: Group, caller: Caller, principal: Principal, one: Owned) -> Step | None:
        """A way of taking away a policy that denies."""
        if one.owner is not principal:
            return self._first(group, caller, one.owner, ("leave_group",))
        if one.policy.origin == "inline":
            return self._first(group, caller, principal, ("delete_inline",))
        return self._first(group, caller, principal, ("detach_policy",), {"iam:PolicyARN": one.policy.id})

    def _first(
        self,
        group: Group,
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

    def _ask(
        self,
        entry: ChangePrincipal,
        group: Group,
        caller: Caller,
        resource: str,
        principal: Principal | None,
        extra: dict[str, ContextValue],
    ) -> Grant | None:
        key = (group, entry.id, resource, caller, tuple(extra.items()))
        if key in self._on:
            return self._on[key]
        context: dict[str, ContextValue] = dict(extra)
        if principal is not None:
            context.update(self._tags(principal))
            boundary = principal.boundary
            if isinstance(boundary, Known) and entry.change != "replace_boundary":
                context["iam:PermissionsBoundary"] = None if boundary.value is None else boundary.value.id
        found: Grant | None = Grant()
        for need in entry.needs:
            grant = self._needs.on(group, need.action, resource, caller=caller, context=context)
            if grant is None or found is None:
                found = None
                break
            found = found.and_also(grant)
        self._on[key] = found
        return found

    def _after(self, alike: Alike, changes: Changes, base: Group | None) -> Iterator[State]:
        """The changed principals: one where the change gives everything, else one for each group that they were in."""
        steps = tuple(changes.steps)
        if base is not None:
            state = self._state(alike.example if base.names else base.origin, changes, base)
            if state is not None and state is not base:
                yield State(state, frozenset(alike.names), steps)
            return
        groups: dict[Group, list[str]] = {}
        for name in alike.names:
            groups.setdefault(self._population.group_of[name], []).append(name)
        states: dict[Group, list[str]] = {}
        for group, names in groups.items():
            state = self._state(self._population.principals[names[0]], changes, group)
            if state is not None:
                states.setdefault(state, []).extend(names)
        for state, names in states.items():
            yield State(state, frozenset(names), steps)

    def _state(self, example: Principal, changes: Changes, base: Group) -> Group | None:
        """The changed principal as an actor of its own; None when the change changes nothing."""
        dropped = {one.document for one in changes.dropped}
        documents = [one for one in base.documents if one.document not in dropped]
        if changes.everything:
            documents = [
                one for one in documents if any(not statement.allows for statement in one.document.statements)
            ]
            documents.append(administrator("a policy of the actor's own"))
        documents += [one for one in changes.added if one not in documents]
        boundary = None if changes.unbounded else base.layers.boundary
        if tuple(documents) == base.documents and boundary is base.layers.boundary:
            return None
        return self._changed_group(example, base, tuple(documents), boundary)

    def _changed_group(
        self,
        example: Principal,
        base: Group,
        documents: tuple[CompiledPolicy, ...],
        boundary: PolicySet | None,
    ) -> Group:
        tags = example.tags.value if isinstance(example.tags, Known) else None
        key = (
            example.account,
            example.kind,
            documents,
            boundary,
            base.own.signature(example.id, tags),
        )
        found = self._changed.get(key)
        if found is None:
            layers = base.layers.replace(identity=documents, boundary=boundary)
            caller = self._population.callers[example.id]
            found = Group(
                example.account,
                example.kind,
                caller,
                layers,
                documents,
                base.patterns | {"*"},
                example,
                change=_CHANGED,
                own=base.own,
            )
            self._changed[key] = found
            self._population.add_changed(found)
            self._owner.index.note(found)
            self._owner.index.forget(example.account)
        return found

    def links(self, account: str, graph: Graph) -> Iterator[Link]:
        """Links from whoever makes a change and is, or becomes, the principal; `graph` says who becomes whom."""
        actor_of = {part: actor for actor in self.actors(account) for part in actor.parts}
        for actor in self.actors(account):
            for part, alike, names in self._selves(actor):
                for state in self.states(actor, alike, part, itself=True):
                    for name in names if part.names else names[:1]:
                        origin = name if part.names else part
                        yield Link(origin, state.group, state.steps, named=name)
        for alike in self.classes(account):
            yield from self._others(alike, actor_of, graph)

    def _others(self, alike: Alike, actor_of: dict[Group, Group], graph: Graph) -> Iterator[Link]:
        done: set[tuple[Node, Group]] = set()
        for name, origin, become in _entries(alike, graph):
            for part, node in actors_of(origin, self._population):
                actor = actor_of.get(part)
                if actor is None or node == name:
                    continue
                for state in self.states(actor, alike):
                    if name in state.names and (node, state.group) not in done:
                        done.add((node, state.group))
                        yield Link(node, state.group, (*state.steps, *become), named=name)

    def conjunctions(self, account: str, graph: Graph) -> Iterator[Conjunction]:
        """Changes whose maker is not, and does not at once become, the principal."""
        for alike in self.classes(account):
            makers = {
                part
                for _, origin, _ in _entries(alike, graph)
                for part, node in actors_of(origin, self._population)
                if isinstance(node, Group)
            }
            for actor in self.actors(account):
                left = tuple(part for part in actor.parts if part not in makers)
                if not left:
                    continue
                for state in self.states(actor, alike):
                    steps = _aimed(state.steps, alike)
                    makes = (actor,) if len(left) == len(actor.parts) else left
                    yield Conjunction(makes, tuple(sorted(state.names)), state.group, steps)
        yield from self._further(account)

    def _further(self, account: str) -> Iterator[Conjunction]:
        """Changes of principals that are changed already, by others than those who changed them first."""
        for changed in self._changed_in(account):
            alike = self._class_of[changed.origin.id]
            for actor in self.actors(account):
                for state in self.states(actor, alike, changed):
                    yield Conjunction((actor,), (changed,), state.group, _aimed(state.steps, alike))


def _entries(alike: Alike, graph: Graph) -> Iterator[tuple[str, Node, tuple[Step, ...]]]:
    """Who becomes a principal of a class in one step, and how; a way that several of them share counts once."""
    seen: set[Hub] = set()
    for name in alike.names:
        for link in graph.links_into(name):
            if isinstance(link.origin, Hub):
                if link.origin not in seen:
                    seen.add(link.origin)
                    for inner in graph.links_into(link.origin):
                        yield name, inner.origin, inner.steps
            elif link.steps:
                yield name, link.origin, link.steps


def _aimed(steps: tuple[Step, ...], alike: Alike) -> tuple[Step, ...]:
    """Steps on the principal itself, with its name where there is but one."""
    return tuple(Step(one.how, one.grant, one.target or alike.names[0]) for one in steps)


def _has_boundary(principal: Principal) -> bool:
    return not isinstance(principal.boundary, Known) or principal.boundary.value is not None


def _together(moves: Iterable[Changes]) -> Changes:
    """All of several changes at once."""
    found = Changes()
    for move in moves:
        found.everything = found.everything or move.everything
        found.unbounded = found.unbounded or move.unbounded
        found.added += move.added
        found.dropped += move.dropped
        found.steps += move.steps
    return found
