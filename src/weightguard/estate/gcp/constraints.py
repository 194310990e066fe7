"""What organisation policies demand of everything in a container: the nearest one that speaks of a constraint counts.

A policy may have rules that hold for resources with certain tags alone; nothing here tells which resources those are, so that what
such a policy demands is not known. A policy of the second version counts before one of the first that says the same in older words.

Sources: Resource Manager documentation, "Understanding hierarchy evaluation" and "Organization policy constraints"; Organization
Policy REST reference, v1 and v2 `Policy`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from weightguard.estate.fact import Fact, Known, Reason, Source, Unknown
from weightguard.estate.model import Container, PolicyForm, PublicAccess, ScopedPolicy

PREVENTION: Final = "storage.publicAccessPrevention"
TOLD: Final = "ListOrgPolicies"
"""The attribute of a container that says whether all of its organisation policies were told."""
ALL: Final = "*"
BY_POLICY: Final = "organisation policy"


@dataclass(frozen=True, slots=True)
class Values:
    """What a list constraint lets be used.

    Attributes:
        allowed: None: whatever is not denied.
        denied: ``*`` for everything.
    """

    allowed: frozenset[str] | None = None
    denied: frozenset[str] = frozenset()


class Constraints:
    """The organisation policies of some containers.

    Args:
        containers: with those that they lie in.
    """

    def __init__(self, containers: Iterable[Container]) -> None:
        self._by_id = {one.id: one for one in containers if one.provider == "gcp"}

    def enforced(self, name: str, container: str) -> Fact[bool]:
        """Whether a boolean constraint holds for everything in a container."""
        for one in self._above(container):
            found = _of(one, name)
            if found is None:
                if (unread := _unread(one)) is not None:
                    return unread
                continue
            source = _source(one)
            answer = _is_enforced(found)
            return Unknown(Reason.NOT_READ, source) if answer is None else Known(answer, source)
        return Known(False, _source(self._by_id.get(container)))

    def values(self, name: str, container: str) -> Fact[Values]:
        """What a list constraint lets be used in a container."""
        allowed: set[str] = set()
        denied: set[str] = set()
        limited = False
        source = _source(self._by_id.get(container))
        for one in self._above(container):
            found = _of(one, name)
            if found is None:
                if (unread := _unread(one)) is not None:
                    return unread
                continue
            rule = _listed(found)
            if rule is None:
                return Unknown(Reason.NOT_READ, _source(one))
            limited |= bool(rule.allowed)
            allowed |= rule.allowed
            denied |= rule.denied
            if not rule.inherits:
                break
        return Known(Values(frozenset(allowed) if limited else None, frozenset(denied)), source)

    def _above(self, container: str) -> Iterator[Container]:
        """A container and those that it lies in, innermost first."""
        seen: set[str] = set()
        name: str | None = container
        while name is not None and name not in seen and name in self._by_id:
            seen.add(name)
            yield self._by_id[name]
            name = self._by_id[name].parent


def public_access(constraints: Constraints, container: str) -> Fact[PublicAccess | None]:
    """What keeps the public out of every bucket in a container."""
    found = constraints.enforced(PREVENTION, container)
    if isinstance(found, Unknown):
        return found
    return Known(PublicAccess(True, (BY_POLICY,)) if found.value else None, found.source)


@dataclass(frozen=True, slots=True)
class _Rule:
    allowed: frozenset[str]
    denied: frozenset[str]
    inherits: bool


def _source(container: Container | None) -> Source:
    if container is None:
        return Source.asked("gcp", "", "orgpolicy", TOLD)
    told = container.attributes.get(TOLD)
    return (
        told.source
        if told is not None
        else Source.asked("gcp", container.account or container.id, "orgpolicy", TOLD)
    )


def _unread(container: Container) -> Unknown | None:
    """Why a container may have organisation policies that nobody told."""
    told = container.attributes.get(TOLD)
    if told is None:
        return Unknown(Reason.NOT_COLLECTED, _source(container))
    return told if isinstance(told, Unknown) else None


def _of(container: Container, name: str) -> Mapping[str, Any] | None:
    """The policy of a container that speaks of a constraint; one that is only tried out does not."""
    held = container.limits.value if isinstance(container.limits, Known) else ()
    found = [document for policy in held if (document := _document(policy, name)) is not None]
    newer = [one for one in found if isinstance(one.get("spec"), Mapping)]
    return next(iter((*newer, *found)), None)


def _document(policy: ScopedPolicy, name: str) -> Mapping[str, Any] | None:
    document = policy.document
    if policy.form is not PolicyForm.CONSTRAINT or policy.name != name or not isinstance(document, Mapping):
        return None
    return None if _only_tried(document) else document


def _only_tried(document: Mapping[str, Any]) -> bool:
    return "constraint" not in document and not isinstance(document.get("spec"), Mapping)


def _rules(spec: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The rules of a policy; None: some hold for resources with certain tags alone."""
    listed = spec.get("rules")
    rules = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    return None if any(one.get("condition") for one in rules) else rules


def _is_enforced(document: Mapping[str, Any]) -> bool | None:
    """None: for some resources only."""
    spec = document.get("spec")
    if not isinstance(spec, Mapping):
        older = document.get("booleanPolicy")
        return isinstance(older, Mapping) and older.get("enforced") is True
    rules = _rules(spec)
    return None if rules is None else any(one.get("enforce") in _TRUE for one in rules)


_TRUE: Final = (True, "TRUE", "true")


def _listed(document: Mapping[str, Any]) -> _Rule | None:
    """What a policy says of a list constraint; None: it says something for some resources only."""
    spec = document.get("spec")
    if not isinstance(spec, Mapping):
        older = document.get("listPolicy")
        return _older(older if isinstance(older, Mapping) else {})
    rules = _rules(spec)
    if rules is None:
        return None
    allowed = {value for one in rules for value in _texts(one.get("values"), "allowedValues")}
    denied = {value for one in rules for value in _texts(one.get("values"), "deniedValues")}
    denied |= {ALL for one in rules if one.get("denyAll") in _TRUE}
    return _Rule(frozenset(allowed), frozenset(denied), spec.get("inheritFromParent") is True)


def _older(policy: Mapping[str, Any]) -> _Rule:
    denied = {ALL} if policy.get("allValues") == "DENY" else set(_texts(policy, "deniedValues"))
    return _Rule(
        frozenset(_texts(policy, "allowedValues")),
        frozenset(denied),
        policy.get("inheritFromParent") is True,
    )


def _texts(held: Any, name: str) -> list[str]:
    listed = held.get(name) if isinstance(held, Mapping) else None
    return (
        [one.removeprefix("is:") for one in listed if isinstance(one, str)]
        if isinstance(listed, list)
        else []
    )
