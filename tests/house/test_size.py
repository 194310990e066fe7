"""Files that are read in one sitting, and functions that are understood at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import weightguard

SOURCE = Path(weightguard.__file__).parent
LONGEST = 400
"""Lines of a file."""
MOST = 15
"""Ways through a function, operators between conditions counted."""
_BRANCHES = (
    ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.Assert, ast.comprehension, ast.match_case,
)  # fmt: skip
_OF_ITS_OWN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def files() -> Iterator[tuple[str, str]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE).as_posix(), path.read_text()


def ways(function: ast.AST) -> int:
    """The ways through a function: one, and one for each branch, loop, handler, filter and operator between conditions."""
    found, waiting = 1, list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if isinstance(node, _OF_ITS_OWN):
            continue
        found += isinstance(node, _BRANCHES)
        if isinstance(node, ast.comprehension):
            found += len(node.ifs)
        elif isinstance(node, ast.BoolOp):
            found += len(node.values) - 1
        waiting += ast.iter_child_nodes(node)
    return found


def entangled(name: str, tree: ast.AST, most: int = MOST) -> Iterator[str]:
    """The functions of a module that have more ways through them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and ways(node) > most:
            yield f"{name}:{node.name}"


def test_no_file_is_longer_than_one_reads_at_a_sitting() -> None:
    assert [name for name, text in files() if text.count("\n") > LONGEST] == []


def test_no_function_has_more_ways_through_it_than_one_keeps_in_mind() -> None:
    found = {one for name, text in files() for one in entangled(name, ast.parse(text))}
    assert found == set()


@pytest.mark.parametrize(
    ("body", "counted"),
    [
        ("return 1", 1),
        ("if a and b or c: return 1", 4),
        ("return [x for x in y if x if z]", 4),
        ("try: f()\n  except E: pass\n  except F: pass", 3),
        ("while a: return b if c else d", 3),
        ("def inner():\n    if a: pass\n  return inner", 1),
    ],
)
def test_ways_are_counted_with_the_operators_between_conditions(body: str, counted: int) -> None:
    (function,) = ast.parse(f"def f():\n  {body}").body
    assert ways(function) == counted
