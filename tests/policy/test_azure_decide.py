"""Azure's decisions: minimal pairs in which one fact decides, each with the page that says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from weightguard.policy.azure import (
    Assignment,
    Denial,
    Lock,
    Network,
    Permission,
    Policies,
    Request,
    Storage,
    Vault,
    decide,
)
from weightguard.policy.cases import answer_line

CASES = Path(__file__).parents[3] / "shared" / "cases" / "azure-access" / "cases.jsonl"
SUBSCRIPTION = "/subscriptions/s1"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg1"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/weights"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/frontier"
BLOB = f"{CONTAINER}/blobs/run-7/model.safetensors"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
READ, WRITE, DELETE = f"{BLOBS}/read", f"{BLOBS}/write", f"{BLOBS}/delete"
LIST_KEYS = "Microsoft.Storage/storageAccounts/listKeys/action"
READER = "Storage Blob Data Reader"
MANAGEMENT = "/providers/Microsoft.Management/managementGroups/labs"


def says(policies: Policies, principal: str = "ann", **asked: Any) -> str:
    given = {"principal": principal, "action": READ, "is_data": True, "resource": BLOB, **asked}
    return decide(Request(**given), policies).outcome.value


def control(action: str, resource: str = ACCOUNT) -> dict[str, Any]:
    return {"action": action, "is_data": False, "resource": resource}


def having(
    role: str = READER,
    scope: str = ACCOUNT,
    principal: str = "ann",
    condition: str | None = None,
    **more: Any,
) -> Policies:
    return Policies(assignments=(Assignment(principal, role, scope, condition),), **more)


@pytest.mark.shared
@pytest.mark.skipif(not CASES.exists(), reason="the cases are not beside the checkout")
def test_published_cases_come_out_as_published() -> None:
    for number, line in enumerate(CASES.read_bytes().splitlines()):
        expected = json.loads(line)["expected"]
        record = answer_line(line, number).record
        assert str(record.get("decision")).partition("_")[0] == expected, record


@pytest.mark.parametrize(
    ("scope", "outcome"),
    [
        (BLOB, "allowed"),
        (CONTAINER, "allowed"),
        (CONTAINER.upper(), "allowed"),
        (ACCOUNT, "allowed"),
        (f"{GROUP}/", "allowed"),
        (SUBSCRIPTION, "allowed"),
        (MANAGEMENT, "allowed"),
        ("/providers/Microsoft.Management/managementGroups/root", "allowed"),
        ("/", "allowed"),
        (f"{CONTAINER}-2", "denied_implicitly"),
        (CONTAINER[:-1], "denied_implicitly"),
        (f"{SUBSCRIPTION}0", "denied_implicitly"),
        (f"{SUBSCRIPTION}/resourceGroups/rg", "denied_implicitly"),
        ("/providers/Microsoft.Management/managementGroups/lab", "denied_implicitly"),
    ],
)
def test_an_assignment_counts_in_all_that_lies_in_its_scope(scope: str, outcome: str) -> None:
    parents = {
        SUBSCRIPTION: MANAGEMENT.lower(),
        MANAGEMENT.lower(): MANAGEMENT.lower().replace("labs", "root"),
    }
    assert says(having(scope=scope, parents=parents)) == outcome


@pytest.mark.parametrize(
    ("role", "action", "outcome"),
    [
        (READER, READ, "allowed"),
        ("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", READ, "allowed"),  # the same role by its id
        (f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", READ, "allowed"),
        (READER, WRITE, "denied_implicitly"),
        ("Owner", READ, "denied_implicitly"),
        ("Contributor", READ, "denied_implicitly"),
        ("Reader", READ, "denied_implicitly"),
        ("Storage Blob Data Owner", DELETE, "allowed"),
        ("Nobody Has Defined This", READ, "unknown"),
    ],
)  # fmt: skip
def test_data_needs_data_actions(role: str, action: str, outcome: str) -> None:
    """ "Understand Azure role definitions": control plane access is not inherited to the data plane."""
    assert says(having(role), action=action) == outcome


@pytest.mark.parametrize(
    ("roles", "outcome"),
    [
        ((Permission(("*",), ("*/listKeys/action",)),), "denied_implicitly"),
        ((Permission(("*",), ("*/listKeys/action",)), Permission(("Microsoft.Storage/*",))), "allowed"),
        ((Permission(("microsoft.storage/storageaccounts/LISTKEYS/action",)),), "allowed"),
        ((Permission(("Microsoft.Storage/storageAccounts/*/action",)),), "allowed"),
        ((Permission(("Microsoft.Storage/storageAccounts/*/read",)),), "denied_implicitly"),
        ((Permission(data_actions=("*",)),), "denied_implicitly"),
    ],
)
def test_what_is_left_out_of_one_role_another_one_gives(roles: tuple[Permission, ...], outcome: str) -> None:
    """ "notActions": not a deny rule."""
    names = {f"custom-{number}": (role,) for number, role in enumerate(roles)}
    assignments = tuple(Assignment("ann", name, ACCOUNT) for name in names)
    assert says(Policies(roles=names, assignments=assignments), **control(LIST_KEYS)) == outcome


EVERYBODY = ("00000000-0000-0000-0000-000000000000",)
READING = (Permission(data_actions=(READ,)),)


@pytest.mark.parametrize(
    ("denial", "outcome"),
    [
        (Denial("d", GROUP, READING, ("ann",)), "denied_explicitly"),
        (Denial("d", GROUP, READING, ("ml-team",)), "denied_explicitly"),
        (Denial("d", GROUP, READING, EVERYBODY), "denied_explicitly"),
        (Denial("d", GROUP, READING, EVERYBODY, ("ann",)), "allowed"),
        (Denial("d", GROUP, READING, EVERYBODY, ("ml-team",)), "allowed"),
        (Denial("d", GROUP, READING, ("bo",)), "allowed"),
        (Denial("d", f"{GROUP}0", READING, EVERYBODY), "allowed"),
        (Denial("d", GROUP, READING, EVERYBODY, only_here=True), "allowed"),
        (Denial("d", BLOB, READING, EVERYBODY, only_here=True), "denied_explicitly"),
        (
            Denial("d", GROUP, (Permission(data_actions=("*",), not_data_actions=("*/read",)),), EVERYBODY),
            "allowed",
        ),
        (Denial("d", GROUP, (Permission(actions=("*",)),), EVERYBODY), "allowed"),
    ],
)
def test_deny_assignments_win(denial: Denial, outcome: str) -> None:
    """ "Understand Azure deny assignments"."""
    assert says(having(denials=(denial,)), groups=frozenset({"ml-team"})) == outcome


@pytest.mark.parametrize(
    ("level", "scope", "asked", "outcome"),
    [
        ("ReadOnly", GROUP, control(LIST_KEYS), "denied_explicitly"),
        ("ReadOnly", GROUP, control("Microsoft.Storage/storageAccounts/read"), "allowed"),
        ("ReadOnly", f"{GROUP}0", control(LIST_KEYS), "allowed"),
        ("CanNotDelete", GROUP, control(LIST_KEYS), "allowed"),
        ("CanNotDelete", GROUP, control("Microsoft.Storage/storageAccounts/write"), "allowed"),
        ("CanNotDelete", GROUP, control("Microsoft.Storage/storageAccounts/delete"), "denied_explicitly"),
        ("CanNotDelete", CONTAINER, control("Microsoft.Storage/storageAccounts/delete"), "denied_explicitly"),
        ("ReadOnly", CONTAINER, control("Microsoft.Storage/storageAccounts/write"), "allowed"),
        ("ReadOnly", GROUP, control("Microsoft.Authorization/locks/delete", GROUP), "allowed"),
    ],
)
def test_locks_stop_changes_of_the_control_plane(
    level: str, scope: str, asked: dict[str, Any], outcome: str
) -> None:
    """ "Lock your resources": a ReadOnly lock on a storage account keeps its keys from being listed."""
    assert says(having("Owner", SUBSCRIPTION, locks=(Lock(scope, level),)), **asked) == outcome


def test_locks_leave_data_alone() -> None:
    assert (
        says(having("Storage Blob Data Owner", locks=(Lock(GROUP, "ReadOnly"),)), action=DELETE) == "allowed"
    )


@pytest.mark.parametrize(
    ("settings", "context", "outcome"),
    [
        (Storage(), {"authorization": "SharedKey"}, "allowed"),
        (Storage(shared_key=False), {"authorization": "SharedKey"}, "denied_implicitly"),
        (Storage(), {"authorization": "account SAS", "sas_permissions": "rl"}, "allowed"),
        (Storage(), {"authorization": "account SAS", "sas_permissions": "l"}, "denied_implicitly"),
        (Storage(), {"authorization": "account SAS", "sas_permissions": "r", "suboperation": "Blob.List"}, "denied_implicitly"),
        (Storage(shared_key=False), {"authorization": "service SAS", "sas_permissions": "r"}, "denied_implicitly"),
        (Storage(shared_key=False), {"authorization": "user delegation SAS", "sas_permissions": "r"}, "allowed"),
        (Storage(shared_key=False), {"authorization": "user delegation SAS", "sas_permissions": "w"}, "denied_implicitly"),
        (Storage(), {"authorization": None}, "denied_implicitly"),
        (Storage(public_blobs=True, containers={"frontier": "Blob"}), {"authorization": None}, "allowed"),
        (Storage(public_blobs=True, containers={"other": "Blob"}), {"authorization": None}, "denied_implicitly"),
        (Storage(public_blobs=False, containers={"frontier": "Blob"}), {"authorization": None}, "denied_implicitly"),
        (
            Storage(public_blobs=True, containers={"frontier": "Blob"}),
            {"authorization": None, "suboperation": "Blob.List"},
            "denied_implicitly",
        ),
        (
            Storage(public_blobs=True, containers={"frontier": "Container"}),
            {"authorization": None, "suboperation": "Blob.List"},
            "allowed",
        ),
    ],
)  # fmt: skip
def test_ways_in_that_ask_for_no_role(settings: Storage, context: dict[str, Any], outcome: str) -> None:
    """ "Prevent authorization with Shared Key", "Grant limited access with SAS", "Remediate anonymous read access"."""
    assert says(Policies(storage=settings), context=context) == outcome


@pytest.mark.parametrize(
    ("role", "locks", "outcome"),
    [
        ("Storage Account Key Operator Service Role", (), "allowed"),
        ("Virtual Machine Contributor", (), "allowed"),  # holds listKeys as well
        ("Reader", (), "denied_implicitly"),
        ("Storage Account Key Operator Service Role", (Lock(GROUP, "ReadOnly"),), "denied_implicitly"),
    ],
)
def test_a_key_has_to_be_got_first(role: str, locks: tuple[Lock, ...], outcome: str) -> None:
    context = {"authorization": "SharedKey", "key_obtained_by": LIST_KEYS}
    assert says(having(role, locks=locks, storage=Storage()), context=context) == outcome


@pytest.mark.parametrize(
    ("network", "context", "outcome"),
    [
        (Network(), {}, "allowed"),
        (Network(allows=False, addresses=("203.0.113.7",)), {"client_ip": "203.0.113.7"}, "allowed"),
        (Network(allows=False, addresses=("203.0.113.0/24",)), {"client_ip": "203.0.113.7"}, "allowed"),
        (
            Network(allows=False, addresses=("203.0.113.0/24",)),
            {"client_ip": "203.0.114.7"},
            "denied_implicitly",
        ),
        (Network(allows=False), {"subnet": "/x"}, "denied_implicitly"),
        (Network(allows=False, subnets=("/X",)), {"subnet": "/x"}, "allowed"),
        (Network(allows=False), {}, "unknown"),
        (
            Network(public=False, addresses=("203.0.113.7",)),
            {"client_ip": "203.0.113.7"},
            "denied_implicitly",
        ),
        (Network(public=False), {"private_endpoint": "pe"}, "allowed"),
        (Network(allows=False), {"trusted_service": True, "client_ip": "1.2.3.4"}, "denied_implicitly"),
        (Network(allows=False, trusts_services=True), {"trusted_service": True}, "allowed"),
    ],
)
def test_network_rules_stand_before_whatever_lets_in(
    network: Network, context: dict[str, Any], outcome: str
) -> None:
    """ "Configure Azure Storage firewalls and virtual networks"."""
    assert says(having(storage=Storage(network=network)), context=context) == outcome
    assert says(Policies(storage=Storage(network=network)), context=context) in ("denied_implicitly",)


LEVELS = ("/", "run-7/", "model.safetensors")


@pytest.mark.parametrize(
    ("held", "action", "outcome"),
    [
        (("--x", "--x", "r--"), READ, "allowed"),
        (("--x", "---", "r--"), READ, "denied_implicitly"),
        (("r-x", "r-x", "-wx"), READ, "denied_implicitly"),
        (("--x", "--x", "-w-"), WRITE, "allowed"),
        (("--x", "-wx", "---"), WRITE, "denied_implicitly"),
        (("--x", "-wx", "n/a"), WRITE, "allowed"),  # a new file
        (("--x", "-wx", "---"), DELETE, "allowed"),
        (("--x", "-w-", "rwx"), DELETE, "denied_implicitly"),
    ],
)
def test_lists_of_the_file_system(held: tuple[str, ...], action: str, outcome: str) -> None:
    """ "Access control model in Azure Data Lake Storage", the table of operations and what each level needs."""
    lists = tuple(zip(LEVELS, held, strict=True))
    assert says(Policies(storage=Storage(hierarchical=True, lists=lists)), action=action) == outcome
    assert (
        says(Policies(storage=Storage(hierarchical=False, lists=lists)), action=action) == "denied_implicitly"
    )


def test_a_role_is_enough_whatever_the_lists_say() -> None:
    lists = tuple((name, "---") for name in LEVELS)
    assert says(having(storage=Storage(hierarchical=True, lists=lists))) == "allowed"


SECRET = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv/secrets/s"
GET_SECRET = "Microsoft.KeyVault/vaults/secrets/getSecret/action"


@pytest.mark.parametrize(
    ("vault", "role", "outcome"),
    [
        (Vault(by_role=True), "Key Vault Secrets User", "allowed"),
        (Vault(by_role=False), "Key Vault Secrets User", "denied_implicitly"),
        (Vault(False, (("ann", {"secrets": ("Get",)}),)), "Reader", "allowed"),
        (Vault(False, (("ml-team", {"secrets": ("all",)}),)), "Reader", "allowed"),
        (Vault(False, (("ann", {"keys": ("get",)}),)), "Reader", "denied_implicitly"),
        (Vault(False, (("bo", {"secrets": ("get",)}),)), "Reader", "denied_implicitly"),
        (Vault(True, (("ann", {"secrets": ("get",)}),)), "Reader", "denied_implicitly"),
        (Vault(by_role=True), "Key Vault Contributor", "denied_implicitly"),
    ],
)
def test_roles_or_access_policies_decide_about_a_vault(vault: Vault, role: str, outcome: str) -> None:
    """ "Azure RBAC vs. access policies"."""
    found = having(role, GROUP, vault=vault)
    assert says(found, groups=frozenset({"ml-team"}), action=GET_SECRET, resource=SECRET) == outcome


def test_a_condition_that_does_not_parse_grants_nothing_and_says_so() -> None:
    case = {
        "id": 1,
        "provider": "azure",
        "request": {"principal": "ann", "dataAction": READ, "resource": BLOB},
        "policies": {
            "role_assignments": [{"principal": "ann", "role": READER, "scope": ACCOUNT, "condition": "(("}]
        },
    }
    record = answer_line(json.dumps(case).encode(), 1).record
    assert record["decision"] == "denied_implicitly"
    problems: Any = record["problems"]
    assert [(one["layer"], one["policy"], one["statement"]) for one in problems] == [
        ("rbac", ACCOUNT, READER)
    ]
    assert "does not parse" in problems[0]["message"]


@pytest.mark.parametrize(
    "memberships",
    [{"ann": ["inner"], "inner": ["outer"]}, {"outer": ["inner"], "inner": ["ann"]}],
    ids=["groups of members", "members of groups"],
)
def test_groups_in_groups(memberships: dict[str, list[str]]) -> None:
    for principal, expected in (("outer", "allowed"), ("elsewhere", "denied_implicitly")):
        case = {
            "provider": "azure",
            "request": {"principal": "ann", "dataAction": READ, "resource": BLOB},
            "policies": {
                "group_memberships": {**memberships, "bo": ["x"]},
                "role_assignments": [{"principal": principal, "role": READER, "scope": ACCOUNT}],
            },
        }
        assert answer_line(json.dumps(case).encode(), 1).record["decision"] == expected
