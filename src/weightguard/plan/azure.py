"""How Azure names what Terraform makes.

Source: Terraform Registry, providers hashicorp/azurerm and hashicorp/azuread, "Attributes Reference" of each type; Azure Resource
Manager, "Resource providers and types".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_GROUP: Final = "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/"

_KINDS: Final = {
    "azurerm_application_insights": "Microsoft.Insights/components",
    "azurerm_automation_account": "Microsoft.Automation/automationAccounts",
    "azurerm_batch_account": "Microsoft.Batch/batchAccounts",
    "azurerm_container_app": "Microsoft.App/containerApps",
    "azurerm_container_group": "Microsoft.ContainerInstance/containerGroups",
    "azurerm_container_registry": "Microsoft.ContainerRegistry/registries",
    "azurerm_data_factory": "Microsoft.DataFactory/factories",
    "azurerm_data_protection_backup_vault": "Microsoft.DataProtection/backupVaults",
    "azurerm_databricks_workspace": "Microsoft.Databricks/workspaces",
    "azurerm_disk_encryption_set": "Microsoft.Compute/diskEncryptionSets",
    "azurerm_eventhub_namespace": "Microsoft.EventHub/namespaces",
    "azurerm_image": "Microsoft.Compute/images",
    "azurerm_key_vault": "Microsoft.KeyVault/vaults",
    "azurerm_kubernetes_cluster": "Microsoft.ContainerService/managedClusters",
    "azurerm_linux_function_app": "Microsoft.Web/sites",
    "azurerm_linux_virtual_machine": "Microsoft.Compute/virtualMachines",
    "azurerm_linux_virtual_machine_scale_set": "Microsoft.Compute/virtualMachineScaleSets",
    "azurerm_linux_web_app": "Microsoft.Web/sites",
    "azurerm_log_analytics_workspace": "Microsoft.OperationalInsights/workspaces",
    "azurerm_logic_app_workflow": "Microsoft.Logic/workflows",
    "azurerm_machine_learning_workspace": "Microsoft.MachineLearningServices/workspaces",
    "azurerm_managed_disk": "Microsoft.Compute/disks",
    "azurerm_network_interface": "Microsoft.Network/networkInterfaces",
    "azurerm_network_security_group": "Microsoft.Network/networkSecurityGroups",
    "azurerm_private_endpoint": "Microsoft.Network/privateEndpoints",
    "azurerm_public_ip": "Microsoft.Network/publicIPAddresses",
    "azurerm_recovery_services_vault": "Microsoft.RecoveryServices/vaults",
    "azurerm_service_plan": "Microsoft.Web/serverFarms",
    "azurerm_snapshot": "Microsoft.Compute/snapshots",
    "azurerm_storage_account": "Microsoft.Storage/storageAccounts",
    "azurerm_synapse_workspace": "Microsoft.Synapse/workspaces",
    "azurerm_user_assigned_identity": "Microsoft.ManagedIdentity/userAssignedIdentities",
    "azurerm_virtual_network": "Microsoft.Network/virtualNetworks",
    "azurerm_windows_function_app": "Microsoft.Web/sites",
    "azurerm_windows_virtual_machine": "Microsoft.Compute/virtualMachines",
    "azurerm_windows_web_app": "Microsoft.Web/sites",
}
_ROLES: Final = "/providers/Microsoft.Authorization"
_MORE: Final[Mapping[str, Mapping[str, str]]] = {
    "azurerm_storage_account": {"primary_blob_endpoint": "https://{name:lower}.blob.core.windows.net/"},
    "azurerm_key_vault": {"vault_uri": "https://{name:lower}.vault.azure.net/"},
    "azurerm_user_assigned_identity": {
        "principal_id": "{uuid}",
        "client_id": "{uuid2}",
        "tenant_id": "{tenant}",
    },
}


def _directory(collection: str, **more: str) -> dict[str, str]:
    return {"id": f"/{collection}/{{uuid}}", "object_id": "{uuid}", **more}


NAMED: Final[Mapping[str, Mapping[str, str]]] = {
    **{type_: {"id": f"{_GROUP}{kind}/{{name}}", **_MORE.get(type_, {})} for type_, kind in _KINDS.items()},
    "azurerm_resource_group": {"id": "/subscriptions/{subscription}/resourceGroups/{name}"},
    "azurerm_storage_container": {
        "id": "{storage_account_id}/blobServices/default/containers/{name}",
        "resource_manager_id": "{storage_account_id}/blobServices/default/containers/{name}",
    },
    "azurerm_storage_blob": {
        "id": "https://{storage_account_name:lower}.blob.core.windows.net/{storage_container_name}/{name}",
        "url": "https://{storage_account_name:lower}.blob.core.windows.net/{storage_container_name}/{name}",
    },
    "azurerm_key_vault_key": {
        "id": "https://{key_vault_id:tail}.vault.azure.net/keys/{name}/{hex}",
        "versionless_id": "https://{key_vault_id:tail}.vault.azure.net/keys/{name}",
        "resource_id": "{key_vault_id}/keys/{name}/versions/{hex}",
        "resource_versionless_id": "{key_vault_id}/keys/{name}",
    },
    "azurerm_key_vault_secret": {"id": "https://{key_vault_id:tail}.vault.azure.net/secrets/{name}/{hex}"},
    "azurerm_key_vault_access_policy": {"id": "{key_vault_id}/objectId/{object_id}"},
    "azurerm_role_assignment": {"id": "{scope}" + _ROLES + "/roleAssignments/{uuid}", "name": "{uuid}"},
    "azurerm_role_definition": {
        "id": "{scope}" + _ROLES + "/roleDefinitions/{uuid}|{scope}",
        "role_definition_id": "{uuid}",
        "role_definition_resource_id": "{scope}" + _ROLES + "/roleDefinitions/{uuid}",
    },
    "azurerm_subnet": {
        "id": _GROUP + "Microsoft.Network/virtualNetworks/{virtual_network_name}/subnets/{name}"
    },
    "azurerm_federated_identity_credential": {"id": "{parent_id}/federatedIdentityCredentials/{name}"},
    "azurerm_monitor_diagnostic_setting": {"id": "{target_resource_id}|{name}"},
    "azuread_user": _directory("users"),
    "azuread_group": _directory("groups"),
    "azuread_service_principal": _directory("servicePrincipals"),
    "azuread_application": _directory("applications", client_id="{uuid2}", application_id="{uuid2}"),
    "azuread_application_registration": _directory("applications", client_id="{uuid2}"),
}
