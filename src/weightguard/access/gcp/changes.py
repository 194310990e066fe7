"""Who may change what so that a permission may come of it: policies, roles, lists of objects, tags.

Sources: IAM documentation, "Manage access to projects, folders, and organizations", "Set limits on granting roles", "Create and
manage custom roles"; Cloud Storage documentation, "Access control lists".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, Protocol

from weightguard.access.gcp.candidates import Candidates
from weightguard.access.gcp.change import Change
from weightguard.access.gcp.decisions import Asked, Decisions
from weightguard.access.gcp.entitlements import Entitlements
from weightguard.access.gcp.overlay import Over
from weightguard.access.gcp.policies import Source
from weightguard.access.gcp.setters import entity_of, roles_in, setting, texts_in
from weightguard.access.gcp.tags import BIND, TagValues, carrying
from weightguard.access.gcp.way import Way
from weightguard.access.grant import Grant
from weightguard.access.links import Step
from weightguard.policy.decision import Reason
from weightguard.policy.gcp import Binding, Policies, RoleDefinition
from weightguard.policy.gcp.constraints import MEMBERS, in_force
from weightguard.policy.gcp.model import Grant as Entry
from weightguard.policy.gcp.names import bucket_of, lineage, object_of

_GIVEN: Final = "iam.googleapis.com/modifiedGrantsByRole"
_LISTED: Final = frozenset({"storage.objects.get", "storage.objects.setIamPolicy", "storage.objects.update"})
"""What the owner of an object may do by its list, where lists count."""
_NEW: Final = "the role that is granted"
_MAKE_FOLDER, _SET_FOLDER = "storage.managedFolders.create", "storage.managedFolders.setIamPolicy"


class Standing(Protocol):
    """Answers who may, as policies stand."""

    source: Source
    policies: Policies
    decisions: Decisions
    candidates: Candidates

    def plain(self, permission: str, resource: str) -> Mapping[str, Way]:
        """Everybody who may."""
        ...

    def granting(self, setter: str, place: str, key: str, role: str) -> Asked:
        """The question whether a policy may be set that grants a role."""
        ...

    def after(self, change: Change, permission: str, resource: str) -> Grant | None:
        """What allows whoever changed something."""
        ...

    def id_of(self, place: str) -> str:
        """What answers call a resource whose policy is set."""
        ...


class Changes:
    """Knows who may change what.

    Args:
        who: answers who may, as policies stand.
    """

    def __init__(self, who: Standing) -> None:
        self._who = who
        self._policies = who.policies
        self._candidates = who.candidates
        self._tags = TagValues(who.source.estate)
        self._entitlements = Entitlements(who.source, who.policies, who.candidates)
        self._limited: dict[str, tuple[tuple[str, str], ...]] = {}

    def of(self, permission: str, resource: str) -> Iterator[Change]:
        """Every change after which somebody may have a permission on a resource."""
        yield from self.of_policies(permission, resource)
        yield from self.others(permission, resource)

    def others(self, permission: str, resource: str) -> Iterator[Change]:
        """Those that set no policy."""
        yield from self._of_roles(permission, resource)
        yield from self._of_lists(permission, resource)
        yield from self._of_tags(permission, resource)
        yield from self._of_new_folders(permission, resource)
        yield from self._entitlements.of(permission, resource)

    def of_policies(self, permission: str, resource: str) -> Iterator[Change]:
        """Whoever may set a policy gives itself a role there that has the permission."""
        for place in lineage(resource, self._policies.parents):
            setter = setting(place)
            if setter is None or (setter == permission and place == resource):
                continue
            for member, role, grant in self._setters(setter, place, permission):
                if self._may_be_named(member, place):
                    step = Step(setter, grant, self._who.id_of(place))
                    yield Change(member, self._with_binding(place, role, permission, member), (step,))
            yield from self._asked_for(setter, place, permission)

    def _asked_for(self, setter: str, place: str, permission: str) -> Iterator[Change]:
        """Whoever may ask for the right to set a policy sets it once it has it."""
        for one in self._entitlements.of(setter, place):
            grant = self._who.after(one, setter, place) if self._may_be_named(one.member, place) else None
            if grant is not None:
                step = Step(setter, grant, self._who.id_of(place))
                left = self._with_binding(place, _NEW, permission, one.member)
                yield Change(one.member, left, (*one.steps, step))

    def _setters(self, setter: str, place: str, permission: str) -> Iterator[tuple[str, str, Grant]]:
        """Who may set a policy, with a role that they may grant and that gives a permission."""
        limits = [
            condition for role, condition in self._limits(place) if self._candidates.permits(role, setter)
        ]
        if not limits:
            yield from ((one, _NEW, way.grant) for one, way in self._who.plain(setter, place).items())
            return
        named = {
            role for one in limits for role in roles_in(one) if self._candidates.permits(role, permission)
        }
        for member in self._candidates.holding(setter, place):
            for role in (_NEW, *sorted(named)):
                grant = self._who.granting(setter, place, _GIVEN, role).grant(member)
                if grant is not None:
                    yield member, role, grant
                    break

    def _limits(self, place: str) -> tuple[tuple[str, str], ...]:
        """The bindings over a resource whose conditions say which roles may be granted: role and condition."""
        found = self._limited.get(place)
        if found is None:
            found = self._limited[place] = tuple(
                (one.role, condition)
                for one, condition in self._candidates.conditional(place)
                if _GIVEN in condition
            )
        return found

    def _with_binding(self, place: str, role: str, permission: str, member: str) -> Policies | Reason:
        policies = self._policies
        if role == _NEW or self._candidates.role(role).permissions is not None:
            return Reason("allow", place, role)
        held = (*policies.bindings.get(place, ()), Binding(role, (member,)))
        return replace(policies, bindings=Over(policies.bindings, {place: held}))

    def _may_be_named(self, member: str, place: str) -> bool:
        """Whether an organisation policy lets a policy name somebody that it does not name yet.

        Source: Resource Manager documentation, "Restricting identities by domain".
        """
        limit = in_force(MEMBERS, place, self._policies)
        if limit is None or limit.allowed is None or "all" in limit.allowed:
            return True
        source = self._who.source
        allowed = {one.removeprefix("is:").removeprefix("under:") for one in limit.allowed}
        if member.startswith("user:"):
            return bool(allowed & set(self._who.decisions.organisations_of(member)))
        project = source.projects.get(member)
        above = set(lineage(f"projects/{project}", self._policies.parents)) if project else set()
        customers = {name for one in above for name in source.customers.get(one, ())}
        return bool(allowed & (above | customers))

    def _of_roles(self, permission: str, resource: str) -> Iterator[Change]:
        """Whoever may change a role of a customer's that it holds over a resource adds the permission."""
        for role in self._candidates.own_roles(resource):
            known = self._policies.roles.get(role)
            if (
                known is None
                or known.permissions is None
                or (permission in known.permissions and not known.disabled)
            ):
                continue
            changing = self._who.plain("iam.roles.update", role)
            if changing:
                roles = {role: RoleDefinition(known.permissions | {permission})}
                changed = replace(self._policies, roles=Over(self._policies.roles, roles))
                for member, way in changing.items():
                    yield Change(member, changed, (Step("iam.roles.update", way.grant, role),))

    def _of_lists(self, permission: str, resource: str) -> Iterator[Change]:
        """Where lists count, whoever may set an object's list puts itself on it."""
        bucket, name = bucket_of(resource), object_of(resource)
        held = self._policies.buckets.get(bucket or "")
        if permission not in _LISTED or name is None or held is None or held.uniform:
            return
        setter = "storage.objects.setIamPolicy"
        if setter == permission:
            return
        for member, way in self._who.plain(setter, resource).items():
            entity = entity_of(member)
            if entity is not None:
                changed = replace(held, objects={**held.objects, name: (Entry(entity, "OWNER"),)})
                over = Over(self._policies.buckets, {bucket or "": changed})
                yield Change(member, replace(self._policies, buckets=over), (Step(setter, way.grant),))

    def _of_new_folders(self, permission: str, resource: str) -> Iterator[Change]:
        """Whoever may make a managed folder over an object, and set the policy of what it made, gives itself a role there.

        Source: Cloud Storage documentation, "Managed folders": a bucket has them where lists do not count.
        """
        bucket, name = bucket_of(resource), object_of(resource)
        held = self._policies.buckets.get(bucket or "")
        if name is None or held is None or not held.uniform or not permission.startswith("storage.objects."):
            return
        place = f"buckets/{bucket}"
        makers = self._who.plain(_MAKE_FOLDER, place)
        for member, role, grant in self._setters(_SET_FOLDER, place, permission) if makers else ():
            if member in makers and self._may_be_named(member, place):
                both = makers[member].grant.and_also(grant)
                step = Step(f"{_MAKE_FOLDER} + {_SET_FOLDER}", both, self._who.id_of(place))
                yield Change(member, self._with_binding(place, role, permission, member), (step,))

    def _of_tags(self, permission: str, resource: str) -> Iterator[Change]:
        """Whoever may put a tag on a bucket, or on what it lies in, fulfils a condition that asks for it."""
        if not self._tags:
            return
        conditions = [
            condition
            for one, condition in self._candidates.conditional(resource)
            if self._candidates.permits(one.role, permission)
        ]
        held = self._policies.tags or {}
        for tag in self._tags.asked_for(text for one in conditions for text in texts_in(one)):
            binders = self._who.plain(BIND, tag.resource)
            for place in lineage(resource, self._policies.parents) if binders else ():
                carrier = carrying(place)
                if carrier is None:
                    continue
                tags: Mapping[str, Mapping[str, str]] = {place: {**held.get(place, {}), **tag.tags}}
                changed = replace(self._policies, tags=Over(held, tags))
                for member, way in self._who.plain(carrier, place).items():
                    if member in binders:
                        grant = binders[member].grant.and_also(way.grant)
                        step = Step(f"{BIND} + {carrier}", grant, self._who.id_of(place))
                        yield Change(member, changed, (step,))
