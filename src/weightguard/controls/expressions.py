"""Checks written as CEL expressions, for a laboratory's own controls.

The expression sees the subject under its own name (``store``, ``key``, ``principal``...) with its attributes
as plain values, ``parameters``, ``as_of`` (a timestamp), ``weights`` (ids) and, for stores and weight sets,
``readers`` and ``copiers`` (``[{principal, kind, certainty, direct}]``). It must give a boolean.

An unknown fact is left out of what the expression sees, so that reading it is an error of the expression,
which CEL's own rules for ``&&``, ``||``, ``all`` and ``exists`` absorb exactly where the value could not
matter; any error that remains is `unknown`. CEL specification: "Logical Operators" and "Runtime Errors"
(cel-spec, langdef.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any

from cel_expr_python import cel

from weightguard.access.model import AccessKind
from weightguard.controls.declared import DeclaredModel
from weightguard.controls.judge import Check, Context, ExpressionFailed, UnknownFact, Verdict
from weightguard.controls.plain import plain
from weightguard.controls.schema import CelCheck, Control
from weightguard.errors import CatalogueError
from weightguard.estate import model
from weightguard.estate.fact import Collection, Known, Unknown
from weightguard.weights import WeightSet

MAXIMUM_LENGTH = 4096
MAXIMUM_LOOPS = 8
"""Loops of one expression: each may double what it is given, and the engine bounds steps, not memory."""
_LOOP = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(")

SUBJECTS: Mapping[str, type[Any]] = {
    "store": model.Store, "key": model.Key, "weight_set": WeightSet, "account": model.Account,
    "organisation": model.Organisation, "principal": model.Principal, "trail": model.Trail,
    "endpoint": model.Endpoint, "workload": model.Workload, "disk_copy": model.DiskCopy, "estate": model.Estate,
    "model": DeclaredModel,
}  # fmt: skip
_STORED = {"store": "id", "weight_set": "store"}
_PEOPLE = {"readers": AccessKind.READ, "copiers": AccessKind.COPY}
_TEXT = re.compile(r"""r?('''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")""", re.DOTALL)
_MISSING = object()
_MOST_SAID = 200
"""Letters of what the engine says of an expression that failed: it may quote the estate."""


def expression_check(control: Control, check: CelCheck) -> Check:
    """Compiles the expression of `control` into a check.

    Raises:
        CatalogueError: it does not parse, gives no boolean, or names an attribute that the subject does not
        have.
    """
    subject = control.subject
    _refuse_oversize(control, check.cel)
    attributes = _attributes_read(control, check.cel)
    try:
        expression = _environment(subject).compile(check.cel)
    except RuntimeError as problem:
        # The library has one class of error for every broken expression; its first line says what and where.
        first = str(problem).splitlines()[0].removeprefix("INVALID_ARGUMENT: ")
        raise CatalogueError(
            "the expression does not compile", where=f"{control.id}: check.cel", fix=first
        ) from problem
    if expression.return_type().name() not in ("BOOL", "DYN"):
        kind = expression.return_type().name().lower()
        raise CatalogueError(
            f"the expression gives {kind}, not true or false", where=f"{control.id}: check.cel"
        )
    asked = tuple(name for name in _PEOPLE if re.search(rf"\b{name}\b", _TEXT.sub("''", check.cel)))

    asks_weights = re.search(r"\bweights\b", _TEXT.sub("''", check.cel)) is not None

    def decide(value: Any, context: Context) -> Verdict:
        facts, unknowns = _facts(value, attributes, context)
        data: dict[str, Any] = {
            subject: facts,
            "parameters": plain(dict(context.parameters)),
            "as_of": context.as_of,
        }
        if asks_weights:
            data["weights"] = list(context.weights_of(value.id)) if hasattr(value, "id") else []
        for name in asked:
            unknowns.extend(_people(data, name, subject, value, context))
        try:
            answer = expression.eval(data=data)
        except (MemoryError, RuntimeError) as problem:
            # Too many steps or too much memory: the expression's own fault, and no other control's.
            raise ExpressionFailed("it went over its budget") from problem
        if answer.type().name() != "BOOL":
            if unknowns:
                raise UnknownFact(unknowns)
            raise ExpressionFailed(str(answer.value())[:_MOST_SAID])
        message = check.message or control.statement
        if answer.value():
            return Verdict.passed("{statement}", statement=message)
        return Verdict.failed("does not hold: {statement}", statement=message)

    return decide


def _refuse_oversize(control: Control, expression: str) -> None:
    if len(expression) > MAXIMUM_LENGTH:
        raise CatalogueError(f"the expression is longer than {MAXIMUM_LENGTH} characters", where=control.id)
    loops = len(_LOOP.findall(_TEXT.sub("''", expression)))
    if loops > MAXIMUM_LOOPS:
        raise CatalogueError(
            f"the expression has {loops} loops (all, exists, exists_one, map, filter)",
            where=control.id,
            fix=f"write it with {MAXIMUM_LOOPS} at most",
        )


@lru_cache(maxsize=32)
def _environment(subject: str) -> Any:
    kind = cel.Type
    variables = {
        subject: kind.Map(kind.STRING, kind.DYN),
        "parameters": kind.Map(kind.STRING, kind.DYN),
        "as_of": kind.TIMESTAMP,
        "weights": kind.List(kind.STRING),
    }
    if subject in _STORED:
        variables |= {name: kind.List(kind.Map(kind.STRING, kind.DYN)) for name in _PEOPLE}
    return cel.NewEnv(variables=variables)


def _attributes_read(control: Control, expression: str) -> tuple[str, ...]:
    """The subject's attributes that the expression names, each checked to exist.

    ``has(store.x)`` is refused for an attribute itself: every attribute exists, and one that is not known
    would look absent.
    """
    subject = control.subject
    code = _TEXT.sub("''", expression)
    known = {field.name for field in fields(SUBJECTS[subject])}
    named = sorted(set(re.findall(rf"(?<![\w.]){subject}\s*\.\s*([A-Za-z_]\w*)", code)))
    for name in named:
        if name not in known:
            raise CatalogueError(
                f"a {subject} has no attribute {name!r}",
                where=f"{control.id}: check.cel",
                fix=f"known: {', '.join(sorted(known))}",
            )
    if re.search(rf"\bhas\s*\(\s*{subject}\s*\.\s*\w+\s*\)", code) or re.search(
        rf"(?<![\w.]){subject}\s*\[", code
    ):
        raise CatalogueError(
            "an attribute of the subject is compared with null, not tested with has() or an index",
            where=f"{control.id}: check.cel",
            fix=f"{subject}.attribute != null",
        )
    return tuple(named)


def _facts(value: Any, attributes: tuple[str, ...], context: Context) -> tuple[dict[str, Any], list[Unknown]]:
    facts: dict[str, Any] = {}
    unknowns: list[Unknown] = []
    for name in attributes:
        found = getattr(value, name)
        if isinstance(found, (Known, Unknown)):
            context.peek(found)
        elif isinstance(found, Collection):
            context.glance(found)
            unknowns.extend(found.gaps)
        readable = _readable(found, unknowns)
        if readable is not _MISSING:
            facts[name] = readable
    return facts, unknowns


def _readable(value: Any, unknowns: list[Unknown]) -> Any:
    """Plain data without what is unknown, however deep; an incomplete collection is unknown as a whole."""
    if isinstance(value, Unknown):
        unknowns.append(value)
        return _MISSING
    if isinstance(value, Known):
        return _readable(value.value, unknowns)
    if isinstance(value, Collection):
        return _MISSING if value.gaps else [_readable(item, unknowns) for item in value.items]
    if is_dataclass(value):
        return _readable_mapping(
            {field.name: getattr(value, field.name) for field in fields(value)}, unknowns
        )
    if isinstance(value, Mapping):
        return _readable_mapping(value, unknowns)
    if isinstance(value, (list, tuple)):
        items = [_readable(one, unknowns) for one in value]
        return _MISSING if any(item is _MISSING for item in items) else items
    return plain(value)


def _readable_mapping(value: Mapping[Any, Any], unknowns: list[Unknown]) -> dict[str, Any]:
    read = {str(key): _readable(item, unknowns) for key, item in value.items()}
    return {key: item for key, item in read.items() if item is not _MISSING}


def _people(
    data: dict[str, Any], name: str, subject: str, value: Any, context: Context
) -> tuple[Unknown, ...]:
    prefix = value.prefix if subject == "weight_set" else None
    answer = context.access.who_can(_PEOPLE[name], getattr(value, _STORED[subject]), prefix)
    if answer.complete:
        data[name] = [
            {"principal": one.principal, "kind": one.kind, "certainty": one.certainty, "direct": one.direct}
            for one in answer.answers
        ]
    return answer.gaps
