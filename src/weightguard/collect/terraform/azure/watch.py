"""What is recorded and watched, copies of disks with the keys that they are encrypted by, and rules that delete blobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.collect.terraform.azure.rows import States, flag, texts, without_nothing
from weightguard.collect.terraform.state import Resource
from weightguard.json_text import OddJson, loads

_COPIES: Final = {"azurerm_managed_disk": "disks", "azurerm_snapshot": "snapshots", "azurerm_image": "images"}
_VAULTS: Final = {
    "azurerm_data_protection_backup_vault": "Microsoft.DataProtection/backupVaults",
    "azurerm_recovery_services_vault": "Microsoft.RecoveryServices/vaults",
}
_DELETIONS: Final = {
    "delete_after_days_since_modification_greater_than": "daysAfterModificationGreaterThan",
    "delete_after_days_since_creation_greater_than": "daysAfterCreationGreaterThan",
    "delete_after_days_since_creation": "daysAfterCreationGreaterThan",
    "delete_after_days_since_last_access_time_greater_than": "daysAfterLastAccessTimeGreaterThan",
}


def take(states: States) -> None:
    """Take in everything of the kind."""
    for item in states.of("azurerm_monitor_diagnostic_setting"):
        _setting(states, item)
    for item in states.of("azurerm_security_center_subscription_pricing"):
        extensions = [{"name": one.get("name"), "isEnabled": "True"} for one in item.blocks("extension")]
        told: dict[str, Any] = {
            "pricingTier": item.text("tier"),
            "subPlan": item.text("subplan"),
            "extensions": extensions,
        }
        states.add(item, "Microsoft.Security/pricings", told)
    for item in states.of("azurerm_disk_encryption_set"):
        key = (
            item.text("key_vault_key_url") or item.text("key_vault_key_id") or item.text("managed_hsm_key_id")
        )
        told = {"encryptionType": item.text("encryption_type"), "activeKey": without_nothing({"keyUrl": key})}
        states.add(item, "Microsoft.Compute/diskEncryptionSets", told)
    _definitions(states)
    for name, kind in _COPIES.items():
        for item in states.of(name):
            states.add(item, f"Microsoft.Compute/{kind}", _copy(item))
    for name, kind in _VAULTS.items():
        for item in states.of(name):
            states.add(item, kind, _vault(item))
    for item in states.of("azurerm_storage_management_policy"):
        rules = [_rule(one) for one in item.blocks("rule")]
        id = f"{item.text('storage_account_id')}/managementPolicies/default"
        states.add(
            item, "Microsoft.Storage/storageAccounts/managementPolicies", {"policy": {"rules": rules}}, id=id
        )
    for item in states.of("azurerm_storage_encryption_scope"):
        own = without_nothing({"keyUri": item.text("key_vault_key_id")})
        told = {"source": item.text("source"), "keyVaultProperties": own or None}
        id = f"{item.text('storage_account_id')}/encryptionScopes/{item.text('name')}"
        states.add(item, "Microsoft.Storage/storageAccounts/encryptionScopes", told, id=id)


def _setting(states: States, item: Resource) -> None:
    """A diagnostic setting; older states say of each category whether it is on."""
    logs = [
        without_nothing(
            {
                "category": one.get("category") or None,
                "categoryGroup": one.get("category_group") or None,
                "enabled": one.get("enabled", True) is not False,
            }
        )
        for name in ("enabled_log", "log")
        for one in item.blocks(name)
    ]
    told = {
        "storageAccountId": item.text("storage_account_id"),
        "workspaceId": item.text("log_analytics_workspace_id"),
        "eventHubAuthorizationRuleId": item.text("eventhub_authorization_rule_id"),
        "logs": logs,
    }
    on = (item.text("target_resource_id") or "").rstrip("/")
    id = f"{on}/providers/microsoft.insights/diagnosticSettings/{item.text('name')}"
    states.add(item, "Microsoft.Insights/diagnosticSettings", told, id=id)


def _copy(item: Resource) -> dict[str, Any]:
    public = flag(item, "public_network_access_enabled")
    return {
        "networkAccessPolicy": item.text("network_access_policy"),
        "publicNetworkAccess": None if public is None else "Enabled" if public else "Disabled",
        "encryption": without_nothing({"diskEncryptionSetId": item.text("disk_encryption_set_id")}) or None,
    }


def _vault(item: Resource) -> dict[str, Any]:
    """A vault of backups: whether what it keeps can be shortened, and under whose key it lies."""
    state = item.text("immutability")
    key = next((one.get("key_id") for one in item.blocks("encryption")), None)
    return {
        "securitySettings": None if state is None else {"immutabilitySettings": {"state": state}},
        "encryption": None if not isinstance(key, str) else {"keyVaultProperties": {"keyUri": key}},
    }


def _rule(raw: Mapping[str, Any]) -> dict[str, Any]:
    filters, actions = _first(raw.get("filters")), _first(raw.get("actions"))
    told = {
        "prefixMatch": texts(filters.get("prefix_match")) or None,
        "blobTypes": texts(filters.get("blob_types")) or None,
        "blobIndexMatch": filters.get("match_blob_index_tag") or None,
    }
    deletions = {
        "baseBlob": _deletion(_first(actions.get("base_blob"))),
        "version": _deletion(_first(actions.get("version"))),
    }
    definition = {"filters": without_nothing(told), "actions": without_nothing(deletions)}
    return {"name": raw.get("name"), "enabled": raw.get("enabled") is not False, "definition": definition}


def _first(blocks: Any) -> Mapping[str, Any]:
    held = blocks if isinstance(blocks, list) else ()
    return next((one for one in held if isinstance(one, Mapping)), {})


def _deletion(action: Mapping[str, Any]) -> dict[str, Any] | None:
    """When something is deleted; the provider writes -1 for never."""
    found = {
        name: action[written]
        for written, name in _DELETIONS.items()
        if isinstance(action.get(written), int | float) and action[written] >= 0
    }
    return {"delete": found} if found else None


def parameters(item: Resource) -> dict[str, Any] | None:
    """The parameters of an assignment of Azure Policy, which states hold as JSON."""
    return written(item.values.get("parameters"))


def written(text: Any) -> dict[str, Any] | None:
    """An object that states hold as JSON; None where it is none."""
    try:
        found = loads(text) if isinstance(text, str) and text else None
    except OddJson:
        return None
    return found if isinstance(found, dict) else None


def _definitions(states: States) -> None:
    """Definitions of Azure Policy of one's own, and sets of them."""
    for item in states.of("azurerm_policy_definition"):
        told = {
            "displayName": item.text("display_name"),
            "policyType": item.text("policy_type"),
            "mode": item.text("mode"),
            "policyRule": written(item.values.get("policy_rule")),
            "parameters": parameters(item),
        }
        states.add(item, "Microsoft.Authorization/policyDefinitions", told)
    for item in states.of("azurerm_policy_set_definition", "azurerm_management_group_policy_set_definition"):
        members = [
            {
                "policyDefinitionId": one.get("policy_definition_id"),
                "parameters": written(one.get("parameter_values")) or {},
            }
            for one in item.blocks("policy_definition_reference")
        ]
        own: dict[str, Any] = {
            "displayName": item.text("display_name"),
            "policyType": item.text("policy_type"),
            "policyDefinitions": members,
            "parameters": parameters(item),
        }
        states.add(item, "Microsoft.Authorization/policySetDefinitions", own)
