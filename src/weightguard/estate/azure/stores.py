"""Blob containers as stores, with the settings of their account; keys of vaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.estate.azure import settings
from weightguard.estate.azure.tenant import (
    Tenant,
    name_of,
    parent_of,
    plain,
    properties,
    stated,
    subscription_of,
)
from weightguard.estate.calls import OBJECT_LISTINGS
from weightguard.estate.evidence import Record, data_of, listing_source
from weightguard.estate.fact import Fact, Known, Reason, Source, Unknown
from weightguard.estate.model import (
    NOT_HERE,
    Contents,
    Encryption,
    Key,
    KeyMaterial,
    KeyProtection,
    KeyState,
    NamedPolicy,
    PolicyForm,
    PublicAccess,
    Replica,
    ScopedPolicy,
    Store,
)
from weightguard.estate.shape import flag, text, text_or_none

CONTAINERS: Final = "storage.storageaccounts/blobservices/containers"
SCOPES: Final = "storage.storageaccounts/encryptionscopes"
_OWN_SCOPE: Final = "$account-encryption-key"
"""The scope that stands for what the account itself encrypts with."""
PATHS: Final = "storage.storageaccounts/paths"
"""Paths of a file system with their lists, as Terraform states have them."""
DOMAIN: Final = "blob.core.windows.net"


def stores(tenant: Tenant, contents: Mapping[str, Contents]) -> Iterator[Store]:
    """Every container that is listed."""
    accounts = {plain(one.id): one for one in tenant.of("storage.storageaccounts")}
    services = {plain(parent_of(one.id)): one for one in tenant.of("storage.storageaccounts/blobservices")}
    lifecycles = {
        plain(parent_of(one.id)): one for one in tenant.of("storage.storageaccounts/managementpolicies")
    }
    scopes = {plain(one.id): one for one in tenant.of(SCOPES)}
    for record in tenant.of(CONTAINERS):
        owner = plain(parent_of(parent_of(record.id)))
        account = accounts.get(owner)
        yield _store(
            tenant, record, owner, account, services.get(owner), lifecycles.get(owner), scopes, contents
        )


def address(account: Record | None, owner: str, name: str) -> str:
    """How a container is named: its address at the account's blob endpoint."""
    endpoints = properties(account).get("primaryEndpoints") if account is not None else None
    blob = text_or_none(endpoints.get("blob")) if isinstance(endpoints, dict) else None
    host = blob.rstrip("/").lower() if blob else f"https://{owner.rpartition('/')[2]}.{DOMAIN}"
    return f"{host}/{name}"


def _store(
    tenant: Tenant,
    record: Record,
    owner: str,
    account: Record | None,
    service: Record | None,
    rules: Record | None,
    scopes: Mapping[str, Record],
    contents: Mapping[str, Contents],
) -> Store:
    name = name_of(record)
    id = address(account, owner, name)
    unasked = Unknown(Reason.NOT_COLLECTED, tenant.source("storage", "storageaccounts"))
    unversioned = tenant.gap("storage.storageaccounts/blobservices") or Unknown(
        Reason.NOT_COLLECTED, tenant.source("storage", "storageaccounts/blobservices")
    )
    unruled: Fact[None] = tenant.gap("storage.storageaccounts/managementpolicies") or Known(
        None, listing_source(record)
    )
    return Store(
        id=id,
        provider="azure",
        account=subscription_of(record.id),
        region=account.region if account is not None else record.region,
        name=name,
        created=None,
        public_access=unasked if account is None else _public(record, account),
        policy=_level(record),
        object_lists=unasked if account is None else settings.object_lists(account),
        encryption=unasked if account is None else _encryption(tenant, record, account, scopes),
        versioning=settings.versioning(service, unversioned),
        retention=settings.retention(record, account),
        replicas=_replicas(tenant, owner, name, record),
        log_store=Known(None, listing_source(record)),
        lifecycle=settings.lifecycle(rules, unruled, name),
        public_access_block=NOT_HERE,
        acl=NOT_HERE,
        tags=unasked
        if account is None
        else Known(dict(data_of(account).get("tags") or {}), listing_source(account)),
        contents=_contents(tenant, record, id, contents),
        container=tenant.show(owner),
        folder_policies=_lists(tenant, record, account, name),
        credentials=Unknown(Reason.NOT_COLLECTED, tenant.source("blob", "GetContainerAccessPolicy")),
        networks=unasked if account is None else settings.network_rules(account),
        tags_decide=NOT_HERE,
    )


def _contents(tenant: Tenant, record: Record, id: str, contents: Mapping[str, Contents]) -> Fact[Contents]:
    """What was found in a container; one that was listed without any rows is empty. Of a listing that was refused or broke off,
    nothing is said.
    """
    broken = next((one for log in tenant.logs if (one := log.obstacle_of(id, OBJECT_LISTINGS))), None)
    if broken is not None:
        return broken
    found = contents.get(id)
    if found is None and any(log.listed(id) for log in tenant.logs):
        found = Contents(0, 0, 0)
    if found is None:
        return Unknown(Reason.NOT_COLLECTED, tenant.source("blob", "ListBlobs"))
    return Known(found, listing_source(record))


def _encryption(
    tenant: Tenant, record: Record, account: Record, scopes: Mapping[str, Record]
) -> Fact[Encryption | None]:
    """How a container's blobs are encrypted: as its default scope says, else as its account is set."""
    scope = text_or_none(properties(record).get("defaultEncryptionScope"))
    if scope is None or scope == _OWN_SCOPE:
        return settings.encryption(account)
    found = scopes.get(plain(f"{account.id}/encryptionScopes/{scope}"))
    if found is None:
        return Unknown(Reason.NOT_COLLECTED, tenant.source("storage", "storageaccounts/encryptionscopes"))
    return settings.scope_encryption(found)


def _public(record: Record, account: Record) -> Fact[PublicAccess | None]:
    """Whether it can be opened to everybody: its account says so first, then its own level."""
    found = settings.public_access(account)
    if isinstance(found, Unknown) or found.value is not None:
        return found
    level = stated(record, "publicAccess", text)
    if isinstance(level, Known) and level.value.lower() == "none":
        return Known(
            PublicAccess(False, left_open=("the account lets containers be opened to everybody",)),
            level.source,
        )
    return found


def _level(record: Record) -> Fact[NamedPolicy | None]:
    """The container's own public access level."""
    level = stated(record, "publicAccess", text, absent="None")
    if isinstance(level, Unknown):
        return level
    body = {"publicAccess": level.value}
    return Known(
        NamedPolicy(f"{record.id}#publicAccess", "public access level", body, "inline"), level.source
    )


def _replicas(tenant: Tenant, owner: str, name: str, record: Record) -> Fact[tuple[Replica, ...]]:
    kind = "storage.storageaccounts/objectreplicationpolicies"
    found: list[Replica] = []
    for policy in tenant.of(kind):
        told = properties(policy)
        source = str(told.get("sourceAccount") or "")
        if (
            plain(parent_of(policy.id)) != owner
            or source.lower().rpartition("/")[2] != owner.rpartition("/")[2]
        ):
            continue
        target = str(told.get("destinationAccount") or "").rpartition("/")[2].lower()
        for rule in told.get("rules") or ():
            if isinstance(rule, dict) and rule.get("sourceContainer") == name and target:
                found.append(
                    Replica(f"https://{target}.{DOMAIN}/{rule.get('destinationContainer')}", None, True)
                )
    gap = tenant.gap(kind)
    return gap if gap is not None and not found else Known(tuple(found), listing_source(record))


def _lists(
    tenant: Tenant, record: Record, account: Record | None, name: str
) -> Fact[tuple[ScopedPolicy, ...]]:
    """The access control lists of a container's paths; without a hierarchical namespace there are none."""
    lists = settings.object_lists(account) if account is not None else None
    if isinstance(lists, Known) and not lists.value.in_force:
        return Known((), listing_source(record))
    found = [
        ScopedPolicy(
            one.id, "access control list", dict(properties(one)), "inline", form=PolicyForm.POSIX_LIST,
            on=str(properties(one).get("path") or "/"),
        )
        for one in tenant.of(PATHS)
        if plain(str(properties(one).get("container") or "")) == plain(record.id)
    ]  # fmt: skip
    if found:
        return Known(tuple(found), listing_source(record))
    return Unknown(Reason.NOT_COLLECTED, tenant.source("storage", "storageaccounts/paths"))


def keys(tenant: Tenant) -> Iterator[Key]:
    """Keys of vaults and of managed HSMs."""
    vaults = {
        plain(one.id): one for kind in ("keyvault.vaults", "keyvault.managedhsms") for one in tenant.of(kind)
    }
    for kind in ("keyvault.vaults/keys", "keyvault.managedhsms/keys"):
        for record in tenant.of(kind):
            yield _key(tenant, record, vaults.get(plain(parent_of(record.id))))


def _key(tenant: Tenant, record: Record, vault: Record | None) -> Key:
    source = listing_source(record)
    attributes = properties(record).get("attributes")
    enabled = attributes.get("enabled") if isinstance(attributes, dict) else None
    uri = text_or_none(properties(record).get("keyUri")) or _address(vault, record)
    days = properties(vault).get("softDeleteRetentionInDays") if vault is not None else None
    state: Fact[KeyState] = stated(
        record, "attributes.enabled", lambda one: KeyState.ENABLED if flag(one) else KeyState.DISABLED
    )
    if enabled is None:
        state = Unknown(Reason.NOT_COLLECTED, source)
    return Key(
        id=record.id,
        provider="azure",
        account=subscription_of(record.id),
        region=record.region or (vault.region if vault is not None else None),
        aliases=Known((uri,) if uri else (), source),
        customer_managed=Known(True, source),
        state=state,
        material=stated(record, "kty", lambda kty: _material(record, text(kty))),
        other_regions=_other_regions(vault, source),
        rotation=_rotation(record),
        policy=Known(None, source),
        grants=Known((), source),
        tags=Known(dict(data_of(record).get("tags") or {}), source),
        deletion_date=Known(None, source),
        container=tenant.show(parent_of(record.id)),
        deletion_delay_days=days if isinstance(days, int) and not isinstance(days, bool) else None,
    )


def _other_regions(vault: Record | None, source: Source) -> Fact[tuple[str, ...] | None]:
    """Where else a managed HSM was extended to. What the service copies into a region's pair, nobody but the service can use."""
    told = properties(vault).get("regions") if vault is not None else None
    if told is None:
        return Known(None, source)
    if not isinstance(told, list):
        return Unknown(Reason.MALFORMED, source)
    names = (
        text_or_none(one.get("name")) for one in told if isinstance(one, dict) and not one.get("isPrimary")
    )
    others = tuple(one.lower().replace(" ", "") for one in names if one)
    return Known(others or None, source)


def _address(vault: Record | None, record: Record) -> str | None:
    """A key's address, as its vault's tells it."""
    told = properties(vault) if vault is not None else {}
    uri = text_or_none(told.get("vaultUri")) or text_or_none(told.get("hsmUri"))
    return f"{uri.rstrip('/')}/keys/{name_of(record)}" if uri else None


def _material(record: Record, kty: str) -> KeyMaterial:
    if "managedhsms" in record.kind:
        return KeyMaterial(KeyProtection.DEDICATED_HSM, kty)
    return KeyMaterial(
        KeyProtection.SHARED_HSM if kty.upper().endswith("-HSM") else KeyProtection.SOFTWARE, kty
    )


def _rotation(record: Record) -> Fact[bool | None]:
    def parse(value: Any) -> bool:
        actions = value.get("lifetimeActions") if isinstance(value, dict) else None
        return any(
            isinstance(one, dict) and str((one.get("action") or {}).get("type", "")).lower() == "rotate"
            for one in actions or ()
        )

    return stated(record, "rotationPolicy", parse)
