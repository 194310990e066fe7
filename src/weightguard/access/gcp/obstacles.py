"""What forbids whatever allow policies say, and who may take it away.

Sources: IAM documentation, "Deny policies", "Principal access boundary policies"; Organization Policy documentation, "Constraints";
Cloud Storage documentation, "Public access prevention".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from weightguard.access.gcp.candidates import EVERYBODY
from weightguard.access.gcp.overlay import Over
from weightguard.policy.gcp import Constraint, DenyPolicy, Policies
from weightguard.policy.gcp.names import bucket_of, lineage, names_permission, relative
from weightguard.policy.gcp.storage import PREVENTION

_STOPPING: Final[Mapping[str, str]] = {
    "iam.disableServiceAccountKeyCreation": "iam.serviceAccountKeys.create",
    "iam.managed.disableServiceAccountKeyCreation": "iam.serviceAccountKeys.create",
    "iam.disableServiceAccountCreation": "iam.serviceAccounts.create",
    "iam.managed.disableServiceAccountCreation": "iam.serviceAccounts.create",
}
_USAGE: Final = "gcp.restrictServiceUsage"
_TO_CHANGE_DENIALS: Final = ("iam.denypolicies.update", "iam.denypolicies.delete")
_TO_SET: Final = ("orgpolicy.policy.set", "orgpolicy.policies.update", "orgpolicy.policies.delete")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that forbids.

    Attributes:
        id: what it is called.
        on: the resource at which whoever takes it away has to be allowed to.
        permissions: each of which is enough for that.
        lifted: the policies without it.
    """

    id: str
    on: str
    permissions: tuple[str, ...]
    lifted: Callable[[Policies], Policies]

    @property
    def permission(self) -> str:
        """The permission that a step is told by."""
        return self.permissions[0]


class Obstacles:
    """What forbids requests.

    Args:
        policies: as they stand.
    """

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._denials_at: dict[str, list[DenyPolicy]] = {}
        for one in policies.denials:
            self._denials_at.setdefault(one.attached_to, []).append(one)
        self._about: dict[tuple[str, str], list[Obstacle]] = {}
        self._public: dict[str, bool] = {}

    def of(self, permission: str, resource: str) -> list[Obstacle]:
        """Everything that may forbid a permission on a resource."""
        above = list(lineage(resource, self._policies.parents))
        return [
            *self._denials(permission, above),
            *self._boundaries(above),
            *self._constraints(permission, above),
            *self._prevention(resource, above),
        ]

    def _denials(self, permission: str, above: list[str]) -> Iterator[Obstacle]:
        for place in above if self._denials_at else ():
            key = (permission, place)
            if key not in self._about:
                self._about[key] = [
                    Obstacle(policy.name, place, _TO_CHANGE_DENIALS, _without_denial(policy))
                    for policy in self._denials_at.get(place, ())
                    if _is_about(policy, permission)
                ]
            yield from self._about[key]

    def _boundaries(self, above: list[str]) -> Iterator[Obstacle]:
        for policy in self._policies.boundaries:
            if not set(map(relative, policy.resources)) & set(above):
                yield Obstacle(
                    policy.name,
                    "/".join(policy.name.split("/")[:2]),
                    (
                        "iam.principalaccessboundarypolicies.unbind",
                        "iam.principalaccessboundarypolicies.update",
                        "iam.principalaccessboundarypolicies.delete",
                    ),
                    _without_boundary(policy.name),
                )

    def _constraints(self, permission: str, above: list[str]) -> Iterator[Obstacle]:
        for one in self._policies.constraints:
            if one.resource in above and (_STOPPING.get(one.name) == permission or one.name == _USAGE):
                yield _constraint(one)

    def _prevention(self, resource: str, above: list[str]) -> Iterator[Obstacle]:
        """Public access prevention stands in somebody's way only where a policy lets the public in."""
        bucket = bucket_of(resource)
        if bucket is None or not self._is_public(above):
            return
        yield from (
            _constraint(one)
            for one in self._policies.constraints
            if one.name == PREVENTION and one.resource in above
        )
        held = self._policies.buckets.get(bucket)
        if held is not None and held.prevention == "enforced":
            yield Obstacle(
                f"gs://{bucket}", f"buckets/{bucket}", ("storage.buckets.update",), _opened(bucket)
            )

    def _is_public(self, above: list[str]) -> bool:
        return any(map(self._names_the_public, above))

    def _names_the_public(self, place: str) -> bool:
        if place not in self._public:
            held = self._policies.bindings.get(place, ())
            self._public[place] = any(member in EVERYBODY for one in held for member in one.members)
        return self._public[place]


def _is_about(policy: DenyPolicy, permission: str) -> bool:
    return any(names_permission(one, permission) for rule in policy.rules for one in rule.permissions)


def _without_denial(policy: DenyPolicy) -> Callable[[Policies], Policies]:
    return lambda policies: replace(
        policies, denials=tuple(one for one in policies.denials if one.name != policy.name)
    )


def _without_boundary(name: str) -> Callable[[Policies], Policies]:
    return lambda policies: replace(
        policies, boundaries=tuple(one for one in policies.boundaries if one.name != name)
    )


def _constraint(constraint: Constraint) -> Obstacle:
    def lifted(policies: Policies) -> Policies:
        return replace(policies, constraints=tuple(one for one in policies.constraints if one != constraint))

    return Obstacle(f"{constraint.resource}#{constraint.name}", constraint.resource, _TO_SET, lifted)


def _opened(bucket: str) -> Callable[[Policies], Policies]:
    def lifted(policies: Policies) -> Policies:
        held = policies.buckets.get(bucket)
        return (
            policies
            if held is None
            else replace(
                policies, buckets=Over(policies.buckets, {bucket: replace(held, prevention="inherited")})
            )
        )

    return lifted
