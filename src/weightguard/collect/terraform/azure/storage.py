"""Storage accounts, containers, file systems; vaults and keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.collect.terraform.azure.rows import States, flag, one_of, texts, without_nothing
from weightguard.collect.terraform.state import Resource

ACCOUNT: Final = "Microsoft.Storage/storageAccounts"
_LEVELS: Final = {"private": "None", "blob": "Blob", "container": "Container"}


def take(states: States) -> None:
    """Take in what is about storage and keys."""
    rules = {
        one.text("storage_account_id"): one for one in states.of("azurerm_storage_account_network_rules")
    }
    keys = {
        one.text("storage_account_id"): one
        for one in states.of("azurerm_storage_account_customer_managed_key")
    }
    for item in states.of("azurerm_storage_account"):
        _account(states, item, rules.get(item.text("id")), keys.get(item.text("id")))
    _containers(states)
    _lists(states)
    _policies(states)
    _vaults(states)


def _account(states: States, item: Resource, rules: Resource | None, key: Resource | None) -> None:
    network = rules.values if rules is not None else next(iter(item.blocks("network_rules")), None)
    public = flag(item, "public_network_access_enabled")
    properties = {
        "allowBlobPublicAccess": flag(item, "allow_nested_items_to_be_public"),
        "allowSharedKeyAccess": flag(item, "shared_access_key_enabled"),
        "allowCrossTenantReplication": flag(item, "cross_tenant_replication_enabled"),
        "isHnsEnabled": flag(item, "is_hns_enabled"),
        "isSftpEnabled": flag(item, "sftp_enabled"),
        "isLocalUserEnabled": flag(item, "local_user_enabled"),
        "isNfsV3Enabled": flag(item, "nfsv3_enabled"),
        "publicNetworkAccess": None if public is None else "Enabled" if public else "Disabled",
        "supportsHttpsTrafficOnly": flag(item, "https_traffic_only_enabled"),
        "minimumTlsVersion": item.text("min_tls_version"),
        "defaultToOAuthAuthentication": flag(item, "default_to_oauth_authentication"),
        "allowedCopyScope": item.text("allowed_copy_scope"),
        "primaryEndpoints": without_nothing({"blob": item.text("primary_blob_endpoint")}),
        "encryption": _encryption(states, item, key),
        "sasPolicy": _sas_policy(item),
        "immutableStorageWithVersioning": _immutable(item),
        "networkAcls": None if network is None else _network(network),
    }
    states.add(item, ACCOUNT, properties, kind=item.text("account_kind"))
    blobs = next(iter(item.blocks("blob_properties")), None)
    if blobs is not None:
        states.add(
            item, f"{ACCOUNT}/blobServices", _blobs(blobs), id=f"{item.text('id')}/blobServices/default"
        )


def _sas_policy(item: Resource) -> dict[str, Any] | None:
    block = next(iter(item.blocks("sas_policy")), None)
    if block is None:
        return None
    told = {
        "sasExpirationPeriod": block.get("expiration_period"),
        "expirationAction": block.get("expiration_action") or "Log",
    }
    return without_nothing(told)


def _immutable(item: Resource) -> dict[str, Any] | None:
    block = next(iter(item.blocks("immutability_policy")), None)
    if block is None:
        return None
    days = block.get("period_since_creation_in_days")
    policy = {"immutabilityPeriodSinceCreationInDays": days, "state": block.get("state")}
    return {"enabled": True, "immutabilityPolicy": without_nothing(policy)}


def _network(rules: Mapping[str, Any]) -> dict[str, Any]:
    instances = rules.get("private_link_access")
    return {
        "defaultAction": rules.get("default_action"),
        "bypass": ", ".join(texts(rules.get("bypass"))),
        "ipRules": [{"value": one} for one in texts(rules.get("ip_rules"))],
        "virtualNetworkRules": [{"id": one} for one in texts(rules.get("virtual_network_subnet_ids"))],
        "resourceAccessRules": [
            {"resourceId": one["endpoint_resource_id"]}
            for one in instances or ()
            if isinstance(one, Mapping) and isinstance(one.get("endpoint_resource_id"), str)
        ],
    }


def _encryption(states: States, item: Resource, key: Resource | None) -> dict[str, Any]:
    own = next(iter(item.blocks("customer_managed_key")), None) or (key.values if key is not None else None)
    if own is None:
        return {
            "keySource": "Microsoft.Storage",
            "requireInfrastructureEncryption": flag(item, "infrastructure_encryption_enabled"),
        }
    address = one_of(own, "key_vault_key_id", "managed_hsm_key_id") or ""
    vault, _, rest = address.partition("/keys/")
    uri = one_of(own, "key_vault_uri") or vault or _vault_address(states, one_of(own, "key_vault_id"))
    name = one_of(own, "key_name") or rest.partition("/")[0] or None
    return without_nothing({
        "keySource": "Microsoft.Keyvault",
        "keyvaultproperties": without_nothing({"keyvaulturi": uri, "keyname": name}),
        "identity": without_nothing({"userAssignedIdentity": one_of(own, "user_assigned_identity_id")}),
    })  # fmt: skip


def _vault_address(states: States, id: str | None) -> str | None:
    """The address of a vault: as a state says it, else by its name."""
    if not id:
        return None
    found = (
        one.text("vault_uri")
        for one in states.of("azurerm_key_vault")
        if str(one.text("id")).lower() == id.lower()
    )
    return next(filter(None, found), f"https://{id.rpartition('/')[2].lower()}.vault.azure.net")


def _blobs(blobs: Mapping[str, Any]) -> dict[str, Any]:
    kept = next((one for one in blobs.get("delete_retention_policy") or () if isinstance(one, Mapping)), None)
    return without_nothing({
        "isVersioningEnabled": blobs.get("versioning_enabled"),
        "changeFeed": {"enabled": blobs.get("change_feed_enabled")},
        "deleteRetentionPolicy": None if kept is None else {"enabled": True, "days": kept.get("days")},
    })  # fmt: skip


def _containers(states: States) -> None:
    policies = {
        str(one.text("storage_container_resource_manager_id")).lower(): one
        for one in states.of("azurerm_storage_container_immutability_policy")
    }
    for item in states.of("azurerm_storage_container"):
        id = _container_id(states, item)
        if id is None:
            continue
        properties: dict[str, Any] = {
            "publicAccess": _LEVELS.get(item.text("container_access_type") or "private", "None"),
            "hasLegalHold": flag(item, "has_legal_hold"),
            "hasImmutabilityPolicy": flag(item, "has_immutability_policy"),
            "defaultEncryptionScope": item.text("default_encryption_scope"),
            "denyEncryptionScopeOverride": _not(flag(item, "encryption_scope_override_enabled")),
        }
        policy = policies.get(id.lower())
        if policy is not None:
            state = "Locked" if flag(policy, "locked") else "Unlocked"
            days = policy.values.get("immutability_period_in_days")
            properties["hasImmutabilityPolicy"] = True
            properties["immutabilityPolicy"] = {"immutabilityPeriodSinceCreationInDays": days, "state": state}
        states.add(item, f"{ACCOUNT}/blobServices/containers", properties, id=id)


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _container_id(states: States, item: Resource) -> str | None:
    """The resource id of a container: as stated, under its account's id, or by its account's name."""
    for written in (item.text("resource_manager_id"), item.text("id")):
        if written is not None and written.startswith("/subscriptions/"):
            return written
    owner = item.text("storage_account_id") or _by_name(states, item.text("storage_account_name"))
    return f"{owner}/blobServices/default/containers/{item.text('name')}" if owner else None


def _by_name(states: States, name: str | None) -> str | None:
    return next(
        (one.text("id") for one in states.of("azurerm_storage_account") if one.text("name") == name), None
    )


def _lists(states: States) -> None:
    """File systems as containers, and their paths with their lists."""
    listed = {str(_container_id(states, one)).lower() for one in states.of("azurerm_storage_container")}
    for item in states.of("azurerm_storage_data_lake_gen2_filesystem"):
        id = f"{item.text('storage_account_id')}/blobServices/default/containers/{item.text('name')}"
        if id.lower() not in listed:
            states.add(item, f"{ACCOUNT}/blobServices/containers", {"publicAccess": "None"}, id=id)
        _path(states, item, id, "")
    for item in states.of("azurerm_storage_data_lake_gen2_path"):
        id = f"{item.text('storage_account_id')}/blobServices/default/containers/{item.text('filesystem_name')}"
        _path(states, item, id, item.text("path") or "")


def _path(states: States, item: Resource, container: str, path: str) -> None:
    entries = [
        {name: one.get(name) for name in ("scope", "type", "id", "permissions")} for one in item.blocks("ace")
    ]
    properties = {
        "container": container, "path": path, "owner": item.text("owner"), "group": item.text("group"), "ace": entries,
    }  # fmt: skip
    account = container.partition("/blobServices/")[0]
    id = f"{account}/paths/{container.rpartition('/')[2]}/{path}".rstrip("/")
    states.add(item, f"{ACCOUNT}/paths", properties, id=id)


def _policies(states: States) -> None:
    for item in states.of("azurerm_storage_object_replication"):
        source, target = item.text("source_storage_account_id"), item.text("destination_storage_account_id")
        rules = [
            {
                "sourceContainer": one.get("source_container_name"),
                "destinationContainer": one.get("destination_container_name"),
            }
            for one in item.blocks("rules")
        ]
        policy = (item.text("source_object_replication_id") or "").rpartition("/")[2] or "default"
        id = f"{source}/objectReplicationPolicies/{policy}"
        properties = {"sourceAccount": source, "destinationAccount": target, "rules": rules}
        states.add(item, f"{ACCOUNT}/objectReplicationPolicies", properties, id=id)
    for item in states.of("azurerm_storage_account_local_user"):
        scopes = [
            {
                "service": one.get("service"),
                "resourceName": one.get("resource_name"),
                "permissions": _letters(one.get("permissions")),
            }
            for one in item.blocks("permission_scope")
        ]
        id = f"{item.text('storage_account_id')}/localUsers/{item.text('name')}"
        own: dict[str, Any] = {
            "permissionScopes": scopes,
            "hasSshKey": flag(item, "ssh_key_enabled"),
            "hasSshPassword": flag(item, "ssh_password_enabled"),
        }
        states.add(item, f"{ACCOUNT}/localUsers", own, id=id)


def _letters(value: Any) -> str:
    block = (
        next((one for one in value or () if isinstance(one, Mapping)), {}) if isinstance(value, list) else {}
    )
    return "".join(name[0] for name in ("read", "write", "delete", "list", "create") if block.get(name))


def _vaults(states: States) -> None:
    policies: dict[str, list[dict[str, Any]]] = {}
    for item in states.of("azurerm_key_vault_access_policy"):
        policies.setdefault(str(item.text("key_vault_id")).lower(), []).append(_access(item.values))
    for item in states.of("azurerm_key_vault"):
        own = [_access(one) for one in item.blocks("access_policy")]
        rules = next(iter(item.blocks("network_acls")), None)
        public = flag(item, "public_network_access_enabled")
        roles = flag(item, "rbac_authorization_enabled")
        properties = {
            "enableRbacAuthorization": flag(item, "enable_rbac_authorization") if roles is None else roles,
            "accessPolicies": [*own, *policies.get(str(item.text("id")).lower(), ())],
            "enablePurgeProtection": flag(item, "purge_protection_enabled"),
            "softDeleteRetentionInDays": item.values.get("soft_delete_retention_days"),
            "vaultUri": item.text("vault_uri"),
            "tenantId": item.text("tenant_id"),
            "sku": {"name": item.text("sku_name")},
            "publicNetworkAccess": None if public is None else "Enabled" if public else "Disabled",
            "networkAcls": None if rules is None else {**_network(rules), "bypass": rules.get("bypass")},
        }
        states.add(item, "Microsoft.KeyVault/vaults", properties)
    for item in states.of("azurerm_key_vault_key"):
        vault = item.text("key_vault_id")
        properties = {
            "kty": item.text("key_type"),
            "keyOps": texts(item.values.get("key_opts")),
            "keyUri": uri if (uri := item.text("versionless_id") or "").startswith("https://") else None,
            "rotationPolicy": _rotation(item),
        }
        if vault:
            states.add(
                item, "Microsoft.KeyVault/vaults/keys", properties, id=f"{vault}/keys/{item.text('name')}"
            )


def _rotation(item: Resource) -> dict[str, Any] | None:
    block = next(iter(item.blocks("rotation_policy")), None)
    if block is None:
        # The provider reads the policy: a list without one is a key that has none.
        return {"lifetimeActions": []} if item.values.get("rotation_policy") == [] else None
    triggers = [one for one in block.get("automatic") or () if isinstance(one, Mapping)]
    return {"lifetimeActions": [{"trigger": dict(one), "action": {"type": "Rotate"}} for one in triggers]}


def _access(values: Mapping[str, Any]) -> dict[str, Any]:
    kinds = ("key", "secret", "certificate", "storage")
    held = {
        f"{kind}s" if kind != "storage" else kind: texts(values.get(f"{kind}_permissions")) for kind in kinds
    }
    own = {"objectId": values.get("object_id"), "tenantId": values.get("tenant_id") or None}
    return {**without_nothing(own), "permissions": held}
