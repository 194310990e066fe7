"""What is recorded and where it goes, the plans that watch, and the machines that serve and train."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reference_lab.azure.names import (
    LOGS,
    SERVING,
    SUBSCRIPTIONS,
    TAGS,
    TRAINING,
    Thing,
    account_id,
    group,
    identity,
    row,
    subscription,
    thing,
    vault_id,
)
from reference_lab.azure.network import card_id
from reference_lab.azure.storage import ACCOUNTS

PLANS = ("StorageAccounts", "VirtualMachines", "KeyVaults", "Containers", "Arm")


def setting(on: str, *categories: str, **more: Any) -> Thing:
    """A diagnostic setting of a resource: what of it is recorded, into the account of logs."""
    properties = {
        "storageAccountId": account_id("atlasazlogs", LOGS),
        "logs": [{"category": one, "categoryGroup": None, "enabled": True} for one in categories],
        **more,
    }
    id = f"{on}/providers/microsoft.insights/diagnosticSettings/to-logs"
    return thing(id, "Microsoft.Insights/diagnosticSettings", properties)


def settings() -> Iterator[tuple[str, Thing]]:
    """What is recorded of blobs, of keys and of changes."""
    for name, within in ACCOUNTS.items():
        service = f"{account_id(name, within)}/blobServices/default"
        yield f"log {name}", setting(service, "StorageRead", "StorageWrite", "StorageDelete")
    yield "log vault", setting(vault_id(), "AuditEvent")
    for name in SUBSCRIPTIONS:
        yield f"log subscription {name}", setting(subscription(name), "Administrative", "Policy", "Security")


def plans() -> Iterator[tuple[str, Thing]]:
    """The plans of Defender for Cloud, in every subscription."""
    for name in SUBSCRIPTIONS:
        for plan in PLANS:
            id = f"{subscription(name)}/providers/Microsoft.Security/pricings/{plan}"
            extensions = [{"name": "ContainerRegistriesVulnerabilityAssessments", "isEnabled": "True"}]
            told = {"pricingTier": "Standard", "extensions": extensions if plan == "Containers" else []}
            yield f"plan {name}/{plan}", row(id, "microsoft.security/pricings", told)


def machines() -> Iterator[tuple[str, Thing]]:
    """A machine that serves and one that trains, each as an identity of its own, on encrypted disks."""
    for name, within in (("server", SERVING), ("trainer", TRAINING)):
        base = f"{group(within)}/providers/Microsoft.Compute"
        disk = f"{base}/disks/{name}"
        properties = {
            "hardwareProfile": {"vmSize": "Standard_NCC40ads_H100_v5"},
            "host": {"id": f"{base}/hostGroups/weights/hosts/{name}"},
            "osProfile": {"computerName": name, "allowExtensionOperations": False},
            "securityProfile": {
                "securityType": "ConfidentialVM",
                "encryptionAtHost": True,
                "uefiSettings": {"secureBootEnabled": True, "vTpmEnabled": True},
                "proxyAgentSettings": {
                    "enabled": True,
                    "imds": {"mode": "Enforce"},
                    "wireServer": {"mode": "Enforce"},
                },
            },
            "storageProfile": {"osDisk": {"osType": "Linux", "managedDisk": {"id": disk}}},
            "diagnosticsProfile": {"bootDiagnostics": {"enabled": False}},
            "networkProfile": {"networkInterfaces": [{"id": card_id(name)}]},
        }
        yield (
            f"machine {name}",
            row(
                f"{base}/virtualMachines/{name}",
                "microsoft.compute/virtualmachines",
                properties,
                identity=identity(name, within=within),
            ),
        )
        encryption = {
            "type": "EncryptionAtRestWithCustomerKey",
            "diskEncryptionSetId": f"{group(within)}/providers/Microsoft.Compute/diskEncryptionSets/weights",
        }
        closed = {
            "networkAccessPolicy": "DenyAll",
            "publicNetworkAccess": "Disabled",
            "encryption": encryption,
        }
        yield f"disk {name}", row(disk, "microsoft.compute/disks", closed, tags=dict(TAGS))
        yield (
            f"snapshot {name}",
            row(f"{base}/snapshots/{name}", "microsoft.compute/snapshots", dict(closed), tags=dict(TAGS)),
        )
        yield (
            f"set {within}",
            row(
                f"{group(within)}/providers/Microsoft.Compute/diskEncryptionSets/weights",
                "microsoft.compute/diskencryptionsets",
                {
                    "encryptionType": "EncryptionAtRestWithCustomerKey",
                    "activeKey": {
                        "keyUrl": "https://atlas-az-keys.vault.azure.net/keys/disks/0a1b2c",
                        "sourceVault": {"id": vault_id()},
                    },
                    "rotationToLatestKeyVersionEnabled": True,
                },
                identity=identity(
                    f"encrypts-{'release' if within == SERVING else 'checkpoints'}", within=within
                ),
            ),
        )


def registries() -> Iterator[tuple[str, Thing]]:
    """A registry of the images that serve, for those who sign in, and a container that runs one of them, named by its digest."""
    told: dict[str, Any] = {
        "loginServer": "atlasaz.azurecr.io",
        "adminUserEnabled": False,
        "anonymousPullEnabled": False,
        "publicNetworkAccess": "Disabled",
        "networkRuleBypassOptions": "None",
        "roleAssignmentMode": "AbacRepositoryPermissions",
    }
    id = f"{group(SERVING)}/providers/Microsoft.ContainerRegistry/registries/atlasaz"
    yield "registry", row(id, "microsoft.containerregistry/registries", told, sku={"name": "Premium"})
    image = f"atlasaz.azurecr.io/gateway@sha256:{'3b9f' * 16}"
    told = {"configuration": {"ingress": {"external": False}}, "template": {"containers": [{"image": image}]}}
    app = f"{group(SERVING)}/providers/Microsoft.App/containerApps/gateway"
    yield "gateway", row(app, "microsoft.app/containerapps", told)


def backups() -> Iterator[tuple[str, Thing]]:
    """A vault of backups that nobody can shorten, under a key of the organisation."""
    told = {
        "securitySettings": {"immutabilitySettings": {"state": "Locked"}},
        "publicNetworkAccess": "Disabled",
        "encryption": {"keyVaultProperties": {"keyUri": "https://atlas-az-keys.vault.azure.net/keys/disks"}},
    }
    id = f"{group(SERVING)}/providers/Microsoft.RecoveryServices/vaults/backups"
    yield "backups", row(id, "microsoft.recoveryservices/vaults", told)
