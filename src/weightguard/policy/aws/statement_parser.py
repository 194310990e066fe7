"""Statements read from their JSON: what each element may hold, and what is wrong with one that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from weightguard.policy.aws.arn import is_account, parse_arn
from weightguard.policy.aws.conditions import MalformedCondition, Test, Unclear, compile_conditions
from weightguard.policy.aws.principal import PrincipalElement
from weightguard.policy.aws.statement import Statement
from weightguard.policy.aws.template import Template, template
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
_EVERYTHING = (glob("*"),)
_PRINCIPAL_KEYS = {"AWS": "aws", "Service": "service", "Federated": "federated", "CanonicalUser": "canonical"}
_Read = TypeVar("_Read")


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
    if not isinstance(entry, dict):
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


def _principals(value: object, notes: list[str]) -> PrincipalElement:
    if value == "*":
        return PrincipalElement(frozenset(), frozenset(), frozenset(), frozenset(), True)
    if isinstance(value, str):
        notes.append(f"Principal is the bare text {value!r}, which the provider refuses unless it is *")
        value = {"AWS": value}
    if not isinstance(value, dict) or not value:
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
