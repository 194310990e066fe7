"""What runs code, or acts as an identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.collect.terraform.azure import network, serving
from weightguard.collect.terraform.azure.rows import States, flag, one_of, texts, without_nothing
from weightguard.collect.terraform.state import Resource
from weightguard.json_text import OddJson, loads

_LEARNING: Final = "Microsoft.MachineLearningServices/workspaces"
_PLAIN: Final = {
    "azurerm_automation_account": "Microsoft.Automation/automationAccounts",
    "azurerm_logic_app_workflow": "Microsoft.Logic/workflows",
    "azurerm_data_factory": "Microsoft.DataFactory/factories",
    "azurerm_synapse_workspace": "Microsoft.Synapse/workspaces",
    "azurerm_databricks_workspace": "Microsoft.Databricks/workspaces",
    "azurerm_databricks_access_connector": "Microsoft.Databricks/accessConnectors",
    "azurerm_resource_deployment_script_azure_cli": "Microsoft.Resources/deploymentScripts",
    "azurerm_resource_deployment_script_azure_power_shell": "Microsoft.Resources/deploymentScripts",
    "azurerm_cognitive_account": "Microsoft.CognitiveServices/accounts",
    "azurerm_ai_services": "Microsoft.CognitiveServices/accounts",
    "azurerm_mssql_server": "Microsoft.Sql/servers",
    "azurerm_arc_machine": "Microsoft.HybridCompute/machines",
    "azurerm_purview_account": "Microsoft.Purview/accounts",
    "azurerm_api_management": "Microsoft.ApiManagement/service",
    "azurerm_stream_analytics_job": "Microsoft.StreamAnalytics/streamingJobs",
    "azurerm_kusto_cluster": "Microsoft.Kusto/clusters",
    "azurerm_machine_learning_inference_cluster": f"{_LEARNING}/computes",
    "azurerm_managed_disk": "Microsoft.Compute/disks",
    "azurerm_snapshot": "Microsoft.Compute/snapshots",
}
"""Types of which only the identity bears on anything."""
_SITES: Final = ("linux_web_app", "windows_web_app", "linux_function_app", "windows_function_app",
                 "function_app_flex_consumption", "logic_app_standard")  # fmt: skip


def take(states: States) -> None:
    """Take in what runs code."""
    for item in states.of("azurerm_user_assigned_identity"):
        own = {
            "principalId": item.text("principal_id"),
            "clientId": item.text("client_id"),
            "tenantId": item.text("tenant_id"),
        }
        states.add(item, "Microsoft.ManagedIdentity/userAssignedIdentities", own)
    for item in states.of("azurerm_federated_identity_credential"):
        owner = item.text("parent_id") or item.text("user_assigned_identity_id")
        properties: dict[str, Any] = {
            "issuer": item.text("issuer"),
            "subject": item.text("subject"),
            "audiences": texts(item.values.get("audience")),
        }
        kind = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
        states.add(item, kind, properties, id=f"{owner}/federatedIdentityCredentials/{item.text('name')}")
    for name, type in _PLAIN.items():
        for item in states.of(name):
            states.add(item, type, {})
    _machines(states)
    _clusters(states)
    _sites(states)
    _containers(states)
    _learning(states)
    _batch(states)
    _backups(states)
    _of_any_type(states)


def _machines(states: States) -> None:
    for item in states.of(
        "azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine", "azurerm_virtual_machine"
    ):
        profile = without_nothing(
            {
                "allowExtensionOperations": flag(item, "allow_extension_operations"),
                "computerName": item.text("computer_name"),
                "linuxConfiguration": _logins(item),
            }
        )
        states.add(
            item,
            "Microsoft.Compute/virtualMachines",
            {
                "vmId": item.text("virtual_machine_id"),
                "osProfile": profile,
                "networkProfile": {
                    "networkInterfaces": [
                        {"id": one} for one in texts(item.values.get("network_interface_ids"))
                    ]
                },
                **_hardware(item),
            },
        )
    names = (
        "linux_virtual_machine_scale_set",
        "windows_virtual_machine_scale_set",
        "orchestrated_virtual_machine_scale_set",
    )
    for item in states.of(*(f"azurerm_{one}" for one in names)):
        states.add(item, "Microsoft.Compute/virtualMachineScaleSets", network.of_scale_set(item))
    for item in states.of("azurerm_virtual_machine_extension"):
        states.add(
            item,
            "Microsoft.Compute/virtualMachines/extensions",
            {"publisher": item.text("publisher"), "type": item.text("type")},
        )


def _logins(item: Resource) -> dict[str, Any] | None:
    """That a machine accepts SSH keys, and whose; the keys themselves are nobody's business."""
    paths = [f"/home/{one.get('username')}/.ssh/authorized_keys" for one in item.blocks("admin_ssh_key")]
    return {"ssh": {"publicKeys": [{"path": one} for one in paths]}} if paths else None


def _hardware(item: Resource) -> dict[str, Any]:
    """What a machine is made of, and which hardware it runs on."""
    guest = next((one.get("security_encryption_type") for one in item.blocks("os_disk")), None)
    secure, module = flag(item, "secure_boot_enabled"), flag(item, "vtpm_enabled")
    settings = without_nothing({"secureBootEnabled": secure, "vTpmEnabled": module})
    kind = "ConfidentialVM" if guest else "TrustedLaunch" if secure or module else None
    security = {
        "securityType": kind,
        "uefiSettings": settings or None,
        "encryptionAtHost": flag(item, "encryption_at_host_enabled"),
    }
    host, group = item.text("dedicated_host_id"), item.text("dedicated_host_group_id")
    return {
        "securityProfile": without_nothing(security) or None,
        "host": None if host is None else {"id": host},
        "hostGroup": None if group is None else {"id": group},
        "diagnosticsProfile": {"bootDiagnostics": {"enabled": bool(item.blocks("boot_diagnostics"))}},
    }


def _clusters(states: States) -> None:
    for item in states.of("azurerm_kubernetes_cluster"):
        entra = next(iter(item.blocks("azure_active_directory_role_based_access_control")), None)
        kubelet = next(iter(item.blocks("kubelet_identity")), None)
        run = flag(item, "run_command_enabled")
        properties = {
            "disableLocalAccounts": flag(item, "local_account_disabled"),
            "enableRBAC": flag(item, "role_based_access_control_enabled"),
            "nodeResourceGroup": item.text("node_resource_group"),
            "oidcIssuerProfile": without_nothing(
                {"enabled": flag(item, "oidc_issuer_enabled"), "issuerURL": item.text("oidc_issuer_url")}
            ),
            "apiServerAccessProfile": None if run is None else {"disableRunCommand": not run},
            "aadProfile": None if entra is None else _entra(entra),
            "identityProfile": None
            if kubelet is None
            else {"kubeletidentity": without_nothing({"objectId": kubelet.get("object_id")})},
        }
        states.add(item, "Microsoft.ContainerService/managedClusters", properties)


def _entra(block: Mapping[str, Any]) -> dict[str, Any]:
    return without_nothing({
        "managed": True, "enableAzureRBAC": block.get("azure_rbac_enabled"), "tenantID": block.get("tenant_id"),
        "adminGroupObjectIDs": texts(block.get("admin_group_object_ids")),
    })  # fmt: skip


def _sites(states: States) -> None:
    for slot in ("", "_slot"):
        for item in states.of(*(f"azurerm_{one}{slot}" for one in _SITES)):
            kind = "functionapp" if "function" in item.type or "logic" in item.type else "app"
            type = f"Microsoft.Web/sites{'/slots' if slot else ''}"
            public = flag(item, "public_network_access_enabled")
            told = {
                "enabled": flag(item, "enabled"),
                "httpsOnly": flag(item, "https_only"),
                "publicNetworkAccess": None if public is None else "Enabled" if public else "Disabled",
            }
            states.add(item, type, told, kind=kind)
            if not slot:
                serving.authentication(states, item)
            for name, attribute in (("scm", "webdeploy"), ("ftp", "ftp")):
                allowed = flag(item, f"{attribute}_publish_basic_authentication_enabled")
                if allowed is not None and not slot:
                    id = f"{item.text('id')}/basicPublishingCredentialsPolicies/{name}"
                    states.add(
                        item,
                        "Microsoft.Web/sites/basicPublishingCredentialsPolicies",
                        {"allow": allowed},
                        id=id,
                        identity=None,
                    )


def _containers(states: States) -> None:
    for name, type in (
        ("container_app", "Microsoft.App/containerApps"),
        ("container_app_job", "Microsoft.App/jobs"),
    ):
        for item in states.of(f"azurerm_{name}"):
            images = [
                {"image": one.get("image")}
                for template in item.blocks("template")
                for one in template.get("container") or ()
                if isinstance(one, Mapping)
            ]
            registries = [{"server": one.get("server")} for one in item.blocks("registry")]
            told = {
                "template": {"containers": images},
                "configuration": without_nothing(
                    {"registries": registries, "ingress": serving.ingress(item)}
                ),
                "environmentId": item.text("container_app_environment_id"),
            }
            states.add(item, type, told)
    serving.containers(states)
    for item in states.of("azurerm_container_registry"):
        properties = {
            "loginServer": item.text("login_server"), "adminUserEnabled": flag(item, "admin_enabled"),
            "anonymousPullEnabled": flag(item, "anonymous_pull_enabled"),
        }  # fmt: skip
        states.add(item, "Microsoft.ContainerRegistry/registries", properties)
    for item in states.of("azurerm_container_registry_task"):
        states.add(item, "Microsoft.ContainerRegistry/registries/tasks", {})


def _learning(states: States) -> None:
    for item in states.of("azurerm_machine_learning_workspace", "azurerm_ai_foundry"):
        properties = {
            "storageAccount": item.text("storage_account_id"),
            "keyVault": item.text("key_vault_id"),
        }
        states.add(item, _LEARNING, properties, kind=item.text("kind"))
    for name, kind in (("cluster", "AmlCompute"), ("instance", "ComputeInstance")):
        for item in states.of(f"azurerm_machine_learning_compute_{name}"):
            own = next(iter(item.blocks("assign_to_user")), None)
            assigned = (
                None
                if own is None
                else {"personalComputeInstanceSettings": {"assignedUser": {"objectId": own.get("object_id")}}}
            )
            states.add(item, f"{_LEARNING}/computes", {"computeType": kind, "properties": assigned})
    for item in states.of(
        "azurerm_machine_learning_datastore_blobstorage", "azurerm_machine_learning_datastore_datalake_gen2"
    ):
        container = (item.text("storage_container_id") or "").split("/")
        account = (
            container[container.index("storageAccounts") + 1] if "storageAccounts" in container[:-1] else None
        )
        kind = _credentials(item)
        credentials = without_nothing({"credentialsType": kind, "clientId": one_of(item.values, "client_id")})
        kept: dict[str, Any] = {
            "accountName": account,
            "containerName": container[-1] or None,
            "serviceDataAccessAuthIdentity": item.text("service_data_auth_identity"),
            "credentials": credentials,
        }
        states.add(item, f"{_LEARNING}/datastores", kept)


def _credentials(item: Resource) -> str:
    """What a datastore keeps, by which of its secrets is set; the secrets themselves go nowhere."""
    for attribute, kind in (
        ("account_key", "AccountKey"),
        ("shared_access_signature", "Sas"),
        ("client_secret", "ServicePrincipal"),
    ):
        if item.text(attribute):
            return kind
    return "None"


def _batch(states: States) -> None:
    for item in states.of("azurerm_batch_account"):
        modes = texts(item.values.get("allowed_authentication_modes")) or None
        states.add(item, "Microsoft.Batch/batchAccounts", {"allowedAuthenticationModes": modes})
    for item in states.of("azurerm_batch_pool"):
        states.add(item, "Microsoft.Batch/batchAccounts/pools", {"vmSize": item.text("vm_size")})


def _backups(states: States) -> None:
    for item in states.of("azurerm_data_protection_backup_instance_blob_storage"):
        source = {
            "resourceID": item.text("storage_account_id"),
            "datasourceType": "Microsoft.Storage/storageAccounts/blobServices",
        }
        states.add(item, "Microsoft.DataProtection/backupVaults/backupInstances", {"dataSourceInfo": source})


def _of_any_type(states: States) -> None:
    """What ``azapi`` made: it names the type itself, and what it set in the provider's own words."""
    for item in states.of("azapi_resource"):
        body = item.values.get("body")
        if isinstance(body, str):
            try:
                body = loads(body)
            except OddJson:
                body = None
        told = body.get("properties") if isinstance(body, Mapping) else None
        type = (item.text("type") or "").partition("@")[0]
        if "/" in type:
            states.add(item, type, told if isinstance(told, Mapping) else {})
        else:
            states.dropped += 1
