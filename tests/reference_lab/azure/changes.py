"""The vocabulary of the examples on Azure: changes to the laboratory that recur, by name, with parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import isfunction
from typing import Any

from reference_lab.azure.names import (
    DOMAIN,
    FOLDER,
    KEYS,
    MEMBERS,
    TENANT,
    TRAINING,
    VAULT,
    account_id,
    assignment,
    group,
    identity,
    key_id,
    row,
    subscription,
    thing,
    vault_id,
)
from reference_lab.azure.storage import ACCOUNTS, key_of
from reference_lab.azure.tenant import IDENTITIES

Edit = dict[str, Any]


def account_set(account: str, **settings: Any) -> list[Edit]:
    """A storage account is set otherwise; settings by the names of Resource Manager."""
    return [{"thing": f"account {account}", "set": settings}]


def container_set(container: str, **settings: Any) -> list[Edit]:
    """A container (``atlasazeval/probe``) is set otherwise."""
    return [{"thing": f"container {container}", "set": settings}]


def assigned(who: str, role: str, on: str, **more: Any) -> list[Edit]:
    """Somebody is assigned a role on a container, an account, a key, the vault, a subscription, or the management group."""
    given = assignment(who, role, scope_of(on), **more)
    return [{"new": {"call": f"assignment {who} {role} {on}", **given}}]


def open_to_all(account: str, **settings: Any) -> list[Edit]:
    """A storage account takes requests from everywhere, and is set otherwise besides."""
    return account_set(
        account, publicNetworkAccess="Enabled", networkAcls={"defaultAction": "Allow"}, **settings
    )


def vault_set(**settings: Any) -> list[Edit]:
    """The vault is set otherwise."""
    return [{"thing": "vault", "set": settings}]


def vault_policies(policies: Iterable[Mapping[str, Any]]) -> list[Edit]:
    """The vault goes by policies of its own instead of roles: ``who`` has which permissions on ``keys``, ``tenantId`` of whom."""
    held = [
        {
            "tenantId": one.get("tenantId", TENANT),
            "objectId": MEMBERS[one["who"]],
            "permissions": {"keys": list(one["keys"]), "secrets": [], "certificates": []},
        }
        for one in policies
    ]
    return vault_set(enableRbacAuthorization=False, accessPolicies=held)


def key_set(key: str, **settings: Any) -> list[Edit]:
    """A key is set otherwise."""
    return [{"thing": f"key {key}", "set": settings}]


def in_managed_hsm() -> list[Edit]:
    """Every account's key lies in a managed HSM instead of the vault."""
    hsm = f"{group(KEYS)}/providers/Microsoft.KeyVault/managedHSMs/atlas-az-hsm"
    address = "https://atlas-az-hsm.managedhsm.azure.net"
    closed = {"publicNetworkAccess": "Disabled", "networkAcls": {"defaultAction": "Deny", "bypass": "None"}}
    told = {
        "tenantId": TENANT,
        "hsmUri": f"{address}/",
        "enablePurgeProtection": True,
        "enableSoftDelete": True,
        **closed,
    }
    edits: list[Edit] = [{"new": {"call": "hsm", **row(hsm, "microsoft.keyvault/managedhsms", told)}}]
    for account in ACCOUNTS:
        name = key_of(account)
        held = {"kty": "RSA-HSM", "keyUri": f"{address}/keys/{name}", "attributes": {"enabled": True}}
        key = thing(f"{hsm}/keys/{name}", "Microsoft.KeyVault/managedHSMs/keys", held)
        edits += [{"new": {"call": f"hsm key {name}", **key}}, {"thing": f"key {name}", "remove": True}]
        edits += account_set(account, **{"encryption.keyvaultproperties.keyvaulturi": address})
    return edits


def scope(account: str, name: str, key: str | None = None) -> list[Edit]:
    """An account has an encryption scope, under a key of the vault or under the provider's own."""
    told: dict[str, Any] = {"source": "Microsoft.Storage", "state": "Enabled"}
    if key is not None:
        told = {
            "source": "Microsoft.KeyVault",
            "state": "Enabled",
            "keyVaultProperties": {"keyUri": f"https://{VAULT}.vault.azure.net/keys/{key}"},
        }
    id = f"{account_id(account, ACCOUNTS[account])}/encryptionScopes/{name}"
    return [
        {
            "new": {
                "call": f"scope {account}/{name}",
                **thing(id, "Microsoft.Storage/storageAccounts/encryptionScopes", told),
            }
        }
    ]


def replicated(account: str, container: str, to: str, into: str) -> list[Edit]:
    """What is written to a container is copied into another."""
    target = account_id(to, ACCOUNTS[to]) if to in ACCOUNTS else to
    source = account_id(account, ACCOUNTS[account])
    rules = [{"ruleId": "1", "sourceContainer": container, "destinationContainer": into}]
    told = {"sourceAccount": source, "destinationAccount": target, "rules": rules}
    id = f"{source}/objectReplicationPolicies/copy"
    return [
        {
            "new": {
                "call": f"copy {account}",
                **thing(id, "Microsoft.Storage/storageAccounts/objectReplicationPolicies", told),
            }
        }
    ]


def guest() -> list[Edit]:
    """A guest of another tenant is in the directory."""
    one = {
        "id": MEMBERS["guest"],
        "displayName": "guest",
        "userPrincipalName": f"guest_partner.example#EXT#@{DOMAIN}",
        "userType": "Guest",
        "accountEnabled": True,
    }
    return [{"page": "users", "add": [one]}]


def stranger() -> list[Edit]:
    """An application of another tenant is in the directory."""
    one = {
        "id": MEMBERS["stranger"],
        "appId": f"a{MEMBERS['stranger'][1:]}",
        "displayName": "stranger",
        "servicePrincipalType": "Application",
        "accountEnabled": True,
        "appOwnerOrganizationId": "99990000-0000-4000-8000-000000000009",
    }
    return [{"page": "servicePrincipals", "add": [one]}]


def undefined_role(who: str, on: str) -> list[Edit]:
    """Somebody is assigned a role that no list of definitions holds."""
    role = f"{FOLDER}/providers/Microsoft.Authorization/roleDefinitions/ffff0000-0000-4000-8000-00000000000f"
    given = assignment(who, "Reader", scope_of(on), roleDefinitionId=role)
    return [{"new": {"call": f"assignment {who} undefined {on}", **given}}]


def notebook(who: str) -> list[Edit]:
    """A machine-learning workspace has a machine for notebooks that runs as somebody."""
    workspace = f"{group(TRAINING)}/providers/Microsoft.MachineLearningServices/workspaces/lab"
    held = identity(who, within=IDENTITIES[who])
    told = {"computeType": "ComputeInstance", "disableLocalAuth": True}
    made = row(
        f"{workspace}/computes/nb",
        "microsoft.machinelearningservices/workspaces/computes",
        told,
        identity=held,
    )
    return [{"new": {"call": "notebook", **made}}]


def rules_set(
    prefix: str = "checkpoints/",
    delete: Mapping[str, int] | None = None,
    kinds: Iterable[str] = ("blockBlob",),
) -> list[Edit]:
    """What deletes old checkpoints is set otherwise."""
    old = {"daysAfterModificationGreaterThan": 90}
    actions = {
        "baseBlob": {"delete": dict(delete or old)},
        "version": {"delete": {"daysAfterCreationGreaterThan": 30}},
    }
    definition = {"actions": actions, "filters": {"blobTypes": list(kinds), "prefixMatch": [prefix]}}
    rule = {"name": "old", "enabled": True, "type": "Lifecycle", "definition": definition}
    return [{"thing": "rules atlasazcheckpoints", "set": {"policy": {"rules": [rule]}}}]


def scope_of(named: str) -> str:
    """The id of what examples call ``container atlasazeval/probe``, ``vault``, ``subscription serving`` and so on."""
    kind, _, name = named.partition(" ")
    account, _, container = name.partition("/")
    if kind == "container":
        return f"{account_id(account, ACCOUNTS[account])}/blobServices/default/containers/{container}"
    known: Mapping[str, Callable[[], str]] = {
        "account": lambda: account_id(name, ACCOUNTS[name]),
        "key": lambda: key_id(name),
        "subscription": lambda: subscription(name),
        "vault": vault_id,
        "folder": lambda: FOLDER,
        "group": lambda: group(name),
        "root": lambda: "/",
    }
    return known[kind]()


NAMED: Mapping[str, Callable[..., list[Edit]]] = {
    name: change
    for name, change in [*globals().items()]
    if isfunction(change)
    and change.__module__ == __name__
    and not name.startswith("_")
    and name != "scope_of"
}


def expand(edits: Iterable[Mapping[str, Any]]) -> Iterator[Edit]:
    """The edits that are meant, those that go by a name written out.

    Raises:
        ValueError: no change has the name. TypeError: it has no such parameter, or lacks one.
    """
    for edit in edits:
        given = dict(edit)
        name = given.pop("named", None)
        if name is None:
            yield given
        elif name in NAMED:
            yield from NAMED[name](**given)
        else:
            raise ValueError(
                f"no change of the laboratory on Azure is named {name}; known: {', '.join(sorted(NAMED))}"
            )
