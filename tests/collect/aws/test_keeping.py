"""What enters a snapshot is what some reader declares: a mark in every text of every answer is found nowhere else."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.model import Shape

from weightguard.collect.aws import operations, services
from weightguard.collect.aws.account import row
from weightguard.collect.aws.resource import Resource
from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.keeping import kept, undeclared
from weightguard.collect.calls.operation import Operation
from weightguard.estate.aws.resources import KINDS as RESOURCE_KINDS
from weightguard.estate.aws.workload_kinds import KINDS as WORKLOAD_KINDS
from weightguard.snapshot import SnapshotWriter

MARK = "canary"
WHOLE = {
    # Documents that the policy engine reads to the last word, settings that hold no text of the customer's own, and tags, which
    # policies decide by.
    "AssumeRolePolicyDocument", "PolicyDocument", "Document", "Constraints", "SummaryMap", "PasswordPolicy", "PrimaryKey",
    "ReplicaKeys", "PolicyTypes", "AvailablePolicyTypes", "PublicAccessBlockConfiguration", "VpcConfiguration", "Grantee",
    "ApplyServerSideEncryptionByDefault", "BlockedEncryptionTypes", "ObjectLockConfiguration", "ReplicationConfiguration",
    "Destination", "Filter", "Schedule", "Rules", "TagSet", "Tags", "tags",
}  # fmt: skip
ALL = sorted(operations(), key=lambda operation: operation.id)


def _resources() -> list[Resource]:
    """The kinds of resources that the service modules declare."""
    found: dict[str, Resource] = {}
    for module in pkgutil.iter_modules(services.__path__, f"{services.__name__}."):
        for value in vars(import_module(module.name)).values():
            inner = value.args[0] if isinstance(value, partial) else value
            for one in inner if isinstance(inner, tuple) else (inner,):
                if isinstance(one, Resource):
                    found[one.kind] = one
    return [found[kind] for kind in sorted(found)]


RESOURCES = _resources()


@pytest.fixture(scope="module")
def session() -> botocore.session.Session:
    return botocore.session.Session()


def output(session: botocore.session.Session, operation: Operation) -> Shape:
    return session.get_service_model(operation.service).operation_model(operation.name).output_shape


def filled(shape: Shape, path: tuple[str, ...] = (), inside: tuple[str, ...] = ()) -> Any:
    """A value of a shape with its own path in every text."""
    if shape.type_name == "structure":
        if shape.name in inside:
            return None
        within = (*inside, shape.name)
        return {name: filled(member, (*path, name), within) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [filled(shape.member, path, inside)]
    if shape.type_name == "map":
        return {"any": filled(shape.value, (*path, "any"), inside)}
    if shape.type_name in ("string", "blob"):
        return f"<{MARK} {'.'.join(path)}>"
    return {"boolean": True, "timestamp": "2026-01-01T00:00:00Z"}.get(shape.type_name, 1)


def marks(text: str) -> set[str]:
    return {piece.partition(">")[0] for piece in text.split(f"<{MARK} ")[1:]}


def entry_of(shape: Shape, path: str) -> Shape:
    for name in path.replace("[]", "").split("."):
        shape = shape.member if shape.type_name == "list" else shape
        shape = shape.members[name]
    while shape.type_name == "list":
        shape = shape.member
    return shape


def views(session: botocore.session.Session, operation: Operation) -> Iterator[Shape]:
    """The answer, and an entry of each list in it: what a record may be made of."""
    answer = output(session, operation)
    yield answer
    for member in answer.members.values():
        inner = member.member if member.type_name == "list" else member
        if inner.type_name == "structure":
            yield inner


@pytest.mark.parametrize("operation", ALL, ids=lambda operation: operation.id)
def test_a_mark_in_every_text_is_found_only_where_a_field_is_kept(
    operation: Operation, session: botocore.session.Session, tmp_path: Path
) -> None:
    writer = SnapshotWriter.create(tmp_path / "snapshot", "0.1.0", ["aws/111111111111"])
    planted: set[str] = set()
    for number, shape in enumerate(views(session, operation)):
        full = filled(shape)
        planted |= marks(json.dumps(full))
        answer = Answer("ok", full, keeps=operation.keeps)
        record = row("any.kind", str(number), operation, full, reads={operation.name: answer})
        writer.record("aws/111111111111", operation.service, **record)
    files = [path for path in (tmp_path / "snapshot").rglob("*") if path.is_file()]
    found = set().union(*(marks(path.read_text("utf-8", "replace")) for path in files))
    assert undeclared(found, operation.keeps) == []
    assert {path for path in planted if not undeclared([path], operation.keeps)} == found


@pytest.mark.parametrize("operation", ALL, ids=lambda operation: operation.id)
def test_a_kept_field_is_one_that_the_provider_has(
    operation: Operation, session: botocore.session.Session
) -> None:
    if operation.name in (
        "GetCredentialReport",
        "ListPermissionSets",
        "ListTaskDefinitions",
        "ListObjectsV2",
        "ListObjectVersions",
        "ListMultipartUploads",
    ):
        return  # a table of its own; names, recorded with what they were asked with; sums
    named = {name for resource in RESOURCES if resource.listing == operation for name in _given(resource)}
    shapes = [*views(session, operation), *_deeper(session, operation)]
    known = {path for shape in shapes for path in _paths(shape)} | named
    strange = [path for path in operation.keeps if path.removesuffix(".*") not in known]
    assert strange == [] or (
        operation.name == "ListAccountAssignments" and strange == ["TargetId", "AccountId"][:1]
    )


def _given(resource: Resource) -> set[str]:
    """Members that a record has beside those of the entry: what lists it, and the name of an entry that is a bare text."""
    return {resource.named, "clusterName"}


def _deeper(session: botocore.session.Session, operation: Operation) -> Iterator[Shape]:
    for resource in RESOURCES:
        if resource.listing == operation:
            shape = entry_of(output(session, operation), resource.path)
            if shape.type_name == "structure":
                yield shape


def _paths(shape: Shape, above: str = "", inside: tuple[str, ...] = ()) -> Iterator[str]:
    while shape.type_name == "list":
        shape = shape.member
    if shape.type_name != "structure" or shape.name in inside:
        return
    for name, member in shape.members.items():
        yield f"{above}{name}"
        yield from _paths(member, f"{above}{name}.", (*inside, shape.name))


@pytest.mark.parametrize("operation", ALL, ids=lambda operation: operation.id)
def test_what_is_kept_whole_is_a_document_a_setting_or_tags(operation: Operation) -> None:
    whole = {path.split(".")[-2] for path in operation.keeps if path.endswith(".*")}
    assert whole <= WHOLE


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.kind)
def test_what_a_reader_asks_of_a_kind_is_kept(resource: Resource, session: botocore.session.Session) -> None:
    """A field that a reader names and that the provider states has to be there: dropped, it would read as not configured."""
    stated, held = set[str](), set[str]()
    for shape, above, keeps in _views_of(resource, session):
        here = _asked(resource.kind) & set(_paths(shape))
        stated |= here
        held |= {path for path in here if _is_kept(above + path, keeps)}
    assert stated - held == set()


def _views_of(
    resource: Resource, session: botocore.session.Session
) -> Iterator[tuple[Shape, str, tuple[str, ...]]]:
    """What a reader looks through: the entry, each answer, and what an answer wraps."""
    yield entry_of(output(session, resource.listing), resource.path), "", resource.listing.keeps
    for read in resource.reads:
        answer = output(session, read.operation)
        yield answer, "", read.operation.keeps
        for name, member in answer.members.items():
            yield member, f"{name}.", read.operation.keeps


def _asked(kind: str) -> set[str]:
    shape: Any = WORKLOAD_KINDS.get(kind) or RESOURCE_KINDS.get(kind)
    if shape is None:
        return set()
    found = {*shape.name, *shape.attributes, *getattr(shape, "roles", ()), *getattr(shape, "profiles", ())}
    return found | ({shape.policy[1]} if shape.policy else set())


def _is_kept(path: str, keeps: tuple[str, ...]) -> bool:
    """Whether a field, or some of what is in it, is kept."""
    inside = any(one.startswith(f"{path}.") for one in keeps)
    return inside or undeclared([path], keeps) == []


SHAPES: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an object where a text was declared": ({"a": {"b": "x"}}, {"a": {"redacted": True, "bytes": 10}}),
    "a text where an object was declared": ({"c": {"d": "x"}, "a": "y"}, {"c": {"d": "x"}, "a": "y"}),
    "a text in place of an object": ({"c": "secret"}, {"c": {"redacted": True, "bytes": 6}}),
    "null": ({"a": None, "c": None}, {"a": None, "c": None}),
    "lists": ({"a": ["x", "y"], "c": [{"d": 1, "e": 2}]}, {"a": ["x", "y"], "c": [{"d": 1}]}),
    "an object in a list of texts": ({"a": ["x", {"b": 1}]}, {"a": ["x", {"redacted": True, "bytes": 8}]}),
    "what is kept whole": ({"t": {"any": {"thing": [1]}}}, {"t": {"any": {"thing": [1]}}}),
    "another field": ({"z": "secret", "a": 1}, {"a": 1}),
}


@pytest.mark.parametrize("name", SHAPES)
def test_an_unexpected_shape_is_never_absent_and_never_kept(name: str) -> None:
    given, expected = SHAPES[name]
    assert kept(given, ("a", "c.d", "t.*")) == expected
