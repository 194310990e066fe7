"""Who may, as Google Cloud's policies stand, for rules that ask it of a resource; nothing of what somebody could change first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from weightguard.access.condition import ConditionKind
from weightguard.access.gcp.actor_kinds import ActorKinds
from weightguard.access.gcp.context import Context as Prepared
from weightguard.access.gcp.context import context_of
from weightguard.access.grant import Grant
from weightguard.access.model import ActorKind
from weightguard.controls.judge import Context
from weightguard.estate.fact import Fact, Reason, Source, Unknown
from weightguard.estate.model import NamedPolicy
from weightguard.policy.gcp import roles as known_roles
from weightguard.policy.gcp.names import lineage


def prepared(context: Context) -> Prepared:
    """The estate's policies, worked out once."""
    found: Prepared = context.once("gcp policies", lambda: context_of(context.estate))
    return found


def kind_of(member: str, context: Context) -> ActorKind:
    """Who stands behind a member; a group of another organisation's domain is external."""
    known: dict[str, ActorKind] = context.once("gcp kinds", dict)
    found = known.get(member)
    if found is None:
        found = known[member] = _kind_of(member, context)
    return found


def _kind_of(member: str, context: Context) -> ActorKind:
    kinds: ActorKinds = context.once("gcp actors", lambda: ActorKinds(prepared(context).source))
    as_person = f"user:{member.partition(':')[2]}" if member.startswith("group:") else member
    found = kinds.of(as_person)
    kind: ActorKind = found.kind if found is not None else "unknown"
    return "unknown" if member.startswith("group:") and kind == "person" else kind


def granted(resource: str, permissions: Iterable[str], context: Context) -> dict[str, dict[str, Grant]]:
    """Member -> which of some permissions it has on a resource, with what each hangs on."""
    who = prepared(context).who
    found: dict[str, dict[str, Grant]] = {}
    for permission in permissions:
        for member, way in who.plain(permission, resource).items():
            found.setdefault(member, {})[permission] = way.grant
    return found


def is_unread(grant: Grant) -> bool:
    """Whether nobody knows if the role gives the permission at all."""
    return any(one.kind is ConditionKind.UNREAD for one in grant.conditions)


def gaps(resource: str, context: Context) -> Iterator[Unknown]:
    """What is not known of who may something on a resource: policies above it, roles that policies name, groups' members."""
    unread: Mapping[str, list[Unknown]] = context.once("gcp unread policies", lambda: _unread(context))
    places = [*lineage(resource, prepared(context).who.policies.parents)]
    if unread:
        above = frozenset(places)
        yield from (one for place, found in unread.items() if place in above for one in found)
    roles: set[str] = set()
    groups: set[str] = set()
    for place in places:
        named = context.once(("gcp unknown names", place), partial(_unknown_names, place, context))
        roles |= named[0]
        groups |= named[1]
    for role in sorted(roles):
        yield Unknown(Reason.NOT_COLLECTED, Source.named("iam", "GetRole", role, provider="gcp"))
    for group in sorted(groups):
        told = Source.named("cloudidentity", "ListMemberships", group, provider="gcp")
        yield Unknown(Reason.NOT_COLLECTED, told)


def _unread(context: Context) -> dict[str, list[Unknown]]:
    """Containers whose policies nobody read, in the estate's order."""
    found: dict[str, list[Unknown]] = {}
    for one in context.estate.containers:
        if one.provider == "gcp" and isinstance(one.policies, Unknown):
            found.setdefault(one.id, []).append(one.policies)
    return found


def _unknown_names(place: str, context: Context) -> tuple[frozenset[str], frozenset[str]]:
    """Of a resource's own policy: the roles that nobody defined, the groups whose members nobody knows."""
    who = prepared(context).who
    bindings = who.policies.bindings.get(place, ())
    roles = {one.role for one in bindings}
    leaves = {leaf for one in bindings for member in one.members for leaf in who.candidates.leaves(member)}
    return (
        frozenset(one for one in roles if known_roles.find(one, who.policies.roles).permissions is None),
        frozenset(one for one in leaves if one.startswith("group:")),
    )


def policies_by_name(context: Context) -> Mapping[str, Fact[NamedPolicy | None]]:
    """Relative name -> the allow policy of a resource that is neither store, key nor container."""

    def compute() -> dict[str, Fact[NamedPolicy | None]]:
        named = prepared(context).source.named
        estate = context.estate
        others = (one for each in estate.resources.values() for one in each)
        return {
            named(one.id): one.policy
            for one in (*estate.workloads, *estate.secrets, *others)
            if one.provider == "gcp"
        }

    found: Mapping[str, Fact[NamedPolicy | None]] = context.once("gcp policies by name", compute)
    return found
