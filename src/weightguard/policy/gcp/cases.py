"""A Google Cloud evaluation case: the request and policies of a line of `weightguard evaluate`, decided and explained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from weightguard.errors import InputError
from weightguard.memory import Memory
from weightguard.policy import reading
from weightguard.policy.case import CaseProblem, Remembered
from weightguard.policy.decision import Decision, Reason
from weightguard.policy.gcp.case_perimeters import perimeters_of, unheard_perimeters
from weightguard.policy.gcp.decide import decide
from weightguard.policy.gcp.groups import Groups, canonical
from weightguard.policy.gcp.model import (
    Binding,
    Boundary,
    Bucket,
    Constraint,
    DenyPolicy,
    DenyRule,
    Grant,
    Policies,
    Request,
    RoleDefinition,
)
from weightguard.policy.gcp.names import relative
from weightguard.policy.gcp.syntax import NotAnExpression, parse
from weightguard.policy.telling import Words, explain

WORDS: Final = Words(
    {
        "pab": "principal access boundaries",
        "deny": "deny policies",
        "org_policy": "organisation policies",
        "perimeter": "service perimeters",
        "allow": "allow policies",
        "acl": "access control lists",
    },
    {
        "CEL": ("{value}", "not {value}"),
        "Member": ("{value} is in {key}", "{value} is not in {key}"),
        "Permits": ("the role {key} permits {value}", "the role {key} does not permit {value}"),
        "Perimeter": ("{key} is among {value}", "{key} is not among {value}"),
        "StringEquals": ("{key} is {value}", "{key} is not {value}"),
    },
)
_PARTS: Final = frozenset(
    {
        "hierarchy",
        "allow_policies",
        "deny_policies",
        "roles",
        "groups",
        "storage_settings",
        "org_policies",
        "pab_policies",
        "resource_tags",
        "service_perimeters",
        "access_levels",
    }
)
_SETTINGS: Final = frozenset(
    {
        "uniformBucketLevelAccess",
        "publicAccessPrevention",
        "acl",
        "bucketAcl",
        "objectAcls",
        "defaultObjectAcl",
        "iamConfiguration",
    }
)


@dataclass(frozen=True, slots=True)
class GcpCase:
    """A request with the policies to decide it by."""

    request: Request
    policies: Policies
    odd: tuple[CaseProblem, ...] = ()

    def decide(self) -> Decision:
        """The decision."""
        return decide(self.request, self.policies)

    def asked(self) -> str:
        """The question in words."""
        return f"{self.request.permission} on {self.request.resource} by {self.request.member}"

    def explained(self, decision: Decision) -> list[str]:
        """A decision in lines: which layers said what, in order."""
        return explain(decision, WORDS)

    def problems(self) -> tuple[CaseProblem, ...]:
        """What the provider would refuse of the case's policies, or what was not looked at."""
        return self.odd


def parse_case(entry: Mapping[str, object], remembered: Remembered) -> GcpCase:
    """Read a case.

    Args:
        entry: the parsed line: ``request`` and ``policies`` as the case schema has them.
        remembered: policies that were read before.

    Raises:
        InputError: a part is missing or is not what it should be. A condition that is no expression is not an error: a binding
            with it grants nothing, a deny rule with it denies.
    """
    given = entry.get("policies")
    policies, odd = remembered.once(given, lambda: _read(given, remembered), "gcp")
    return GcpCase(_request(entry), policies, odd)


def _read(policies: object, remembered: Remembered) -> tuple[Policies, tuple[CaseProblem, ...]]:
    """The policies, and what is odd about them."""
    raw = reading.mapping(policies, "policies")
    unknown = sorted(str(name) for name in raw if name not in _PARTS)
    if unknown:
        raise InputError(
            f"unknown part of the policies {unknown[0]!r}", fix=f"one of {', '.join(sorted(_PARTS))}"
        )
    settings = reading.mapping(raw.get("storage_settings"), "storage_settings")
    found = replace(_policies(raw, settings, remembered), memory=remembered.memory)
    return found, (
        *_unheard(settings),
        *unheard_perimeters(raw.get("service_perimeters")),
        *_unreadable(found),
    )


def _request(entry: Mapping[str, object]) -> Request:
    raw = reading.request(entry, frozenset({"member", "permission", "resource"}))
    return Request(
        member=reading.text(raw, "member", "request"),
        permission=reading.text(raw, "permission", "request"),
        resource=relative(reading.text(raw, "resource", "request")),
        context=dict(reading.mapping(raw.get("context"), "context")),
        open=reading.is_open(entry.get("assume")),
    )


def _policies(raw: Mapping[str, Any], settings: Mapping[str, Any], remembered: Remembered) -> Policies:
    groups = raw.get("groups")
    return Policies(
        parents=_parents(reading.mapping(raw.get("hierarchy"), "hierarchy")),
        bindings=_bindings(reading.rows(raw.get("allow_policies"), "allow_policies"), remembered),
        denials=tuple(_denials(reading.rows(raw.get("deny_policies"), "deny_policies"))),
        roles={name: _role(name, one) for name, one in reading.mapping(raw.get("roles"), "roles").items()},
        groups=remembered.once(groups, lambda: _groups(reading.mapping(groups, "groups")), "gcp groups"),
        buckets={name.removeprefix("buckets/"): _bucket(name, one) for name, one in settings.items()},
        constraints=tuple(map(_constraint, reading.rows(raw.get("org_policies"), "org_policies"))),
        boundaries=tuple(_boundaries(reading.rows(raw.get("pab_policies"), "pab_policies"))),
        tags=_tags(raw.get("resource_tags")),
        perimeters=perimeters_of(raw.get("service_perimeters"), raw.get("access_levels")),
    )


def _groups(raw: Mapping[str, Any]) -> Groups:
    return Groups(
        {
            canonical(name): None
            if members is None
            else tuple(map(canonical, reading.texts(members, f"group {name}")))
            for name, members in raw.items()
        }
    )


def _parents(raw: Mapping[str, Any]) -> dict[str, str]:
    if not all(isinstance(parent, str) for parent in raw.values()):
        raise InputError("hierarchy names a parent that is no text", fix="give child: parent")
    return {relative(child): relative(parent) for child, parent in raw.items()}


def _bindings(raw: list[Mapping[str, Any]], remembered: Remembered) -> dict[str, tuple[Binding, ...]]:
    found: dict[str, tuple[Binding, ...]] = {}
    for policy in raw:
        place, bindings = remembered.once(policy, partial(_allow_policy, policy), "gcp allow policy")
        if bindings:
            found[place] = (*found.get(place, ()), *bindings)
    return found


def _allow_policy(policy: Mapping[str, Any]) -> tuple[str, tuple[Binding, ...]]:
    """The resource that a policy lies on, and its bindings."""
    place = relative(reading.text(policy, "resource", "allow_policies"))
    found: list[Binding] = []
    for one in reading.rows(policy.get("bindings"), f"bindings of {place}"):
        expression, title = _condition(one.get("condition"), place)
        members = reading.texts(one.get("members"), f"members of {place}")
        found.append(Binding(reading.text(one, "role", f"a binding of {place}"), members, expression, title))
    return place, tuple(found)


def _condition(raw: object, where: str) -> tuple[str | None, str | None]:
    """A condition's expression and title."""
    if raw is None:
        return None, None
    if isinstance(raw, str):
        return raw, None
    given = reading.mapping(raw, f"a condition of {where}")
    title = given.get("title")
    return str(given.get("expression", "")), title if isinstance(title, str) and title else None


def _denials(raw: list[Mapping[str, Any]]) -> Iterator[DenyPolicy]:
    for number, policy in enumerate(raw):
        place = relative(reading.text(policy, "attachment_point", "deny_policies"))
        name = policy.get("name")
        rules = reading.rows(policy.get("rules"), f"rules on {place}")
        yield DenyPolicy(
            name if isinstance(name, str) and name else f"deny_policies[{number}]",
            place,
            tuple(_rule(reading.mapping(rule.get("denyRule", rule), "denyRule"), place) for rule in rules),
        )


def _rule(raw: Mapping[str, Any], place: str) -> DenyRule:
    denied, permissions, spared, left = (
        reading.texts(raw.get(name), f"{name} on {place}")
        for name in ("deniedPrincipals", "deniedPermissions", "exceptionPrincipals", "exceptionPermissions")
    )
    return DenyRule(denied, permissions, spared, left, _condition(raw.get("denialCondition"), place)[0])


def _role(name: str, raw: object) -> RoleDefinition:
    if raw is None:
        return RoleDefinition(None)
    if isinstance(raw, list):
        return RoleDefinition(frozenset(reading.texts(raw, f"role {name}")))
    given = reading.mapping(raw, f"role {name}")
    listed = given.get("permissions", given.get("includedPermissions"))
    permissions = None if listed is None else frozenset(reading.texts(listed, f"permissions of {name}"))
    return RoleDefinition(permissions, given.get("stage") == "DISABLED" or bool(given.get("deleted")))


def _bucket(name: str, raw: object) -> Bucket:
    given = reading.mapping(raw, f"settings of {name}")
    given = {**reading.mapping(given.get("iamConfiguration"), f"iamConfiguration of {name}"), **given}
    uniform = given.get("uniformBucketLevelAccess", False)
    if isinstance(uniform, Mapping):
        uniform = uniform.get("enabled", False)
    prevention = given.get("publicAccessPrevention")
    objects = reading.mapping(given.get("objectAcls"), f"objectAcls of {name}")
    return Bucket(
        reading.flag(uniform, f"uniformBucketLevelAccess of {name}"),
        prevention if isinstance(prevention, str) else None,
        _grants(given.get("acl", given.get("bucketAcl")), name),
        {key: _grants(entries, f"{name}/{key}") for key, entries in objects.items()},
    )


def _grants(raw: object, where: str) -> tuple[Grant, ...]:
    return tuple(
        Grant(
            reading.text(one, "entity", f"the list of {where}"),
            reading.text(one, "role", f"the list of {where}"),
        )
        for one in reading.rows(raw, f"the list of {where}")
    )


def _constraint(raw: Mapping[str, Any]) -> Constraint:
    name = reading.text(raw, "constraint", "org_policies").removeprefix("constraints/")
    enforced, allowed, after = (raw.get(key) for key in ("enforced", "allowed_values", "set_after_binding"))
    return Constraint(
        relative(reading.text(raw, "resource", "org_policies")),
        name,
        None if enforced is None else reading.flag(enforced, f"enforced of {name}"),
        None if allowed is None else reading.texts(allowed, f"allowed_values of {name}"),
        reading.texts(raw.get("denied_values"), f"denied_values of {name}"),
        None if after is None else reading.flag(after, f"set_after_binding of {name}"),
    )


def _boundaries(raw: list[Mapping[str, Any]]) -> Iterator[Boundary]:
    for number, policy in enumerate(raw):
        name = str(policy.get("name") or f"pab_policies[{number}]")
        rules = policy.get("rules")
        listed = [rules] if isinstance(rules, str) else rules if isinstance(rules, list) else []
        resources = [
            resource
            for rule in listed
            for resource in reading.texts(rule.get("resources") if isinstance(rule, Mapping) else rule, name)
        ]
        blocked = policy.get("blocked_permissions")
        yield Boundary(
            name,
            reading.texts(policy.get("bound_to"), f"bound_to of {name}"),
            tuple(resources),
            None if blocked is None else reading.texts(blocked, f"blocked_permissions of {name}"),
            _condition(policy.get("condition"), name)[0],
        )


def _tags(raw: object) -> dict[str, Mapping[str, str]] | None:
    if raw is None:
        return None
    return {
        relative(name): {
            str(key): str(value) for key, value in reading.mapping(tags, f"tags of {name}").items()
        }
        for name, tags in reading.mapping(raw, "resource_tags").items()
    }


def _unheard(settings: Mapping[str, Any]) -> Iterator[CaseProblem]:
    """Settings of buckets that nothing here looks at."""
    for bucket, given in settings.items():
        for key in given if isinstance(given, Mapping) else ():
            if key not in _SETTINGS:
                yield CaseProblem(
                    "storage_settings", bucket, str(key), "this setting was not looked at", False
                )


def _unreadable(policies: Policies) -> Iterator[CaseProblem]:
    """Conditions that are no expressions."""
    for place, bindings in policies.bindings.items():
        for binding in bindings:
            reason = Reason("allow", place, binding.role)
            yield from _not_parsed(binding.condition, reason, policies.memory, grants_nothing=True)
    for policy in policies.denials:
        for number, rule in enumerate(policy.rules):
            reason = Reason("deny", policy.name, str(number))
            yield from _not_parsed(rule.condition, reason, policies.memory, grants_nothing=False)


def _not_parsed(
    condition: str | None, where: Reason, memory: Memory, *, grants_nothing: bool
) -> Iterator[CaseProblem]:
    if condition is None:
        return
    try:
        memory.once(parse, condition)
    except NotAnExpression as error:
        message = f"the condition does not parse: {error}"
        yield CaseProblem(where.layer, where.policy, where.statement, message, grants_nothing)
