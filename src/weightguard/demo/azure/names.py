"""The lab's names and numbers, and small builders for what Resource Graph and Resource Manager answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.demo.azure.emulator.tenant import Thing

REGION: Final = "swedencentral"
DOMAIN: Final = "aurora.example"
TENANT: Final = "a0000000-0000-4000-8000-000000000001"
FOREIGN_TENANT: Final = "a0000000-0000-4000-8000-00000000000f"
FOLDER: Final = "/providers/Microsoft.Management/managementGroups/models"
TRAINING, SERVING, RESEARCH, LOGS, KEYS = "training", "serving", "research", "log-archive", "keys"
SUBSCRIPTIONS: Final = {
    name: f"a5000000-0000-4000-8000-00000000000{number}"
    for number, name in enumerate((TRAINING, SERVING, RESEARCH, LOGS, KEYS), start=1)
}
MEMBERS: Final = {
    name: f"ad000000-0000-4000-8000-0000000000{number:02d}"
    for number, name in enumerate(
        (
            "ada", "bo", "dana", "partner", "key-officers", "auditor", "inference-node", "training-node",
            "evaluation-job", "restore-job", "release-publisher", "smoke-test", "deployer", "nightly-reports", "encrypts-release",
            "encrypts-checkpoints", "encrypts-eval", "encrypts-backup", "encrypts-logs", "lab-workspace",
        ),
        start=1,
    )
}  # fmt: skip
"""Everybody who is in the directory, or may come there -> the id of the object."""
ROLES: Final = {
    "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "Storage Account Contributor": "17d1049b-9a84-46fb-8f53-869881c3d3ab",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "Virtual Machine Contributor": "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
    "Key Vault Administrator": "00482a5a-887f-4fb3-b363-3b7fe8e74483",
    "Key Vault Crypto Service Encryption User": "e147488a-f6f5-4113-8e2d-b22465e65bf6",
    "User Access Administrator": "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "Blob Writer": "ad0c0000-0000-4000-8000-000000000001",
}
"""Name of a role -> the last part of its definition's id. The last one is the lab's own."""
VAULT: Final = "aurora-keys"
LABELS: Final = {
    "weightguard:sensitivity": "model-weights",
    "weightguard:owner": f"weights-security@{DOMAIN}",
}
ACCOUNTS: Final = {
    "aurorarelease": SERVING,
    "auroracheckpoints": TRAINING,
    "auroraeval": RESEARCH,
    "aurorabackup": LOGS,
    "auroralogs": LOGS,
}
"""Storage account -> its subscription."""


MACHINES: Final = {"inference-node": SERVING, "training-node": TRAINING}
"""Machine -> its subscription. It runs as the identity of its name."""


def subscription(name: str) -> str:
    return f"/subscriptions/{SUBSCRIPTIONS[name]}"


def group(name: str) -> str:
    return f"{subscription(name)}/resourceGroups/weights"


def account_id(name: str) -> str:
    return f"{group(ACCOUNTS.get(name, RESEARCH))}/providers/Microsoft.Storage/storageAccounts/{name}"


def container_id(account: str, name: str) -> str:
    return f"{account_id(account)}/blobServices/default/containers/{name}"


def vault_id() -> str:
    return f"{group(KEYS)}/providers/Microsoft.KeyVault/vaults/{VAULT}"


def key_id(name: str) -> str:
    return f"{vault_id()}/keys/{name}"


def key_of(account: str) -> str:
    """The name of the key that an account encrypts with."""
    return account.removeprefix("aurora")


def network_id(within: str) -> str:
    return f"{group(within)}/providers/Microsoft.Network/virtualNetworks/weights"


def subnet_id(within: str) -> str:
    return f"{network_id(within)}/subnets/hosts"


def identity_id(name: str, within: str) -> str:
    return f"{group(within)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"


def thing(id: str, type: str, properties: Mapping[str, Any], **more: Any) -> Thing:
    """A resource as Resource Manager returns it."""
    return {"id": id, "name": id.rpartition("/")[2], "type": type, "properties": dict(properties), **more}


def row(id: str, type: str, properties: Mapping[str, Any], **more: Any) -> Thing:
    """A row of Resource Graph: a resource with the columns that its tables add."""
    parts = id.split("/")
    within = parts[2] if id.startswith("/subscriptions/") else ""
    columns = {"tenantId": TENANT, "subscriptionId": within, "location": REGION}
    return {**thing(id, type.lower(), properties), **columns, **more}


def run_as(name: str, within: str) -> Thing:
    """The identity that a resource runs as."""
    held = {"principalId": MEMBERS[name], "clientId": application_of(name)}
    return {"type": "UserAssigned", "userAssignedIdentities": {identity_id(name, within): held}}


def application_of(name: str) -> str:
    """The id by which an identity signs in."""
    return f"c{MEMBERS[name][1:]}"


def definition(role: str) -> str:
    return f"/providers/Microsoft.Authorization/roleDefinitions/{ROLES[role]}"


def assignment(who: str, role: str, scope: str, kind: str = "ServicePrincipal") -> Thing:
    """A role for somebody at a scope."""
    told = {
        "principalId": MEMBERS[who],
        "principalType": kind,
        "roleDefinitionId": definition(role),
        "scope": scope,
    }
    number = sum(place * ord(sign) for place, sign in enumerate(scope, start=1)) % 10**12
    name = f"{MEMBERS[who][:8]}-{MEMBERS[who][-4:]}-{ROLES[role][-4:]}-8000-{number:012d}"
    return row(
        f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "Microsoft.Authorization/roleAssignments",
        told,
    )
