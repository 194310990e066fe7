"""The Azure laboratory's names and numbers, and small builders for what Resource Graph and Resource Manager answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

AS_OF = "2026-11-01T12:00:00.000Z"
LONG_AGO = "2026-02-01T09:00:00Z"
PLACE = "westeurope"
TENANT = "a71a0000-0000-4000-8000-000000000001"
FOLDER = "/providers/Microsoft.Management/managementGroups/models"
SERVING, TRAINING, RESEARCH, KEYS, LOGS = "serving", "training", "research", "keys", "logs"
SUBSCRIPTIONS = {
    name: f"5b500000-0000-4000-8000-00000000000{number}"
    for number, name in enumerate((SERVING, TRAINING, RESEARCH, KEYS, LOGS), start=1)
}
TAGS = {"weightguard:sensitivity": "model-weights", "weightguard:owner": "weights-security"}
DOMAIN = "atlas.example"
VAULT = "atlas-az-keys"
MEMBERS = {
    name: f"b0b00000-0000-4000-8000-0000000000{number:02d}"
    for number, name in enumerate(
        (
            "ada", "bob", "guest", "auditors", "server", "trainer", "publisher", "encrypts-release", "encrypts-checkpoints",
            "encrypts-eval", "encrypts-logs", "pipeline", "stranger",
            "people",
        ),
        start=1,
    )
}  # fmt: skip
"""Everybody whom roles are assigned to, or may be -> the id of the object in the directory."""
ROLES = {
    "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "User Access Administrator": "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "Storage Account Contributor": "17d1049b-9a84-46fb-8f53-869881c3d3ab",
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "Virtual Machine Contributor": "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
    "Key Vault Administrator": "00482a5a-887f-4fb3-b363-3b7fe8e74483",
    "Key Vault Contributor": "f25e0fa2-a7c8-4377-a976-54943a77a395",
    "Key Vault Crypto Officer": "14b46e9e-c2b7-41b4-b07b-48a6ebf60603",
    "Key Vault Crypto User": "12338af0-0e69-4776-bea7-57ae8d297424",
    "Key Vault Crypto Service Encryption User": "e147488a-f6f5-4113-8e2d-b22465e65bf6",
    "AcrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Blob Writer": "c0570000-0000-4000-8000-000000000001",
}
"""Name of a role -> the last part of its definition's id."""
DIRECTORY_ROLES = {
    "Global Reader": "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
}

Thing = dict[str, Any]
"""``id``, ``type``, ``properties`` and other columns of a resource."""


def subscription(name: str) -> str:
    return f"/subscriptions/{SUBSCRIPTIONS[name]}"


def group(name: str) -> str:
    return f"{subscription(name)}/resourceGroups/weights"


def account_id(name: str, within: str) -> str:
    return f"{group(within)}/providers/Microsoft.Storage/storageAccounts/{name}"


def vault_id() -> str:
    return f"{group(KEYS)}/providers/Microsoft.KeyVault/vaults/{VAULT}"


def key_id(name: str) -> str:
    return f"{vault_id()}/keys/{name}"


def identity_id(name: str, within: str) -> str:
    return f"{group(within)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"


def store(account: str, container: str) -> str:
    """A container as answers name it."""
    return f"https://{account}.blob.core.windows.net/{container}"


def policy_id(definition: str) -> str:
    """A definition that the provider built in."""
    return f"/providers/Microsoft.Authorization/policyDefinitions/{definition}"


def thing(id: str, type: str, properties: Mapping[str, Any], **more: Any) -> Thing:
    """A resource as Resource Manager returns it."""
    return {"id": id, "name": id.rpartition("/")[2], "type": type, "properties": dict(properties), **more}


def row(id: str, type: str, properties: Mapping[str, Any], **more: Any) -> Thing:
    """A row of Resource Graph: a resource with the columns that its tables add."""
    parts = id.split("/")
    within = parts[2] if id.startswith("/subscriptions/") else ""
    columns = {"tenantId": TENANT, "subscriptionId": within, "location": PLACE}
    return {**thing(id, type, properties), **columns, **more}


def identity(*names: str, within: str) -> dict[str, Any]:
    """The identities that a resource runs as."""
    held = {
        identity_id(name, within): {"principalId": MEMBERS[name], "clientId": f"c{MEMBERS[name][1:]}"}
        for name in names
    }
    return {"type": "UserAssigned", "userAssignedIdentities": held}


def assignment(who: str, role: str, scope: str, **more: Any) -> Thing:
    """A role for somebody at a scope."""
    name = f"{MEMBERS.get(who, who)[-4:]}-{ROLES[role][:8]}-{abs(hash_of(scope)) % 10_000:04d}"
    base = "" if scope == "/" else scope
    properties = {
        "principalId": MEMBERS.get(who, who),
        "principalType": "User" if who in ("ada", "bob", "guest") else "ServicePrincipal",
        "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{ROLES[role]}",
        "scope": scope,
        **more,
    }
    return row(
        f"{base}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "microsoft.authorization/roleassignments",
        properties,
    )


def hash_of(text: str) -> int:
    """A number that a text always gives."""
    return sum(place * ord(sign) for place, sign in enumerate(text, start=1))
