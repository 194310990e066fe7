"""A provider is told from another in the rooms' tables alone, and its packages are reached through them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import weightguard
from weightguard.provider import PROVIDERS

SOURCE = Path(weightguard.__file__).parent
TABLES = "providers.py"
"""What the one file of a room is called that maps providers to packages."""
A_FORMAT_OF = {"report/formats/asff.py": "aws"}
"""Formats of one provider's own, which know it as its packages do."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text())


def owner(name: str) -> str | None:
    """The provider that a module belongs to: by its folder or its own name."""
    parts = Path(name).with_suffix("").parts
    return next((one for one in PROVIDERS if one in parts), A_FORMAT_OF.get(name))


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("weightguard"):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def reaching_in(name: str, tree: ast.AST) -> list[str]:
    """Where a module imports a provider's package that it may not."""
    if name.rpartition("/")[2] == TABLES:
        return []
    return [
        f"{name}:{line} imports {target}"
        for line, target in imported(tree)
        for provider in PROVIDERS
        if target.startswith("weightguard.") and provider in target.split(".") and owner(name) != provider
    ]


def _names(node: ast.expr) -> set[str]:
    """The providers that an expression spells out."""
    items = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    return {
        one.value
        for one in items
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value in PROVIDERS
    }


def _is_a_kind(node: ast.expr) -> bool:
    """Whether an expression is the kind of an identity provider, one of which vouches for AWS accounts."""
    return isinstance(node, ast.Attribute) and node.attr == "kind"


def _asked(node: ast.AST) -> set[str]:
    """The providers that something is compared with, or looked up by."""
    if isinstance(node, ast.Compare) and not _is_a_kind(node.left):
        return {found for one in (node.left, *node.comparators) for found in _names(one)}
    if isinstance(node, ast.MatchValue):
        return _names(node.value)
    if isinstance(node, ast.Subscript) and not (
        isinstance(node.value, ast.Name) and node.value.id == "Literal"
    ):
        return _names(node.slice)
    if isinstance(node, ast.BoolOp):
        return {found for one in node.values for found in _names(one)}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        return {found for one in node.args for found in _names(one)}
    return set()


def telling_apart(name: str, tree: ast.AST) -> list[str]:
    """Where a module asks which provider something is of, outside the tables; a provider's own part may ask for its own."""
    if name.rpartition("/")[2] == TABLES:
        return []
    return [
        f"{name}:{node.lineno} asks for {found}"
        for node in ast.walk(tree)
        for found in sorted(_asked(node) - {owner(name)})
        if isinstance(node, ast.expr | ast.pattern)
    ]


def test_a_providers_package_is_reached_through_the_tables_alone() -> None:
    assert [one for name, tree in modules() for one in reaching_in(name, tree)] == []


def test_no_module_outside_the_tables_asks_which_provider_something_is_of() -> None:
    assert [one for name, tree in modules() for one in telling_apart(name, tree)] == []


@pytest.mark.parametrize(
    "text",
    [
        'if store.provider == "aws": pass',
        'if "gcp" != store.provider: pass',
        'if provider in ("aws", None): pass',
        'found = provider or "aws"',
        'found = remedies.get("azure")',
        'found = owners["gcp"]',
        'match provider:\n    case "aws": pass',
    ],
)
def test_the_lint_sees_each_way_to_ask(text: str) -> None:
    tree = ast.parse(text)
    assert len(telling_apart("assess/limits.py", tree)) == 1
    assert telling_apart("assess/providers.py", tree) == []


def test_a_provider_may_ask_for_its_own_and_for_no_other() -> None:
    own = ast.parse('mine = [one for one in estate.stores if one.provider == "aws"]')
    assert telling_apart("access/aws/reach.py", own) == []
    assert len(telling_apart("access/gcp/reach.py", own)) == 1


@pytest.mark.parametrize(
    ("name", "text", "refused"),
    [
        ("checks/storage.py", "from weightguard.policy.aws import Layers", True),
        ("checks/storage.py", "from weightguard.checks import aws", True),
        ("checks/storage.py", "def f():\n    import weightguard.checks.gcp.storage", True),
        ("checks/aws/storage.py", "from weightguard.policy.aws import Layers", False),
        ("checks/aws/storage.py", "from weightguard.policy.gcp import Layers", True),
        ("estate/providers.py", "from weightguard.estate.aws.reader import read", False),
        ("report/formats/asff.py", "from weightguard.report.naming import aws", False),
    ],
)
def test_the_lint_sees_each_way_to_reach_in(name: str, text: str, refused: bool) -> None:
    assert bool(reaching_in(name, ast.parse(text))) is refused
