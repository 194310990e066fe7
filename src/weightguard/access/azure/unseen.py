"""What could not be seen of the ways to a container, and what of them is not modelled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from weightguard.access.azure.context import Context
from weightguard.access.azure.directory import Directory
from weightguard.access.azure.place import AzurePlace
from weightguard.access.azure.resources import Resources
from weightguard.access.azure.vaults import is_hsm, vault_of
from weightguard.access.links import Node
from weightguard.estate.fact import Known, Reason, Source, Unknown
from weightguard.estate.limit import Limit, LimitKind
from weightguard.estate.model import Principal, PrincipalKind, RetentionMode, Store

_TAKES_AWAY: Final = frozenset({"authorization:denyassignments", "authorization:locks"})
"""Listings of what only takes access away."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """Looks at what a search found for what is not known of it."""

    context: Context
    directory: Directory
    resources: Resources

    def gaps(self, place: AzurePlace, reached: Mapping[Node, Any]) -> tuple[Unknown, ...]:
        """What could not be read and may hide somebody."""
        names = [node for node in reached if isinstance(node, str)]
        return tuple(
            dict.fromkeys(
                (*self._of_place(place), *self._of_scopes(), *self._of_names(names), *self._of_roles(place))
            )
        )

    def limits(self, place: AzurePlace, reached: Mapping[Node, Any]) -> tuple[Limit, ...]:
        """What is not modelled and bears on who gets in."""
        names = {node for node in reached if isinstance(node, str)}
        found = [Limit(LimitKind.CONFIGURED_SERVICES, one) for one in sorted(names & self.resources.fallback)]
        found += self._not_exported(place)
        found += [
            Limit(LimitKind.IDENTITY_FEDERATION, one, in_play=False)
            for one in sorted(names)
            if self._federates(one)
        ]
        if _is_held_to_comply(place.store):
            found.append(Limit(LimitKind.RETENTION_AGE, place.id))
        found += [Limit(LimitKind.KEY_ELSEWHERE, key) for key in place.keys if self._is_elsewhere(key)]
        return tuple(found)

    def _not_exported(self, place: AzurePlace) -> Iterator[Limit]:
        """What the source that was read does not hold."""
        if any(gap.source.call in _TAKES_AWAY for gap in self.context.estate.containers.gaps):
            yield Limit(LimitKind.DENIALS_NOT_EXPORTED, place.id, in_play=False)
        if self.context.is_of_azurehound:
            yield Limit(LimitKind.ELIGIBLE_MEMBERS, place.id, in_play=False)

    def _is_elsewhere(self, key: str) -> bool:
        """Whether nobody knows who may use a key."""
        return is_hsm(key) or vault_of(self.context, key) is None

    @staticmethod
    def _of_place(place: AzurePlace) -> Iterator[Unknown]:
        store = place.store
        if store is None:
            return
        for fact in (store.folder_policies, store.policy):
            if isinstance(fact, Unknown) and fact.reason is not Reason.NOT_APPLICABLE_HERE:
                yield fact

    def _of_scopes(self) -> Iterator[Unknown]:
        """Listings of what grants or holds things that nobody made."""
        for gap in self.context.estate.containers.gaps:
            if gap.source.provider == "azure" and gap.source.call not in _TAKES_AWAY:
                yield gap

    def _of_names(self, names: Iterable[str]) -> Iterator[Unknown]:
        for name in names:
            principal = self.context.principals.get(name)
            if principal is not None and self._may_be_become(principal):
                yield from (fact for fact in (principal.trust,) if isinstance(fact, Unknown))

    @staticmethod
    def _may_be_become(principal: Principal) -> bool:
        """Whether who else may become a principal is told apart from the principal itself."""
        return principal.kind in (PrincipalKind.GROUP, PrincipalKind.APPLICATION)

    def _federates(self, name: str) -> bool:
        """Whether others may be vouched for as a managed identity, and nobody said who."""
        found = self.context.principals.get(name)
        return (
            found is not None
            and found.kind is PrincipalKind.SERVICE_ACCOUNT
            and isinstance(found.trust, Unknown)
        )

    def _of_roles(self, place: AzurePlace) -> Iterator[Unknown]:
        """Roles that are assigned where they bear on the container, or in the directory, and that nobody defined."""
        lacking = {one.role for one in self.context.at(place.resource) if self._is_undefined(one.role)}
        for role in sorted(lacking | self.directory.unknown):
            source = Source.asked("azure", self._tenant(), "authorization", "roledefinitions", role)
            yield Unknown(Reason.NOT_COLLECTED, source)

    def _is_undefined(self, role: str) -> bool:
        return self.context.permits(role, "x", False) is None

    def _tenant(self) -> str:
        found = next((one for one in self.context.estate.organisations if one.provider == "azure"), None)
        return found.id.rpartition("/")[2] if found is not None else "tenant"


def _is_held_to_comply(store: Store | None) -> bool:
    """Whether objects are kept for a time that nobody shortens."""
    held = store.retention if store is not None else None
    return isinstance(held, Known) and held.value is not None and held.value.mode is RetentionMode.COMPLIANCE
