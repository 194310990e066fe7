"""What policies say of one permission on one resource, whoever asks and whatever is told of the request.

It is worked out once for all who ask: which bindings give the permission, which rules deny it, which lists and boundaries bear on
it, and by which names whoever asks is told apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from weightguard.policy.decision import Reason
from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, any_of
from weightguard.policy.gcp import names, roles, storage
from weightguard.policy.gcp.constraints import keeps_out, stopping
from weightguard.policy.gcp.groups import canonical
from weightguard.policy.gcp.members import Audience, Members, audience
from weightguard.policy.gcp.model import Binding, Boundary, DenyPolicy, Policies

_MOST_ASKED: Final = 4_096
"""Questions that are kept of one set of policies; one more, and they are forgotten."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A deny rule that is about the permission: whom it means, whom it spares, and its condition."""

    denied: Audience
    spared: Audience
    condition: str | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Bound:
    """A boundary that bears on the question, and whether the resource lies within it."""

    boundary: Boundary
    meant: Audience
    within: bool
    reason: Reason


@dataclass(frozen=True, slots=True)
class Ground:
    """What bears on a permission on a resource.

    Attributes:
        lineage: the resource and everything that it lies in.
        held: of each of them that has a policy, what it says of the permission.
        prevented: whether the public is kept out.
        refused: the organisation policies that refuse whoever asks.
        lists: whom access control lists let in.
        names: all that whoever asks is told apart by; None: there is more to ask of them than as whom they are known.
    """

    lineage: tuple[str, ...]
    held: tuple[tuple[str, Place], ...]
    prevented: bool
    refused: tuple[Reason, ...]
    boundaries: tuple[Bound, ...]
    rules: tuple[Rule, ...]
    lists: tuple[tuple[Audience, Reason], ...]
    names: frozenset[str] | None


def ground(permission: str, resource: str, policies: Policies) -> Ground:
    """What bears on a permission on a resource; worked out once for the policies."""
    key = (permission, resource)
    found = policies.grounds.get(key)
    if found is None:
        if len(policies.grounds) >= _MOST_ASKED:
            policies.grounds.clear()
        found = policies.grounds[key] = _ground(permission, resource, policies)
    return cast(Ground, found)


def _ground(permission: str, resource: str, policies: Policies) -> Ground:
    lineage = tuple(names.lineage(resource, policies.parents))
    held = tuple(
        (place, _held(place, permission, policies)) for place in lineage if place in policies.bindings
    )
    prevented = storage.keeps_the_public_out(resource, policies)
    boundaries = tuple(_boundaries(permission, lineage, policies))
    rules = tuple(_rules(permission, lineage, policies))
    lists = tuple(
        (audience((member,), policies), reason)
        for member, reason in storage.listed(permission, resource, policies)
    )
    refused = tuple(stopping(permission, resource, policies))
    meant: list[Audience | Place] = [
        *(one.meant for one in boundaries),
        *(one for rule in rules for one in (rule.denied, rule.spared)),
        *(one for one, _ in lists),
        *(place for _, place in held),
    ]
    conditions = any(one.boundary.condition is not None for one in boundaries)
    more = conditions or policies.perimeters.may_bear(permission)
    known = None if more else _names(meant)
    return Ground(lineage, held, prevented, refused, boundaries, rules, lists, known)


def _names(meant: Collection[Audience | Place]) -> frozenset[str] | None:
    """The names that whoever asks is told apart by; None: by more than names."""
    if any(one.open for one in meant):
        return None
    return frozenset[str]().union(*(one.names for one in meant))


def _boundaries(permission: str, lineage: tuple[str, ...], policies: Policies) -> Iterator[Bound]:
    for one in policies.boundaries:
        within = bool(set(map(names.relative, one.resources)) & set(lineage))
        if within or one.blocked is None or _is_about(one.blocked, permission):
            yield Bound(one, audience(one.bound_to, policies), within, Reason("pab", one.name, "0"))


def _is_about(permissions: Iterable[str], permission: str) -> bool:
    return any(names.names_permission(one, permission) for one in permissions)


def _rules(permission: str, lineage: tuple[str, ...], policies: Policies) -> Iterator[Rule]:
    for at, policy in enumerate(policies.denials):
        if policy.attached_to in lineage:
            key = ("denials", str(at), permission)
            if key not in policies.prepared:
                policies.prepared[key] = tuple(_about(policy, permission, policies))
            yield from cast(tuple[Rule, ...], policies.prepared[key])


def _about(policy: DenyPolicy, permission: str, policies: Policies) -> Iterator[Rule]:
    """The rules of a deny policy that are about a permission."""
    for number, rule in enumerate(policy.rules):
        if _is_about(rule.permissions, permission) and not _is_about(rule.except_permissions, permission):
            denied, spared = (audience(one, policies) for one in (rule.principals, rule.except_principals))
            yield Rule(denied, spared, rule.condition, Reason("deny", policy.name, str(number)))


@dataclass(frozen=True, slots=True)
class Held:
    """A binding that gives a permission, or may.

    Attributes:
        permits: when its role gives it.
        open: those of its members of which more has to be asked than their names.
    """

    reason: Reason
    permits: Formula
    condition: str | None
    open: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """What the policy of one resource says of one permission, whoever asks.

    Attributes:
        by_name: name -> the bindings that mean whoever is called so.
        to_the_public: those among them that name everybody, which prevention undoes.
        open: the bindings of which more has to be asked.
        names: all by which a binding means somebody, the public itself among them.
    """

    bindings: tuple[Held, ...]
    by_name: Mapping[str, tuple[int, ...]]
    to_the_public: Mapping[str, tuple[int, ...]]
    open: tuple[int, ...]
    names: frozenset[str]

    def meant(self, asker: Members, prevented: bool) -> Iterator[tuple[int, Formula]]:
        """The bindings that mean whoever asks, in their order, and when they do."""
        found: dict[int, Formula] = {}
        for names_of in (self.by_name,) if prevented else (self.by_name, self.to_the_public):
            for name in asker.certain:
                for number in names_of.get(name, ()):
                    found[number] = ALWAYS
        for number in self.open:
            if number not in found:
                meant = any_of(map(asker.means, self.bindings[number].open))
                if meant is not NEVER:
                    found[number] = meant
        yield from sorted(found.items(), key=lambda one: one[0])


def _held(place: str, permission: str, policies: Policies) -> Place:
    """What the policy of a resource says of a permission; worked out once for the policies."""
    key = ("bindings", place, permission)
    if key not in policies.prepared:
        policies.prepared[key] = _prepared(place, permission, policies)
    return cast(Place, policies.prepared[key])


def _prepared(place: str, permission: str, policies: Policies) -> Place:
    bindings: list[Held] = []
    by_name: dict[str, tuple[int, ...]] = {}
    public: dict[str, tuple[int, ...]] = {}
    for one in policies.bindings.get(place, ()):
        permits = _permits(one.role, permission, policies)
        if permits is NEVER:
            continue
        number = len(bindings)
        inside, named = _audiences(one, place, policies)
        for where, names_of in ((by_name, inside.names), (public, named)):
            for name in names_of:
                where[name] = (*where.get(name, ()), number)
        reason = Reason("allow", place, one.title or one.role)
        bindings.append(Held(reason, permits, one.condition, inside.open))
    more = tuple(number for number, one in enumerate(bindings) if one.open)
    return Place(tuple(bindings), by_name, public, more, frozenset((*by_name, *public)))


def _audiences(binding: Binding, place: str, policies: Policies) -> tuple[Audience, set[str]]:
    """Whom a binding means, and as whom it names the public itself."""
    members = {canonical(one) for one in binding.members if not keeps_out(one, place, policies)}
    public = set(filter(storage.is_public, members))
    return audience(members - public, policies), public


def _permits(role: str, permission: str, policies: Policies) -> Formula:
    found = roles.find(role, policies.roles)
    if found.disabled:
        return NEVER
    if found.permissions is None:
        return Condition(role, "Permits", (permission,), needs=(role,))
    return ALWAYS if permission in found.permissions else NEVER
