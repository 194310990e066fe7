"""What lies inside resources and Resource Graph does not hold: listings of Resource Manager, one a resource that it lies in.

A listing is written down as made where there is nothing to make it of: an account that is not there has no containers.

Sources: the REST references of the resource providers, each under the name of its listing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from weightguard.collect.azure.caller import Caller, Place
from weightguard.collect.azure.kinds import Row, resource_row
from weightguard.collect.azure.route import Route, listing, single
from weightguard.collect.calls.operation import Operation

Asks = Callable[[Mapping[str, Any]], bool]
_STORAGE: Final = "2023-05-01"
_VAULT: Final = "2023-07-01"
_LEARNING: Final = "2024-04-01"


def _always(parent: Mapping[str, Any]) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Inside:
    """A kind of things inside resources of another kind.

    Attributes:
        parent: the other kind, as Azure writes it.
        kind: as Azure writes it.
        asks: whether a resource can hold any.
        each: for every entry of the listing, what tells all of it; None: the listing does.
        below: what is listed inside every entry, which are then the things; None: the entries are.
    """

    parent: str
    kind: str
    route: Route
    asks: Asks = _always
    each: Route | None = None
    below: Route | None = None


def _has_blobs(account: Mapping[str, Any]) -> bool:
    return account.get("kind") != "FileStorage"


def _has_files(account: Mapping[str, Any]) -> bool:
    """Whether shares of an account can be mounted over NFS, which asks nobody for a name."""
    return account.get("kind") == "FileStorage"


def _has_local_users(account: Mapping[str, Any]) -> bool:
    told = account.get("properties")
    found = told if isinstance(told, dict) else {}
    return found.get("isLocalUserEnabled") is not False or found.get("isSftpEnabled") is not False


def _has_functions(site: Mapping[str, Any]) -> bool:
    return "functionapp" in str(site.get("kind")).lower()


def _below(
    parent: str, kind: str, path: str, version: str, hides: str, *, absent: tuple[str, ...] = (), asks: Asks = _always
) -> Inside:  # fmt: skip
    return Inside(parent, kind, listing(kind, "{id}/" + path, version, hides, absent=absent), asks)


def _each(kind: str, hides: str) -> Route:
    """What tells all of one key: a name of its own, as the listing is another call."""
    found = single(kind, "{id}", _VAULT, hides)
    return replace(found, operation=replace(found.operation, name=f"{found.operation.name}/get"))


_ACCOUNT: Final = "Microsoft.Storage/storageAccounts"
CONTAINERS: Final = _below(_ACCOUNT, f"{_ACCOUNT}/blobServices/containers", "blobServices/default/containers", _STORAGE,
                           "containers that hold weights, and what opens them", absent=("FeatureNotSupportedForAccount",),
                           asks=_has_blobs)  # fmt: skip
_KEYS: Final = "Microsoft.KeyVault/vaults/keys"
_HSM_KEYS: Final = "Microsoft.KeyVault/managedHSMs/keys"
_WORKSPACE: Final = "Microsoft.MachineLearningServices/workspaces"

PARTS: Final[tuple[Inside, ...]] = (
    CONTAINERS,
    _below(_ACCOUNT, f"{_ACCOUNT}/blobServices", "blobServices", _STORAGE, "whether old versions and deleted weights are kept",
           absent=("FeatureNotSupportedForAccount",), asks=_has_blobs),
    Inside(_ACCOUNT, f"{_ACCOUNT}/managementPolicies",
           single(f"{_ACCOUNT}/managementPolicies", "{id}/managementPolicies/default", _STORAGE, "rules that delete weights",
                  absent=("ManagementPolicyNotFound",))),
    _below(_ACCOUNT, f"{_ACCOUNT}/objectReplicationPolicies", "objectReplicationPolicies", _STORAGE,
           "accounts that weights are copied to", absent=("FeatureNotSupportedForAccount",)),
    _below(_ACCOUNT, f"{_ACCOUNT}/encryptionScopes", "encryptionScopes", _STORAGE, "other keys that weights are encrypted with"),
    _below(_ACCOUNT, f"{_ACCOUNT}/localUsers", "localUsers", _STORAGE,
           "people who reach weights over SFTP with a password of their own", absent=("FeatureNotSupportedForAccount",),
           asks=_has_local_users),
    _below(_ACCOUNT, f"{_ACCOUNT}/fileServices/shares", "fileServices/default/shares", _STORAGE,
           "file systems that hosts mount", absent=("FeatureNotSupportedForAccount",), asks=_has_files),
    Inside("Microsoft.KeyVault/vaults", _KEYS, listing(_KEYS, "{id}/keys", _VAULT, "keys that weights are encrypted with"),
           each=_each(_KEYS, "how a key is kept, whether it can leave the vault and when it is rotated")),
    Inside("Microsoft.KeyVault/managedHSMs", _HSM_KEYS,
           listing(_HSM_KEYS, "{id}/keys", _VAULT, "keys that weights are encrypted with"),
           each=_each(_HSM_KEYS, "how a key is kept, whether it can leave the HSM and when it is rotated")),
    _below("Microsoft.ManagedIdentity/userAssignedIdentities",
           "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials", "federatedIdentityCredentials",
           "2023-01-31", "whoever else may sign in as an identity that reads weights"),
    _below(_WORKSPACE, f"{_WORKSPACE}/computes", "computes", _LEARNING, "machines of a workspace that run code beside weights"),
    _below(_WORKSPACE, f"{_WORKSPACE}/datastores", "datastores", _LEARNING, "how a workspace signs in to where weights lie"),
    _below(_WORKSPACE, f"{_WORKSPACE}/connections", "connections", _LEARNING, "connections of a workspace to where weights lie"),
    Inside(_WORKSPACE, f"{_WORKSPACE}/models/versions",
           listing(f"{_WORKSPACE}/models", "{id}/models", _LEARNING, "models that a workspace serves"),
           below=listing(f"{_WORKSPACE}/models/versions", "{id}/versions", _LEARNING,
                         "where models of a workspace are loaded from")),
    Inside("Microsoft.Web/sites", "Microsoft.Web/sites/config",
           single("Microsoft.Web/sites/config", "{id}/config/authsettingsV2", "2023-12-01",
                  "whether an app that reads weights asks who calls", absent=("NotFound",))),
    _below("Microsoft.Web/sites", "Microsoft.Web/sites/functions", "functions", "2023-12-01",
           "which functions that read weights anybody may call", absent=("NotFound",), asks=_has_functions),
    _below("Microsoft.App/containerApps", "Microsoft.App/containerApps/authConfigs", "authConfigs", "2024-03-01",
           "whether a container app that reads weights asks who calls"),
    _below("Microsoft.Web/sites", "Microsoft.Web/sites/basicPublishingCredentialsPolicies", "basicPublishingCredentialsPolicies",
           "2023-12-01", "whether a password puts code on an app that reads weights"),
    _below("Microsoft.DataFactory/factories", "Microsoft.DataFactory/factories/linkedservices", "linkedservices", "2018-06-01",
           "how a data factory signs in to where weights lie"),
    _below("Microsoft.Automation/automationAccounts", "Microsoft.Automation/automationAccounts/hybridRunbookWorkerGroups",
           "hybridRunbookWorkerGroups", "2023-11-01", "machines of one's own that run runbooks"),
    _below("Microsoft.Batch/batchAccounts", "Microsoft.Batch/batchAccounts/pools", "pools", "2024-02-01",
           "pools that run code as an identity that reads weights"),
    _below("Microsoft.DataProtection/backupVaults", "Microsoft.DataProtection/backupVaults/backupInstances", "backupInstances",
           "2024-04-01", "what a backup vault keeps copies of"),
)  # fmt: skip

ROTATION: Final = Route(
    Operation("keyvault", "vaults/keys/rotationpolicy", ("Microsoft.KeyVault/vaults/keyrotationpolicies/read",),
              "whether a key is ever rotated", absent=frozenset({"KeyRotationPolicyNotFound"}), keeps=("lifetimeActions.*",)),
    "vault", "/keys/{name}/rotationpolicy", (("api-version", "7.4"),),
)  # fmt: skip
"""Asked of a vault itself, where Resource Manager does not say it."""
RELEASE: Final = Route(
    Operation("keyvault", "vaults/keys/release", ("Microsoft.KeyVault/vaults/keys/read",),
              "whether a key's release policy can be changed", required=("release_policy",), keeps=("release_policy.*",)),
    "vault", "/keys/{name}", (("api-version", "7.4"),),
)  # fmt: skip
"""Asked of a vault itself for keys that have such a policy: Resource Manager does not say whether it is immutable."""
_EACH: Final = tuple(one for part in PARTS for one in (part.each, part.below) if one is not None)
ROUTES: Final = (*(part.route for part in PARTS), *_EACH, ROTATION, RELEASE)
OPERATIONS: Final = tuple(route.operation for route in ROUTES)


def _by_parent() -> dict[str, list[Inside]]:
    found: dict[str, list[Inside]] = defaultdict(list)
    for part in PARTS:
        found[part.parent.lower()].append(part)
    return dict(found)


BY_PARENT: Final[Mapping[str, list[Inside]]] = _by_parent()
"""Kind of a resource, in lower case -> what lies inside it."""


def rows(caller: Caller, part: Inside, parent: Mapping[str, Any]) -> Iterator[Row]:
    """Everything of a kind inside a resource."""
    id = str(parent["id"])
    answer = caller.ask(part.route, Place({"id": id}, resource=id))
    if part.route.operation.paged:
        entries = answer.data.get("value") or ()
        for entry in entries:
            if part.below is None:
                yield resource_row(part.kind, _in_full(caller, part, entry, parent))
            else:
                yield from _further(caller, part, part.below, entry)
        if part.below is not None and not entries:
            caller.note(part.below.operation, answer, id)
    elif answer.ok:
        yield resource_row(part.kind, answer.data)


def _further(caller: Caller, part: Inside, below: Route, entry: Mapping[str, Any]) -> Iterator[Row]:
    """What is listed inside an entry."""
    id = str(entry["id"])
    answer = caller.ask(below, Place({"id": id}, resource=id))
    for one in answer.data.get("value") or ():
        yield resource_row(part.kind, one)


def _in_full(
    caller: Caller, part: Inside, entry: Mapping[str, Any], parent: Mapping[str, Any]
) -> Mapping[str, Any]:
    """An entry of a listing with what only the thing itself tells."""
    if part.each is None:
        return entry
    id = str(entry["id"])
    answer = caller.ask(part.each, Place({"id": id}, resource=id))
    own, listed = answer.data.get("properties"), entry.get("properties")
    both = {**(listed if isinstance(listed, dict) else {}), **(own if isinstance(own, dict) else {})}
    vault = _address(parent)
    if part.kind == _KEYS and vault is not None:
        place = Place({"name": id.rpartition("/")[2]}, caller.at_host("vault", vault), id)
        both |= _from_vault(caller, place, both)
    return {**entry, **answer.data, "properties": both}


def _from_vault(caller: Caller, place: Place, known: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What the vault alone tells of a key: when it is rotated, and whether its release policy can be changed."""
    if known.get("rotationPolicy") is None:
        told = caller.ask(ROTATION, place)
        if told.settled:
            yield "rotationPolicy", dict(told.data)
    policy = known.get("release_policy")
    if isinstance(policy, dict):
        told = caller.ask(RELEASE, place)
        more = told.data.get("release_policy") if told.ok else None
        yield "release_policy", {**policy, **(more if isinstance(more, dict) else {})}


def _address(vault: Mapping[str, Any]) -> str | None:
    properties = vault.get("properties")
    found = properties.get("vaultUri") if isinstance(properties, dict) else None
    return found if isinstance(found, str) and found else None


def operations_of(parent: str) -> tuple[Operation, ...]:
    """The listings that are made inside each resource of a kind (in lower case)."""
    found = BY_PARENT.get(parent, ())
    return tuple(one.operation for part in found for one in (part.route, part.below) if one is not None)
