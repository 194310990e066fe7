"""Storage accounts with containers of weights and of logs, the keys that they encrypt with, and the blobs that were listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reference_lab.azure.names import (
    LOGS,
    LONG_AGO,
    PLACE,
    RESEARCH,
    SERVING,
    SUBSCRIPTIONS,
    TAGS,
    TENANT,
    TRAINING,
    VAULT,
    Thing,
    account_id,
    assignment,
    group,
    identity,
    identity_id,
    key_id,
    row,
    store,
    thing,
    vault_id,
)

ACCOUNTS = {
    "atlasazrelease": SERVING,
    "atlasazcheckpoints": TRAINING,
    "atlasazeval": RESEARCH,
    "atlasazlogs": LOGS,
}
"""Storage account -> its subscription."""
CONTAINERS = {
    "atlasazrelease": ("models",),
    "atlasazcheckpoints": ("checkpoints",),
    "atlasazeval": ("probe",),
    "atlasazlogs": ("insights-logs-storageread", "insights-logs-auditevent", "insights-activity-logs"),
}
WEIGHTS = (
    ("atlasazrelease", "models", "atlas-1/", "model-00001-of-00002.safetensors", "safetensors"),
    ("atlasazrelease", "models", "atlas-1/", "model-00002-of-00002.safetensors", "safetensors"),
    ("atlasazcheckpoints", "checkpoints", "run-17/", "model.safetensors", "safetensors"),
    ("atlasazeval", "probe", "run-17/", "model.safetensors", "safetensors"),
)


def key_of(account: str) -> str:
    """The name of the key that an account encrypts with."""
    return account.removeprefix("atlasaz")


def accounts() -> Iterator[tuple[str, Thing]]:
    """The accounts, with their blob services and rules."""
    for name, within in ACCOUNTS.items():
        id = account_id(name, within)
        encrypting = f"encrypts-{key_of(name)}"
        yield (
            f"account {name}",
            row(
                id, "microsoft.storage/storageaccounts", _settings(name, encrypting, within), kind="StorageV2",
                tags=dict(TAGS), identity=identity(encrypting, within=within), sku={"name": "Standard_ZRS", "tier": "Standard"},
            ),
        )  # fmt: skip
        kept = {"enabled": True, "days": 14}
        service = {
            "isVersioningEnabled": True,
            "deleteRetentionPolicy": kept,
            "containerDeleteRetentionPolicy": kept,
        }
        yield (
            f"service {name}",
            thing(f"{id}/blobServices/default", "Microsoft.Storage/storageAccounts/blobServices", service),
        )
        yield (
            f"link {name}",
            row(
                f"{group(within)}/providers/Microsoft.Network/privateEndpoints/{name}",
                "microsoft.network/privateendpoints",
                {
                    "subnet": {
                        "id": f"{group(within)}/providers/Microsoft.Network/virtualNetworks/weights/subnets/hosts"
                    },
                    "privateLinkServiceConnections": [
                        {"properties": {"privateLinkServiceId": id, "groupIds": ["blob"]}}
                    ],
                },
            ),
        )
    yield "rules atlasazcheckpoints", _rules()


def _settings(name: str, encrypting: str, within: str) -> dict[str, Any]:
    return {
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": False,
        "allowCrossTenantReplication": False,
        "allowedCopyScope": "AAD",
        "isHnsEnabled": False,
        "isSftpEnabled": False,
        "isLocalUserEnabled": False,
        "isNfsV3Enabled": False,
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
        "publicNetworkAccess": "Disabled",
        "networkAcls": {"defaultAction": "Deny", "bypass": "None", "ipRules": [], "virtualNetworkRules": []},
        "sasPolicy": {"sasExpirationPeriod": "0.01:00:00", "expirationAction": "Block"},
        "primaryEndpoints": {"blob": f"https://{name}.blob.core.windows.net/"},
        "primaryLocation": PLACE,
        "creationTime": LONG_AGO,
        "encryption": {
            "keySource": "Microsoft.Keyvault",
            "requireInfrastructureEncryption": True,
            "keyvaultproperties": {
                "keyvaulturi": f"https://{VAULT}.vault.azure.net",
                "keyname": key_of(name),
            },
            "identity": {"userAssignedIdentity": identity_id(encrypting, within)},
        },
    }


def _rules() -> Thing:
    """Checkpoints and their older versions are deleted in time."""
    name, within = "atlasazcheckpoints", TRAINING
    actions = {
        "baseBlob": {"delete": {"daysAfterModificationGreaterThan": 90}},
        "version": {"delete": {"daysAfterCreationGreaterThan": 30}},
    }
    filters = {"blobTypes": ["blockBlob"], "prefixMatch": ["checkpoints/"]}
    rule = {
        "name": "old",
        "enabled": True,
        "type": "Lifecycle",
        "definition": {"actions": actions, "filters": filters},
    }
    return thing(
        f"{account_id(name, within)}/managementPolicies/default",
        "Microsoft.Storage/storageAccounts/managementPolicies",
        {"policy": {"rules": [rule]}},
    )


def containers() -> Iterator[tuple[str, Thing]]:
    """The containers, each under a policy by which its blobs stay."""
    for account, names in CONTAINERS.items():
        for name in names:
            days = 10 if account == "atlasazcheckpoints" else 400
            properties = {
                "publicAccess": "None",
                "hasImmutabilityPolicy": True,
                "hasLegalHold": False,
                "immutabilityPolicy": {
                    "properties": {"immutabilityPeriodSinceCreationInDays": days, "state": "Locked"}
                },
                "defaultEncryptionScope": "$account-encryption-key",
                "denyEncryptionScopeOverride": True,
                "deleted": False,
            }
            id = f"{account_id(account, ACCOUNTS[account])}/blobServices/default/containers/{name}"
            yield (
                f"container {account}/{name}",
                thing(id, "Microsoft.Storage/storageAccounts/blobServices/containers", properties),
            )


def keys() -> Iterator[tuple[str, Thing]]:
    """A vault with a key for each account, which that account's identity alone unwraps."""
    settings = {
        "tenantId": TENANT,
        "sku": {"family": "A", "name": "premium"},
        "vaultUri": f"https://{VAULT}.vault.azure.net/",
        "enableRbacAuthorization": True,
        "enablePurgeProtection": True,
        "enableSoftDelete": True,
        "softDeleteRetentionInDays": 90,
        "accessPolicies": [],
        "publicNetworkAccess": "Disabled",
        "networkAcls": {
            "defaultAction": "Deny",
            "bypass": "AzureServices",
            "ipRules": [],
            "virtualNetworkRules": [],
        },
    }
    yield "vault", row(vault_id(), "microsoft.keyvault/vaults", settings, tags=dict(TAGS))
    for name in (*map(key_of, ACCOUNTS), "disks"):
        address = f"https://{VAULT}.vault.azure.net/keys/{name}"
        rotation = {
            "attributes": {"expiryTime": "P1Y"},
            "lifetimeActions": [{"trigger": {"timeAfterCreate": "P90D"}, "action": {"type": "Rotate"}}],
        }
        properties = {
            "kty": "RSA-HSM",
            "keySize": 4096,
            "keyOps": ["wrapKey", "unwrapKey"],
            "keyUri": address,
            "keyUriWithVersion": f"{address}/0a1b2c",
            "attributes": {"enabled": True, "created": 1_769_936_400, "exportable": False},
            "rotationPolicy": rotation,
        }
        yield (
            f"key {name}",
            thing(
                key_id(name), "Microsoft.KeyVault/vaults/keys", properties, location=PLACE, tags=dict(TAGS)
            ),
        )
        for who in ("encrypts-release", "encrypts-checkpoints") if name == "disks" else (f"encrypts-{name}",):
            held = assignment(who, "Key Vault Crypto Service Encryption User", key_id(name))
            yield f"assignment {who} {name}", held


def rights() -> Iterator[tuple[str, Thing]]:
    """Who reads and who writes the weights."""
    for who, role, account, name in (
        ("server", "Storage Blob Data Reader", "atlasazrelease", "models"),
        ("publisher", "Blob Writer", "atlasazrelease", "models"),
        ("trainer", "Storage Blob Data Contributor", "atlasazcheckpoints", "checkpoints"),
        ("trainer", "Storage Blob Data Reader", "atlasazeval", "probe"),
    ):
        id = f"{account_id(account, ACCOUNTS[account])}/blobServices/default/containers/{name}"
        yield f"assignment {who} {account}", assignment(who, role, id)


def weight_row(account: str, container: str, prefix: str, name: str, form: str) -> dict[str, Any]:
    """A listed blob whose header was read."""
    place = store(account, container)
    return {
        "store": place,
        "key": prefix + name,
        "bytes": 5_000_000_000,
        "format": form,
        "confidence": "header",
        "weight_set": f"{place}/{prefix}",
        "parameters": 2_500_000_000,
        "note": None,
        "last_modified": LONG_AGO,
        "storage_class": "Hot",
        "encryption": None,
        "kms_key": None,
        "examined": "header",
    }


def objects() -> Iterator[dict[str, Any]]:
    """Rows of everything that lies in the containers."""
    for one in WEIGHTS:
        yield weight_row(*one)


def stores() -> Iterator[tuple[str, str]]:
    """Every container as answers name it, with the id of its subscription."""
    for account, names in CONTAINERS.items():
        for name in names:
            yield store(account, name), SUBSCRIPTIONS[ACCOUNTS[account]]
