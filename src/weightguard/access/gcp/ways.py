"""Who may do what to which resource: as policies stand, and after changing them.

A change is decided on the state that it leaves: whoever may set a policy is given a role there and asked again, whoever may
change a role that it holds has the permission added, whoever may take away what forbids has it taken away. Changes that one
identity can make count together: they add up, and none takes anything away.

Sources: IAM documentation, "Policy evaluation", "Deny access to resources"; Cloud Storage documentation, "Public access
prevention".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from weightguard.access.gcp.candidates import EVERYBODY, Candidates, is_broad
from weightguard.access.gcp.change import Change
from weightguard.access.gcp.changes import Changes
from weightguard.access.gcp.decisions import Asked, Decisions, granted_by
from weightguard.access.gcp.obstacles import Obstacle, Obstacles
from weightguard.access.gcp.policies import Source
from weightguard.access.gcp.way import Way
from weightguard.access.grant import Grant
from weightguard.access.links import Step
from weightguard.access.model import Because
from weightguard.policy.decision import Reason
from weightguard.policy.gcp import Policies
from weightguard.policy.gcp.names import bucket_of, lineage

_FREELY: Final = granted_by(())


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
        self._uniform: dict[tuple[str, str], bool] = {}
        self._plain: dict[tuple[str, str], dict[str, Way]] = {}
        self._granted: dict[tuple[str, str], dict[str, Way]] = {}
        self._all: dict[tuple[str, str], dict[str, Way]] = {}
        self._single: dict[tuple[str, str, str], Way | None] = {}
        self._free: dict[tuple[str, str], bool] = {}
        self._obstacles = Obstacles(policies)
        self._lifting: dict[str, dict[str, Way]] = {}
        self._asked: dict[tuple[str, str, tuple[str, ...]], Asked] = {}
        self._without: dict[tuple[str, ...], Policies] = {(): policies}
        self._changes = Changes(self)

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
            self._single[key] = self._decided(member, permission, resource)
        return self._single[key]

    def id_of(self, place: str) -> str:
        """What answers call a resource whose policy is set."""
        return self.source.ids.get(place, place).removesuffix("#allow")

    def asked(self, permission: str, resource: str, lifted: tuple[Obstacle, ...] = ()) -> Asked:
        """A question as policies stand, or without some of what forbids."""
        without = tuple(one.id for one in lifted)
        key = (permission, resource, without)
        if key not in self._asked:
            if without not in self._without:
                policies = self.policies
                for one in lifted:
                    policies = one.lifted(policies)
                self._without[without] = policies
            self._asked[key] = self.decisions.asked(permission, resource, self._without[without])
        return self._asked[key]

    def granting(self, setter: str, place: str, key: str, role: str) -> Asked:
        """The question whether a policy may be set that grants a role."""
        known = (setter, place, (key, role))
        if known not in self._asked:
            self._asked[known] = self.decisions.asked(setter, place, self.policies, {key: [role]})
        return self._asked[known]

    def _decided(self, member: str, permission: str, resource: str) -> Way | None:
        grant = self.asked(permission, resource).grant(member)
        return None if grant is None else Way((), grant)

    def after(
        self, change: Change, permission: str, resource: str, lifted: tuple[Obstacle, ...] = ()
    ) -> Grant | None:
        """What allows whoever changed something, and took something away."""
        after = change.after
        if isinstance(after, Reason):
            return self.asked(permission, resource, lifted).grant(change.member, after)
        for one in lifted:
            after = one.lifted(after)
        return self.decisions.decide(change.member, permission, resource, after)

    # As policies stand

    def plain(self, permission: str, resource: str) -> dict[str, Way]:
        """Everybody who may as policies stand."""
        resource = self._in_place_of(permission, resource)
        key = (permission, resource)
        found = self._plain.get(key)
        if found is None:
            found = self._plain[key] = dict(self._certainly(permission, resource))
            for one in self.candidates.holding(permission, resource):
                way = None if one in found else self._decided(one, permission, resource)
                if way is not None:
                    found[one] = way
        return found

    def _in_place_of(self, permission: str, resource: str) -> str:
        """What a question about a resource may be put about instead: its project, where nothing tells the two apart.

        That is so of what has no policy and no lists of its own, where no condition and nothing else that looks at it decides.
        """
        head, _, rest = resource.partition("/")
        project = f"projects/{rest.partition('/')[0]}"
        if head != "projects" or project == resource or resource in self.policies.bindings:
            return resource
        if self.policies.parents.get(resource, project) != project:
            return resource
        key = (permission, project)
        if key not in self._uniform:
            self._uniform[key] = self._is_free(permission, project) and all(
                binding.condition is None
                for place in lineage(project, self.policies.parents)
                for binding, _ in self.candidates.giving(permission, place)
            )
        return project if self._uniform[key] else resource

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
            for one in self._changes.of_policies(permission, resource):
                # Whoever gave itself a role is allowed where nothing but allow policies decides.
                grant = _FREELY if free else self.after(one, permission, resource)
                self._offer(found, one.member, grant, one.steps)
            for one in self._changes.others(permission, resource):
                self._offer(found, one.member, self.after(one, permission, resource), one.steps)
        return found

    @staticmethod
    def _offer(found: dict[str, Way], member: str, grant: Grant | None, steps: tuple[Step, ...]) -> None:
        if grant is not None:
            way = Way(steps, grant)
            if member not in found or way.rank < found[member].rank:
                found[member] = way

    # After taking away what forbids

    def _with_lifts(self, permission: str, resource: str) -> dict[str, Way]:
        found = self.granted(permission, resource)
        obstacles = self._obstacles.of(permission, resource)
        if not obstacles:
            return found
        found = dict(found)
        lifting = [(one, self._lifters(one)) for one in obstacles]
        able = {member for _, who in lifting for member in who}
        changed = self._changes_by_member(permission, resource) if able else {}
        for member in self._lifted(able, permission, resource, changed):
            if member in found and found[member].is_certain:
                continue
            mine = [(one, who[member]) for one, who in lifting if member in who]
            lifts = tuple(
                step for one, way in mine for step in (*way.changes, Step(one.permission, way.grant, one.id))
            )
            lifted = tuple(one for one, _ in mine)
            self._offer(found, member, self.asked(permission, resource, lifted).grant(member), lifts)
            for change in changed.get(member, ()):
                grant = self.after(change, permission, resource, lifted)
                self._offer(found, member, grant, (*change.steps, *lifts))
        return found

    def _changes_by_member(self, permission: str, resource: str) -> dict[str, list[Change]]:
        found: dict[str, list[Change]] = {}
        for one in self._changes.of(permission, resource):
            found.setdefault(one.member, []).append(one)
        return found

    def _lifted(
        self, able: set[str], permission: str, resource: str, changed: Mapping[str, list[Change]]
    ) -> Iterable[str]:
        """Those who may take something away and might then be allowed."""
        if not able:
            return ()
        holding = self.candidates.holding(permission, resource)
        if any(is_broad(one) for one in holding):
            return sorted(able)
        return sorted(one for one in able if one in holding or one in changed)

    def _lifters(self, obstacle: Obstacle) -> Mapping[str, Way]:
        found = self._lifting.get(obstacle.id)
        if found is None:
            found = self._lifting[obstacle.id] = {}
            for permission in obstacle.permissions:
                for member, way in self.granted(permission, obstacle.on).items():
                    self._offer(found, member, way.grant, way.changes)
        return found
