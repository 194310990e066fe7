"""One statement of a policy: compile its elements, match them against an action and a resource.

Sources: IAM User Guide, "IAM JSON policy elements: Effect / Action / NotAction / Resource / NotResource / Principal /
NotPrincipal / Condition".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeVar

from weightguard.policy.aws.arn import is_account, parse_arn
from weightguard.policy.aws.conditions import MalformedCondition, Test, Unclear, compile_conditions, presence
from weightguard.policy.aws.context import Context
from weightguard.policy.aws.keys import canonical_key
from weightguard.policy.aws.principal import PrincipalElement
from weightguard.policy.aws.template import Template, Unresolved, template
from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, all_of, any_of, negation
from weightguard.policy.pattern import Glob, glob, is_pattern

_ELEMENTS = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}
_EXCLUSIVE = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))


class MalformedStatement(ValueError):
    """A statement that the provider would refuse; it never matches."""


@dataclass(frozen=True, slots=True)
class StatementRules:
    """Which elements a kind of policy has.

    Args:
        principal: whether a statement must name principals (else it must not).
        resource: whether a statement must name resources (else it may, and stands for its own resource).
        everybody: whether the only principal it may name is ``*``.
    """

    principal: bool
    resource: bool
    everybody: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """The resource of a request.

    Args:
        text: its ARN or name, possibly with wildcards.
        pattern: the text as a pattern; for a concrete resource, a pattern without wildcards.
    """

    text: str
    pattern: Glob

    @property
    def is_open(self) -> bool:
        """Whether it stands for more than one resource."""
        return self.pattern.literal is None


@lru_cache(maxsize=65_536)
def target(text: str, *, literal: bool) -> Target:
    """The target of a request.

    Args:
        text: the request's resource; ``*`` and ``?`` make it a pattern.
        literal: take wildcards as plain characters (an action without resource-level permissions is
            authorized against a literal ``*``).
    """
    return Target(text, Glob(text) if literal else glob(text))


class Statement:
    """A compiled statement.

    Args:
        label: its Sid, or its index where it has none.
        allows: whether its effect is Allow.
        actions: lower-case patterns of Action or NotAction.
        not_action: whether they are those of NotAction.
        resources: values of Resource or NotResource; None where the statement has neither.
        not_resource: whether they are those of NotResource.
        principals: its Principal or NotPrincipal, or None for policies that name none.
        not_principal: whether it is a NotPrincipal.
        tests: its conditions.
    """

    __slots__ = (
        "_actions",
        "_not_action",
        "_not_resource",
        "allows",
        "has_resource_variables",
        "label",
        "not_principal",
        "principals",
        "resources",
        "tests",
    )

    def __init__(
        self,
        label: str,
        *,
        allows: bool,
        actions: tuple[Glob, ...],
        not_action: bool,
        resources: tuple[Template, ...] | None,
        not_resource: bool,
        principals: PrincipalElement | None,
        not_principal: bool,
        tests: tuple[Test | Unclear, ...],
    ) -> None:
        self.label = label
        self.allows = allows
        self.principals = principals
        self.not_principal = not_principal
        self.tests = tests
        self._actions = actions
        self._not_action = not_action
        self.resources = resources
        self._not_resource = not_resource
        self.has_resource_variables = resources is not None and not all(one.is_static for one in resources)

    def may_apply(self, action: str, resource: Target) -> bool:
        """Whether it matches the action (lower-case) and could match the resource for some request context."""
        named = any(pattern.matches(action) for pattern in self._actions)
        if named is self._not_action:
            return False
        if self.resources is None:
            # AWS KMS API Reference, PutKeyPolicy: without Resource "the policy statement has no effect".
            return not action.startswith("kms:")
        hits = [self._hit(one.static_glob or one.widest(), resource) for one in self.resources]
        if not self._not_resource:
            return any(hits)
        static = [hit for hit, one in zip(hits, self.resources, strict=True) if one.is_static]
        return not any(static)

    @property
    def depends_on_request(self) -> bool:
        """Whether anything but action and resource decides if it matches."""
        return bool(self.tests) or self.principals is not None or self.has_resource_variables

    @property
    def resource_sources(self) -> tuple[str, ...]:
        """The values of Resource, as the policy has them."""
        return () if self._not_resource else tuple(one.source for one in self.resources or ())

    @property
    def keys(self) -> set[str]:
        """The context keys that decide if it matches, with those of policy variables."""
        variables = {one.key for value in self.resources or () for one in value.variables}
        return variables.union(*(test.keys for test in self.tests))

    def resource_formula(self, resource: Target, context: Context) -> Formula:
        """When it matches the resource, given that `may_apply` says it could."""
        if self.resources is None or not self.has_resource_variables:
            return ALWAYS
        if self._not_resource:
            return all_of(self._outside(one, resource, context) for one in self.resources)
        return any_of(self._inside(one, resource, context) for one in self.resources)

    def _inside(self, value: Template, resource: Target, context: Context) -> Formula:
        """When one value of Resource matches."""
        resolved = value.resolve(context)
        if not isinstance(resolved, Unresolved):
            return ALWAYS if self._hit(resolved[1], resource) else NEVER
        if not resolved.needs or not self._hit(value.widest(), resource):
            return NEVER
        needs = tuple(dict.fromkeys(map(canonical_key, resolved.needs)))
        return Condition("Resource", "ResourceLike", (value.source,), needs=needs)

    def _outside(self, value: Template, resource: Target, context: Context) -> Formula:
        """When one value of NotResource does not match; a variable that is absent makes the statement invalid."""
        resolved = value.resolve(context)
        if not isinstance(resolved, Unresolved):
            return NEVER if self._hit(resolved[1], resource) else ALWAYS
        if not resolved.needs:
            return NEVER
        present = [presence(key) for key in resolved.required]
        return all_of([negation(self._inside(value, resource, context)), *present])

    def _hit(self, pattern: Glob, resource: Target) -> bool:
        """Whether one value of the element concerns the resource.

        For a resource that is a pattern: Allow with Resource and Deny with NotResource ask for an overlap,
        Deny with Resource and Allow with NotResource for the whole of it.
        """
        if not resource.is_open:
            return pattern.matches(resource.text)
        if self.allows is not self._not_resource:
            return pattern.overlaps(resource.pattern)
        return pattern.covers(resource.pattern)

    def condition_formula(self, context: Context) -> Formula:
        """When its conditions are met: all of them, so the conjunction of its tests."""
        open_parts: list[Formula] = []
        for test in self.tests:
            part = test.evaluate(context)
            if part is NEVER:
                return NEVER
            if part is not ALWAYS:
                open_parts.append(part)
        return all_of(open_parts) if open_parts else ALWAYS


def compile_statement(
    entry: object, label: str, rules: StatementRules, *, with_variables: bool, notes: list[str]
) -> Statement:
    """Compile one statement.

    Args:
        entry: the statement's parsed JSON.
        label: its Sid or index.
        rules: which elements this kind of policy has.
        with_variables: whether the document's version has policy variables.
        notes: receives what is odd about the statement without keeping it from matching.

    Raises:
        MalformedStatement: the provider would refuse it.
    """
    if not isinstance(entry, Mapping):
        raise MalformedStatement("the statement is not an object")
    _check_elements(entry, rules)
    action, resource, principal = (_present(entry, name) for name in ("Action", "Resource", "Principal"))
    if action is None:
        raise MalformedStatement("the statement has neither Action nor NotAction")
    try:
        tests = (
            compile_conditions(entry["Condition"], with_variables=with_variables)
            if "Condition" in entry
            else ()
        )
    except MalformedCondition as error:
        raise MalformedStatement(str(error)) from error
    return Statement(
        label,
        allows=entry["Effect"] == "Allow",
        actions=_actions(entry[action], notes),
        not_action=action == "NotAction",
        resources=_resources(entry[resource], with_variables, notes) if resource else None,
        not_resource=resource == "NotResource",
        principals=_principals(entry[principal], notes) if principal else None,
        not_principal=principal == "NotPrincipal",
        tests=tests,
    )


def unclear_denial(entry: Mapping[str, object], label: str, why: str, *, with_variables: bool) -> Statement:
    """What may be left of a denial that cannot be understood: it denies, perhaps, whatever its readable elements leave.

    A statement that could only deny is not passed over as one that could only allow is: a request that it may concern hangs on it.

    Args:
        entry: the statement.
        label: its Sid or index.
        why: what is wrong with it.
        with_variables: whether the document's version has policy variables.
    """
    tests: tuple[Test | Unclear, ...] = (Unclear(label, why),)
    with suppress(MalformedCondition):
        tests = (*compile_conditions(entry.get("Condition", {}), with_variables=with_variables), *tests)
    actions, resources = _one_of(entry, "Action"), _one_of(entry, "Resource")
    principals = _one_of(entry, "Principal")
    readable = _readable(_actions, entry, actions)
    return Statement(
        label,
        allows=False,
        actions=readable or _EVERYTHING,
        not_action=actions == "NotAction" and readable is not None,
        resources=_readable(partial(_resources, with_variables=with_variables), entry, resources),
        not_resource=resources == "NotResource",
        principals=_readable(_principals, entry, principals),
        not_principal=principals == "NotPrincipal",
        tests=tests,
    )


_EVERYTHING = (glob("*"),)
_Read = TypeVar("_Read")


def _one_of(entry: Mapping[str, object], element: str) -> str | None:
    """The element or its negation; None where the statement has neither or, against the grammar, both."""
    names = [name for name in (element, f"Not{element}") if name in entry]
    return names[0] if len(names) == 1 else None


def _readable(read: Callable[..., _Read], entry: Mapping[str, object], element: str | None) -> _Read | None:
    if element is None:
        return None
    try:
        return read(entry[element], notes=[])
    except MalformedStatement:
        return None


def _present(entry: Mapping[str, object], element: str) -> str | None:
    """The element or its negation, whichever the statement has."""
    if element in entry:
        return element
    negated = f"Not{element}"
    return negated if negated in entry else None


def _check_elements(entry: Mapping[str, object], rules: StatementRules) -> None:
    if not _ELEMENTS.issuperset(entry):
        unknown = sorted(str(name) for name in entry if name not in _ELEMENTS)
        raise MalformedStatement(f"unknown element {unknown[0]!r}")
    if entry.get("Effect") not in ("Allow", "Deny"):
        raise MalformedStatement("Effect is neither Allow nor Deny")
    if "Sid" in entry and not isinstance(entry["Sid"], str):
        raise MalformedStatement("Sid is not a text")
    for one, other in _EXCLUSIVE:
        if one in entry and other in entry:
            raise MalformedStatement(f"{one} and {other} stand in one statement")
    _check_scope(entry, rules)


def _check_scope(entry: Mapping[str, object], rules: StatementRules) -> None:
    names_principal = "Principal" in entry or "NotPrincipal" in entry
    if names_principal and not rules.principal:
        raise MalformedStatement("a policy of this kind names no principals")
    if rules.principal and not names_principal:
        raise MalformedStatement("the statement has neither Principal nor NotPrincipal")
    if rules.everybody and entry.get("Principal") not in ("*", {"AWS": "*"}):
        raise MalformedStatement("the only principal of a resource control policy is *")
    if rules.resource and "Resource" not in entry and "NotResource" not in entry:
        raise MalformedStatement("the statement has neither Resource nor NotResource")


def _texts(element: str, value: object) -> list[str]:
    values: list[Any] = value if isinstance(value, list) else [value]
    if not values:
        raise MalformedStatement(f"{element} is empty")
    texts: list[str] = values
    if not all(type(item) is str for item in values):
        raise MalformedStatement(f"{element} holds something that is not a text")
    return texts


def _actions(value: object, notes: list[str]) -> tuple[Glob, ...]:
    patterns: list[Glob] = []
    for text in _texts("Action", value):
        service, colon, name = text.partition(":")
        if text != "*" and not (colon and service and name):
            raise MalformedStatement(f"{text!r} is not an action: service:name")
        if is_pattern(service) and text not in {"*", "*:*"}:
            notes.append(f"the service of action {text!r} has a wildcard, which the provider refuses")
        patterns.append(glob(text.lower()))
    return tuple(patterns)


def _resources(value: object, with_variables: bool, notes: list[str]) -> tuple[Template, ...]:
    templates: list[Template] = []
    for text in _texts("Resource", value):
        if not text.startswith(("arn:", "*")):
            raise MalformedStatement(f"{text!r} is neither an ARN nor *")
        if not text.startswith("*") and text.count(":") < 2:
            notes.append(f"{text!r} is not a whole ARN")
        if "${" in text and not with_variables:
            notes.append(f"{text!r} has a variable, which only documents of version 2012-10-17 resolve")
        templates.append(template(text, with_variables=with_variables))
    return tuple(templates)


_PRINCIPAL_KEYS = {"AWS": "aws", "Service": "service", "Federated": "federated", "CanonicalUser": "canonical"}


def _principals(value: object, notes: list[str]) -> PrincipalElement:
    if value == "*":
        return PrincipalElement(frozenset(), frozenset(), frozenset(), frozenset(), True)
    if isinstance(value, str):
        notes.append(f"Principal is the bare text {value!r}, which the provider refuses unless it is *")
        value = {"AWS": value}
    if not isinstance(value, Mapping) or not value:
        raise MalformedStatement("Principal is neither * nor an object")
    found: dict[str, frozenset[str]] = {}
    for kind, names in value.items():
        if kind not in _PRINCIPAL_KEYS:
            raise MalformedStatement(f"unknown kind of principal {kind!r}")
        found[_PRINCIPAL_KEYS[kind]] = frozenset(_texts("Principal", names))
    for name in sorted(found.get("aws", frozenset())):
        _note_principal(name, notes)
    empty: frozenset[str] = frozenset()
    return PrincipalElement(
        found.get("aws", empty),
        found.get("service", empty),
        found.get("federated", empty),
        found.get("canonical", empty),
        False,
    )


def _note_principal(name: str, notes: list[str]) -> None:
    if name == "*" or is_account(name):
        return
    if is_pattern(name):
        notes.append(f"a wildcard cannot stand for part of a principal: {name!r} names nobody")
    elif name.startswith(("AIDA", "AROA")):
        notes.append(
            f"{name!r} is the id of a principal that was deleted: the statement no longer names anybody"
        )
    elif parse_arn(name) is None:
        notes.append(f"{name!r} is not a principal")
