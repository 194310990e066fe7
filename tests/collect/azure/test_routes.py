"""The declarations themselves: every route is a read, says what its refusal hides, and feeds a reader of the estate."""

from __future__ import annotations

import re

import pytest

from weightguard.assess.azure.grants import permission
from weightguard.collect.azure.clouds import CLOUDS
from weightguard.collect.azure.permissions import operations, permissions, routes
from weightguard.collect.azure.services import directory, inside, scoped, tables
from weightguard.collect.calls.operation import Operation
from weightguard.collect.exports.azure.kinds import PROPERTIES, table_of
from weightguard.estate.azure.workloads import READ

ALL = operations()
ROUTES = routes()
ACTION = re.compile(r"Microsoft\.[A-Za-z]+(/[A-Za-z]+)+/read")
GRAPH = re.compile(r"[A-Za-z]+\.Read\.(All|Directory|AzureADGroup)")


def test_nothing_that_changes_anything_is_declared() -> None:
    assert all(one.reads_only for one in ALL)
    assert {one.operation.service for one in ROUTES if one.method != "GET"} == {"resourcegraph"}
    for one in ROUTES:
        pattern = GRAPH if one.at == "graph" else ACTION
        assert all(pattern.fullmatch(each) for each in one.operation.permissions), one


def test_queries_only_read() -> None:
    """Resource Graph's language has no statement that writes; what is sent is a filter and an order all the same."""
    for table in tables.QUERIES:
        steps = [step.strip().split()[0] for step in tables.query(table).split("|")[1:]]
        assert steps == ["where", "order"]


def test_an_operation_is_declared_once() -> None:
    ids = [one.id for one in ALL]
    assert len(ids) == len(set(ids)) > 80
    assert {route.operation for route in ROUTES} <= set(ALL)


def test_a_refusal_can_be_explained_and_allowed() -> None:
    for operation in ALL:
        assert len(operation.hides) > 10
        needed = [each.lower() for each in operation.permissions]
        assert permission(operation.service, operation.name).lower() in needed


def test_every_interface_of_resource_manager_is_asked_in_a_version() -> None:
    for route in ROUTES:
        versions = [value for name, value in route.query if name == "api-version"]
        assert len(versions) == (route.at in ("management", "vault"))
        assert all(re.fullmatch(r"20\d\d-\d\d-\d\d(-preview)?|\d\.\d", one) for one in versions)


def _kind(operation: Operation) -> str:
    return f"{operation.service}.{operation.name}"


def test_every_kind_that_is_collected_has_a_reader_and_fields() -> None:
    kinds = [*tables.KINDS, *(part.kind for part in inside.PARTS), *(kind for kind, _ in scoped.LISTINGS)]
    assert [kind for kind in kinds if kind.lower() not in PROPERTIES] == []
    told = [*tables.OF_KIND.values(), *(part.route.operation for part in inside.PARTS)]
    told += [one.listing.operation for one in directory.COLLECTIONS]
    assert [one.id for one in told if _kind(one) not in READ] == []


def test_resource_graph_is_asked_for_every_kind_that_readers_take_from_it() -> None:
    """A table that was asked counts as asked for all the kinds in it: none may be left out of the query."""
    known = {f"microsoft.{kind.replace('.', '/', 1)}" for kind in READ if not kind.startswith("graph.")}
    elsewhere = {part.kind.lower() for part in inside.PARTS} | {kind.lower() for kind, _ in scoped.LISTINGS}
    elsewhere |= {f"microsoft.{one.operation.service}/{one.operation.name}" for one in inside.ROUTES}
    asked = {kind.lower() for kind in tables.KINDS}
    left = {kind for kind in known - asked - elsewhere if kind in PROPERTIES}
    assert left == {
        "microsoft.authorization/classicadministrators",  # retired by the provider
        "microsoft.authorization/rolemanagementpolicyassignments",
        "microsoft.insights/diagnosticsettings",  # asked of each resource
        "microsoft.keyvault/vaults/secrets",
        "microsoft.management/managementgroups",  # told by the chain of each subscription
        "microsoft.storage/storageaccounts/inventorypolicies",
        "microsoft.storage/storageaccounts/paths",
        "microsoft.subscription/policies",  # asked of the tenant
    }
    assert {table_of(kind) for kind in asked} == set(tables.QUERIES)


def test_the_permissions_are_those_of_what_is_declared() -> None:
    document = permissions()
    role = document["role"]
    granted = [*role["Actions"], *role["DataActions"], *document["graph"]]
    assert set(granted) == {each for one in ALL for each in one.permissions}
    for kind in ("Actions", "DataActions"):
        assert role[kind] == sorted(set(role[kind]))
    assert role["NotActions"] == role["NotDataActions"] == []
    assert document == permissions()


@pytest.mark.parametrize(
    ("actions", "taken", "action", "allowed"),
    [
        (["*"], [], "Microsoft.Storage/storageAccounts/read", True),
        (["*/read"], [], "Microsoft.Storage/storageAccounts/read", True),
        (["Microsoft.Compute/*/read"], [], "microsoft.compute/virtualmachines/extensions/READ", True),
        (["Microsoft.Compute/*/read"], [], "Microsoft.Storage/storageAccounts/read", False),
        (["*"], ["Microsoft.Storage/*"], "Microsoft.Storage/storageAccounts/read", False),
        ([], [], "Microsoft.Storage/storageAccounts/read", False),
    ],
)
def test_sight_is_what_one_role_allows_and_does_not_take_away(
    actions: list[str], taken: list[str], action: str, allowed: bool
) -> None:
    assert tables.allows([{"actions": actions, "notActions": taken}], action) is allowed
    other = {"actions": ["*"], "notActions": []}
    assert tables.allows([{"actions": actions, "notActions": taken}, other], action), "roles add up"


def test_a_cloud_s_tokens_are_for_that_cloud() -> None:
    for name, cloud in CLOUDS.items():
        assert cloud.audience("management") == f"{cloud.management}/.default"
        others = [one for other, one in CLOUDS.items() if other != name]
        for one in others:
            assert {cloud.login, cloud.management, cloud.graph, cloud.vault, cloud.blob}.isdisjoint(
                {one.login, one.management, one.graph, one.vault, one.blob}
            )
