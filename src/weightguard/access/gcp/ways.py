"""Who may do what to which resource: as policies stand, and after changing them.

A change is decided on the state that it leaves: whoever may set a policy is given a role there and asked again, whoever may
change a role that it holds has the permission added, whoever may take away what forbids has it taken away. Changes that one
identity can make count together: they add up, and none takes anything away.

Sources: IAM documentation, "Manage access to projects, folders, and organizations", "Set limits on granting roles", "Create and
manage custom roles", "Deny access to resources"; Cloud Storage documentation, "Access control lists", "Public access prevention".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from weightguard.access.gcp.candidates import EVERYBODY, Candidates, is_broad
from weightguard.access.gcp.decisions import Decisions, granted_by
from weightguard.access.gcp.obstacles import Obstacle, Obstacles
from weightguard.access.gcp.overlay import Over
from weightguard.access.gcp.policies import Source
from weightguard.access.gcp.setters import entity_of, roles_in, setting, texts_in
from weightguard.access.gcp.tags import BIND, TagValues, carrying
from weightguard.access.grant import Grant
from weightguard.access.links import Step
from weightguard.access.model import Because
from weightguard.policy.gcp import Binding, Policies, RoleDefinition
from weightguard.policy.gcp.constraints import MEMBERS, in_force
from weightguard.policy.gcp.model import Grant as Entry
from weightguard.policy.gcp.names import bucket_of, lineage, object_of

_GIVEN: Final = "iam.googleapis.com/modifiedGrantsByRole"
_LISTED: Final = frozenset({"storage.objects.get", "storage.objects.setIamPolicy", "storage.objects.update"})
"""What the owner of an object may do by its list, where lists count."""
_NEW: Final = "the role that is granted"


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody may do something.

    Attributes:
        changes: what is done before.
        grant: what then allows it.
    """

    changes: tuple[Step, ...]
    grant: Grant

    @property
    def is_certain(self) -> bool:
        """Whether it hangs on nothing."""
        return self.grant.is_certain and all(step.grant.is_certain for step in self.changes)

    @property
    def rank(self) -> tuple[bool, int]:
        """Sorts ways: what is certain first, then what takes fewer steps."""
        return not self.is_certain, len(self.changes)


Ways = Mapping[str, Way]


class WhoMay:
    """Answers who may, for permissions on resources; each is worked out once.

    Args:
        source: the estate.
        policies: as they stand.
    """

    def __init__(
        self, source: Source, policies: Policies, decisions: Decisions, candidates: Candidates
    ) -> None:
        self.source = source
        self.policies = policies
        self.decisions = decisions
        self.candidates = candidates
        self._plain: dict[tuple[str, str], dict[str, Way]] = {}
        self._granted: dict[tuple[str, str], dict[str, Way]] = {}
        self._all: dict[tuple[str, str], dict[str, Way]] = {}
        self._single: dict[tuple[str, str, str], Way | None] = {}
        self._free: dict[tuple[str, str], bool] = {}
        self._obstacles = Obstacles(policies)
        self._tags = TagValues(source.estate)

    def may(self, permission: str, resource: str) -> Ways:
        """Everybody who may, whatever has to be changed before."""
        key = (permission, resource)
        if key not in self._all:
            self._all[key] = self._with_lifts(permission, resource)
        return self._all[key]

    def way(self, member: str, permission: str, resource: str) -> Way | None:
        """How one member may; whoever is among a set of people that a policy means may as that set does."""
        found = self.may(permission, resource)
        if member in found:
            return found[member]
        if not any(is_broad(one) for one in found):
            return None
        key = (member, permission, resource)
        if key not in self._single:
            self._single[key] = self._decided(member, permission, resource, self.policies)
        return self._single[key]

    def _decided(
        self, member: str, permission: str, resource: str, policies: Policies, *changes: Step
    ) -> Way | None:
        grant = self.decisions.decide(member, permission, resource, policies)
        return None if grant is None else Way(changes, grant)

    # As policies stand

    def plain(self, permission: str, resource: str) -> dict[str, Way]:
        """Everybody who may as policies stand."""
        key = (permission, resource)
        found = self._plain.get(key)
        if found is None:
            found = self._plain[key] = dict(self._certainly(permission, resource))
            for one in self.candidates.holding(permission, resource):
                way = None if one in found else self._decided(one, permission, resource, self.policies)
                if way is not None:
                    found[one] = way
        return found

    def _is_free(self, permission: str, resource: str) -> bool:
        """Whether nothing but allow policies decides: then one binding without a condition is enough for whoever it means."""
        key = (permission, resource)
        if key not in self._free:
            bucket = self.policies.buckets.get(bucket_of(resource) or "")
            self._free[key] = (bucket is None or bucket.uniform) and not self._obstacles.of(
                permission, resource
            )
        return self._free[key]

    def _certainly(self, permission: str, resource: str) -> Iterator[tuple[str, Way]]:
        """Those whom bindings without conditions let in, where nothing else decides."""
        if not self._is_free(permission, resource):
            return
        because: dict[str, list[Because]] = {}
        for place in lineage(resource, self.policies.parents):
            for binding, leaves in self.candidates.giving(permission, place):
                if binding.condition is None and self.candidates.role(binding.role).permissions is not None:
                    reason = Because(self.source.ids.get(place, place), binding.title or binding.role)
                    for leaf in leaves:
                        because.setdefault(leaf, []).append(reason)
        for leaf, reasons in because.items():
            if leaf not in EVERYBODY:  # whom prevention keeps out
                yield leaf, Way((), granted_by(tuple(dict.fromkeys(reasons))))

    # After a grant

    def granted(self, permission: str, resource: str) -> dict[str, Way]:
        """The same, after setting a policy or changing a role."""
        key = (permission, resource)
        found = self._granted.get(key)
        if found is None:
            found = self._granted[key] = dict(self.plain(permission, resource))
            free = self._is_free(permission, resource)
            for member, changed, steps in self._by_policy(permission, resource):
                # Whoever gave itself a role is allowed where nothing but allow policies decides.
                way = Way(steps, granted_by(())) if free else None
                self._offer(
                    found, member, way or self._decided(member, permission, resource, changed, *steps)
                )
            for member, changed, steps in self._by_other_changes(permission, resource):
                self._offer(found, member, self._decided(member, permission, resource, changed, *steps))
        return found

    @staticmethod
    def _offer(found: dict[str, Way], member: str, way: Way | None) -> None:
        if way is not None and (member not in found or way.rank < found[member].rank):
            found[member] = way

    def _changed(self, permission: str, resource: str) -> Iterator[tuple[str, Policies, tuple[Step, ...]]]:
        """Who may change what so that a permission may come of it: the policies then, and the steps."""
        yield from self._by_policy(permission, resource)
        yield from self._by_other_changes(permission, resource)

    def _by_other_changes(
        self, permission: str, resource: str
    ) -> Iterator[tuple[str, Policies, tuple[Step, ...]]]:
        yield from self._by_role(permission, resource)
        yield from self._by_list(permission, resource)
        yield from self._by_tag(permission, resource)

    def _by_tag(self, permission: str, resource: str) -> Iterator[tuple[str, Policies, tuple[Step, ...]]]:
        """Whoever may put a tag on a bucket, or on what it lies in, fulfils a condition that asks for it."""
        conditions = [
            one.condition
            for _, one in self.candidates.bindings(resource)
            if one.condition is not None and self.candidates.permits(one.role, permission)
        ]
        for tag in (
            self._tags.asked_for(text for one in conditions for text in texts_in(one)) if conditions else ()
        ):
            binders = self.plain(BIND, tag.resource)
            for place in lineage(resource, self.policies.parents) if binders else ():
                carrier = carrying(place)
                if carrier is None:
                    continue
                held = (self.policies.tags or {}).get(place, {})
                changed = replace(
                    self.policies, tags=Over(self.policies.tags or {}, {place: {**held, **tag.tags}})
                )
                for member, way in self.plain(carrier, place).items():
                    if member in binders:
                        grant = binders[member].grant.and_also(way.grant)
                        yield member, changed, (Step(f"{BIND} + {carrier}", grant, self._id(place)),)

    def _by_policy(self, permission: str, resource: str) -> Iterator[tuple[str, Policies, tuple[Step, ...]]]:
        for place in lineage(resource, self.policies.parents):
            setter = setting(place)
            if setter is None or (setter == permission and place == resource):
                continue
            for member, role, grant in self._setters(setter, place, permission):
                if self._may_be_named(member, place):
                    step = Step(setter, grant, self._id(place))
                    yield member, self._with_binding(place, role, permission, member), (step,)

    def _setters(self, setter: str, place: str, permission: str) -> Iterator[tuple[str, str, Grant]]:
        """Who may set a policy, with a role that they may grant and that gives a permission."""
        limits = [
            binding.condition
            for _, binding in self.candidates.bindings(place)
            if binding.condition is not None
            and _GIVEN in binding.condition
            and self.candidates.permits(binding.role, setter)
        ]
        if not limits:
            yield from ((member, _NEW, way.grant) for member, way in self.plain(setter, place).items())
            return
        named = {
            role for one in limits for role in roles_in(one) if self.candidates.permits(role, permission)
        }
        for member in self.candidates.holding(setter, place):
            for role in (_NEW, *sorted(named)):
                grant = self.decisions.decide(member, setter, place, self.policies, {_GIVEN: [role]})
                if grant is not None:
                    yield member, role, grant
                    break

    def _with_binding(self, place: str, role: str, permission: str, member: str) -> Policies:
        policies = self.policies
        held = (*policies.bindings.get(place, ()), Binding(role, (member,)))
        roles = policies.roles
        if role == _NEW:
            roles = Over(roles, {_NEW: RoleDefinition(frozenset((permission,)))})
        return replace(policies, bindings=Over(policies.bindings, {place: held}), roles=roles)

    def _may_be_named(self, member: str, place: str) -> bool:
        """Whether an organisation policy lets a policy name somebody that it does not name yet.

        Source: Resource Manager documentation, "Restricting identities by domain".
        """
        limit = in_force(MEMBERS, place, self.policies)
        if limit is None or limit.allowed is None or "all" in limit.allowed:
            return True
        allowed = {one.removeprefix("is:").removeprefix("under:") for one in limit.allowed}
        if member.startswith("user:"):
            return bool(allowed & set(self.decisions.organisations_of(member)))
        project = self.source.projects.get(member)
        above = set(lineage(f"projects/{project}", self.policies.parents)) if project else set()
        customers = {name for one in above for name in self.source.customers.get(one, ())}
        return bool(allowed & (above | customers))

    def _by_role(self, permission: str, resource: str) -> Iterator[tuple[str, Policies, tuple[Step, ...]]]:
        """Whoever may change a role of a customer's that it holds over a resource adds the permission."""
        roles = {
            binding.role
            for _, binding in self.candidates.bindings(resource)
            if binding.role.startswith(("projects/", "organizations/"))
        }
        for role in sorted(roles):
            known = self.policies.roles.get(role)
            if (
                known is None
                or known.permissions is None
                or (permission in known.permissions and not known.disabled)
            ):
                continue
            changed = replace(
                self.policies,
                roles=Over(self.policies.roles, {role: RoleDefinition(known.permissions | {permission})}),
            )
            for member, way in self.plain("iam.roles.update", role).items():
                yield member, changed, (Step("iam.roles.update", way.grant, role),)

    def _by_list(self, permission: str, resource: str) -> Iterator[tuple[str, Policies, tuple[Step, ...]]]:
        """Where lists count, whoever may set an object's list puts itself on it."""
        bucket, name = bucket_of(resource), object_of(resource)
        held = self.policies.buckets.get(bucket or "")
        if permission not in _LISTED or name is None or held is None or held.uniform:
            return
        setter = "storage.objects.setIamPolicy"
        if setter == permission:
            return
        for member, way in self.plain(setter, resource).items():
            entity = entity_of(member)
            if entity is not None:
                changed = replace(held, objects={**held.objects, name: (Entry(entity, "OWNER"),)})
                over = Over(self.policies.buckets, {bucket or "": changed})
                yield member, replace(self.policies, buckets=over), (Step(setter, way.grant),)

    # After taking away what forbids

    def _with_lifts(self, permission: str, resource: str) -> dict[str, Way]:
        found = dict(self.granted(permission, resource))
        obstacles = self._obstacles.of(permission, resource)
        if not obstacles:
            return found
        lifting = [(one, self._lifters(one)) for one in obstacles]
        able = {member for _, who in lifting for member in who}
        changed = [*self._changed(permission, resource)]
        for member in self._lifted(able, permission, resource, changed):
            if member in found and found[member].is_certain:
                continue
            mine = [(one, who[member]) for one, who in lifting if member in who]
            lifts = tuple(
                step for one, way in mine for step in (*way.changes, Step(one.permission, way.grant, one.id))
            )
            for policies, steps in self._states(member, changed):
                for one, _ in mine:
                    policies = one.lifted(policies)
                self._offer(
                    found, member, self._decided(member, permission, resource, policies, *steps, *lifts)
                )
        return found

    def _lifted(
        self,
        able: set[str],
        permission: str,
        resource: str,
        changed: list[tuple[str, Policies, tuple[Step, ...]]],
    ) -> Iterable[str]:
        """Those who may take something away and might then be allowed."""
        holding = self.candidates.holding(permission, resource)
        if any(is_broad(one) for one in holding):
            return sorted(able)
        return sorted(able & ({*holding} | {member for member, _, _ in changed}))

    def _states(
        self, member: str, changed: list[tuple[str, Policies, tuple[Step, ...]]]
    ) -> Iterator[tuple[Policies, tuple[Step, ...]]]:
        yield self.policies, ()
        yield from ((policies, steps) for other, policies, steps in changed if other == member)

    def _lifters(self, obstacle: Obstacle) -> Mapping[str, Way]:
        found: dict[str, Way] = {}
        for permission in obstacle.permissions:
            for member, way in self.granted(permission, obstacle.on).items():
                self._offer(found, member, way)
        return found

    def _id(self, place: str) -> str:
        return self.source.ids.get(place, place).removesuffix("#allow")
