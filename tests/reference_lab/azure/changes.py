"""The vocabulary of the examples on Azure: changes to the laboratory that recur, by name, with parameters."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import isfunction
from typing import Any

from reference_lab.azure.names import (
    DOMAIN,
    FOLDER,
    KEYS,
    MEMBERS,
    PLACE,
    ROLES,
    SERVING,
    TAGS,
    TENANT,
    TRAINING,
    VAULT,
    account_id,
    assignment,
    group,
    identity,
    identity_id,
    key_id,
    policy_id,
    row,
    subscription,
    thing,
    vault_id,
)
from reference_lab.azure.network import HOSTS, rule, subnet_id
from reference_lab.azure.storage import ACCOUNTS, key_of
from reference_lab.azure.tenant import DEFINITION, IDENTITIES, phishing_resistant

Edit = dict[str, Any]
NETWORKING = "providers/Microsoft.Network"


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
    """The vault goes by policies of its own instead of roles: ``who``, of a ``tenantId``, may what on ``keys`` and ``secrets``."""
    held = [
        {
            "tenantId": one.get("tenantId", TENANT),
            "objectId": MEMBERS[one["who"]],
            "permissions": {"keys": list(one.get("keys", ())), "secrets": list(one.get("secrets", ()))},
        }
        for one in policies
    ]
    return vault_set(enableRbacAuthorization=False, accessPolicies=held)


def key_set(key: str, **settings: Any) -> list[Edit]:
    """A key is set otherwise."""
    return [{"thing": f"key {key}", "set": settings}]


PINNED = {
    "x-ms-attestation-type": "sevsnpvm",
    "x-ms-compliance-status": "azure-compliant-uvm",
    "x-ms-sevsnpvm-is-debuggable": False,
    "x-ms-sevsnpvm-hostdata": "7f2c9b1a" * 8,
}
"""Claims of a confidential container of one exact image that nobody debugs."""


def released(
    claims: Mapping[str, Any] | None = None, immutable: bool | None = True, data: str | None = None
) -> list[Edit]:
    """Nobody unwraps with the keys of weights: they are handed to whoever proves these claims."""
    asked = [{"claim": name, "equals": value} for name, value in (claims or PINNED).items()]
    policy = {"version": "1.0.0", "anyOf": [{"authority": "https://atlas.attest.example/", "allOf": asked}]}
    told: dict[str, Any] = {"data": data or b64encode(json.dumps(policy).encode()).decode()}
    if immutable is not None:
        told["immutable"] = immutable
    edits: list[Edit] = []
    for account in ACCOUNTS:
        key = key_of(account)
        edits += key_set(key, **{"release_policy": told, "attributes.exportable": True})
        edits.append({"thing": f"assignment encrypts-{key} {key}", "remove": True})
    return edits


def subnet_set(within: str, **settings: Any) -> list[Edit]:
    """The subnet of hosts in a subscription is set otherwise; settings by the names of Resource Manager."""
    told = {
        "defaultOutboundAccess": False,
        "networkSecurityGroup": {"id": f"{group(within)}/{NETWORKING}/networkSecurityGroups/hosts"},
        **settings,
    }
    told = {name: value for name, value in told.items() if value is not None}
    subnet = {"id": subnet_id(within), "name": "hosts", "properties": told}
    return [{"thing": f"network {within}", "set": {"subnets": [subnet]}}]


def card_set(host: str, **settings: Any) -> list[Edit]:
    """The address of a machine's card is set otherwise."""
    told = {"subnet": {"id": subnet_id(HOSTS[host])}, **settings}
    return [{"thing": f"card {host}", "set": {"ipConfigurations": [{"name": "own", "properties": told}]}}]


def rules_of_hosts(within: str, rules: Iterable[Mapping[str, Any]]) -> list[Edit]:
    """The rules by which packets leave hosts and come to them are these."""
    made = [rule(f"rule {number}", **told) for number, told in enumerate(rules)]
    return [{"thing": f"rules {within}", "set": {"securityRules": made}}]


def of_networks(kind: str, name: str, within: str, **told: Any) -> list[Edit]:
    """A table of routes, a load balancer, or a policy of service endpoints, is there."""
    id = f"{group(within)}/{NETWORKING}/{kind}/{name}"
    return [{"new": {"call": f"{kind} {name}", **row(id, f"microsoft.network/{kind.lower()}", told)}}]


def cluster(runs_as: str, **settings: Any) -> list[Edit]:
    """A cluster of machines runs as somebody."""
    id = f"{group(IDENTITIES[runs_as])}/providers/Microsoft.ContainerService/managedClusters/pods"
    held = identity(runs_as, within=IDENTITIES[runs_as])
    made = row(
        id, "microsoft.containerservice/managedclusters", {"disableLocalAccounts": True}, identity=held
    )
    return [{"new": {"call": "cluster", **made}}, {"thing": "cluster", "set": settings}]


def in_managed_hsm(regions: Iterable[str] = ()) -> list[Edit]:
    """Every account's key lies in a managed HSM instead of the vault, which may have been extended to other regions."""
    hsm = f"{group(KEYS)}/providers/Microsoft.KeyVault/managedHSMs/atlas-az-hsm"
    address = "https://atlas-az-hsm.managedhsm.azure.net"
    closed = {"publicNetworkAccess": "Disabled", "networkAcls": {"defaultAction": "Deny", "bypass": "None"}}
    told: dict[str, Any] = {
        "tenantId": TENANT,
        "hsmUri": f"{address}/",
        "enablePurgeProtection": True,
        **closed,
    }
    told["regions"] = [
        {"name": PLACE, "isPrimary": True},
        *({"name": one, "isPrimary": False} for one in regions),
    ]
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


def workspace(within: str, **settings: Any) -> list[Edit]:
    """A machine-learning workspace is there."""
    id = f"{group(within)}/providers/Microsoft.MachineLearningServices/workspaces/lab"
    made = row(id, "microsoft.machinelearningservices/workspaces", settings)
    return [{"new": {"call": "workspace", **made}}]


def model(version: str, uri: str | None, within: str = TRAINING, **settings: Any) -> list[Edit]:
    """A workspace has a version of a model, which it loads from somewhere."""
    base = f"{group(within)}/providers/Microsoft.MachineLearningServices/workspaces/lab/models/atlas"
    kind = "Microsoft.MachineLearningServices/workspaces/models/versions"
    told = {"modelUri": uri, **settings} if uri is not None else settings
    return [{"new": {"call": f"model {version}", **thing(f"{base}/versions/{version}", kind, told)}}]


def datastore(account: str, container: str, within: str = TRAINING) -> list[Edit]:
    """A workspace has a datastore, ``weights``."""
    id = f"{group(within)}/providers/Microsoft.MachineLearningServices/workspaces/lab/datastores/weights"
    told = {"accountName": account, "containerName": container, "endpoint": "core.windows.net"}
    made = thing(id, "Microsoft.MachineLearningServices/workspaces/datastores", told)
    return [{"new": {"call": "datastore", **made}}]


def running(kind: str, who: str | None = None, within: str = SERVING, **told: Any) -> list[Edit]:
    """Something of a kind (``Microsoft.App/containerApps``) runs code, as somebody or as nobody."""
    id = f"{group(within)}/providers/{kind.replace('/projects', '/home/projects')}/sandbox"
    columns: dict[str, Any] = {} if who is None else {"identity": identity(who, within=IDENTITIES[who])}
    if kind == "Microsoft.Web/sites":
        columns["kind"] = "functionapp,linux"
    return [{"new": {"call": "running", **row(id, kind.lower(), told, **columns)}}]


def around(kind: str, name: str, **told: Any) -> list[Edit]:
    """What lies inside the thing that runs, or beside it: settings, functions, an environment."""
    base = f"{group(SERVING)}/providers"
    ids = {
        "Microsoft.Web/sites/config": f"{base}/Microsoft.Web/sites/sandbox/config/{name}",
        "Microsoft.Web/sites/functions": f"{base}/Microsoft.Web/sites/sandbox/functions/{name}",
        "Microsoft.App/containerApps/authConfigs": f"{base}/Microsoft.App/containerApps/sandbox/authConfigs/{name}",
        "Microsoft.App/managedEnvironments": f"{base}/Microsoft.App/managedEnvironments/{name}",
    }
    return [{"new": {"call": f"{kind} {name}", **thing(ids[kind], kind, told)}}]


def file_system(kind: str, **told: Any) -> list[Edit]:
    """A file system that hosts mount: a volume, a share of an account, or one for many readers at once."""
    base = f"{group(TRAINING)}/providers"
    ids = {
        "volume": f"{base}/Microsoft.NetApp/netAppAccounts/files/capacityPools/pool/volumes/scratch",
        "share": f"{account_id('atlasazcheckpoints', TRAINING)}/fileServices/default/shares/scratch",
        "lustre": f"{base}/Microsoft.StorageCache/amlFilesystems/scratch",
    }
    kinds = {
        "volume": "Microsoft.NetApp/netAppAccounts/capacityPools/volumes",
        "share": "Microsoft.Storage/storageAccounts/fileServices/shares",
        "lustre": "Microsoft.StorageCache/amlFilesystems",
    }
    return [{"new": {"call": kind, **thing(ids[kind], kinds[kind], told)}}]


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


def registry_set(**settings: Any) -> list[Edit]:
    """The registry of images is set otherwise."""
    return [{"thing": "registry", "set": settings}]


def policy_set(policy: str, **settings: Any) -> list[Edit]:
    """An assignment of Azure Policy (``anonymous access``) is set otherwise."""
    return [{"thing": f"policy {policy}", "set": settings}]


def policies_in_a_set() -> list[Edit]:
    """What keeps plans and vaults is assigned as one set of policies, which hands a parameter on."""
    id = f"{FOLDER}/providers/Microsoft.Authorization/policySetDefinitions/guards"
    handed = {"listOfResourceTypesDisallowedForDeletion": {"value": "[parameters('kept')]"}}
    kept = ["Microsoft.Insights/diagnosticSettings", "Microsoft.KeyVault/vaults"]
    told = {
        "policyType": "Custom",
        "parameters": {"kept": {"type": "Array", "defaultValue": kept}},
        "policyDefinitions": [
            {"policyDefinitionId": policy_id("78460a36-508a-49a4-b2b2-2f5ec564f4bb"), "parameters": handed},
            {"policyDefinitionId": DEFINITION, "parameters": {"effect": {"value": "deny"}}},
        ],
    }
    made = row(id, "microsoft.authorization/policysetdefinitions", told)
    edits: list[Edit] = [{"new": {"call": "set guards", **made}}, {"thing": "policy plans", "remove": True}]
    return edits + policy_set("deletions", policyDefinitionId=id, parameters={})


def plan(subscription: str, name: str, **settings: Any) -> list[Edit]:
    """A plan of Defender for Cloud is set otherwise."""
    return [{"thing": f"plan {subscription}/{name}", "set": settings}]


def logged(what: str, categories: Iterable[str] = (), groups: Iterable[str] = ()) -> list[Edit]:
    """A diagnostic setting records these categories, and groups of them, alone."""
    logs: list[dict[str, Any]] = [{"category": one, "enabled": True} for one in categories]
    logs += [{"categoryGroup": one, "enabled": True} for one in groups]
    return [{"thing": f"log {what}", "set": {"logs": logs}}]


def gallery(permissions: str) -> list[Edit]:
    """A gallery holds an image of the machine that serves, for others or not."""
    base = f"{group(SERVING)}/providers/Microsoft.Compute/galleries/images"
    held = row(base, "microsoft.compute/galleries", {"sharingProfile": {"permissions": permissions}})
    told = {
        "storageProfile": {"source": {"id": f"{group(SERVING)}/providers/Microsoft.Compute/snapshots/server"}}
    }
    version = f"{base}/images/server/versions/1.0.0"
    made = row(version, "microsoft.compute/galleries/images/versions", told, tags=dict(TAGS))
    return [{"new": {"call": "gallery", **held}}, {"new": {"call": "image", **made}}]


def eligible(who: str, role: str, on: str) -> list[Edit]:
    """Somebody may activate a role."""
    scope = scope_of(on)
    told = {
        "principalId": MEMBERS[who],
        "principalType": "User",
        "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{ROLES[role]}",
        "scope": scope,
        "status": "Provisioned",
    }
    id = f"{scope}/providers/Microsoft.Authorization/roleEligibilityScheduleInstances/{who}"
    made = thing(id, "Microsoft.Authorization/roleEligibilityScheduleInstances", told)
    return [{"new": {"call": f"eligible {who} {role}", **made}}]


def sign_in_rule(
    id: str = "ca-everybody",
    users: Mapping[str, Iterable[str]] | None = None,
    grant: Mapping[str, Any] | None = None,
    state: str = "enabled",
    conditions: Mapping[str, Any] | None = None,
) -> list[Edit]:
    """A rule of conditional access says otherwise, or another is added; people and groups by what the laboratory calls them."""
    rule = phishing_resistant(id=id, state=state)
    if users is not None:
        told = {name: [MEMBERS.get(one, one) for one in listed] for name, listed in users.items()}
        rule["conditions"]["users"] = told
    if grant is not None:
        rule["grantControls"] = dict(grant)
    rule["conditions"].update(conditions or {})
    how = "objects" if id == "ca-everybody" else "add"
    return [{"page": "identity/conditionalAccess/policies", how: [rule]}]


def signed_in(who: str, when: str | None) -> list[Edit]:
    """Somebody last signed in then, or never did."""
    told = (
        {"id": MEMBERS[who]}
        if when is None
        else {"id": MEMBERS[who], "signInActivity": {"lastSignInDateTime": when}}
    )
    return [{"page": "users(id,signInActivity)", "objects": [told]}]


def group_of(name: str, members: Iterable[str]) -> list[Edit]:
    """A group is in the directory."""
    one = {"id": MEMBERS[name], "displayName": name, "securityEnabled": True}
    listed = [{"id": MEMBERS[member]} for member in members]
    return [
        {"page": "groups", "add": [one]},
        {"page": "groups(id,displayName,members())", "add": [{**one, "members": listed}]},
        {"page": "groups(id,displayName,owners())", "add": [{**one, "owners": []}]},
    ]


def application(secret: str) -> list[Edit]:
    """An application of ours is in the directory, with a secret that ends some day."""
    app = f"a{MEMBERS['pipeline'][1:]}"
    held = [{"keyId": "k1", "startDateTime": "2025-11-01T00:00:00Z", "endDateTime": secret}]
    own = {"appId": app, "displayName": "pipeline"}
    registered = {"id": f"d{app[1:]}", **own, "passwordCredentials": held}
    service = {
        "id": MEMBERS["pipeline"],
        **own,
        "servicePrincipalType": "Application",
        "accountEnabled": True,
        "appOwnerOrganizationId": TENANT,
    }
    return [
        {"page": "applications", "add": [registered]},
        {"page": "applications(id,appId,owners())", "add": [{**registered, "owners": []}]},
        {
            "page": "applications(id,appId,federatedIdentityCredentials())",
            "add": [{**registered, "federatedIdentityCredentials": []}],
        },
        {"page": "servicePrincipals", "add": [service]},
        {"page": "servicePrincipals(id,appId,owners())", "add": [{**service, "owners": []}]},
        {
            "page": "servicePrincipals(id,appId,appRoleAssignments())",
            "add": [{**service, "appRoleAssignments": []}],
        },
    ]


def vouched(who: str, subject: str | None = None, expression: str | None = None) -> list[Edit]:
    """A platform for pipelines vouches for somebody as an identity: one subject, or those that an expression lets in."""
    told: dict[str, Any] = {
        "issuer": "https://token.actions.githubusercontent.com",
        "audiences": ["api://AzureADTokenExchange"],
    }
    if subject is not None:
        told["subject"] = subject
    if expression is not None:
        told["claimsMatchingExpression"] = {"value": expression, "languageVersion": 1}
    id = f"{identity_id(who, IDENTITIES[who])}/federatedIdentityCredentials/pipeline"
    made = thing(id, "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials", told)
    return [{"new": {"call": f"vouched {who}", **made}}]


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
        "registry": lambda: f"{group(SERVING)}/providers/Microsoft.ContainerRegistry/registries/atlasaz",
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
