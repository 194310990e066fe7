"""What assignments of Azure Policy above a subscription keep everybody in it from: making, changing or deleting some types at all.

Whoever owns a subscription takes away what is assigned in it: what counts is assigned to a management group. Of definitions of
one's own those are understood that name types of resources alone, or any; a rule with further conditions refuses less than a type,
and is not counted. Sets of definitions are opened. What is assigned and was not collected may refuse anything.

Sources: Azure Policy documentation, "Azure Policy definition structure" (policy rule, parameters, mode), "Azure Policy initiative
definition structure", "denyAction effect", "Azure Policy built-in policy definitions"; Subscription REST reference, "Policies - Get
Policy For Tenant".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Final

from weightguard.estate.azure.constraints import ASSIGNMENTS, BUILT_IN, CLOSED_BLOBS, HARMLESS, holds
from weightguard.estate.azure.tenant import Tenant, plain, properties
from weightguard.estate.evidence import Record, listing_source
from weightguard.estate.fact import Fact, Known, Reason, Unknown

DEFINITIONS: Final = "authorization.policydefinitions"
SETS: Final = "authorization.policysetdefinitions"
OF_TENANT: Final = "subscription.policies"
_NOT_ALLOWED: Final = "6c112d4e-5bc7-47ae-a041-ea2d9dccd749"
_ALLOWED: Final = "a08ec900-254a-4555-9bf5-e42af04b5c5c"
_KEPT: Final = "78460a36-508a-49a4-b2b2-2f5ec564f4bb"
_PARAMETER: Final = re.compile(r"\[parameters\('([^']+)'\)\]")
_EVERY: Final = "*"
Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusals:
    """What is refused in a subscription from above it. Types are patterns in lower case.

    Attributes:
        created: types that nobody makes or changes. allowed: those that alone are made; None: any.
        deleted: types that nobody deletes.
        anonymous: whether no account lets containers be opened to everybody.
        unread: why more may be refused.
    """

    created: tuple[str, ...] = ()
    allowed: tuple[str, ...] | None = None
    deleted: tuple[str, ...] = ()
    anonymous: bool = False
    unread: tuple[Unknown, ...] = ()

    def keeps_from_making(self, type: str) -> bool:
        """Whether resources of a type can neither be made nor changed."""
        return _covers(self.created, type) or (self.allowed is not None and not _covers(self.allowed, type))

    def keeps_from_deleting(self, type: str) -> bool:
        """Whether resources of a type cannot be deleted."""
        return _covers(self.deleted, type)


def _covers(patterns: Iterable[str], type: str) -> bool:
    return any(fnmatchcase(type.lower(), one) for one in patterns)


@dataclass(slots=True)
class _Taken:
    """What the assignments above one subscription refuse, as they are looked at."""

    created: set[str] = field(default_factory=set)
    allowed: set[str] | None = None
    deleted: set[str] = field(default_factory=set)
    anonymous: bool = False
    unread: dict[Unknown, None] = field(default_factory=dict)


class Policies:
    """The assignments and definitions of a tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._definitions = {plain(one.id): one for one in tenant.of(DEFINITIONS)}
        self._sets = {plain(one.id): one for one in tenant.of(SETS)}

    @cached_property
    def of_types(self) -> frozenset[str]:
        """The definitions of one's own that are about types of resources alone, and about no setting of any, plain."""
        return frozenset(id for id, one in self._definitions.items() if _is_of_types(properties(one)))

    def above(self, subscription: str, scopes: Iterable[str]) -> Fact[Refusals]:
        """What is refused in a subscription.

        Args:
            scopes: those that it lies in, plain, itself among them.
        """
        outer = set(scopes) - {plain(subscription)}
        gap = self._tenant.gap(ASSIGNMENTS)
        taken = _Taken(unread={} if gap is None else {gap: None})
        for record in self._tenant.of(ASSIGNMENTS):
            if holds(record, outer, subscription):
                definition = plain(str(properties(record).get("policyDefinitionId") or ""))
                self._take(taken, definition, _given(properties(record)), record)
        allowed = None if taken.allowed is None else tuple(sorted(taken.allowed))
        found = Refusals(
            tuple(sorted(taken.created)),
            allowed,
            tuple(sorted(taken.deleted)),
            taken.anonymous,
            tuple(taken.unread),
        )
        return Known(found, self._tenant.source("authorization", "policyassignments"))

    def _take(self, taken: _Taken, definition: str, given: Parameters, record: Record) -> None:
        """Take in what a definition, or a set of them, refuses with some parameters."""
        if definition.startswith(BUILT_IN):
            _built_in(taken, definition.removeprefix(BUILT_IN), given)
        elif definition in self._sets:
            own = properties(self._sets[definition])
            known = {**_defaults(own), **given}
            for member in own.get("policyDefinitions") or ():
                if isinstance(member, Mapping):
                    inner = {name: _value(one, known) for name, one in _given(member).items()}
                    id = plain(str(member.get("policyDefinitionId") or ""))
                    self._take_member(taken, id, inner, record)
        elif definition in self._definitions:
            _own(taken, properties(self._definitions[definition]), given, record)
        elif definition not in HARMLESS:
            taken.unread[Unknown(Reason.NOT_COLLECTED, listing_source(record))] = None

    def _take_member(self, taken: _Taken, definition: str, given: Parameters, record: Record) -> None:
        """The same of a member of a set, which is no set itself."""
        if definition not in self._sets:
            self._take(taken, definition, given, record)


def _is_of_types(told: Mapping[str, Any]) -> bool:
    rule = told.get("policyRule")
    return isinstance(rule, Mapping) and _asks_types(rule.get("if"))


def _asks_types(condition: Any) -> bool:
    """Whether all that a condition asks about is a type."""
    if not isinstance(condition, Mapping):
        return False
    inner = next((condition[name] for name in ("anyOf", "allOf", "not") if name in condition), None)
    if inner is None:
        return bool(condition.get("field") == "type")
    return all(map(_asks_types, inner if isinstance(inner, list) else [inner]))


def _built_in(taken: _Taken, definition: str, given: Parameters) -> None:
    effect = str(given.get("effect") or "").lower()
    if definition in CLOSED_BLOBS:
        taken.anonymous |= (effect or CLOSED_BLOBS[definition]) in ("deny", "modify")
    elif definition == _NOT_ALLOWED and effect in ("", "deny"):
        taken.created |= set(_types(given.get("listOfResourceTypesNotAllowed")))
    elif definition == _ALLOWED:
        listed = set(_types(given.get("listOfResourceTypesAllowed")))
        taken.allowed = listed if taken.allowed is None else taken.allowed & listed
    elif definition == _KEPT and effect in ("", "denyaction"):
        taken.deleted |= set(_types(given.get("listOfResourceTypesDisallowedForDeletion")))


def _own(taken: _Taken, told: Mapping[str, Any], given: Parameters, record: Record) -> None:
    """What a definition of one's own refuses."""
    known = {**_defaults(told), **given}
    rule = told.get("policyRule")
    then = rule.get("then") if isinstance(rule, Mapping) else None
    effect = _value(then.get("effect"), known) if isinstance(then, Mapping) else None
    if not isinstance(rule, Mapping) or not isinstance(then, Mapping) or not isinstance(effect, str):
        taken.unread[Unknown(Reason.NOT_READ, listing_source(record))] = None
        return
    named = set(_named(rule.get("if"), known) or ())
    if effect.lower() == "deny" and str(told.get("mode")).lower() == "all":
        taken.created |= named
    details = then.get("details")
    actions = details.get("actionNames") if isinstance(details, Mapping) else None
    if effect.lower() == "denyaction" and "delete" in [str(one).lower() for one in actions or ()]:
        taken.deleted |= named


def _named(condition: Any, known: Parameters) -> list[str] | None:
    """The types that a condition is true of, whatever else a resource is; None: it asks for more than a type."""
    if not isinstance(condition, Mapping):
        return None
    inner = next((condition[name] for name in ("anyOf", "allOf") if set(condition) == {name}), None)
    if isinstance(inner, list):
        if "allOf" in condition and len(inner) != 1:
            return None
        return [type for one in inner for type in _named(one, known) or ()]
    return _of_field(condition, known)


def _of_field(condition: Mapping[str, Any], known: Parameters) -> list[str] | None:
    if condition.get("field") != "type" or len(condition) != 2:
        return None
    if str(condition.get("exists")).lower() == "true":
        return [_EVERY]
    told = next((condition[name] for name in ("equals", "in", "like") if name in condition), None)
    value = _value(told, known)
    return _types(value if isinstance(value, list) else [value])


def _types(value: Any) -> list[str]:
    return [one.lower() for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _given(told: Mapping[str, Any]) -> dict[str, Any]:
    """The values of parameters that an assignment, or a member of a set, gives."""
    held = told.get("parameters")
    pairs = held.items() if isinstance(held, Mapping) else ()
    return {name: one["value"] for name, one in pairs if isinstance(one, Mapping) and "value" in one}


def _defaults(told: Mapping[str, Any]) -> dict[str, Any]:
    held = told.get("parameters")
    pairs = held.items() if isinstance(held, Mapping) else ()
    return {
        name: one["defaultValue"] for name, one in pairs if isinstance(one, Mapping) and "defaultValue" in one
    }


def _value(written: Any, known: Parameters) -> Any:
    """A value, that of the parameter which it names; None where it is another expression, or nobody says."""
    if not isinstance(written, str) or not written.startswith("["):
        return written
    match = _PARAMETER.fullmatch(written)
    return known.get(match[1]) if match is not None else None


def leaving_blocked(tenant: Tenant) -> Fact[bool]:
    """Whether subscriptions cannot leave the tenant."""
    for record in tenant.of(OF_TENANT):
        return Known(
            properties(record).get("blockSubscriptionsLeavingTenant") is True, listing_source(record)
        )
    source = tenant.source("subscription", "policies")
    gap = tenant.gap(OF_TENANT)
    if gap is None and tenant.from_state:  # States hold what Terraform made: no resource of it is this.
        gap = Unknown(Reason.NOT_COLLECTED, source)
    return gap if gap is not None else Known(False, source)
