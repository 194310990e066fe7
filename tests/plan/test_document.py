"""What a file has to be to be judged as a plan, and the one line that says what it is instead."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weightguard.errors import InputError
from weightguard.plan.document import read_plan

Write = Callable[[Any], Path]
Document = Callable[[str], Any]


def _small(**more: Any) -> dict[str, Any]:
    change = {"actions": ["create"], "before": None, "after": {"name": "a"}, "after_unknown": {}}
    entry = {
        "address": "aws_iam_user.a",
        "mode": "managed",
        "type": "aws_iam_user",
        "name": "a",
        "change": change,
    }
    return {
        "format_version": "1.2",
        "terraform_version": "1.15.5",
        "planned_values": {},
        "resource_changes": [entry],
        **more,
    }


def _with(change: dict[str, Any]) -> dict[str, Any]:
    document = _small()
    document["resource_changes"][0]["change"].update(change)
    return document


def test_a_real_plan_is_counted_as_terraform_counts_it(document: Document, written: Write) -> None:
    plan = read_plan(written(document("aws")))
    assert plan.counts() == {"create": 10, "update": 1, "delete": 0, "replace": 0, "read": 0}
    assert plan.tool_version.startswith("1.")


@pytest.mark.parametrize("actions", [["delete", "create"], ["create", "delete"]])
def test_a_replacement_counts_once_in_either_order(actions: list[str], written: Write) -> None:
    plan = read_plan(written(_with({"actions": actions, "before": {"name": "b"}})))
    assert plan.counts()["replace"] == 1 and plan.counts()["create"] == plan.counts()["delete"] == 0


@pytest.mark.parametrize("version", ["0.1", "0.2", "1.0", "1.1", "1.2", "1.9"])
def test_versions_that_only_add_are_read(version: str, written: Write) -> None:
    assert read_plan(written(_small(format_version=version))).format_version == version


def test_a_mark_before_utf_8_and_the_line_ends_of_windows_are_no_matter(written: Write) -> None:
    text = json.dumps(_small(), indent=1).replace("\n", "\r\n").encode()
    assert len(read_plan(written(b"\xef\xbb\xbf" + text)).changes) == 1


REFUSED: dict[str, tuple[Any, str]] = {
    "empty": (b"", "is empty"),
    "cut off": (json.dumps(_small()).encode()[:-9], "is not JSON"),
    "a plan file": (b"PK\x03\x04rest", "plan file, not its JSON"),
    "noise": (b"+ terraform show\ndone\n" + json.dumps(_small()).encode(), "2 lines of something else"),
    "a log": (
        b'{"@level":"info","@message":"a"}\n{"@level":"info","@message":"b"}\n',
        "log of `terraform plan -json`",
    ),
    "a state": ({"format_version": "1.0", "values": {}}, "a state, not a plan"),
    "a raw state": ({"version": 4, "serial": 1, "resources": []}, "a state, not a plan"),
    "something else": ({"a": 1}, "not the JSON of a plan"),
    "a later version": (_small(format_version="2.0"), "format version '2.0'"),
    "an errored plan": (_small(errored=True), "ended in an error"),
    "changes that are no list": (_small(resource_changes={}), "list of changes is no list"),
    "an action that nobody knows": (_with({"actions": ["explode"]}), "explode"),
    "values that are text": (_with({"after": "text"}), "no object"),
    "no type": (
        _small(resource_changes=[{"address": "a.b", "change": {"actions": ["create"]}}]),
        "its address or its type",
    ),
    "a list": ([1], "is not the JSON of a plan"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_plan_is_refused_in_one_line(name: str, written: Write) -> None:
    given, said = REFUSED[name]
    with pytest.raises(InputError) as problem:
        read_plan(written(given))
    assert said in problem.value.one_line() and "\n" not in problem.value.one_line()
    assert problem.value.exit_status == 2


def test_a_plan_without_its_list_of_changes_is_not_called_unchanged(
    document: Document, written: Write
) -> None:
    whole = document("aws")
    del whole["resource_changes"]
    with pytest.raises(InputError, match="does not list its changes"):
        read_plan(written(whole))
