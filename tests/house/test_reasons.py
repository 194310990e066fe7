"""Whether somebody was refused or nobody asked is told, and decides nothing: verdicts and answers hang on whether a thing is known.

Rests on it: `alike` in `tests/taken_away.py`, which takes two estates for one that differ in nothing but that.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import weightguard

SOURCE = Path(weightguard.__file__).parent
JUDGING = ("access", "checks", "controls", "policy", "weights")
ASKED = {
    "access/aws/stores/store_policies.py:_object_gaps": "a source that lists no objects misses none: of contents alone",
    "estate/gcp/limits.py:_of_store": "whether folders were asked about, on Google Cloud: the walk is over a laboratory on AWS",
}
"""Where it is asked, and of what."""
OTHERS = frozenset({"NOT_APPLICABLE_HERE", "NOT_READ"})
"""Reasons that are neither."""


def asking(name: str, tree: ast.AST) -> Iterator[str]:
    """The functions of a module that compare a reason or a provider's code, but with what is neither of the two."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            compared = (one for one in ast.walk(node) if isinstance(one, ast.Compare))
            if any(_asks(one) for one in compared):
                yield f"{name}:{node.name}"


def _asks(compared: ast.Compare) -> bool:
    sides = [one for one in (compared.left, *compared.comparators) if isinstance(one, ast.Attribute)]
    return any(one.attr in ("reason", "code") for one in sides) and not any(
        one.attr in OTHERS for one in sides
    )


def test_nothing_that_judges_asks_whether_somebody_was_refused() -> None:
    found: set[str] = set()
    judging = (path for room in JUDGING for path in (SOURCE / room).rglob("*.py"))
    for path in sorted([*judging, *(SOURCE / "estate").rglob("limits.py")]):
        name = path.relative_to(SOURCE).as_posix()
        found.update(asking(name, ast.parse(path.read_text())))
    assert found == ASKED.keys()


@pytest.mark.parametrize(
    "asked",
    ["fact.reason is Reason.DENIED", "gap.reason in UNASKED", "None is fact.code", "a or b.code == 'X'"],
)
def test_what_asks_is_seen(asked: str) -> None:
    assert [*asking("m.py", ast.parse(f"def judge(fact):\n    return {asked}"))] == ["m.py:judge"]


@pytest.mark.parametrize("asked", ["fact.reason is Reason.NOT_READ", "one.reason", "fact.value == 'denied'"])
def test_what_asks_something_else_is_let_be(asked: str) -> None:
    assert [*asking("m.py", ast.parse(f"def judge(fact):\n    return {asked}"))] == []
