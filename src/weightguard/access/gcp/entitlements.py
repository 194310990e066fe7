"""Roles that somebody may ask for and does not hold: entitlements of Privileged Access Manager.

Source: IAM documentation, "Privileged Access Manager overview", "Create entitlements in Privileged Access Manager": whoever
requests a grant gets the roles for a while, with whatever justification and approval the entitlement asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from weightguard.access.condition import Condition, ConditionKind, Matter
from weightguard.access.gcp.candidates import Candidates
from weightguard.access.gcp.change import Change
from weightguard.access.gcp.overlay import Over
from weightguard.access.gcp.policies import ENTITLEMENT, Source, value
from weightguard.access.grant import Grant
from weightguard.access.links import Step
from weightguard.policy.gcp import Binding, Policies
from weightguard.policy.gcp.names import lineage

_REQUEST: Final = "privilegedaccessmanager.grants.create"
_OVER: Final = frozenset({"DELETING", "DELETED"})
_GIVEN: Final = "privilegedAccess.gcpIamAccess"


@dataclass(frozen=True, slots=True)
class _Entitlement:
    id: str
    on: str
    bindings: tuple[Binding, ...]


class Entitlements:
    """The entitlements of an estate.

    Args:
        source: the estate's policies and names.
        candidates: whom members mean.
    """

    def __init__(self, source: Source, policies: Policies, candidates: Candidates) -> None:
        self._policies = policies
        self._candidates = candidates
        self._on: dict[str, list[_Entitlement]] = {}
        for one in source.estate.resources_of(ENTITLEMENT):
            read = _read(one.id, one.attributes, source)
            if read is not None:
                self._on.setdefault(read.on, []).append(read)

    def of(self, permission: str, resource: str) -> Iterator[Change]:
        """Everybody who may ask for a role that gives a permission on a resource, and what then holds."""
        for place in lineage(resource, self._policies.parents) if self._on else ():
            for one in self._on.get(place, ()):
                for given in one.bindings:
                    if self._candidates.permits(given.role, permission):
                        yield from self._asking(one, given)

    def _asking(self, one: _Entitlement, given: Binding) -> Iterator[Change]:
        policies = self._policies
        waiting = Grant().provided(Condition(ConditionKind.ACTIVATION, Matter.ACTIVATION, (given.role,)))
        for member in dict.fromkeys(leaf for each in given.members for leaf in self._candidates.leaves(each)):
            held = (*policies.bindings.get(one.on, ()), replace(given, members=(member,)))
            after = replace(policies, bindings=Over(policies.bindings, {one.on: held}))
            yield Change(member, after, (Step(_REQUEST, waiting, one.id),))


def _read(name: str, attributes: Mapping[str, Any], source: Source) -> _Entitlement | None:
    """An entitlement; None where it is none any more, or gives no role."""
    held = {path: value(fact) for path, fact in attributes.items()}
    on, rows = held.get(f"{_GIVEN}.resource"), held.get(f"{_GIVEN}.roleBindings")
    if not isinstance(on, str) or held.get("state") in _OVER:
        return None
    asking = tuple(
        source.member(member)
        for group in _rows(held.get("eligibleUsers"))
        for member in group.get("principals") or ()
        if isinstance(member, str)
    )
    bindings = tuple(
        Binding(role, asking, condition=row.get("conditionExpression") or None)
        for row in _rows(rows)
        if isinstance(role := row.get("role"), str)
    )
    return _Entitlement(name, source.named(on), bindings) if asking and bindings else None


def _rows(raw: Any) -> Iterable[Mapping[str, Any]]:
    return [one for one in raw if isinstance(one, Mapping)] if isinstance(raw, list | tuple) else ()
