"""States of azurerm and azuread: the same answers as the export of the same tenant, and no secret of theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import azure_exports as az
from weightguard import api

SECRET = "made-up-but-secret"
WORKSPACE = f"{az.GROUP}/providers/Microsoft.MachineLearningServices/workspaces/w"


def item(type: str, mode: str = "managed", **values: Any) -> dict[str, Any]:
    return {"type": type, "mode": mode, "address": f"{type}.x", "name": "x", "values": values}


def state(folder: Path, *items: dict[str, Any]) -> api.Evidence:
    base = [
        item("azurerm_subscription", "data", subscription_id=az.SUBSCRIPTION, tenant_id=az.TENANT),
        item("azurerm_storage_account", id=az.ACCOUNT, name="weights", shared_access_key_enabled=True,
             allow_nested_items_to_be_public=False, primary_access_key=SECRET, is_hns_enabled=False),
        item("azurerm_storage_container", name="models", storage_account_id=az.ACCOUNT, container_access_type="private"),
        *(item("azuread_user", object_id=az.person(one), user_principal_name=f"u{one}@x.org") for one in range(1, 9)),
    ]  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "state.json"
    document = {
        "format_version": "1.0",
        "terraform_version": "1.9.0",
        "values": {"root_module": {"resources": [*base, *items]}},
    }
    path.write_text(json.dumps(document))
    snapshot = api.collect_terraform(folder / "snapshot", [path])
    held = b"".join(one.read_bytes() for one in snapshot.rglob("*") if one.is_file())
    assert SECRET.encode() not in held
    return api.load(snapshot)


def reads(who: int, role: str = az.BLOB_READER, scope: str = az.CONTAINER, **more: Any) -> dict[str, Any]:
    id = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{who}"
    return item(
        "azurerm_role_assignment",
        id=id,
        scope=scope,
        principal_id=az.person(who),
        role_definition_id=f"/x/{role}",
        **more,
    )


def names(evidence: api.Evidence) -> set[str]:
    return {one.principal for one in api.who_can(evidence, "read", az.STORE).answers}


def test_a_state_answers_as_the_export_does(tmp_path: Path) -> None:
    machine = f"{az.GROUP}/providers/Microsoft.Compute/virtualMachines/m"
    identity = [{"type": "SystemAssigned", "principal_id": az.person(9), "identity_ids": []}]
    contributor = reads(1, az.CONTRIBUTOR, machine)
    evidence = state(
        tmp_path, item("azurerm_linux_virtual_machine", id=machine, identity=identity), reads(9), contributor
    )
    assert names(evidence) == {az.named(9), az.named(1), machine}


def test_a_datastore_that_keeps_a_key_tells_of_it_and_not_the_key(tmp_path: Path) -> None:
    store = f"{WORKSPACE}/datastores/d"
    kept = {"id": store, "storage_container_id": az.CONTAINER, "workspace_id": WORKSPACE}
    with_key = item("azurerm_machine_learning_datastore_blobstorage", **kept, account_key=SECRET)
    without = item("azurerm_machine_learning_datastore_blobstorage", **kept, account_key="")
    assert names(state(tmp_path / "1", with_key, reads(1, az.READER, WORKSPACE))) == {az.named(1)}
    assert names(state(tmp_path / "2", without, reads(1, az.READER, WORKSPACE))) == set()


def test_lists_of_a_file_system_are_read_by_level_with_their_mask(tmp_path: Path) -> None:
    def entries(permissions: str, mask: str, scope: str = "access") -> list[dict[str, str]]:
        return [
            {"scope": scope, "type": "user", "id": "", "permissions": "rwx"},
            {"scope": scope, "type": "user", "id": az.person(1), "permissions": permissions},
            {"scope": scope, "type": "mask", "id": "", "permissions": mask},
            {"scope": scope, "type": "other", "id": "", "permissions": "---"},
        ]

    def lake(mask: str) -> list[dict[str, Any]]:
        own = {"storage_account_id": az.ACCOUNT, "owner": "$superuser", "group": "$superuser"}
        return [
            item("azurerm_storage_account", id=az.ACCOUNT, name="weights", is_hns_enabled=True, shared_access_key_enabled=False),
            item("azurerm_storage_data_lake_gen2_filesystem", name="models", ace=entries("--x", "r-x"), **own),
            item("azurerm_storage_data_lake_gen2_path", filesystem_name="models", path="atlas",
                 ace=[*entries("r-x", "r-x"), *entries("r--", mask, "default")], **own),
        ]  # fmt: skip

    for mask, expected in (("r-x", {az.named(1)}), ("--x", set())):
        evidence = state(tmp_path / mask, *lake(mask))
        found = api.who_can(evidence, "read", f"{az.STORE}/atlas/")
        assert {one.principal for one in found.answers} == expected


def test_members_that_a_state_adds_to_a_group_of_others_are_not_all(tmp_path: Path) -> None:
    member = item("azuread_group_member", group_object_id=az.person(50), member_object_id=az.person(1))
    found = api.who_can(state(tmp_path, member, reads(50, principal_type="Group")), "read", az.STORE)
    assert az.named(50) in {one.principal for one in found.answers} and not found.complete


def test_what_azapi_made_is_read_by_its_own_type(tmp_path: Path) -> None:
    id = az.ACCOUNT + "2"
    made = item("azapi_resource", id=id, body={"properties": {"isHnsEnabled": True}})
    made["values"]["type"] = "Microsoft.Storage/storageAccounts@2023-05-01"
    assert id in {one.id for one in state(tmp_path, made).estate.containers}


def test_a_resource_without_an_id_leaves_nothing_complete(tmp_path: Path) -> None:
    lost = item("azurerm_storage_account", name="lost")
    assert not api.who_can(state(tmp_path / "1", lost), "read", az.STORE).complete
    group = f"/providers/Microsoft.Management/managementGroups/{az.TENANT}"
    placed = item("azurerm_management_group", id=group, subscription_ids=[az.SUBSCRIPTION])
    assert not api.who_can(state(tmp_path / "2", placed, lost), "read", az.STORE).complete
    assert api.who_can(state(tmp_path / "3", placed), "read", az.STORE).complete


def test_one_file_of_two_clouds_is_read_as_both(tmp_path: Path) -> None:
    bucket = item("aws_s3_bucket", bucket="b", arn="arn:aws:s3:::b", id="b")
    caller = item("aws_caller_identity", "data", account_id="111111111111")
    stores = {one.id for one in state(tmp_path, bucket, caller).estate.stores}
    assert stores == {"arn:aws:s3:::b", az.STORE}


def test_a_subscription_that_a_state_looks_up_leaves_no_gap(tmp_path: Path) -> None:
    """What lies above a subscription no state ever says: looking one up must not make less of an answer than not doing so."""
    found = api.who_can(state(tmp_path, reads(1)), "read", az.STORE)
    assert not [gap for gap in found.gaps if gap.source.operation == "subscriptions"]


def test_a_key_without_a_rotation_policy_does_not_rotate(tmp_path: Path) -> None:
    vault = f"{az.GROUP}/providers/Microsoft.KeyVault/vaults/v"
    policy = {"rotation_policy": [{"automatic": [{"time_after_creation": "P90D"}]}]}
    keys = {"without": {"rotation_policy": []}, "older": {}, "turning": policy}
    evidence = state(
        tmp_path,
        item("azurerm_key_vault", id=vault, name="v", tenant_id=az.TENANT),
        *(
            item(
                "azurerm_key_vault_key",
                name=name,
                key_vault_id=vault,
                key_type="RSA-HSM",
                resource_versionless_id=f"{vault}/keys/{name}",
                **more,
            )
            for name, more in keys.items()
        ),
    )
    said = {
        one.id.rpartition("/")[2]: getattr(one.rotation, "value", "unknown") for one in evidence.estate.keys
    }
    assert said == {"without": False, "older": "unknown", "turning": True}
