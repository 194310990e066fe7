"""Whether strangers reach what runs code, groups of containers, and file systems that hosts mount."""

from __future__ import annotations

from typing import Any, Final

from weightguard.collect.terraform.azure.rows import States, flag, texts, without_nothing
from weightguard.collect.terraform.state import Resource

_KERBEROS: Final = {
    f"kerberos_5{sort}_{mode}_enabled": f"kerberos5{sort}{name}"
    for sort in ("", "i", "p")
    for mode, name in (("read_only", "ReadOnly"), ("read_write", "ReadWrite"))
}
"""Attribute of a rule of a volume -> what Resource Manager calls it."""


def authentication(states: States, site: Resource) -> None:
    """What the platform asks of whoever calls an app."""
    block = next(iter(site.blocks("auth_settings_v2")), {})
    told = {
        "platform": {"enabled": flag(block, "auth_enabled") or False},
        "globalValidation": without_nothing(
            {
                "requireAuthentication": flag(block, "require_authentication"),
                "unauthenticatedClientAction": block.get("unauthenticated_action"),
            }
        ),
    }
    id = f"{site.text('id')}/config/authsettingsV2"
    states.add(site, "Microsoft.Web/sites/config", told, id=id, identity=None)


def ingress(app: Resource) -> dict[str, Any] | None:
    """How requests arrive at a container app; None: they do not."""
    block = next(iter(app.blocks("ingress")), None)
    return None if block is None else {"external": flag(block, "external_enabled") or False}


def containers(states: States) -> None:
    """Environments of container apps, and groups of containers."""
    for item in states.of("azurerm_container_app_environment"):
        inner = flag(item, "internal_load_balancer_enabled")
        told = {"vnetConfiguration": None if inner is None else {"internal": inner}}
        states.add(item, "Microsoft.App/managedEnvironments", told)
    for item in states.of("azurerm_container_group"):
        images = [
            {"name": one.get("name"), "properties": {"image": one.get("image")}}
            for one in item.blocks("container")
        ]
        address = item.text("ip_address_type")
        group = {"containers": images, "ipAddress": None if address is None else {"type": address}}
        states.add(item, "Microsoft.ContainerInstance/containerGroups", group)


def take(states: States) -> None:
    """Take in file systems that hosts mount."""
    for item in states.of("azurerm_netapp_volume"):
        rules = [
            without_nothing({name: flag(one, written) for written, name in _KERBEROS.items()})
            for one in item.blocks("export_policy_rule")
        ]
        told: dict[str, Any] = {
            "protocolTypes": texts(item.values.get("protocols")) or None,
            "kerberosEnabled": flag(item, "kerberos_enabled"),
            "smbEncryption": flag(item, "smb3_protocol_encryption_enabled"),
            "exportPolicy": {"rules": rules},
        }
        states.add(item, "Microsoft.NetApp/netAppAccounts/capacityPools/volumes", told)
    for item in states.of("azurerm_managed_lustre_file_system"):
        states.add(item, "Microsoft.StorageCache/amlFilesystems", {})
    for item in states.of("azurerm_storage_share"):
        id = (
            item.text("resource_manager_id")
            or f"{item.text('storage_account_id')}/fileServices/default/shares/{item.text('name')}"
        )
        told = {"enabledProtocols": item.text("enabled_protocol")}
        states.add(item, "Microsoft.Storage/storageAccounts/fileServices/shares", told, id=id)
