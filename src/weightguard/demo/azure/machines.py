"""The machines that serve and train, on encrypted disks; a workspace for machine learning, a registry, a vault of backups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from weightguard.demo.azure.emulator.tenant import Thing
from weightguard.demo.azure.names import (
    LABELS,
    MACHINES,
    SERVING,
    TRAINING,
    VAULT,
    account_id,
    group,
    row,
    run_as,
    thing,
    vault_id,
)
from weightguard.demo.azure.network import card_id

REGISTRY: Final = f"{group(SERVING)}/providers/Microsoft.ContainerRegistry/registries/aurora"
WORKSPACE: Final = f"{group(TRAINING)}/providers/Microsoft.MachineLearningServices/workspaces/aurora-lab"
_ENCRYPTING: Final = {SERVING: "encrypts-release", TRAINING: "encrypts-checkpoints"}
_CLOSED: Final = {"networkAccessPolicy": "DenyAll", "publicNetworkAccess": "Disabled"}
_KEY: Final = f"https://{VAULT}.vault.azure.net/keys/disks"


def things() -> dict[str, Thing]:
    """Everything that runs."""
    return {name: one for part in (_machines(), _disks(), _services()) for name, one in part}


def _compute(within: str) -> str:
    return f"{group(within)}/providers/Microsoft.Compute"


def _machines() -> Iterator[tuple[str, Thing]]:
    for name, within in MACHINES.items():
        yield f"machine {name}", machine(name, within)


def machine(name: str, within: str, **more: Any) -> Thing:
    """A confidential machine on a host of its own, into which nothing but its interface leads."""
    base = _compute(within)
    told = {
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
        "storageProfile": {"osDisk": {"osType": "Linux", "managedDisk": {"id": f"{base}/disks/{name}"}}},
        "networkProfile": {"networkInterfaces": [{"id": card_id(name)}]},
        "diagnosticsProfile": {"bootDiagnostics": {"enabled": False}},
        **more,
    }
    return row(
        f"{base}/virtualMachines/{name}",
        "Microsoft.Compute/virtualMachines",
        told,
        identity=run_as(name, within),
    )


def _disks() -> Iterator[tuple[str, Thing]]:
    for name, within in MACHINES.items():
        base = _compute(within)
        kind = "EncryptionAtRestWithCustomerKey"
        encrypted = {
            **_CLOSED,
            "encryption": {"type": kind, "diskEncryptionSetId": f"{base}/diskEncryptionSets/weights"},
        }
        yield (
            f"disk {name}",
            row(f"{base}/disks/{name}", "Microsoft.Compute/disks", encrypted, tags=dict(LABELS)),
        )
        copy = row(f"{base}/snapshots/{name}", "Microsoft.Compute/snapshots", encrypted, tags=dict(LABELS))
        yield f"snapshot {name}", copy
        told = {
            "encryptionType": kind,
            "activeKey": {"keyUrl": f"{_KEY}/0a1b2c", "sourceVault": {"id": vault_id()}},
            "rotationToLatestKeyVersionEnabled": True,
        }
        id = f"{base}/diskEncryptionSets/weights"
        held = run_as(_ENCRYPTING[within], within)
        yield f"set {within}", row(id, "Microsoft.Compute/diskEncryptionSets", told, identity=held)


def _services() -> Iterator[tuple[str, Thing]]:
    told: Thing = {
        "loginServer": "aurora.azurecr.io",
        "adminUserEnabled": False,
        "anonymousPullEnabled": False,
        "publicNetworkAccess": "Disabled",
        "networkRuleBypassOptions": "None",
        "roleAssignmentMode": "AbacRepositoryPermissions",
    }
    yield "registry", row(REGISTRY, "Microsoft.ContainerRegistry/registries", told, sku={"name": "Premium"})
    image = f"aurora.azurecr.io/gateway@sha256:{'3b9f' * 16}"
    told = {
        "configuration": {
            "ingress": {"external": False},
            "registries": [{"server": "aurora.azurecr.io", "identity": "system"}],
        },
        "template": {"containers": [{"name": "gateway", "image": image}]},
    }
    gateway = f"{group(SERVING)}/providers/Microsoft.App/containerApps/gateway"
    yield "gateway", row(gateway, "Microsoft.App/containerApps", told)
    told = {
        "securitySettings": {"immutabilitySettings": {"state": "Locked"}},
        "publicNetworkAccess": "Disabled",
        "encryption": {"keyVaultProperties": {"keyUri": _KEY}},
    }
    id = f"{group(SERVING)}/providers/Microsoft.RecoveryServices/vaults/backups"
    yield "backups", row(id, "Microsoft.RecoveryServices/vaults", told)
    yield "workspace", workspace()
    held = {
        "datastoreType": "AzureBlob",
        "accountName": "auroracheckpoints",
        "containerName": "checkpoints",
        "credentials": {"credentialsType": "None"},
        "serviceDataAccessAuthIdentity": "WorkspaceUserAssignedIdentity",
        "isDefault": True,
    }
    kind = "Microsoft.MachineLearningServices/workspaces/datastores"
    yield "datastore", thing(f"{WORKSPACE}/datastores/checkpoints", kind, held)


def workspace() -> Thing:
    """A workspace that nobody reaches from outside, and that reaches nothing but what it was allowed."""
    told = {
        "storageAccount": account_id("auroracheckpoints"),
        "keyVault": vault_id(),
        "publicNetworkAccess": "Disabled",
        "systemDatastoresAuthMode": "Identity",
        "hbiWorkspace": True,
        "managedNetwork": {"isolationMode": "AllowOnlyApprovedOutbound"},
        "encryption": {
            "status": "Enabled",
            "keyVaultProperties": {"keyVaultArmId": vault_id(), "keyIdentifier": f"{_KEY}/0a1b2c"},
        },
    }
    kind = "Microsoft.MachineLearningServices/workspaces"
    return row(WORKSPACE, kind, told, kind="Default", identity=run_as("lab-workspace", TRAINING))
