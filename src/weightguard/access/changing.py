"""Change what a principal may do, and be it: the access is decided on the principal as the change leaves it.

A change is worked out for a class of principals that no policy tells apart. What limits the principal and is not changed stays: the
boundary, the guardrails, the denials in its other policies. Whoever makes the change must also be the principal, or become it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from weightguard.access.asking import Grant
from weightguard.access.becoming import other_than
from weightguard.access.index import administrator
from weightguard.access.joining import Conjunction
from weightguard.access.links import Graph, Link, Node, Step
from weightguard.access.needs import Needs
from weightguard.access.population import Group, compiled
from weightguard.access.techniques.schema import ChangePrincipal, techniques
from weightguard.estate.fact import Known
from weightguard.estate.model import NamedPolicy, Principal, PrincipalKind
from weightguard.policy.aws import CompiledPolicy, ContextValue, PolicyKind, PolicySet
from weightguard.policy.aws import Principal as Caller

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph

ADMINISTRATOR_ARN = "arn:{partition}:iam::aws:policy/AdministratorAccess"
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
    """Principals of one group that nothing tells apart as targets either.

    Attributes:
        names: the principals.
        group: the group that they are in.
    """

    names: tuple[str, ...]
    group: Group
    example: Principal


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
        self._actions = sorted({need.action for entry in entries for need in entry.needs})
        self._changed: dict[tuple[object, ...], Group] = {}
        self._classes: dict[str, list[Alike]] = {}
        self._states: dict[tuple[Group, Alike, bool], list[tuple[Group, tuple[Step, ...]]]] = {}
        self._on: dict[tuple[Group, str, str, object, object], Grant | None] = {}

    def classes(self, account: str) -> list[Alike]:
        """The account's principals, told apart as targets."""
        found = self._classes.get(account)
        if found is None:
            found = []
            for group in self._population.in_account(account):
                for names in self._owner.patterns.split(account, group.members, self._tags_key):
                    found.append(Alike(names, group, self._population.principals[names[0]]))
            self._classes[account] = found
        return found

    def _tags_key(self, name: str) -> tuple[object, ...]:
        return tuple(sorted(self._tags(self._population.principals[name]).items(), key=str))

    def _tags(self, principal: Principal) -> dict[str, ContextValue]:
        tags = principal.tags.value if isinstance(principal.tags, Known) else None
        return self._owner.asker.tags(tags, "iam")

    def actors(self, account: str) -> list[Group]:
        """The groups that may change some principal of the account, changed ones among them."""
        found: dict[Group, None] = {}
        for action in self._actions:
            found.update((group, None) for group in self._owner.index.able(account, action))
        return list(found)

    def prepare(self, account: str) -> None:
        """Work out every changed principal that can come about, so that all techniques know them as actors."""
        before = -1
        while before != len(self._changed):
            before = len(self._changed)
            for group in self.actors(account):
                for alike in self.classes(account):
                    self.states(group, alike, itself=False)
                    if alike.group is group or alike.example is group.origin:
                        self.states(group, alike, itself=True)

    def states(self, group: Group, alike: Alike, *, itself: bool) -> list[tuple[Group, tuple[Step, ...]]]:
        """The states that a group's principals can put a class's principals into, with the steps."""
        key = (group, alike, itself)
        found = self._states.get(key)
        if found is None:
            self._states[key] = found = []
            for changes in self._possible(group, alike, itself):
                state = self._state(alike, changes, group if itself else None)
                if state is not None and state is not group:
                    found.append((state, tuple(changes.steps)))
        return found

    def _possible(self, group: Group, alike: Alike, itself: bool) -> Iterator[Changes]:
        """What can be changed for certain, and what under conditions besides."""
        target = self._target(group, alike, itself)
        if target is None:
            return
        caller, principal = target
        moves = list(self._moves(group, caller, principal))
        certain = [move for move in moves if all(step.grant.is_certain for step in move.steps)]
        for chosen in (certain, moves) if len(certain) < len(moves) else (moves,):
            together = _together(chosen)
            if not together.is_empty:
                yield together
        yield from self._joined(group, caller, principal, moves)

    def _target(self, group: Group, alike: Alike, itself: bool) -> tuple[Caller, Principal] | None:
        if itself:
            return self._population.callers[alike.example.id], alike.example
        found = other_than(group, alike.names)
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
                grant = grant.provided(f"an earlier version of {one.policy.name} has to allow it")
            yield Step(entry.needs[0].action, grant, one.policy.id), one.compiled

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

    def _state(self, alike: Alike, changes: Changes, before: Group | None) -> Group | None:
        """The changed principal as an actor of its own; None when the change changes nothing."""
        base = before or alike.group
        documents = [one for one in base.documents if one not in changes.dropped]
        if changes.everything:
            documents = [
                one for one in documents if any(not statement.allows for statement in one.document.statements)
            ]
            documents.append(administrator("a policy of the actor's own"))
        documents += [one for one in changes.added if one not in documents]
        boundary = None if changes.unbounded else base.layers.boundary
        if tuple(documents) == base.documents and boundary is base.layers.boundary:
            return None
        return self._changed_group(alike, base, tuple(documents), boundary)

    def _changed_group(
        self, alike: Alike, base: Group, documents: tuple[CompiledPolicy, ...], boundary: PolicySet | None
    ) -> Group:
        example = alike.example
        tags = example.tags.value if isinstance(example.tags, Known) else None
        key = (
            example.account,
            example.kind,
            documents,
            boundary,
            alike.group.own.signature(example.id, tags),
        )
        found = self._changed.get(key)
        if found is None:
            layers = base.layers.replace(identity=documents, boundary=boundary)
            patterns = alike.group.patterns | {"*"}
            caller = self._population.callers[example.id]
            found = Group(
                example.account,
                example.kind,
                caller,
                layers,
                documents,
                patterns,
                example,
                change=("changed",),
            )
            self._changed[key] = found
            self._population.add_changed(found)
            self._owner.index.note(found)
            self._owner.index.forget(example.account)
        return found

    def links(self, account: str, graph: Graph) -> Iterator[Link]:
        """Links from whoever makes a change and is, or becomes, the principal; `graph` says who becomes whom."""
        for alike in self.classes(account):
            yield from self._itself(alike)
            yield from self._others(alike, graph)

    def _itself(self, alike: Alike) -> Iterator[Link]:
        for name in alike.names:
            for state, steps in self.states(alike.group, alike, itself=True):
                yield Link(name, state, steps, named=name)
        for changed in list(self._population.changed(alike.example.account)):
            if changed.origin is alike.example:
                for state, steps in self.states(changed, alike, itself=True):
                    yield Link(changed, state, steps, named=alike.example.id)

    def _others(self, alike: Alike, graph: Graph) -> Iterator[Link]:
        done: set[tuple[Node, Group]] = set()
        for name in alike.names:
            for origin, become in graph.ways_into(name):
                group = origin if isinstance(origin, Group) else self._population.group_of.get(str(origin))
                if group is None or origin == name:
                    continue
                for state, steps in self.states(group, alike, itself=False):
                    if (origin, state) not in done:
                        done.add((origin, state))
                        yield Link(origin, state, (*steps, *become), named=name)

    def conjunctions(self, account: str, graph: Graph) -> Iterator[Conjunction]:
        """Changes whose maker is not, and does not at once become, the principal."""
        for alike in self.classes(account):
            makers = {origin for name in alike.names for origin, _ in graph.ways_into(name)}
            for group in self.actors(account):
                if group in makers:
                    continue
                for state, steps in self.states(group, alike, itself=False):
                    yield Conjunction(group, alike.names, state, _aimed(steps, alike))


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
