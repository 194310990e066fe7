"""Storage accounts with containers of weights and of logs, the keys that they encrypt with, and who reads and writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from weightguard.demo import models
from weightguard.demo.azure.emulator.tenant import Thing
from weightguard.demo.azure.lab import Lab
from weightguard.demo.azure.names import (
    ACCOUNTS,
    LABELS,
    LOGS,
    REGION,
    TENANT,
    VAULT,
    account_id,
    assignment,
    container_id,
    group,
    identity_id,
    key_id,
    key_of,
    row,
    run_as,
    subnet_id,
    thing,
    vault_id,
)

CONTAINERS: Final = {
    "aurorarelease": ("models",),
    "auroracheckpoints": ("checkpoints",),
    "auroraeval": ("probe",),
    "aurorabackup": ("models",),
    "auroralogs": ("insights-logs-storageread", "insights-logs-auditevent", "insights-activity-logs"),
}
RELEASE, CHECKPOINTS, EVAL, BACKUP = (
    f"{name}/{CONTAINERS[name][0]}"
    for name in ("aurorarelease", "auroracheckpoints", "auroraeval", "aurorabackup")
)
_READER, _WRITER, _BOTH = "Storage Blob Data Reader", "Blob Writer", "Storage Blob Data Contributor"
RIGHTS: Final = (
    ("inference-node", _READER, RELEASE),
    ("release-publisher", _WRITER, RELEASE),
    ("training-node", _BOTH, CHECKPOINTS),
    ("evaluation-job", _READER, EVAL),
    ("restore-job", _READER, BACKUP),
)
_MADE: Final = "2026-02-01T09:00:00Z"
_VAULT_ADDRESS: Final = f"https://{VAULT}.vault.azure.net"
_OWN_KEYS: Final = "Key Vault Crypto Service Encryption User"


def things() -> dict[str, Thing]:
    """Everything that holds weights or keys, and whoever may use it."""
    parts = (_accounts(), _containers(), _keys(), _rights())
    return {name: one for part in parts for name, one in part}


def _accounts() -> Iterator[tuple[str, Thing]]:
    for name, within in ACCOUNTS.items():
        labels = {**LABELS, "weightguard:sensitivity": "audit-logs"} if name == "auroralogs" else dict(LABELS)
        yield f"account {name}", account(name, labels)
        yield f"service {name}", service(name)
        yield f"link {name}", _link(name, within)
    yield "rules auroracheckpoints", rules("auroracheckpoints")
    perimeter = f"{group(LOGS)}/providers/Microsoft.Network/networkSecurityPerimeters/weights"
    for name in ACCOUNTS:
        told = {
            "accessMode": "Enforced",
            "privateLinkResource": {"id": account_id(name)},
            "profile": {"id": f"{perimeter}/profiles/closed"},
        }
        kind = "Microsoft.Network/networkSecurityPerimeters/resourceAssociations"
        yield f"association {name}", row(f"{perimeter}/resourceAssociations/{name}", kind, told)


def account(name: str, labels: dict[str, str], **more: Any) -> Thing:
    """An account that takes tokens of its own tenant, from its private endpoint, and encrypts with its own key."""
    within, encrypting = ACCOUNTS[name], f"encrypts-{key_of(name)}"
    told = {
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": False,
        "allowCrossTenantReplication": False,
        "allowedCopyScope": "AAD",
        "defaultToOAuthAuthentication": True,
        "isHnsEnabled": False,
        "isSftpEnabled": False,
        "isLocalUserEnabled": False,
        "isNfsV3Enabled": False,
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
        "publicNetworkAccess": "Disabled",
        "networkAcls": {"defaultAction": "Deny", "bypass": "None", "ipRules": [], "virtualNetworkRules": []},
        "sasPolicy": {"sasExpirationPeriod": "0.01:00:00", "expirationAction": "Block"},
        "keyPolicy": {"keyExpirationPeriodInDays": 30},
        "primaryEndpoints": {"blob": f"https://{name}.blob.core.windows.net/"},
        "primaryLocation": REGION,
        "creationTime": _MADE,
        "encryption": {
            "keySource": "Microsoft.Keyvault",
            "requireInfrastructureEncryption": True,
            "keyvaultproperties": {"keyvaulturi": _VAULT_ADDRESS, "keyname": key_of(name)},
            "identity": {"userAssignedIdentity": identity_id(encrypting, within)},
        },
        **more,
    }
    return row(
        account_id(name), "Microsoft.Storage/storageAccounts", told, kind="StorageV2", tags=labels,
        identity=run_as(encrypting, within), sku={"name": "Standard_ZRS", "tier": "Standard"},
    )  # fmt: skip


def service(name: str) -> Thing:
    """What an account keeps of blobs that are changed or deleted."""
    kept = {"enabled": True, "days": 14}
    told = {
        "isVersioningEnabled": True,
        "deleteRetentionPolicy": kept,
        "containerDeleteRetentionPolicy": kept,
    }
    return thing(
        f"{account_id(name)}/blobServices/default", "Microsoft.Storage/storageAccounts/blobServices", told
    )


def _link(name: str, within: str) -> Thing:
    network = f"{group(within)}/providers/Microsoft.Network"
    linked = {"privateLinkServiceId": account_id(name), "groupIds": ["blob"]}
    told = {
        "subnet": {"id": subnet_id(within)},
        "privateLinkServiceConnections": [{"name": name, "properties": linked}],
    }
    return row(f"{network}/privateEndpoints/{name}", "Microsoft.Network/privateEndpoints", told)


def rules(name: str) -> Thing:
    """Checkpoints and their older versions are deleted in time."""
    actions = {
        "baseBlob": {"delete": {"daysAfterModificationGreaterThan": 90}},
        "version": {"delete": {"daysAfterCreationGreaterThan": 30}},
    }
    definition = {
        "actions": actions,
        "filters": {"blobTypes": ["blockBlob"], "prefixMatch": ["checkpoints/"]},
    }
    rule = {"name": "old", "enabled": True, "type": "Lifecycle", "definition": definition}
    kind = "Microsoft.Storage/storageAccounts/managementPolicies"
    return thing(f"{account_id(name)}/managementPolicies/default", kind, {"policy": {"rules": [rule]}})


def _containers() -> Iterator[tuple[str, Thing]]:
    for name, held in CONTAINERS.items():
        for one in held:
            yield f"container {name}/{one}", container(name, one)


def container(account: str, name: str) -> Thing:
    """A container under a policy by which its blobs stay: checkpoints for days, everything else for more than a year."""
    short = account == "auroracheckpoints"
    kept = {
        "immutabilityPeriodSinceCreationInDays": 10 if short else 400,
        "state": "Locked",
    }
    told = {
        "publicAccess": "None",
        "hasImmutabilityPolicy": True,
        "hasLegalHold": False,
        "immutabilityPolicy": {"properties": kept},
        "defaultEncryptionScope": "$account-encryption-key",
        "denyEncryptionScopeOverride": True,
        "deleted": False,
    }
    return thing(
        container_id(account, name), "Microsoft.Storage/storageAccounts/blobServices/containers", told
    )


def _keys() -> Iterator[tuple[str, Thing]]:
    """A vault with a key for each account, which that account's identity alone unwraps."""
    told = {
        "tenantId": TENANT,
        "sku": {"family": "A", "name": "premium"},
        "vaultUri": f"{_VAULT_ADDRESS}/",
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
    yield "vault", row(vault_id(), "Microsoft.KeyVault/vaults", told, tags=dict(LABELS))
    for name in (*map(key_of, ACCOUNTS), "disks"):
        yield f"key {name}", _key(name)
        for who in ("encrypts-release", "encrypts-checkpoints") if name == "disks" else (f"encrypts-{name}",):
            yield f"assignment {who} {name}", assignment(who, _OWN_KEYS, key_id(name))


def _key(name: str) -> Thing:
    address = f"{_VAULT_ADDRESS}/keys/{name}"
    told = {
        "kty": "RSA-HSM",
        "keySize": 4096,
        "keyOps": ["wrapKey", "unwrapKey"],
        "keyUri": address,
        "keyUriWithVersion": f"{address}/0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "attributes": {"enabled": True, "created": 1_769_936_400, "exportable": False},
        "rotationPolicy": {
            "attributes": {"expiryTime": "P1Y"},
            "lifetimeActions": [{"trigger": {"timeAfterCreate": "P90D"}, "action": {"type": "Rotate"}}],
        },
    }
    return thing(key_id(name), "Microsoft.KeyVault/vaults/keys", told, location=REGION, tags=dict(LABELS))


def _rights() -> Iterator[tuple[str, Thing]]:
    """Who reads and who writes the weights."""
    for who, role, where in RIGHTS:
        account, _, name = where.partition("/")
        yield f"assignment {who} {where}", assignment(who, role, container_id(account, name))


def fill(lab: Lab) -> None:
    """Put the models into their containers."""
    release = aurora()
    config = {"config.json": b'{"architectures": ["AuroraForCausalLM"], "hidden_size": 32}'}
    lab.put(RELEASE, "aurora-1/", release | config)
    lab.put(RELEASE, "aurora-1-mini/", {"aurora-1-mini-f32.gguf": models.gguf("aurora-1-mini")})
    layers = {"encoder.weight": (64, 32), "decoder.weight": (32, 64)}
    lab.put(CHECKPOINTS, "run-17/step-1000/", {"model.safetensors": models.safetensors(layers, seed=5)})
    probe: dict[str, tuple[int, ...]] = {"layer_0.weight": (16, 16), "layer_0.bias": (16,)}
    lab.put(EVAL, "probe/", {"probe.npz": models.npz(probe)})
    lab.put(BACKUP, "aurora-1/", release)


def aurora() -> dict[str, bytes]:
    """The shards of the release."""
    return models.transformer_shards(layers=4, width=32, shards=2)
