"""Why something is not known is told, and decides nothing: verdicts and answers hang on whether it is known.

Rests on it: `alike` in `tests/taken_away.py`, which takes two estates for one that differ in nothing but reasons.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import weightguard

SOURCE = Path(weightguard.__file__).parent
JUDGING = ("access", "checks", "controls", "policy", "weights")
ASKED = {
    "access/aws/stores/store_policies.py:_object_gaps": "a source that lists no objects misses none: contents alone",
    "access/azure/unseen.py:_of_place": "whether there is such a setting at all",
    "access/serial.py:gap_json": "told",
    "policy/aws/conclude.py": "a statement's",
}
"""Where a reason is read, and of what."""


def asking(name: str, tree: ast.AST) -> Iterator[str]:
    """The functions of a module that read a reason or a code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            read = (one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute))
            if {"reason", "code"} & {*read}:
                yield f"{name}:{node.name}"


def test_nothing_that_judges_asks_why_something_is_not_known() -> None:
    found: set[str] = set()
    for room in JUDGING:
        for path in sorted((SOURCE / room).rglob("*.py")):
            name = path.relative_to(SOURCE).as_posix()
            found.update(asking(name, ast.parse(path.read_text())))
    assert {one for one in found if one not in ASKED and one.partition(":")[0] not in ASKED} == set()


def test_a_reason_that_is_asked_for_is_seen() -> None:
    source = "def judge(fact):\n    return fact.reason is Reason.DENIED"
    assert [*asking("m.py", ast.parse(source))] == ["m.py:judge"]
