"""Sentences, and what sources print, are for people: no module takes them apart or looks for words in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import weightguard

SOURCE = Path(weightguard.__file__).parent
WORDS_VERDICTS = {"assess/entries.py", "assess/scoring.py", "controls/engine.py"}
"""The modules that write verdicts down, and the engine, which sorts them."""
FOR_PEOPLE = {"message", "where", "call", "hides"}
"""Attributes that hold text for people: a verdict's sentence, a source's place and operation, what a limit hides."""
TAKING_APART = {
    "count", "endswith", "find", "index", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rpartition",
    "rsplit", "split", "splitlines", "startswith",
}  # fmt: skip
AN_ERROR = "error"
"""Our own errors have a `where` too: the file that somebody named."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text())


def _searched(node: ast.AST) -> Iterator[ast.expr]:
    """The text that an expression cuts, or looks into."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TAKING_APART:
        yield node.func.value
    elif isinstance(node, ast.Compare) and any(isinstance(one, ast.In | ast.NotIn) for one in node.ops):
        yield from node.comparators
    elif isinstance(node, ast.Subscript):
        yield node.value


def read_from_words(name: str, tree: ast.AST) -> list[str]:
    """Where a module takes text for people apart."""
    return [
        f"{name}:{node.lineno}"
        for node in ast.walk(tree)
        for text in _searched(node)
        if _is_for_people(text)
        if isinstance(node, ast.expr)
    ]


def _is_for_people(text: ast.expr) -> bool:
    if isinstance(text, ast.Call):
        return isinstance(text.func, ast.Name) and text.func.id == "worded"
    if not isinstance(text, ast.Attribute) or text.attr not in FOR_PEOPLE:
        return False
    return not (isinstance(text.value, ast.Name) and text.value.id == AN_ERROR)


def test_nothing_is_read_from_words() -> None:
    assert [one for name, tree in modules() for one in read_from_words(name, tree)] == []


@pytest.mark.parametrize(
    "text",
    [
        "'denied' in result.message",
        "gap.source.where.split(' ')[0]",
        "gap.source.call.startswith('s3:')",
        "'x' not in worded(result.message)",
        "worded(verdict.message)[0]",
        "limit.kind.hides.partition(':')",
    ],
)
def test_a_decision_on_words_would_be_seen(text: str) -> None:
    assert "module:1" in read_from_words("module", ast.parse(text))


@pytest.mark.parametrize(
    "text", ["result.message == other.message", "gap.source.service == 's3'", "error.where.startswith(name)"]
)
def test_comparing_values_is_none(text: str) -> None:
    assert read_from_words("module", ast.parse(text)) == []


def test_only_what_writes_verdicts_words_them() -> None:
    users = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "weightguard.controls.said"
        if "worded" in {alias.name for alias in node.names}
    }
    assert users == WORDS_VERDICTS


def test_verdicts_are_templates() -> None:
    """A sentence that is put together where it is decided hides what it speaks of."""
    joined = [
        f"{name}:{node.lineno}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "Verdict"
        and not isinstance(node.args[0], ast.Constant)
    ]
    assert joined == []
