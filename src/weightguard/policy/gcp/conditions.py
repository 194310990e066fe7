"""Whether a condition holds: yes, no, or a formula over the attributes that nobody told.

An expression that cannot be evaluated is neither true nor false. A binding applies where its condition is true; a deny rule
applies unless its condition is false.

Sources: IAM documentation, "Overview of IAM Conditions", "Attribute reference for IAM Conditions" and "Deny policies": a deny rule
applies "if the condition evaluates to true or cannot be evaluated".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from weightguard.memory import Memory
from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, all_of, any_of, negation
from weightguard.policy.gcp import values
from weightguard.policy.gcp.syntax import (
    Binary,
    Call,
    Choice,
    Index,
    Items,
    Literal,
    Member,
    Name,
    Node,
    NotAnExpression,
    Unary,
    parse,
)
from weightguard.policy.gcp.values import Invalid, Value

OPERATOR: Final = "CEL"
"""The operator of a `Condition` whose one value is an expression that is open."""
_ROOTS: Final = frozenset(
    {
        "resource", "request", "destination", "origin", "device", "principal", "levels",
        "assertion", "attribute", "google",  # Of the attribute conditions of identity pools.
    }
)  # fmt: skip
_RECURRING: Final = frozenset(
    {
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getHours",
        "getMilliseconds",
        "getMinutes",
        "getMonth",
        "getSeconds",
    }
)
"""What of a time comes again, day by day or year by year."""
_ALWAYS_THERE: Final = frozenset({"request.time"})
"""Every request has it, whoever tells of it."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is known of a request when a condition is asked.

    Args:
        values: by the names that the language uses: ``resource.name``, ``request.time``, and the keys of ``api.getAttribute``.
        tags: the tags of the resource, those that it inherits among them; None: nobody knows them.
        open: whether what is not told may be anything; else it is absent.
        about_now: whether the request's time is only about right: what recurs (an hour, a day of the week) is then not known.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    tags: Mapping[str, str] | None = field(default_factory=dict)
    open: bool = False
    about_now: bool = False

    def find(self, name: str) -> Value | Unknown:
        """The value of an attribute; raises `Invalid` where it is absent."""
        if name in self.values:
            found = values.typed(self.values[name])
            return values.timestamp(found) if name in _ALWAYS_THERE else found
        if self.open or name in _ALWAYS_THERE:
            return Unknown(frozenset({name}))
        raise Invalid(f"{name} is absent")


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that hangs on attributes that nobody told."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Truth:
    """When an expression is true, and when it is false; where it cannot be evaluated it is neither."""

    true: Formula
    false: Formula

    def opposite(self) -> Truth:
        """What ``!`` makes of it."""
        return Truth(self.false, self.true)


TRUE, FALSE, NEITHER = Truth(ALWAYS, NEVER), Truth(NEVER, ALWAYS), Truth(NEVER, NEVER)


def holds(expression: str, attributes: Attributes, memory: Memory) -> Truth:
    """When a condition is true, and when it is false. One that is no expression is neither. The memory keeps what it says."""
    try:
        return _truth(memory.once(parse, expression), attributes)
    except NotAnExpression:
        return NEITHER


def evaluated(expression: str, attributes: Attributes, memory: Memory) -> Value | Unknown | None:
    """What an expression comes to; None where it cannot be evaluated, or is none."""
    try:
        return _value(memory.once(parse, expression), attributes)
    except (NotAnExpression, Invalid):
        return None


def _truth(node: Node, known: Attributes) -> Truth:
    if isinstance(node, Unary) and node.sign == "!":
        return _truth(node.of, known).opposite()
    if isinstance(node, Choice):
        return _chosen(node, known)
    if isinstance(node, Binary):
        if node.operator in ("&&", "||"):
            return _joined(node, known)
        if node.operator == "!=":
            return _truth(Binary(node.left, "==", node.right), known).opposite()
    return _atom(node, known)


def _joined(node: Binary, known: Attributes) -> Truth:
    sides = _truth(node.left, known), _truth(node.right, known)
    true, false = [one.true for one in sides], [one.false for one in sides]
    return Truth(all_of(true), any_of(false)) if node.operator == "&&" else Truth(any_of(true), all_of(false))


def _chosen(node: Choice, known: Attributes) -> Truth:
    test, yes, no = (_truth(one, known) for one in (node.test, node.yes, node.no))
    return Truth(
        any_of((all_of((test.true, yes.true)), all_of((test.false, no.true)))),
        any_of((all_of((test.true, yes.false)), all_of((test.false, no.false)))),
    )


def _atom(node: Node, known: Attributes) -> Truth:
    try:
        found = _value(node, known)
    except Invalid:
        return NEITHER
    if isinstance(found, Unknown):
        names = tuple(sorted(found.names))
        condition = Condition(names[0], OPERATOR, (written(node),), needs=names)
        return Truth(condition, negation(condition))
    return {True: TRUE, False: FALSE}[found] if isinstance(found, bool) else NEITHER


def _value(node: Node, known: Attributes) -> Value | Unknown:
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Items):
        return _list(node.items, known)
    if isinstance(node, Call):
        return _called(node, known)
    if isinstance(node, Binary):
        return _binary(node, known)
    if isinstance(node, Index):
        return _indexed(node, known)
    if isinstance(node, Unary) and node.sign == "-":
        return _negative(_value(node.of, known))
    if isinstance(node, Unary | Choice):
        return _settled(node, known)
    return _attribute(node, known)


def _list(nodes: Iterable[Node], known: Attributes) -> tuple[Value, ...] | Unknown:
    found: list[Value] = []
    open_names: set[str] = set()
    for node in nodes:
        one = _value(node, known)
        if isinstance(one, Unknown):
            open_names |= one.names
        else:
            found.append(one)
    return Unknown(frozenset(open_names)) if open_names else tuple(found)


def _negative(value: Value | Unknown) -> Value | Unknown:
    if isinstance(value, Unknown):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return -value
    raise Invalid("only numbers have a sign")


def _settled(node: Node, known: Attributes) -> Value | Unknown:
    """A logical expression as a value."""
    if isinstance(node, Choice):
        test = _truth(node.test, known)
        if test.true is ALWAYS or test.false is ALWAYS:
            return _value(node.yes if test.true is ALWAYS else node.no, known)
    truth = _truth(node, known)
    if truth.true is ALWAYS or truth.false is ALWAYS:
        return truth.true is ALWAYS
    names = {name for part in (truth.true, truth.false) for name in _names(part)}
    if not names:
        raise Invalid("the expression cannot be evaluated")
    return Unknown(frozenset(names))


def _names(formula: Formula) -> Iterable[str]:
    if isinstance(formula, Condition):
        return formula.needs
    return [name for part in formula.parts for name in _names(part)]


def _binary(node: Binary, known: Attributes) -> Value | Unknown:
    if node.operator in ("&&", "||", "!="):
        return _settled(node, known)
    left, right = _value(node.left, known), _value(node.right, known)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return Unknown(frozenset().union(*(one.names for one in (left, right) if isinstance(one, Unknown))))
    return _compared(left, node.operator, right)


def _compared(left: Value, operator: str, right: Value) -> Value:
    if operator == "==":
        return values.equal(left, right)
    if operator == "in":
        if not isinstance(right, tuple):
            raise Invalid("only lists hold something")
        return left in right
    if operator in ("<", ">="):
        return values.less(left, right) is (operator == "<")
    if operator in (">", "<="):
        return values.less(right, left) is (operator == ">")
    return values.arithmetic(left, operator, right)


def _indexed(node: Index, known: Attributes) -> Value | Unknown:
    at = _value(node.at, known)
    if isinstance(at, str) and (path := _path(node.of)) is not None:
        return known.find(f"{path}.{at}")
    of = _value(node.of, known)
    if isinstance(of, Unknown):
        return of
    if isinstance(at, int) and isinstance(of, tuple) and 0 <= at < len(of):
        return of[at]
    raise Invalid("there is nothing at this place")


def _attribute(node: Node, known: Attributes) -> Value | Unknown:
    path = _path(node)
    if path is None:
        raise Invalid("there is no such attribute")
    return known.find(path)


def _path(node: Node) -> str | None:
    """The dotted name of an attribute; None for anything else."""
    names: list[str] = []
    while isinstance(node, Member):
        names.append(node.name)
        node = node.of
    if not isinstance(node, Name) or node.name not in _ROOTS:
        return None
    return ".".join((node.name, *reversed(names)))


_TAG_FUNCTIONS: Final = {"matchTag": 2, "matchTagId": 2, "hasTagKey": 1, "hasTagKeyId": 1}


def _called(node: Call, known: Attributes) -> Value | Unknown:
    arguments = _list(node.arguments, known)
    if isinstance(arguments, Unknown):
        return arguments
    if node.on == Name("resource") and _TAG_FUNCTIONS.get(node.name) == len(arguments):
        return _tagged(arguments, known)
    if node.on == Name("api") and node.name == "getAttribute" and len(arguments) == 2:
        return _of_the_call(arguments, known)
    if node.on is None:
        return values.function(node.name, arguments)
    if known.about_now and node.name in _RECURRING and _path(node.on) in _ALWAYS_THERE:
        return Unknown(frozenset(_ALWAYS_THERE))
    on = _value(node.on, known)
    return on if isinstance(on, Unknown) else values.method(on, node.name, arguments)


def _tagged(arguments: tuple[Value, ...], known: Attributes) -> bool | Unknown:
    key, *rest = map(str, arguments)
    if known.tags is None:
        return Unknown(frozenset({f"resource.tags.{key}"}))
    return key in known.tags and all(known.tags[key] == value for value in rest)


def _of_the_call(arguments: tuple[Value, ...], known: Attributes) -> Value | Unknown:
    key, otherwise = arguments
    if not isinstance(key, str):
        raise Invalid("the name of an attribute is a text")
    try:
        return known.find(key)
    except Invalid:
        return otherwise


def written(node: Node) -> str:
    """An expression as text; equal for expressions that are the same but for blanks and brackets."""
    if isinstance(node, Literal):
        return _literal(node)
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Member):
        return f"{written(node.of)}.{node.name}"
    if isinstance(node, Index):
        return f"{written(node.of)}[{written(node.at)}]"
    if isinstance(node, Items):
        return f"[{', '.join(map(written, node.items))}]"
    if isinstance(node, Call):
        on = "" if node.on is None else f"{written(node.on)}."
        return f"{on}{node.name}({', '.join(map(written, node.arguments))})"
    if isinstance(node, Unary):
        return f"{node.sign}{written(node.of)}"
    if isinstance(node, Binary):
        return f"({written(node.left)} {node.operator} {written(node.right)})"
    return f"({written(node.test)} ? {written(node.yes)} : {written(node.no)})"


def _literal(node: Literal) -> str:
    if isinstance(node.value, str):
        escaped = node.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    if isinstance(node.value, bool) or node.value is None:
        return {True: "true", False: "false", None: "null"}[node.value]
    return str(node.value)
