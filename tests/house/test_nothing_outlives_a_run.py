"""Nothing that a lab wrote stays in the process once the lab is judged: a service judges one after another."""

from __future__ import annotations

import ast
import gc
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, TypeGuard
from uuid import uuid4

import pytest

import weightguard
from reference_lab.laboratory import Laboratory
from weightguard.policy.aws.document import Document
from weightguard.policy.cases import answer_lines

SOURCE = Path(weightguard.__file__).parent
KEPT = {
    "access/change_list.py:costing": "made in a call, and gone with it",
    "access/aws/stores/actions.py:actions_on": "by the kind of access, of which there are six",
    "access/aws/stores/alterations.py:store_entries": "the packaged techniques",
    "access/aws/stores/alterations.py:_having": "by what the packaged techniques do",
    "access/aws/stores/alterations.py:_opening": "by the kind of access",
    "access/aws/technique_data/schema.py:techniques": "the packaged techniques",
    "access/gcp/technique_data/schema.py:techniques": "the packaged techniques",
    "access/aws/techniques/offered_policies.py:leading": "the packaged policies of the provider",
    "access/aws/techniques/offered_policies.py:_meant": "by the actions in packaged policies of the provider",
    "assess/parsing.py:_members": "the shape of a report",
    "assess/remedies.py:_commented": "by the warnings in the catalogue",
    "assess/serialise.py:_adapter": "the shape of a report",
    "collect/aws/caller.py:_without_credentials": "classes of the SDK",
    "collect/aws/models.py:loader": "by the operations that are declared",
    "collect/aws/permissions.py:operations": "the operations that are declared",
    "collect/azure/permissions.py:operations": "the operations that are declared",
    "collect/azure/permissions.py:routes": "the routes that are declared",
    "collect/calls/keeping.py:_compiled": "by what operations declare that they keep",
    "controls/expressions.py:_environment": "by the kinds of subjects that controls have",
    "demo/gcp/described.py:described": "the packaged descriptions of the provider's interfaces",
    "policy/aws/request_keys.py:_known_stems": "by four services of the provider",
    "policy/aws/tables.py:_load": "by the packaged tables",
    "policy/aws/tables.py:_held": "by the services in the packaged table",
    "policy/aws/tables.py:services_with_resource_control_policies": "the packaged table",
    "policy/azure/roles.py:_table": "the packaged table",
    "policy/azure/roles.py:_held": "by the roles in the packaged table",
    "policy/gcp/roles.py:_table": "the packaged table",
    "policy/gcp/roles.py:_held": "by the roles in the packaged table",
}
"""What is kept for the whole process, and why it is none of a lab's: no argument, or one that the tool brings along."""
TABLES = {
    "snapshot/writer.py:_attached_here": "the writers that are open, each until it is closed",
}
"""What is filled while the process runs."""
_CACHES = frozenset({"cache", "lru_cache"})
_FILLED = frozenset(
    {
        "Memory", "WeakKeyDictionary", "WeakValueDictionary", "compile_policy", "defaultdict", "dict", "list", "policy_set",
        "set", "unread_policy",
    }
)  # fmt: skip
"""What starts empty and is filled, or is compiled and carries what is worked out from it."""


def modules() -> Iterator[tuple[str, ast.Module, bool]]:
    """Every module by name, and whether it knows the caches at all."""
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text()
        yield path.relative_to(SOURCE).as_posix(), ast.parse(text), "functools" in text


def _name(node: ast.expr) -> str:
    called = node.func if isinstance(node, ast.Call) else node
    if isinstance(called, ast.Subscript):
        called = called.value
    return (
        called.attr
        if isinstance(called, ast.Attribute)
        else called.id
        if isinstance(called, ast.Name)
        else ""
    )


def caches(name: str, tree: ast.Module) -> list[str]:
    """Every use of a cache of the standard library's, by the function that it wraps or stands in."""
    nodes = list(ast.walk(tree))
    imported = {
        one.asname or one.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "functools"
        for one in node.names
        if one.name in _CACHES
    }
    standing = {
        id(part): f"{name}:{node.name}"
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for part in ast.walk(node)
    }
    return [standing.get(id(node), f"{name}:{node.lineno}") for node in nodes if _is_cache(node, imported)]


def _is_cache(node: ast.AST, imported: set[str]) -> TypeGuard[ast.expr]:
    if isinstance(node, ast.Attribute):
        return node.attr in _CACHES and isinstance(node.value, ast.Name) and node.value.id == "functools"
    return isinstance(node, ast.Name) and node.id in imported and isinstance(node.ctx, ast.Load)


def _standing(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """What a module and its classes hold, with its name."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _standing(node.body)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            yield ast.unparse(target), node.value


def tables(name: str, tree: ast.Module) -> list[str]:
    """Every thing of a module's that starts empty, to be filled, or that keeps what is worked out from it."""
    return [
        f"{name}:{target}"
        for target, value in _standing(tree.body)
        if (isinstance(value, ast.Dict) and not value.keys)
        or (isinstance(value, ast.List) and not value.elts)
        or (isinstance(value, ast.Call) and _name(value) in _FILLED and not _is_given(value))
    ]


def _is_given(call: ast.Call) -> bool:
    """Whether a dict, list or set is made of something rather than empty."""
    return bool(call.args or call.keywords) and _name(call) in ("dict", "list", "set")


def test_what_the_process_keeps_is_the_tool_s_own() -> None:
    found: set[str] = set()
    filled: set[str] = set()
    for name, tree, may_cache in modules():
        found.update(caches(name, tree) if may_cache else ())
        filled.update(tables(name, tree))
    assert found <= KEPT.keys()
    assert filled <= TABLES.keys()


@pytest.mark.parametrize(
    "source",
    [
        "from functools import lru_cache\n@lru_cache(maxsize=1)\ndef known(text): ...",
        "import functools\n@functools.cache\ndef known(text): ...",
        "from functools import lru_cache as kept\ndef f(): ...\nknown = kept(maxsize=4)(f)",
        "from functools import lru_cache\nknown = {'a': lru_cache()(print)}",
    ],
)
def test_a_cache_is_seen_however_it_is_written(source: str) -> None:
    assert len(caches("m.py", ast.parse(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "_known: dict[str, int] = {}",
        "_known = dict()",
        "_sets: WeakValueDictionary[str, object] = WeakValueDictionary()",
        "_memory = Memory()",
        "class A:\n    known = {}",
        "OPEN = compile_policy({}, kind=KIND, name='')",
    ],
)
def test_a_table_to_be_filled_is_seen_too(source: str) -> None:
    assert len(tables("m.py", ast.parse(source))) == 1
    assert tables("m.py", ast.parse("A = {'a': 1}\nB = dict(a=1)\nC = list(A)\ndef f():\n    d = {}")) == []


def holding(mark: str) -> list[str]:
    """Where the tool's own modules still hold a text with a mark in it, through whatever."""
    own = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] == "weightguard"]
    foreign = {id(vars(one)) for one in list(sys.modules.values()) if isinstance(one, ModuleType)}
    stack: list[tuple[Any, str]] = [(vars(module), module.__name__) for module in own]
    seen = foreign
    found: list[str] = []
    while stack:
        holder, where = stack.pop()
        for one in gc.get_referents(holder):
            if isinstance(one, str):
                found += [f"{where}: {type(holder).__name__}"] if mark in one else []
            elif id(one) not in seen and not isinstance(one, ModuleType):
                seen.add(id(one))
                stack.append((one, where))
    return found


def test_what_a_module_keeps_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = f"mark{uuid4().hex}"
    assert holding(mark) == []
    monkeypatch.setattr(weightguard, "_kept", {1: [(f"a {mark}",)]}, raising=False)
    assert holding(mark) != []


def judge(folder: Path, mark: str) -> None:
    """Judge the laboratory, one of whose roles bears the mark, and ask who can what."""
    from weightguard.access.model import AccessKind
    from weightguard.api import assess, load

    lab = Laboratory()
    written = json.dumps(lab.records)
    assert "training" in written
    lab.records = json.loads(written.replace("training", mark))
    evidence = load(lab.write(folder))
    report = assess(evidence)
    assert mark in repr(report.results)
    for store in evidence.estate.stores:
        for kind in AccessKind:
            evidence.access.who_can(kind, store.id)
    assert any(isinstance(one, Document) for one in gc.get_objects())


@pytest.mark.slow
def test_a_lab_that_was_judged_and_dropped_leaves_nothing(tmp_path: Path) -> None:
    gc.collect()
    before = sum(isinstance(one, Document) for one in gc.get_objects())
    mark = f"mark{uuid4().hex[:12]}"
    judge(tmp_path / "snapshot", mark)
    gc.collect()
    assert holding(mark) == []
    assert sum(isinstance(one, Document) for one in gc.get_objects()) == before


def _aws(mark: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{mark}/${{aws:PrincipalTag/{mark}}}?/*",
        "Condition": {
            "StringLike": {"aws:SourceVpce": f"{mark}*"},
            "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
            "NumericLessThan": {f"s3:{mark}": "3"},
        },
    }
    return {
        "provider": "aws",
        "request": {
            "principal": f"arn:aws:iam::111111111111:user/{mark}",
            "action": "s3:GetObject",
            "resource": f"arn:aws:s3:::{mark}/a",
        },
        "assume": "unknown",
        "policies": {"identity": {"Version": "2012-10-17", "Statement": [statement]}},
    }


def _gcp(mark: str) -> dict[str, Any]:
    binding = {
        "role": f"roles/{mark}",
        "members": [f"user:{mark}@example.com"],
        "condition": {"expression": f"resource.name == '{mark}'"},
    }
    return {
        "provider": "gcp",
        "request": {
            "member": f"user:{mark}@example.com",
            "permission": "storage.objects.get",
            "resource": f"projects/_/buckets/{mark}/objects/a",
        },
        "policies": {
            "hierarchy": {f"projects/_/buckets/{mark}": "projects/p"},
            "allow_policies": [{"resource": "projects/p", "bindings": [binding]}],
        },
    }


def _azure(mark: str) -> dict[str, Any]:
    assignment = {
        "principal": mark,
        "role": mark,
        "scope": f"/subscriptions/{mark}",
        "condition": f"@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals '{mark}'",
    }
    return {
        "provider": "azure",
        "request": {"principal": mark, "action": f"{mark}/read", "resource": f"/subscriptions/{mark}"},
        "policies": {
            "role_definitions": {mark: {"actions": [f"{mark}/*"]}},
            "role_assignments": [assignment],
        },
    }


@pytest.mark.parametrize("case", [_aws, _gcp, _azure])
def test_cases_that_were_decided_leave_nothing(case: Any) -> None:
    mark = f"mark{uuid4().hex[:12]}"
    lines = [json.dumps(case(mark)).encode(), json.dumps({**case(mark), "id": mark}).encode()]
    answers = [one.record for one in answer_lines(lines)]
    assert [one.get("error") for one in answers] == [None, None]
    assert holding(mark) == []
