"""Exports of Azure as a snapshot: each form, what is kept of it, what was asked, and what is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import azure_exports as az
from weightguard import api
from weightguard.errors import InputError
from weightguard.snapshot import open_snapshot


def write(folder: Path, *documents: Any) -> Path:
    """The documents, a file each, as a snapshot."""
    paths = []
    for number, document in enumerate(documents):
        paths.append(folder / f"{number}.json")
        paths[-1].write_text(document if isinstance(document, str) else json.dumps(document))
    return api.collect_graph_export(folder / "snapshot", paths)


def calls(snapshot: Path) -> dict[str, str]:
    with open_snapshot(snapshot) as found:
        return {f"{call.service}:{call.operation}": call.outcome for call in found.calls()}


def records(snapshot: Path, scope: str, service: str) -> list[Any]:
    with open_snapshot(snapshot) as found:
        return list(found.records(f"azure/{scope}", service))


def refused(folder: Path, *documents: Any) -> str:
    with pytest.raises(InputError) as error:
        write(folder, *documents)
    assert not (folder / "snapshot").exists()
    return error.value.one_line()


def test_records_lie_under_their_subscription_and_the_rest_under_the_tenant(tmp_path: Path) -> None:
    export = az.Export([az.account(), az.assignment(az.person(1), az.BLOB_READER, "/")], [az.container()])
    snapshot = az.collected(export, tmp_path)
    kinds = {record.kind for record in records(snapshot, az.SUBSCRIPTION, "storage")}
    assert kinds == {"storage.storageaccounts", "storage.storageaccounts/blobservices/containers"}
    assert [
        record.data["properties"]["scope"] for record in records(snapshot, az.TENANT, "authorization")
    ] == ["/"]
    assert {record.kind for record in records(snapshot, az.TENANT, "graph")} == {
        "graph.organization",
        "graph.users",
    }


def test_what_holds_something_was_asked_and_an_empty_page_too(tmp_path: Path) -> None:
    snapshot = az.collected(az.Export([az.account()]), tmp_path)
    asked = calls(snapshot)
    assert asked["resourcegraph:resources"] == asked["graph:groups"] == asked["graph:groups/members"] == "ok"
    assert (
        "authorization:locks" not in asked and "storage:storageaccounts/blobservices/containers" not in asked
    )


def test_pages_of_one_object_are_joined(tmp_path: Path) -> None:
    group = {"id": az.person(9), "displayName": "readers", "isAssignableToRole": False}
    member = {"@odata.type": "#microsoft.graph.user", "id": az.person(1)}
    export = az.Export(objects={
        "groups": [group],
        "groups(id,displayName,members())": [{"id": az.person(9), "members": [member]}],
        "groups(id,displayName,owners())": [{"id": az.person(9), "owners": []}],
    })  # fmt: skip
    (found,) = (
        one
        for one in records(az.collected(export, tmp_path), az.TENANT, "graph")
        if one.kind == "graph.groups"
    )
    assert found.data["isAssignableToRole"] is False
    assert found.reads["members"]["data"] == {
        "value": [{"kind": "user", "id": az.person(1)}],
        "truncated": False,
    }
    assert found.reads["owners"]["data"]["value"] == []


@pytest.mark.parametrize(("members", "cut"), [(19, False), (20, True)])
def test_an_expansion_gives_twenty_at_most(tmp_path: Path, members: int, cut: bool) -> None:
    listed = [{"id": az.person(number)} for number in range(members)]
    page = az.page("groups(id,members())", {"id": az.person(99), "members": listed})
    (found,) = records(write(tmp_path, page, az.page("organization", {"id": az.TENANT})), az.TENANT, "graph")[
        :1
    ]
    assert found.reads["members"]["data"]["truncated"] is cut


def test_capitals_of_azurehound_name_the_same_things(tmp_path: Path) -> None:
    items = [
        {"kind": "AZTenant", "data": {"id": az.TENANT.upper()}},
        {"kind": "AZGroup", "data": {"id": az.person(9).upper(), "displayName": "READERS"}},
        {"kind": "AZGroupMember", "data": {"groupId": az.person(9), "members": [
            {"groupId": az.person(9), "member": {"id": az.person(1).upper()}}]}},
        {"kind": "AZApp", "data": {"id": az.person(5).upper(), "appId": az.person(6).upper()}},
        {"kind": "AZAppOwner", "data": {"appId": az.person(6), "owners": [{"appId": az.person(6), "owner": {"id": az.person(2)}}]}},
        {"kind": "AZVMRoleAssignment", "data": {"objectId": "x", "roleAssignments": [
            {"assignee": {"id": "/a", "properties": {"principalId": az.person(1), "roleDefinitionId": "r", "scope": az.GROUP}}}]}},
    ]  # fmt: skip
    snapshot = write(tmp_path, {"meta": {"type": "azure", "count": len(items)}, "data": items})
    found = {record.kind: record for record in records(snapshot, az.TENANT, "graph")}
    assert [one["id"] for one in found["graph.groups"].reads["members"]["data"]["value"]] == [
        az.person(1).upper()
    ]
    assert [one["id"] for one in found["graph.applications"].reads["owners"]["data"]["value"]] == [
        az.person(2)
    ]
    assert calls(snapshot)["authorization:roleassignments"] == "ok"
    (assigned,) = records(snapshot, az.TENANT, "authorization")
    assert assigned.data["properties"]["principalId"] == az.person(1)


def test_only_what_is_declared_enters(tmp_path: Path) -> None:
    profile = {"customData": "c2VjcmV0", "adminPassword": "Hunter2!", "computerName": "m"}
    machine = az.row(
        f"{az.GROUP}/providers/Microsoft.Compute/virtualMachines/m",
        "Microsoft.Compute/virtualMachines",
        properties={"vmId": "v", "osProfile": profile},
    )
    unheard = az.row(
        f"{az.GROUP}/providers/Contoso.Lab/things/t", "Contoso.Lab/things", properties={"pass": "Hunter2!"}
    )
    snapshot = write(tmp_path, [machine, unheard])
    (found,) = records(snapshot, az.SUBSCRIPTION, "compute")
    assert found.data["properties"] == {"vmId": "v", "osProfile": {"computerName": "m"}}
    (other,) = records(snapshot, az.SUBSCRIPTION, "contoso-lab")
    assert other.kind == "contoso-lab.things" and "properties" not in other.data


def answer(name: str, **more: Any) -> dict[str, Any]:
    return {"data": [az.account(az.ACCOUNT + name)], "count": 1, "totalRecords": 2, **more}


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([answer("1", **{"$skipToken": "t"})], "failed"),
        ([answer("1")], "failed"),
        ([answer("1", **{"$skipToken": "t"}), answer("2")], "ok"),
    ],
)
def test_an_answer_that_goes_on_is_told(tmp_path: Path, answers: list[Any], outcome: str) -> None:
    assert calls(write(tmp_path, *answers))["resourcegraph:resources"] == outcome


def test_a_page_that_goes_on_is_told(tmp_path: Path) -> None:
    first = az.page(
        "users", az.user(1), **{"@odata.nextLink": "https://graph.microsoft.com/v1.0/users?$skiptoken=x"}
    )
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    assert calls(write(tmp_path / "one", first))["graph:users"] == "failed"
    assert calls(write(tmp_path / "two", first, az.page("users", az.user(2))))["graph:users"] == "ok"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ('[{"id": "/subscriptions/x", "type": "microsoft.res', "the file is cut off or is not JSON"),
        ("7", "neither a list nor an object"),
        ([{"id": "/subscriptions/x"}], "row 0 has no type"),
        ([{"id": "a", "type": "aws_s3_bucket"}], "the type of row 0 is none of Azure's"),
        ([7], "row 0 is no object"),
        ({"format_version": "1.0", "values": {}}, "collect terraform"),
        ({"error": {"code": "ExpiredAuthenticationToken"}}, "'ExpiredAuthenticationToken'"),
        ({"@odata.context": az.PAGE + "directoryObjects", "value": []}, "without saying whose they are"),
        ({"@odata.context": "nothing", "value": []}, "names no collection"),
        ({"@odata.context": az.PAGE + "users", "value": [{}]}, "object 0 of the page has no id"),
        ({"meta": {}, "data": [{"kind": "AZUser", "data": {}}, {"kind": 3}]}, "item 1 has no kind and data"),
        ([], "the files hold nothing"),
        ({"weights": True}, "neither an answer of"),
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused_in_one_line(tmp_path: Path, document: Any, said: str) -> None:
    line = refused(tmp_path, document)
    assert said in line or ("JSON" in said and "JSON" in line)
    assert "0.json" in line and "\n" not in line
