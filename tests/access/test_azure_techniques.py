"""Each family of Azure's techniques by a pair: where it works, and where a single fact stops it."""

from __future__ import annotations

from typing import Any

import pytest
from azure_asking import Ask, group, has_role, in_group, machine, may, names, objects, reads, service

import azure_exports as az

SITE = f"{az.GROUP}/providers/Microsoft.Web/sites/s"
CLUSTER = f"{az.GROUP}/providers/Microsoft.ContainerService/managedClusters/k"
WORKSPACE = f"{az.GROUP}/providers/Microsoft.MachineLearningServices/workspaces/w"
VAULT = f"{az.GROUP}/providers/Microsoft.KeyVault/vaults/v"
ACCOUNTS = "Microsoft.Storage/storageAccounts/"
ISSUER = "https://westeurope.oic.prod-aks.azure.com/t/k/"


def runs(id: str, type: str, who: int = 9, **more: Any) -> dict[str, Any]:
    identity = {"type": "SystemAssigned", "principalId": az.person(who)}
    return az.row(id, type, properties=more.pop("properties", {}), identity=identity, **more)


@pytest.mark.parametrize(
    ("type", "works", "does_not"),
    [
        ("Microsoft.App/containerApps", "Microsoft.App/containerApps/write", "Microsoft.App/containerApps/read"),
        ("Microsoft.App/jobs", "Microsoft.App/jobs/start/action", "Microsoft.App/jobs/stop/action"),
        ("Microsoft.ContainerInstance/containerGroups", "Microsoft.ContainerInstance/containerGroups/containers/exec/action",
         "Microsoft.ContainerInstance/containerGroups/restart/action"),
        ("Microsoft.Logic/workflows", "Microsoft.Logic/workflows/write", "Microsoft.Logic/workflows/disable/action"),
        ("Microsoft.Resources/deploymentScripts", "Microsoft.Resources/deploymentScripts/write",
         "Microsoft.Resources/deploymentScripts/read"),
        ("Microsoft.Databricks/workspaces", "Microsoft.Databricks/workspaces/write", "Microsoft.Databricks/workspaces/read"),
        ("Microsoft.HybridCompute/machines", "Microsoft.HybridCompute/machines/extensions/write",
         "Microsoft.HybridCompute/machines/read"),
        ("Microsoft.Compute/virtualMachineScaleSets", "Microsoft.Compute/virtualMachineScaleSets/extensions/write",
         "Microsoft.Compute/virtualMachineScaleSets/start/action"),
        ("Microsoft.Web/sites", "Microsoft.Web/sites/host/listkeys/action", "Microsoft.Web/sites/restart/action"),
    ],
)  # fmt: skip
def test_code_in_a_service_is_its_identity(ask: Ask, type: str, works: str, does_not: str) -> None:
    row = runs(f"{az.GROUP}/providers/{type}/x", type, kind="functionapp")
    assert az.named(1) in names(ask(row, reads(9), *may(1, works, scope=az.GROUP)))
    assert az.named(1) not in names(ask(row, reads(9), *may(1, does_not, scope=az.GROUP)))


def test_a_runbook_takes_writing_and_running(ask: Ask) -> None:
    own = "Microsoft.Automation/automationAccounts/"
    row = runs(f"{az.GROUP}/providers/Microsoft.Automation/automationAccounts/a", own.rstrip("/"))
    assert az.named(1) not in names(ask(row, reads(9), *may(1, f"{own}jobs/write", scope=az.GROUP)))
    assert az.named(1) not in names(ask(row, reads(9), *may(1, f"{own}runbooks/write", scope=az.GROUP)))
    assert az.named(1) in names(
        ask(row, reads(9), *may(1, f"{own}runbooks/write", f"{own}jobs/write", scope=az.GROUP))
    )


def test_a_machine_of_arc_that_is_only_monitored(ask: Ask) -> None:
    type = "Microsoft.HybridCompute/machines"
    rows = [reads(9), *may(1, f"{type}/extensions/write", scope=az.GROUP)]
    for mode, works in (("full", True), ("monitor", False)):
        row = runs(
            f"{az.GROUP}/providers/{type}/x", type, properties={"agentConfiguration": {"configMode": mode}}
        )
        assert (az.named(1) in names(ask(row, *rows))) is works


def test_publishing_passwords_take_basic_authentication(ask: Ask) -> None:
    rows = [
        runs(SITE, "Microsoft.Web/sites", kind="app"),
        reads(9),
        *may(1, "Microsoft.Web/sites/publishxml/action", scope=SITE),
    ]
    type = "Microsoft.Web/sites/basicPublishingCredentialsPolicies"
    off = [
        az.resource(f"{SITE}/basicPublishingCredentialsPolicies/{name}", type, allow=False)
        for name in ("scm", "ftp")
    ]
    assert az.named(1) in names(ask(*rows))
    assert az.named(1) not in names(ask(*rows, arm=off))


@pytest.mark.parametrize(
    ("properties", "action", "works"),
    [
        ({}, "listClusterAdminCredential/action", True),
        ({"disableLocalAccounts": True}, "listClusterAdminCredential/action", False),
        ({}, "listClusterUserCredential/action", True),
        ({"aadProfile": {"enableAzureRBAC": True}}, "listClusterUserCredential/action", False),
        ({"aadProfile": {"enableAzureRBAC": True}, "disableLocalAccounts": True}, "write", True),
    ],
)
def test_who_makes_pods_of_a_cluster(ask: Ask, properties: Any, action: str, works: bool) -> None:
    kubelet = {"identityProfile": {"kubeletidentity": {"objectId": az.person(9)}}}
    row = runs(CLUSTER, "Microsoft.ContainerService/managedClusters", 8, properties={**kubelet, **properties})
    found = ask(row, reads(9), *may(1, f"Microsoft.ContainerService/managedClusters/{action}", scope=CLUSTER))
    assert (az.named(1) in names(found)) is works


def test_readers_of_a_workspace_see_what_its_datastores_keep(ask: Ask) -> None:
    workspace = runs(WORKSPACE, "Microsoft.MachineLearningServices/workspaces", 8)
    type = "Microsoft.MachineLearningServices/workspaces/datastores"
    reader = az.assignment(az.person(1), az.READER, WORKSPACE)
    for kind, account, works in (
        ("AccountKey", True, True),
        ("None", True, False),
        ("AccountKey", False, False),
    ):
        store = az.resource(f"{WORKSPACE}/datastores/d", type, accountName="weights", containerName="models",
                            credentials={"credentialsType": kind})  # fmt: skip
        rows = [az.account(allowSharedKeyAccess=account), workspace, reader]
        assert (az.named(1) in names(ask(*rows, arm=[store]))) is works


def test_whoever_pushes_images_that_a_workload_runs(ask: Ask) -> None:
    registry = az.row(f"{az.GROUP}/providers/Microsoft.ContainerRegistry/registries/r", "Microsoft.ContainerRegistry/registries",
                      properties={"loginServer": "r.azurecr.io"})  # fmt: skip
    pushes = may(1, "Microsoft.ContainerRegistry/registries/push/write", scope=az.GROUP)
    for image, works in (("r.azurecr.io/train:1", True), ("elsewhere.io/train:1", False)):
        app = runs(f"{az.GROUP}/providers/Microsoft.App/containerApps/x", "Microsoft.App/containerApps",
                   properties={"template": {"containers": [{"image": image}]}})  # fmt: skip
        assert (az.named(1) in names(ask(registry, app, reads(9), *pushes))) is works


def test_copies_by_replication_and_by_moving(ask: Ask) -> None:
    replicate = f"{ACCOUNTS}objectReplicationPolicies/write"
    closed = az.account(allowCrossTenantReplication=False)
    assert names(ask(closed, *may(1, replicate))) == set()
    assert (
        names(
            ask(closed, *may(1, replicate), *may(1, f"{ACCOUNTS}listKeys/action", scope=f"{az.GROUP}-mine"))
        )
        == set()
    )
    open_ = az.account(allowCrossTenantReplication=True)
    assert names(ask(open_, *may(1, replicate))) == {az.named(1)}
    move = "Microsoft.Resources/subscriptions/resourceGroups/moveResources/action"
    owner = az.assignment(az.person(1), az.OWNER, f"/subscriptions/{az.OTHER}")
    assert names(ask(*may(1, move, scope=az.GROUP))) == set()
    assert az.named(1) in names(ask(*may(1, move, scope=az.GROUP), owner))


def test_local_users_and_file_systems_that_are_mounted(ask: Ask) -> None:
    user = az.resource(f"{az.ACCOUNT}/localUsers/u", f"{ACCOUNTS}localUsers",
                       permissionScopes=[{"service": "blob", "resourceName": "models", "permissions": "rl"}])  # fmt: skip
    lake = {"isHnsEnabled": True, "isLocalUserEnabled": True}
    on = names(ask(az.account(isSftpEnabled=True, **lake), arm=[user]))
    assert on == {user["id"]}
    assert names(ask(az.account(isSftpEnabled=False, **lake), arm=[user])) == set()
    assert names(ask(az.account(isNfsV3Enabled=True, isHnsEnabled=True))) == {"*"}


def test_a_key_by_roles_or_by_policies_and_never_both(ask: Ask) -> None:
    encryption = {
        "keySource": "Microsoft.Keyvault",
        "keyvaultproperties": {"keyvaulturi": "https://v.vault.azure.net", "keyname": "k"},
    }
    account = az.account(encryption=encryption)
    policies = [{"objectId": az.person(1), "permissions": {"keys": ["unwrapKey"]}}]
    role = may(2, scope=VAULT, data=("Microsoft.KeyVault/vaults/keys/decrypt/action",))
    writes = may(3, "Microsoft.KeyVault/vaults/write", scope=VAULT)

    def decrypts(by_role: bool) -> set[str]:
        settings = {
            "enableRbacAuthorization": by_role,
            "accessPolicies": policies,
            "vaultUri": "https://v.vault.azure.net/",
        }
        vault = az.row(VAULT, "Microsoft.KeyVault/vaults", properties=settings)
        return names(ask(account, vault, *role, *writes, access="decrypt"))

    assert decrypts(True) == {az.named(2)}
    assert decrypts(False) == {az.named(1), az.named(3)}
    assert ask(account, access="decrypt").complete is False


# The directory


def test_restricted_units_keep_the_tenants_administrators_out(ask: Ask) -> None:
    helpdesk = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
    for restricted, scope, works in (
        (False, "/", True),
        (True, "/", False),
        (True, "/administrativeUnits/u", True),
    ):
        unit = {"id": "u", "isMemberManagementRestricted": restricted, "members": [{"id": az.person(1)}]}
        found = ask(reads(1), objects=objects(units=[unit], roles=[has_role(2, helpdesk, scope)]))
        assert (az.named(2) in names(found)) is works


def test_members_of_groups_for_roles_are_not_reset_by_the_help_desk(ask: Ask) -> None:
    helpdesk = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
    for assignable, works in ((False, True), (True, False)):
        found = objects(
            groups=[group(50, isAssignableToRole=assignable)],
            members=[in_group(50, 1)],
            roles=[has_role(2, helpdesk)],
        )
        assert (az.named(2) in names(ask(reads(1), objects=found))) is works


def test_a_blueprint_is_all_its_agents(ask: Ask) -> None:
    blueprint, agent = service(19), service(18, agentIdentityBlueprintId=service(19)["appId"])
    administrator = has_role(2, "db506228-d27e-4b7d-95e5-295956d6615f")
    app = {"id": az.person(119), "appId": blueprint["appId"], "displayName": "blueprint"}
    found = objects(servicePrincipals=[blueprint, agent], applications=[app], roles=[administrator])
    assert names(ask(reads(18), objects=found)) == {az.named(18), az.named(19), az.named(2)}
    plain = objects(servicePrincipals=[blueprint, service(18)], applications=[app], roles=[administrator])
    assert names(ask(reads(18), objects=plain)) == {az.named(18)}


def test_activation_of_a_role_of_the_directory_and_of_a_membership(ask: Ask) -> None:
    waiting = {**has_role(1, az.GLOBAL_ADMINISTRATOR), "endDateTime": None}
    (one,) = ask(objects=objects(eligible=[waiting])).answers
    assert one.certainty == "conditional"
    assert ask(objects=objects(eligible=[{**waiting, "endDateTime": "2020-01-01T00:00:00Z"}])).answers == ()
    joins = {"id": "e", "principalId": az.person(3), "groupId": az.person(50), "accessId": "member"}
    rows = [az.assignment(az.person(50), az.BLOB_READER, az.CONTAINER, principalType="Group")]
    found = ask(*rows, objects=objects(groups=[group(50)], members=[in_group(50)], group_eligible=[joins]))
    assert [(each.principal, each.certainty) for each in found.answers] == [(az.named(3), "conditional")]


def test_whoever_assigns_directory_roles_needs_no_administrator_there(ask: Ask) -> None:
    privileged = "e8611ab8-c189-46e8-94e1-60213ab1f814"
    assert names(ask(objects=objects(roles=[has_role(2, privileged)]))) == {az.named(2)}


def test_a_custom_role_of_the_directory_that_nobody_described(ask: Ask) -> None:
    found = ask(reads(1), objects=objects(roles=[has_role(2, "99999999-0000-0000-0000-000000000009")]))
    assert any(gap.source.where.endswith("99999999-0000-0000-0000-000000000009") for gap in found.gaps)


def test_delegations_to_another_tenant(ask: Ask) -> None:
    id = f"/subscriptions/{az.SUBSCRIPTION}/providers/Microsoft.ManagedServices/registrationAssignments/r"
    outside = "90000000-0000-0000-0000-000000000001"
    role = f"/x/{az.CONTRIBUTOR}"
    body = {"properties": {"authorizations": [{"principalId": outside, "roleDefinitionId": role}]}}
    row = az.row(
        id, "Microsoft.ManagedServices/registrationAssignments", properties={"registrationDefinition": body}
    )
    assert names(ask(az.account(allowSharedKeyAccess=True), row)) == {f"azure:{outside}"}


def test_a_machine_that_is_not_the_readers_changes_nothing(ask: Ask) -> None:
    rows = [
        machine(9),
        reads(8),
        *may(1, "Microsoft.Compute/virtualMachines/runCommand/action", scope=az.GROUP),
    ]
    assert names(ask(*rows)) == {az.named(8)}
