"""Who reads weights on Azure: pairs of made-up tenants that differ in one fact, as exports of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from azure_asking import (
    Ask,
    application,
    group,
    has_role,
    in_group,
    machine,
    may,
    names,
    objects,
    reads,
    service,
)

import azure_exports as az
from weightguard import api

CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers/"
ACCOUNTS = "Microsoft.Storage/storageAccounts/"

# One account, four ways


def test_a_role_a_key_a_signature_and_anonymity_are_one_answer(ask: Ask) -> None:
    opened = az.account(allowSharedKeyAccess=True, allowBlobPublicAccess=True)
    rows = [
        opened,
        reads(1),
        *may(2, f"{ACCOUNTS}listKeys/action"),
        *may(3, f"{ACCOUNTS}listServiceSas/action"),
    ]
    found = ask(*rows)
    assert names(found) == {az.named(1), az.named(2), az.named(3)}
    direct = {one.principal: one.direct for one in found.answers}
    assert direct == {az.named(1): True, az.named(2): False, az.named(3): False}
    assert found.complete is False  # eligibility was not exported


def test_keys_that_are_not_taken_open_nothing(ask: Ask) -> None:
    listing = may(2, f"{ACCOUNTS}listKeys/action")
    assert names(ask(az.account(allowSharedKeyAccess=True), *listing)) == {az.named(2)}
    assert names(ask(az.account(allowSharedKeyAccess=None), *listing)) == {az.named(2)}
    assert names(ask(az.account(allowSharedKeyAccess=False), *listing)) == set()
    both = may(2, f"{ACCOUNTS}listKeys/action", f"{ACCOUNTS}write")
    assert names(ask(az.account(allowSharedKeyAccess=False), *both)) == {az.named(2)}


def test_a_read_only_lock_stops_keys_and_whoever_deletes_it_does_not_mind(ask: Ask) -> None:
    lock = az.resource(
        f"{az.ACCOUNT}/providers/Microsoft.Authorization/locks/l",
        "Microsoft.Authorization/locks",
        level="ReadOnly",
    )
    opened, listing = az.account(allowSharedKeyAccess=True), f"{ACCOUNTS}listKeys/action"
    assert names(ask(opened, *may(2, listing), arm=[lock])) == set()
    assert names(ask(opened, *may(2, listing, "Microsoft.Authorization/locks/delete"), arm=[lock])) == {
        az.named(2)
    }


def test_anonymity_takes_both_settings(ask: Ask) -> None:
    opened = {
        "id": az.CONTAINER,
        "name": "models",
        "type": f"{CONTAINERS}".rstrip("/"),
        "properties": {"publicAccess": "Blob"},
    }
    assert names(ask(az.account(allowBlobPublicAccess=True), arm=[opened])) == {"*"}
    assert names(ask(az.account(allowBlobPublicAccess=False), arm=[opened])) == set()


def test_networks_are_conditions_and_resource_instances_pass(ask: Ask) -> None:
    rules = {"defaultAction": "Deny", "bypass": "None", "ipRules": [{"value": "203.0.113.0/24"}]}
    closed = az.account(networkAcls=rules)
    (found,) = ask(closed, reads(1)).answers
    assert (found.certainty, found.direct) == ("conditional", True)
    factory = f"{az.GROUP}/providers/Microsoft.DataFactory/factories/f"
    identity = {"type": "SystemAssigned", "principalId": az.person(9)}
    row = az.row(factory, "Microsoft.DataFactory/factories", properties={}, identity=identity)
    let_in = az.account(networkAcls={**rules, "resourceAccessRules": [{"resourceId": factory.upper()}]})
    certain = {one.principal: one.certainty for one in ask(let_in, row, reads(9)).answers}
    assert certain[az.named(9)] == "certain"


def test_conditions_are_decided_for_the_prefix(ask: Ask) -> None:
    path = (
        "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers/blobs:path] StringLike 'atlas/*'"
    )
    rows = [
        az.assignment(
            az.person(1), az.BLOB_READER, az.CONTAINER, condition=f"({path})", conditionVersion="2.0"
        )
    ]
    assert names(ask(*rows, store=f"{az.STORE}/atlas/")) == {az.named(1)}
    assert names(ask(*rows, store=f"{az.STORE}/eval/")) == set()
    assert names(ask(*rows)) == {az.named(1)}


def test_holds_and_lifecycles(ask: Ask) -> None:
    held = az.container(hasLegalHold=True)
    blobs = (f"{CONTAINERS}blobs/delete",)
    assert names(ask(*may(1, data=blobs), access="delete")) == {az.named(1)}
    found = ask(*may(1, data=blobs), access="delete", arm=[held])
    assert names(found) == set()
    lifting = may(1, f"{CONTAINERS}clearLegalHold/action", data=blobs)
    (one,) = ask(*lifting, access="delete", arm=[held]).answers
    assert one.direct is False
    locked = az.container(
        hasImmutabilityPolicy=True,
        immutabilityPolicy={"immutabilityPeriodSinceCreationInDays": 30, "state": "Locked"},
    )
    shut = ask(*lifting, access="delete", arm=[locked])
    assert names(shut) == set() and shut.complete is False
    (rule,) = ask(*may(2, f"{ACCOUNTS}managementPolicies/write"), access="delete").answers
    assert rule.direct is False


# Machines


@pytest.mark.parametrize(
    ("action", "works"),
    [
        ("runCommand/action", True),
        ("extensions/write", True),
        ("runCommands/write", True),
        ("start/action", False),
        ("read", False),
    ],
)
def test_code_on_a_machine_is_its_identity(ask: Ask, action: str, works: bool) -> None:
    rows = [machine(9), reads(9), *may(1, f"Microsoft.Compute/virtualMachines/{action}", scope=az.GROUP)]
    assert (az.named(1) in names(ask(*rows))) is works


def test_a_machine_that_takes_no_extensions(ask: Ask) -> None:
    rows = [reads(9), *may(1, "Microsoft.Compute/virtualMachines/extensions/write", scope=az.GROUP)]
    shut = machine(9, osProfile={"allowExtensionOperations": False})
    assert az.named(1) in names(ask(machine(9), *rows))
    assert az.named(1) not in names(ask(shut, *rows))


def test_an_identity_is_attached_by_whoever_makes_machines_too(ask: Ask) -> None:
    id = f"{az.GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"
    row = az.row(
        id, "Microsoft.ManagedIdentity/userAssignedIdentities", properties={"principalId": az.person(9)}
    )
    assign = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
    assert az.named(1) not in names(ask(row, reads(9), *may(1, assign, scope=id)))
    makes = "Microsoft.Compute/virtualMachines/write"
    assert az.named(1) in names(ask(row, reads(9), *may(1, assign, makes, scope=az.GROUP)))
    federates = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write"
    assert az.named(1) in names(ask(row, reads(9), *may(1, federates, scope=id)))


# Roles and who assigns them


def test_whoever_assigns_roles_reads_and_a_condition_narrows_it(ask: Ask) -> None:
    assign = "Microsoft.Authorization/roleAssignments/write"
    free = may(1, assign, scope=az.GROUP)
    (one,) = ask(*free).answers
    assert (one.principal, one.direct, one.certainty) == (az.named(1), False, "certain")
    role = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals"
    definition, bound = may(1, assign, scope=az.GROUP)
    for roles, reaches in ((az.READER, False), (az.BLOB_READER, True)):
        bound["properties"]["condition"] = f"((!(ActionMatches{{'{assign}'}})) OR ({role} {{{roles}}}))"
        assert (az.named(1) in names(ask(definition, bound))) is reaches


def test_whoever_rewrites_a_role_that_they_have(ask: Ask) -> None:
    rewrite = "Microsoft.Authorization/roleDefinitions/write"
    whole = f"/subscriptions/{az.SUBSCRIPTION}"
    assert names(ask(*may(1, rewrite, scope=whole))) == {az.named(1)}
    assert names(ask(*may(1, rewrite, scope=az.GROUP))) == set()


def test_a_deny_assignment_tells_members_apart(ask: Ask) -> None:
    found = objects(
        groups=[group(50)], members=[in_group(50, 1, 2)], owners=[{"id": az.person(50), "owners": []}]
    )
    rows = [az.assignment(az.person(50), az.BLOB_READER, az.CONTAINER, principalType="Group")]
    assert names(ask(*rows, objects=found)) == {az.named(1), az.named(2)}
    denial = az.resource(
        f"{az.ACCOUNT}/providers/Microsoft.Authorization/denyAssignments/d", "Microsoft.Authorization/denyAssignments",
        denyAssignmentName="d", scope=az.ACCOUNT, principals=[{"id": az.person(2)}], excludePrincipals=[],
        permissions=[{"actions": [], "notActions": [], "dataActions": ["*"], "notDataActions": []}],
    )  # fmt: skip
    assert names(ask(*rows, objects=found, arm=[denial])) == {az.named(1)}


def test_a_group_of_unknown_members_is_answered_itself(ask: Ask) -> None:
    rows = [az.assignment(az.person(50), az.BLOB_READER, az.CONTAINER, principalType="Group")]
    found = ask(*rows, objects=objects(groups=[group(50)]), without=("groups(id,displayName,members())",))
    assert [(one.principal, one.kind) for one in found.answers] == [(az.named(50), "unknown")]
    assert not found.complete and any(gap.source.operation == "groups/members" for gap in found.gaps)


def test_eligible_is_one_activation_away(ask: Ask) -> None:
    def eligible(end: str | None) -> dict[str, Any]:
        return az.resource(
            f"{az.ACCOUNT}/providers/Microsoft.Authorization/roleEligibilityScheduleInstances/e",
            "Microsoft.Authorization/roleEligibilityScheduleInstances", scope=az.ACCOUNT, principalId=az.person(1),
            principalType="User", roleDefinitionId=f"/x/roleDefinitions/{az.BLOB_READER}", endDateTime=end,
        )  # fmt: skip

    (one,) = ask(arm=[eligible(None)]).answers
    assert one.certainty == "conditional" and one.conditions[0].kind.value == "activation"
    assert ask(arm=[eligible("2020-01-01T00:00:00Z")]).answers == ()


# The directory


def test_owners_of_applications_and_of_groups(ask: Ask) -> None:
    owned = [{"id": az.person(109), "owners": [{"id": az.person(1)}]}]
    found = objects(applications=[application(109)], servicePrincipals=[service(9)], app_owners=owned)
    assert names(ask(reads(9), objects=found)) == {az.named(9), az.named(1)}
    joined = objects(
        groups=[group(50)],
        members=[in_group(50)],
        owners=[{"id": az.person(50), "owners": [{"id": az.person(2)}]}],
    )
    rows = [az.assignment(az.person(50), az.BLOB_READER, az.CONTAINER, principalType="Group")]
    assert names(ask(*rows, objects=joined)) == {az.named(2)}


def test_an_owner_that_is_an_application_needs_a_permission(ask: Ask) -> None:
    owned = [{"id": az.person(9), "owners": [{"id": az.person(18)}]}]
    people = {
        "servicePrincipals": [service(9), service(18)],
        "sp_owners": owned,
        "applications": [application(109)],
    }
    assert names(ask(reads(9), objects=objects(**people))) == {az.named(9)}
    allowed = {"id": az.person(18), "appRoleAssignments": [
        {"id": "g", "appRoleId": "18a4783c-866b-4cc7-a460-3d5e5662c884", "principalId": az.person(18)}]}  # fmt: skip
    assert names(ask(reads(9), objects=objects(**people, app_roles=[allowed]))) == {az.named(9), az.named(18)}


HELPDESK = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
PRIVILEGED_AUTHENTICATION = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"


@pytest.mark.parametrize(
    ("held", "by", "works"),
    [
        ([], HELPDESK, True),
        ([has_role(1, HELPDESK)], HELPDESK, True),
        ([has_role(1, az.GLOBAL_ADMINISTRATOR)], HELPDESK, False),
        ([has_role(1, az.GLOBAL_ADMINISTRATOR)], PRIVILEGED_AUTHENTICATION, True),
    ],
)
def test_who_resets_whose_password(ask: Ask, held: list[dict[str, Any]], by: str, works: bool) -> None:
    found = ask(reads(1), objects=objects(roles=[*held, has_role(2, by)]))
    assert (az.named(2) in names(found)) is works


def test_a_global_administrator_elevates_and_whoever_assigns_roles_becomes_one(ask: Ask) -> None:
    privileged = "e8611ab8-c189-46e8-94e1-60213ab1f814"
    found = ask(objects=objects(roles=[has_role(1, az.GLOBAL_ADMINISTRATOR), has_role(2, privileged)]))
    assert names(found) == {az.named(1), az.named(2)}
    hops = [hop.how for one in found.answers if one.principal == az.named(1) for hop in one.path]
    assert "Microsoft.Authorization/elevateAccess/action" in hops


def test_permissions_of_applications_on_groups_spare_role_assignable_ones(ask: Ask) -> None:
    writes = {"id": az.person(8), "appRoleAssignments": [
        {"id": "g", "appRoleId": "62a82d76-70ea-41e2-9197-370581804d09", "principalId": az.person(8)}]}  # fmt: skip
    rows = [az.assignment(az.person(50), az.BLOB_READER, az.CONTAINER, principalType="Group")]
    for assignable, reaches in ((False, True), (True, False)):
        found = objects(
            groups=[group(50, isAssignableToRole=assignable)], members=[in_group(50)], servicePrincipals=[service(8)],
            app_roles=[writes],
        )  # fmt: skip
        assert (az.named(8) in names(ask(*rows, objects=found))) is reaches


def test_a_subject_of_another_issuer_is_answered(ask: Ask) -> None:
    vouched = {
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": "repo:a/b:ref:refs/heads/main",
        "name": "ci",
    }
    found = objects(
        applications=[application(109)], servicePrincipals=[service(9)],
        federated=[{"id": az.person(109), "federatedIdentityCredentials": [vouched]}],
    )  # fmt: skip
    assert names(ask(reads(9), objects=found)) == {az.named(9), f"{vouched['issuer']}#{vouched['subject']}"}


def test_whoever_cannot_sign_in_reaches_nothing(ask: Ask) -> None:
    people = [az.user(1, accountEnabled=False), az.user(2)]
    assert names(ask(reads(1), reads(2), objects=objects(users=people))) == {az.named(2)}


def test_a_guest_is_an_outsider(ask: Ask) -> None:
    (one,) = ask(reads(1), objects=objects(users=[az.user(1, userType="Guest")])).answers
    assert one.kind == "external"


# What is not known


def test_a_role_that_nobody_defined_is_no_certain_reader(ask: Ask) -> None:
    found = ask(az.assignment(az.person(1), "49999999-0000-0000-0000-000000000000", az.CONTAINER))
    assert [(one.principal, one.certainty) for one in found.answers] == [(az.named(1), "conditional")]
    assert not found.complete


def test_lists_of_a_lake_that_nobody_read_leave_the_answer_open(ask: Ask) -> None:
    gaps = {gap.source.operation for gap in ask(az.account(isHnsEnabled=True), reads(1)).gaps}
    assert "storageaccounts/paths" in gaps
    assert "storageaccounts/paths" not in {gap.source.operation for gap in ask(reads(1)).gaps}


def test_an_account_that_no_row_holds_is_answered_from_what_is_known(ask: Ask) -> None:
    found = ask(reads(1, "/"), store="https://elsewhere.blob.core.windows.net/models")
    assert names(found) == {az.named(1)} and not found.complete


def test_ids_are_compared_without_case_and_by_segment(ask: Ask) -> None:
    found = ask(reads(1, az.ACCOUNT.upper()), reads(2, f"{az.GROUP}-dev"), reads(3, f"{az.ACCOUNT}2"))
    assert names(found) == {az.named(1)}


def test_a_cut_takes_assignments_away(tmp_path: Path) -> None:
    rows = [
        az.account(),
        machine(9),
        reads(9),
        *may(1, "Microsoft.Compute/virtualMachines/runCommand/action", scope=az.GROUP),
    ]
    evidence = api.load(az.collected(az.Export(rows, [az.container()]), tmp_path))
    found = api.cut(evidence, az.STORE, "read")
    assert [change.closes for change in found.changes] == [(az.named(1),)]
    assert found.changes[0].policy == rows[-1]["id"] and found.left == ()
    paths = api.paths(evidence, az.named(1), az.STORE, "read")
    assert (
        next([hop.how for hop in path] for path in paths)[0]
        == "Microsoft.Compute/virtualMachines/runCommand/action"
    )
