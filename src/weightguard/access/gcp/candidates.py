"""Whom policies may mean: the members of the bindings that bear on a resource, groups and convenience members opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from weightguard.policy.gcp import Binding, Policies, RoleDefinition, groups
from weightguard.policy.gcp import roles as known_roles
from weightguard.policy.gcp.names import bucket_of, lineage

_OWN: Final = ("projects/", "organizations/")
_CONTAINER: Final = "principalSet://cloudresourcemanager.googleapis.com/"
EVERYBODY: Final = (groups.EVERYBODY, groups.SIGNED_IN)
_BROAD: Final = (*EVERYBODY, "domain:", "principalSet:", "group:")
"""How members begin who stand for more than themselves."""


class Candidates:
    """Who may be allowed something.

    Args:
        policies: with the groups.
        accounts: service account -> its project.
        disabled: service accounts that nobody can act as.
    """

    def __init__(self, policies: Policies, accounts: Mapping[str, str], disabled: frozenset[str]) -> None:
        self._policies = policies
        self._accounts = accounts
        self._disabled = disabled
        self._by_permission: dict[tuple[str, str], tuple[tuple[Binding, tuple[str, ...]], ...]] = {}
        self._roles: dict[str, RoleDefinition] = {}
        self._leaves: dict[str, tuple[str, ...]] = {}
        self._conditional: dict[str, tuple[tuple[Binding, str], ...]] = {}
        self._own_roles: dict[str, frozenset[str]] = {}

    def holding(self, permission: str, resource: str) -> dict[str, None]:
        """Everybody whom a binding on a resource, or on something that it lies in, may give a permission."""
        found: dict[str, None] = {}
        for place in lineage(resource, self._policies.parents):
            for _, leaves in self.giving(permission, place):
                found.update(dict.fromkeys(leaves))
        for member in self._listed(resource):
            found.update(dict.fromkeys(self.leaves(member)))
        return found

    def _listed(self, resource: str) -> Iterator[str]:
        """Whom the list of a bucket names, where lists count."""
        held = self._policies.buckets.get(bucket_of(resource) or "")
        if held is not None and not held.uniform:
            yield from (member for one in held.grants if (member := member_of(one.entity)) is not None)

    def giving(self, permission: str, place: str) -> tuple[tuple[Binding, tuple[str, ...]], ...]:
        """The bindings on a resource itself that give a permission, or may, each with whom it means."""
        key = (place, permission)
        found = self._by_permission.get(key)
        if found is None:
            found = self._by_permission[key] = tuple(
                (one, tuple(dict.fromkeys(leaf for member in one.members for leaf in self.leaves(member))))
                for one in self._policies.bindings.get(place, ())
                if self.permits(one.role, permission)
            )
        return found

    def role(self, name: str) -> RoleDefinition:
        """What a role gives."""
        found = self._roles.get(name)
        if found is None:
            found = self._roles[name] = known_roles.find(name, self._policies.roles)
        return found

    def permits(self, role: str, permission: str) -> bool:
        """Whether a role gives a permission, or may: where nobody knows it."""
        found = self.role(role)
        return not found.disabled and (found.permissions is None or permission in found.permissions)

    def bindings(self, resource: str) -> Iterator[tuple[str, Binding]]:
        """Every binding that bears on a resource, with the resource that it lies on."""
        for place in lineage(resource, self._policies.parents):
            for one in self._policies.bindings.get(place, ()):
                yield place, one

    def conditional(self, resource: str) -> Iterator[tuple[Binding, str]]:
        """The bindings that bear on a resource and have a condition, each with it."""
        for place in lineage(resource, self._policies.parents):
            found = self._conditional.get(place)
            if found is None:
                held = self._policies.bindings.get(place, ())
                found = tuple((one, one.condition) for one in held if one.condition is not None)
                self._conditional[place] = found
            yield from found

    def own_roles(self, resource: str) -> list[str]:
        """The roles of customers' own that bindings over a resource give."""
        roles: set[str] = set()
        for place in lineage(resource, self._policies.parents):
            found = self._own_roles.get(place)
            if found is None:
                held = self._policies.bindings.get(place, ())
                found = self._own_roles[place] = frozenset(
                    one.role for one in held if one.role.startswith(_OWN)
                )
            roles |= found
        return sorted(roles)

    def leaves(self, member: str) -> tuple[str, ...]:
        """Whom a member stands for, as far as that is known: a group whose members nobody knows stands for itself."""
        found = self._leaves.get(member)
        if found is None:
            found = self._leaves[member] = tuple(dict.fromkeys(self._opened(member, set())))
        return found

    def _opened(self, member: str, seen: set[str]) -> Iterator[str]:
        if member in seen or member.startswith("deleted:") or member in self._disabled:
            return
        seen.add(member)
        inner = self._inside(member)
        if inner is None:
            yield member
            yield from (one for one in self.inside(member) if one not in self._disabled)
            return
        for one in inner:
            yield from self._opened(one, seen)

    def _inside(self, member: str) -> Iterable[str] | None:
        """Whom a member opens to; None: it stands for itself."""
        if member in self._policies.groups:
            return self._policies.groups[member]
        for prefix, role in groups.CONVENIENCE.items():
            if member.startswith(prefix):
                bindings = self._policies.bindings.get(f"projects/{member.removeprefix(prefix)}", ())
                return [one for found in bindings if found.role == role for one in found.members]
        return None

    def inside(self, member: str) -> tuple[str, ...]:
        """The service accounts of the estate that a set of principals of a container holds."""
        container = member.removeprefix(_CONTAINER)
        if container == member:
            return ()
        return tuple(
            account
            for account, project in self._accounts.items()
            if container in lineage(f"projects/{project}", self._policies.parents)
        )


_ENTITIES: Final = {
    "user-": "user:",
    "group-": "group:",
    "domain-": "domain:",
    "project-owners-": "projectOwner:",
    "project-editors-": "projectEditor:",
    "project-viewers-": "projectViewer:",
}


def member_of(entity: str) -> str | None:
    """An entry of an access control list as policies write members; None for one that names nobody."""
    for start, kind in _ENTITIES.items():
        if entity.startswith(start):
            name = entity.removeprefix(start)
            is_account = kind == "user:" and name.endswith(".gserviceaccount.com")
            return f"serviceAccount:{name}" if is_account else kind + name
    return entity if entity in EVERYBODY else None


def is_broad(member: str) -> bool:
    """Whether a member stands for others whom policies may name as well."""
    return member.startswith(_BROAD)
