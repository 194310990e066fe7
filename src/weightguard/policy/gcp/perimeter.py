"""Service perimeters and access levels as they decide.

Source: Access Context Manager REST reference, `accessPolicies.servicePerimeters` and `accessPolicies.accessLevels`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula

OPERATOR: Final = "Perimeter"
"""The operator of a `Condition` on where a request comes from, or on which project an id and a number both name."""
Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Perimeter:
    """A perimeter as it is enforced.

    Args:
        resources: projects and networks, by relative names.
        is_bridge: whether it refuses nothing, and lets its projects reach one another.
        levels: the access levels that let in.
    """

    name: str
    resources: frozenset[str]
    services: frozenset[str] = frozenset()
    levels: tuple[str, ...] = ()
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()
    is_bridge: bool = False

    def restricts(self, permission: str) -> bool:
        """Whether requests for a permission are among those that it refuses."""
        return not self.is_bridge and f"{permission.partition('.')[0]}.googleapis.com" in self.services

    def holds(self, places: Iterable[str]) -> Formula:
        """When something that lies in all these places lies in it; open where it names projects by numbers, and they go by ids."""
        projects = [one for one in places if one.startswith("projects/") and one.count("/") == 1]
        if not self.resources.isdisjoint(places):
            return ALWAYS
        numbers = sorted(one for one in self.resources if one.removeprefix("projects/").isdecimal())
        if not numbers or not projects or any(one.removeprefix("projects/").isdecimal() for one in projects):
            return NEVER
        return Condition(projects[0], OPERATOR, tuple(numbers), needs=(projects[0],))


@dataclass(frozen=True, slots=True)
class Perimeters:
    """All perimeters of a case, and the access levels that they name.

    Args:
        levels: name -> what an access level asks, as the provider writes it; one that is not here is not known.
    """

    all: tuple[Perimeter, ...] = ()
    levels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def may_bear(self, permission: str) -> bool:
        """Whether one of them may refuse requests for a permission."""
        return any(one.restricts(permission) for one in self.all)
