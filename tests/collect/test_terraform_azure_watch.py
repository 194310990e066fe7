"""States of azurerm: what is recorded, what deletes of itself, what disks are encrypted by, as rules ask it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import azure_exports as az
from weightguard import api
from weightguard.access.azure.context import attribute
from weightguard.estate.fact import Known
from weightguard.estate.model import DiskCopy, Estate, LifecycleRule, RetentionMode, Trail

LOGS = f"{az.GROUP}/providers/Microsoft.Storage/storageAccounts/logs"
VAULT = f"{az.GROUP}/providers/Microsoft.KeyVault/vaults/v"
ADDRESS = "https://v.vault.azure.net/keys/disks"
SETS = f"{az.GROUP}/providers/Microsoft.Compute/diskEncryptionSets/s"
FOLDER = "/providers/Microsoft.Management/managementGroups/lab"


def item(type: str, called: str = "x", /, **values: Any) -> dict[str, Any]:
    return {"type": type, "mode": "managed", "address": f"{type}.{called}", "name": called, "values": values}


def estate(folder: Path, *items: dict[str, Any]) -> Estate:
    own = {"id": az.ACCOUNT, "name": "weights", "location": "westeurope"}
    base = [
        {
            **item("azurerm_subscription", subscription_id=az.SUBSCRIPTION, tenant_id=az.TENANT),
            "mode": "data",
        },
        item("azurerm_storage_account", **own),
        item("azurerm_storage_container", name="models", storage_account_id=az.ACCOUNT),
    ]
    document = {
        "format_version": "1.0",
        "terraform_version": "1.9.0",
        "values": {"root_module": {"resources": [*base, *items]}},
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "state.json"
    path.write_text(json.dumps(document))
    return api.load(api.collect_terraform(folder / "snapshot", [path])).estate


def setting(on: str, **values: Any) -> dict[str, Any]:
    return item("azurerm_monitor_diagnostic_setting", id=f"{on}|s", name="s", target_resource_id=on, **values)


def test_a_setting_of_an_account_is_a_trail_into_a_container_of_another(tmp_path: Path) -> None:
    blobs = f"{az.ACCOUNT}/blobServices/default"
    found = estate(
        tmp_path,
        item("azurerm_storage_account", "logs", id=LOGS, name="logs", location="westeurope"),
        setting(
            blobs, storage_account_id=LOGS, enabled_log=[{"category": "StorageRead", "category_group": ""}]
        ),
    )
    (trail,) = found.trails
    assert trail.destination == "https://logs.blob.core.windows.net/insights-logs-storageread"
    assert reads(trail, f"{az.STORE}/a.safetensors")
    assert not reads(trail, "https://weights2.blob.core.windows.net/models/a.safetensors")
    assert not found.trails.gaps


def reads(trail: Trail, name: str) -> bool:
    assert isinstance(trail.records, Known)
    return trail.records.value.reading(name)


@pytest.mark.parametrize(
    ("logs", "uses"),
    [
        ({"enabled_log": [{"category_group": "audit"}]}, True),
        ({"enabled_log": [{"category_group": "allLogs"}]}, True),
        ({"log": [{"category": "AuditEvent", "enabled": True}]}, True),
        ({"log": [{"category": "AuditEvent", "enabled": False}]}, False),
        ({"enabled_log": [{"category": "AzurePolicyEvaluationDetails"}]}, False),
    ],
)
def test_what_a_vault_records_goes_to_each_place_that_its_setting_names(
    tmp_path: Path, logs: dict[str, Any], uses: bool
) -> None:
    found = estate(
        tmp_path, setting(VAULT, log_analytics_workspace_id="/w", eventhub_authorization_rule_id="/e", **logs)
    )
    assert {one.destination for one in found.trails} == {"/w", "/e"}
    assert {one.records.value.key_uses for one in found.trails if isinstance(one.records, Known)} == {uses}


def test_a_disk_has_the_key_of_its_set_and_none_without_one(tmp_path: Path) -> None:
    base = f"{az.GROUP}/providers/Microsoft.Compute"
    found = estate(
        tmp_path,
        item("azurerm_disk_encryption_set", id=SETS, key_vault_key_id=f"{ADDRESS}/0a1b"),
        item("azurerm_managed_disk", "a", id=f"{base}/disks/a", disk_encryption_set_id=SETS),
        item(
            "azurerm_managed_disk", "b", id=f"{base}/disks/b", disk_encryption_set_id=SETS.replace("/s", "/t")
        ),
        item("azurerm_snapshot", id=f"{base}/snapshots/c"),
    )
    keys = {one.id.rpartition("/")[2]: one for one in found.disk_copies}
    assert {name: known(one) for name, one in keys.items()} == {"a": f"{ADDRESS}/0a1b", "b": "?", "c": None}


def known(copy: DiskCopy) -> str | None:
    return copy.key.value if isinstance(copy.key, Known) else "?"


def test_a_rule_is_for_the_container_that_it_names_and_never_means_never(tmp_path: Path) -> None:
    def rule(name: str, prefix: str, days: int) -> dict[str, Any]:
        base = [{"delete_after_days_since_modification_greater_than": days}]
        filters = [{"prefix_match": [prefix], "blob_types": ["blockBlob"]}]
        return {"name": name, "enabled": True, "filters": filters, "actions": [{"base_blob": base}]}

    rules = [rule("a", "models/old", 30), rule("b", "others/", 5), rule("c", "mod", -1), rule("d", "mod", 90)]
    found = estate(
        tmp_path, item("azurerm_storage_management_policy", storage_account_id=az.ACCOUNT, rule=rules)
    )
    (store,) = found.stores
    assert isinstance(store.lifecycle, Known)
    assert store.lifecycle.value == (
        LifecycleRule(unfinished_uploads_days=7),
        LifecycleRule("old", False, 30),
        LifecycleRule("", False, 90),
    )


def test_an_account_s_own_policy_holds_its_blobs(tmp_path: Path) -> None:
    policy = [
        {"period_since_creation_in_days": 30, "state": "Locked", "allow_protected_append_writes": False}
    ]
    found = estate(
        tmp_path,
        item("azurerm_storage_account", "b", id=LOGS, name="logs", immutability_policy=policy),
        item("azurerm_storage_container", "b", name="held", storage_account_id=LOGS),
    )
    held = {one.name: one.retention.value for one in found.stores if isinstance(one.retention, Known)}
    assert held["models"] is None
    assert held["held"] is not None
    assert (held["held"].mode, held["held"].days) == (RetentionMode.COMPLIANCE, 30)


@pytest.mark.parametrize(
    ("values", "blocked"),
    [
        ({"parameters": json.dumps({"effect": {"value": "Deny"}})}, True),
        ({"parameters": json.dumps({"effect": {"value": "Audit"}})}, False),
        ({"parameters": None}, False),
        ({"parameters": json.dumps({"effect": {"value": "Deny"}}), "enforce": False}, False),
        ({"parameters": "{"}, False),
        (
            {"parameters": json.dumps({"effect": {"value": "Deny"}}),
             "not_scopes": [f"/subscriptions/{az.SUBSCRIPTION}/resourceGroups/ml"]},
            False,
        ),
    ],
)  # fmt: skip
def test_azure_policy_blocks_where_it_denies_in_the_whole_subscription(
    tmp_path: Path, values: dict[str, Any], blocked: bool
) -> None:
    place = f"/subscriptions/{az.SUBSCRIPTION}"
    definition = "/providers/Microsoft.Authorization/policyDefinitions/4fa4b6c0-31ca-4c0d-b10d-24b96f62a751"
    id = f"{place}/providers/Microsoft.Authorization/policyAssignments/p"
    found = estate(
        tmp_path,
        item(
            "azurerm_subscription_policy_assignment",
            id=id,
            subscription_id=place,
            policy_definition_id=definition,
            **values,
        ),
    )
    (account,) = found.accounts
    assert isinstance(account.public_access, Known)
    assert (account.public_access.value is not None) is blocked


def test_what_a_machine_is_made_of_is_told(tmp_path: Path) -> None:
    id = f"{az.GROUP}/providers/Microsoft.Compute/virtualMachines/m"
    disk = [{"security_encryption_type": "VMGuestStateOnly"}]
    found = estate(
        tmp_path,
        item(
            "azurerm_linux_virtual_machine", id=id, secure_boot_enabled=True, vtpm_enabled=True, os_disk=disk
        ),
    )
    (machine,) = found.workloads
    told = machine.attributes["securityProfile"]
    assert isinstance(told, Known)
    assert told.value["securityType"] == "ConfidentialVM"
    assert told.value["uefiSettings"] == {"secureBootEnabled": True, "vTpmEnabled": True}


def test_definitions_of_azure_policy_and_sets_of_them_are_read_as_they_are_assigned(tmp_path: Path) -> None:
    own, guards = (
        f"{FOLDER}/providers/Microsoft.Authorization/{one}"
        for one in ("policyDefinitions/d", "policySetDefinitions/s")
    )
    rule = {
        "if": {"field": "type", "equals": "Microsoft.Security/pricings"},
        "then": {"effect": "[parameters('e')]"},
    }
    found = estate(
        tmp_path,
        item("azurerm_policy_definition", id=own, policy_type="Custom", mode="All", policy_rule=json.dumps(rule)),
        item(
            "azurerm_policy_set_definition", id=guards, policy_type="Custom",
            policy_definition_reference=[{"policy_definition_id": own, "parameter_values": '{"e": {"value": "deny"}}'}],
        ),
        item(
            "azurerm_management_group_policy_assignment", id=f"{FOLDER}/providers/Microsoft.Authorization/policyAssignments/a",
            management_group_id=FOLDER, policy_definition_id=guards, enforce=True,
        ),
        item("azurerm_management_group", id=FOLDER, name="lab", subscription_ids=[az.SUBSCRIPTION]),
    )  # fmt: skip
    (account,) = found.accounts
    refused = account.settings["refused_above"]
    assert isinstance(refused, Known) and refused.value.created == ("microsoft.security/pricings",)
    assert not isinstance(account.settings["leaving_blocked"], Known), "no state tells of it"


def test_what_strangers_reach_and_what_hosts_mount(tmp_path: Path) -> None:
    app, site, group = (
        f"{az.GROUP}/providers/{one}/x"
        for one in (
            "Microsoft.App/containerApps",
            "Microsoft.Web/sites",
            "Microsoft.ContainerInstance/containerGroups",
        )
    )
    volume = f"{az.GROUP}/providers/Microsoft.NetApp/netAppAccounts/a/capacityPools/p/volumes/v"
    found = estate(
        tmp_path,
        item("azurerm_container_app", id=app, ingress=[{"external_enabled": True}], template=[{"container": [{"image": "r/i:1"}]}]),
        item("azurerm_linux_function_app", id=site, public_network_access_enabled=True,
             auth_settings_v2=[{"auth_enabled": True, "require_authentication": True, "unauthenticated_action": "Return401"}]),
        item("azurerm_container_group", id=group, ip_address_type="Public", container=[{"name": "c", "image": "r/i:2"}]),
        item("azurerm_netapp_volume", id=volume, protocols=["NFSv4.1"], kerberos_enabled=True,
             export_policy_rule=[{"kerberos_5p_read_write_enabled": True, "kerberos_5_read_write_enabled": False}]),
        item("azurerm_storage_share", name="s", storage_account_id=az.ACCOUNT, enabled_protocol="NFS"),
    )  # fmt: skip
    (settings,) = found.resources_of("web.sites/config")
    assert attribute(settings, "globalValidation.unauthenticatedClientAction") == "Return401"
    told = {attribute(one, "type"): one for one in found.workloads}
    assert attribute(told["app.containerapps"], "configuration.ingress.external") is True
    assert attribute(told["web.sites"], "publicNetworkAccess") == "Enabled"
    assert attribute(told["containerinstance.containergroups"], "ipAddress.type") == "Public"
    (mounted,) = found.resources_of("netapp.netappaccounts/capacitypools/volumes")
    assert attribute(mounted, "exportPolicy.rules") == [
        {"kerberos5ReadWrite": False, "kerberos5pReadWrite": True}
    ]
    (share,) = found.resources_of("storage.storageaccounts/fileservices/shares")
    assert attribute(share, "enabledProtocols") == "NFS"
