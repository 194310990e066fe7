"""KEY: who may administer and use keys of vaults, from where, and whether they can be destroyed.

Sources: Key Vault documentation, "Provide access to Key Vault keys with Azure role-based access control", "Azure Key Vault
soft-delete overview" (purge protection), "Configure Azure Key Vault networking settings"; Managed HSM documentation, "Managed HSM
local RBAC built-in roles".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.access.azure.context import attribute, named
from weightguard.access.azure.decisions import Need
from weightguard.checks import keys as neutral
from weightguard.checks.azure.decisions import decisions, gaps, is_foreign, is_unread, prepared
from weightguard.checks.azure.places import holder, is_open, told
from weightguard.checks.relations import key_named, missing
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import refs
from weightguard.controls.schema import Status
from weightguard.estate.fact import Known, Source
from weightguard.estate.model import Container, Key, PolicyForm

_KEYS: Final = "Microsoft.KeyVault/vaults/keys/"
_USING: Final = (f"{_KEYS}decrypt/action", f"{_KEYS}unwrap/action")
_DESTROYING: Final = (f"{_KEYS}delete", f"{_KEYS}purge/action")
_GRANTING: Final = ("Microsoft.Authorization/roleAssignments/write", "Microsoft.KeyVault/vaults/write")
_VERBS: Final = {"use": {"decrypt", "unwrapkey", "all"}, "administer": {"delete", "purge", "all"}}
"""Permissions of access policies that mean the one and the other."""


def in_hardware(key: Key, context: Context) -> Verdict:
    """The material lies in a hardware security module, and comes out for nobody but whom a release policy names."""
    found = neutral.in_hardware(key, context)
    if found.status is not Status.PASS:
        return found
    record = prepared(context).resources.get(key.id.lower())
    if record is not None and attribute(record, "attributes.exportable") is True:
        if not attribute(record, "release_policy"):
            return Verdict.failed("the key's material may leave the hardware that it was made in")
        return Verdict.passed("the key's material leaves its hardware for attested workloads alone")
    return found


def dedicated(key: Key, context: Context) -> Verdict:
    """The key protects weights of one tier, and neither disks nor the data of another service."""
    found = neutral.dedicated(key, context)
    if found.status is not Status.PASS:
        return found
    if others := sorted(_others(key, context)):
        return Verdict.failed("the key protects other things as well: {others}", others=refs(others))
    sets = context.estate.resources_of("compute.diskencryptionsets")
    context.require((*sets.gaps, *context.estate.disk_copies.gaps))
    return found


def _others(key: Key, context: Context) -> Iterator[str]:
    """What names the key beside storage accounts: sets of disks, and resources whose data another service encrypts with it."""
    for each in context.estate.resources.values():
        for one in each:
            addresses = (attribute(one, path) for path in _ADDRESSES) if one.provider == "azure" else ()
            for address in addresses:
                if isinstance(address, str) and key_named(address, one.account, one.region, context) is key:
                    yield one.id


_ADDRESSES: Final = (
    "activeKey.keyUrl", "encryption.keyVaultProperties.keyIdentifier", "encryption.keyVaultProperties.keyUri",
    "encryption.cmk.key.keyVaultUrl", "encryption.keyVaultUri",
)  # fmt: skip
"""Where resources of other services name the key that they encrypt with."""


def administration_apart_from_use(key: Key, context: Context) -> Verdict:
    """Nobody may both destroy a key, or let others use it, and unwrap with it."""
    vault = vault_of(key, context)
    users, managers = (set(holders(key, vault, what, context)) for what in ("use", "administer"))
    if both := users & managers:
        return Verdict.failed(
            "whoever administers the key can decrypt as well: {both}", both=refs(sorted(both))
        )
    context.require(gaps(users | managers, context))
    return Verdict.passed("whoever administers the key cannot decrypt with it")


def no_outsider(key: Key, context: Context) -> Verdict:
    """No guest, no application of another tenant and no policy for one may use the key or change who may."""
    vault = vault_of(key, context)
    trusted = set(context.parameters.get("trusted_accounts", ()))
    found = {*holders(key, vault, "use", context), *holders(key, vault, "administer", context)}
    foreign = {one for one in found if is_foreign(one, context)} | set(_of_other_tenants(vault))
    if outside := sorted(foreign - trusted):
        return Verdict.failed("outsiders may use the key or decide who may: {outside}", outside=refs(outside))
    context.require(gaps(found, context))
    return Verdict.passed("nobody of another tenant may use the key")


def network_restricted(key: Key, context: Context) -> Verdict:
    """The vault takes requests from named networks alone."""
    vault = holder(key, context)
    rules = context.read(vault.networks, "vault.networks")
    if is_open(rules):
        return Verdict.failed("the vault answers the whole internet: a stolen token unwraps from anywhere")
    return Verdict.passed("the vault takes requests from named networks alone")


def alive(key: Key, context: Context) -> Verdict:
    """The key works, and nobody can destroy it for good at once."""
    found = neutral.alive(key, context)
    if found.status is not Status.PASS:
        return found
    vault = holder(key, context)
    if not told(vault, "enablePurgeProtection", False, context):
        return Verdict.failed(
            "the vault has no purge protection: whoever may delete the key can destroy it and what it protects at once"
        )
    return found


def decrypt_bound_to_service(key: Key, context: Context) -> Verdict:
    """Only identities that storage accounts and sets of disks unwrap with may unwrap."""
    vault = vault_of(key, context)
    services = _unwrapping(context)
    users = {leaf for one in holders(key, vault, "use", context) for leaf in prepared(context).leaves(one)}
    others = sorted(users - services)
    if others:
        return Verdict.failed(
            "others than storage and disks may decrypt with the key themselves: {others}", others=refs(others)
        )
    context.require(gaps(users, context))
    return Verdict.passed("only storage and disks unwrap with the key")


def _unwrapping(context: Context) -> frozenset[str]:
    """The identities that accounts and sets of disks unwrap their keys with."""

    def compute() -> frozenset[str]:
        held = prepared(context)
        found: set[str] = set()
        for account in held.containers.values():
            identity = attribute(account, "encryption.identity.userAssignedIdentity")
            resource = held.resources.get(str(identity).lower()) if identity else None
            principal = attribute(resource, "principalId") if resource is not None else None
            own = held.resources.get(account.id.lower())
            if isinstance(principal, str):
                found.add(named(principal))
            elif attribute(account, "encryption.keySource") is not None:
                found.update(getattr(own, "known_roles", ()))
        for workload in context.estate.workloads:
            if workload.kind == "diskencryptionsets":
                found.update(workload.known_roles)
        return frozenset(found)

    found: frozenset[str] = context.once("azure unwrapping identities", compute)
    return found


def vault_of(key: Key, context: Context) -> Container:
    """The vault of a key.

    Raises:
        UnknownFact: it is not known, or it is a managed HSM, whose own roles no export holds.
    """
    vault = holder(key, context)
    if "/managedhsms/" in key.id.lower():
        missing(
            Source.named(
                "keyvault", "managedhsms/roleassignments", vault.id, provider="azure", scope=key.account
            )
        )
    context.peek(vault.policies, "vault.policies")
    return vault


def holders(key: Key, vault: Container, what: str, context: Context) -> Iterator[str]:
    """Who may use the key, or administer it, as things stand or once a role is activated; members in place of groups."""
    if told(vault, "enableRbacAuthorization", False, context):
        data = _USING if what == "use" else _DESTROYING
        needs = [Need(action, key.id, is_data=True) for action in data]
    else:
        yield from _by_policies(vault, _VERBS[what], context)
        needs = []
    if what == "administer":
        needs += [Need(action, vault.id) for action in _GRANTING]
    for need in needs:
        held = decisions(context).each(need)
        yield from (name for name, one in held.items() if not is_unread(one.grant))


def _by_policies(vault: Container, verbs: set[str], context: Context) -> Iterator[str]:
    for one in _access_policies(vault):
        permissions = one.get("permissions")
        keys = permissions.get("keys") if isinstance(permissions, Mapping) else None
        if verbs & {str(each).lower() for each in keys or ()} and isinstance(one.get("objectId"), str):
            yield from prepared(context).leaves(named(one["objectId"]))


def foreign_by_policy(vault: Container, what: str, verbs: set[str], context: Context) -> Iterator[str]:
    """Guests, and principals of other tenants, whom policies of a vault give some permissions on keys, secrets or certificates."""
    own = str(attribute(vault, "tenantId") or "").lower()
    trusted = context.parameters.get("trusted_accounts", ())
    for one in _access_policies(vault):
        permissions = one.get("permissions")
        held = permissions.get(what) if isinstance(permissions, Mapping) else None
        if not verbs & {str(each).lower() for each in held or ()}:
            continue
        name = named(str(one.get("objectId")))
        elsewhere = bool(own) and str(one.get("tenantId") or own).lower() != own
        for leaf in prepared(context).leaves(name):
            if (elsewhere or is_foreign(leaf, context)) and leaf not in trusted:
                yield leaf


def _access_policies(vault: Container) -> Iterator[Mapping[str, Any]]:
    held = vault.policies.value if isinstance(vault.policies, Known) else ()
    for policy in held:
        if policy.form is PolicyForm.ACCESS_POLICY and isinstance(policy.document, Mapping):
            yield from (
                one for one in policy.document.get("accessPolicies") or () if isinstance(one, Mapping)
            )


def _of_other_tenants(vault: Container) -> Iterator[str]:
    """Whom policies of a vault name with a tenant that is not the vault's."""
    own = str(attribute(vault, "tenantId") or "").lower()
    for one in _access_policies(vault):
        tenant = str(one.get("tenantId") or own).lower()
        if own and tenant != own:
            yield named(str(one.get("objectId")))
