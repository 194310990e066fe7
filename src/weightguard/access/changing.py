"""Change what a principal may do, and be it: the access is decided on the principal as the change leaves it.

A change is worked out for a class of principals that no policy tells apart. What limits the principal and is not changed stays: the
boundary, the guardrails, the denials in its other policies. Whoever makes the change must also be the principal, or become it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from weightguard.access.becoming import other_than
from weightguard.access.joining import Conjunction
from weightguard.access.links import Graph, Hub, Link, Node, Step
from weightguard.access.moves import Changes, Moves
from weightguard.access.naming import administrator
from weightguard.access.needs import Needs
from weightguard.access.population import Group, is_unlimited
from weightguard.access.tagging import applied
from weightguard.access.unguarding import actors_of
from weightguard.estate.model import Principal, PrincipalKind
from weightguard.policy.aws import CompiledPolicy, PolicySet, policy_set
from weightguard.policy.aws import Principal as Caller

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph

ADMINISTRATOR_ARN = "arn:{partition}:iam::aws:policy/AdministratorAccess"
_CHANGED: Final = ("changed",)
_ORDER = ("administrator", "attach_policy", "rewrite_policy", "restore_policy")


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
        self._population = owner.population
        self._moves = Moves(owner, needs)
        self._changed: dict[tuple[object, ...], Group] = {}
        self._classes: dict[str, list[Alike]] = {}
        self._class_of: dict[str, Alike] = {}
        self._states: dict[tuple[Group, Alike, Group | None, bool], list[State]] = {}

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
        carried = [
            one for one in self._moves.owned(principal) if one.policy.origin == "customer" or one.denies
        ]
        tags = tuple(sorted(self._moves.tags(principal).items(), key=str))
        return (
            principal.kind,
            principal.service_linked,
            self._owner.patterns.hits(principal.account, name),
            principal.groups,
            tuple((one.policy.id if one.policy.origin != "inline" else "", one.compiled) for one in carried),
            group.layers.boundary,
            tags,
            name if name in self._owner.named.kept_apart else None,
            group.own.signature(name, dict(group.caller.tags or ())),
        )

    def actors(self, account: str) -> tuple[Group, ...]:
        """The cohorts that may change some principal of the account, changed ones among them."""
        return self._owner.index.cohorts(account, self._moves.actions)

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
            unlimited = is_unlimited(base or self._population.group_of[alike.example.id])
            if not unlimited and self._concerns(actor, alike):
                target = self._target(actor, alike, base if itself else None)
                for changes in self._moves.possible(actor, *target) if target is not None else ():
                    found.extend(self._after(alike, changes, base))
        return found

    def _concerns(self, actor: Group, alike: Alike) -> bool:
        """Whether the actor's policies speak of the principal, or of a group or policy of its."""
        example = alike.example
        if "*" in actor.reach:
            return True
        aims = [example.id, *example.groups, *(one.policy.id for one in self._moves.owned(example))]
        if example.kind is PrincipalKind.USER:
            aims += [other.id for other in self._population.iam_groups(example.account)]
        hits = self._owner.patterns.hits
        return any(not hits(example.account, aim).isdisjoint(actor.reach) for aim in aims)

    def _target(self, actor: Group, alike: Alike, itself: Group | None) -> tuple[Caller, Principal] | None:
        if itself is not None:
            own = itself.names or [itself.origin.id]
            name = next(name for name in own if self._class_of[name] is alike)
            return self._population.callers[name], self._population.principals[name]
        found = other_than(actor, alike.names)
        return None if found is None else (found[0], self._population.principals[found[1]])

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
        if changes.boundary is not None and not changes.unbounded:
            boundary = policy_set((changes.boundary,))
        caller = self._tagged(example, base, changes)
        if tuple(documents) == base.documents and boundary is base.layers.boundary and not changes.tags:
            return None
        return self._changed_group(example, base, tuple(documents), boundary, caller)

    def _tagged(self, example: Principal, base: Group, changes: Changes) -> Caller:
        """The changed principal as the engine knows it, with the tags that it has by then."""
        caller = self._population.callers[example.id]
        if not base.names:
            caller = replace(caller, tags=base.caller.tags)
        if not changes.tags:
            return caller
        tags = applied(dict(caller.tags or ()), dict(changes.tags))
        return replace(caller, tags=tuple(sorted(tags.items())))

    def _changed_group(
        self,
        example: Principal,
        base: Group,
        documents: tuple[CompiledPolicy, ...],
        boundary: PolicySet | None,
        caller: Caller,
    ) -> Group:
        key = (
            example.account,
            example.kind,
            documents,
            boundary,
            example.id if example.id in self._owner.named.kept_apart else None,
            base.own.signature(example.id, caller.known_tags),
            caller.tags if caller.tags != self._population.callers[example.id].tags else None,
        )
        found = self._changed.get(key)
        if found is None:
            layers = base.layers.replace(identity=documents, boundary=boundary)
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
            for actor, node in self._changers(origin, actor_of):
                for state in self.states(actor, alike) if node != name else ():
                    if name in state.names and (node, state.group) not in done:
                        done.add((node, state.group))
                        yield Link(node, state.group, (*state.steps, *become), named=name)

    def _changers(self, origin: Node, actor_of: dict[Group, Group]) -> Iterator[tuple[Group, Node]]:
        """The cohorts behind an origin that change something, each with what stands for its share in the origin."""
        if isinstance(origin, str):
            actor = (
                actor_of.get(self._population.group_of[origin])
                if origin in self._population.group_of
                else None
            )
            if actor is not None:
                yield actor, origin
            return
        shares: dict[Group, list[Group]] = {}
        for part, _ in actors_of(origin, self._population):
            if part in actor_of:
                shares.setdefault(actor_of[part], []).append(part)
        for actor, parts in shares.items():
            if len(parts) == len(actor.parts):
                yield actor, actor
            else:
                yield from ((actor, part) for part in parts)

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
