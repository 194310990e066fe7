"""Ways that few grant on purpose: roles to be asked for, accounts that are off, folders that somebody makes, workstations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from google_exports import ADA, BUCKET, EVE, NUMBER, Lab, binding, denial
from weightguard import api

VIEWER = "roles/storage.objectViewer"
KIND = "privilegedaccessmanager.googleapis.com/Entitlement"
PROJECT = f"//cloudresourcemanager.googleapis.com/projects/{NUMBER}"


def readers(lab: Lab, folder: Path) -> dict[str, tuple[bool, str]]:
    """Name -> direct, certainty."""
    found = api.who_can(lab.evidence(folder), "read", BUCKET).answers
    return {one.principal: (one.direct, one.certainty) for one in found}


def holding(lab: Lab, who: str, *permissions: str, name: str = "some") -> Lab:
    """Somebody with a role of these permissions over the project."""
    return lab.allow(lab.project, binding(lab.role(name, *permissions), who))


def entitled(
    lab: Lab, role: str, *members: str, on: str = PROJECT, state: str = "AVAILABLE", **more: Any
) -> Lab:
    """Members that may ask for a role."""
    access = {"resource": on, "resourceType": "", "roleBindings": [{"role": role, **more}]}
    name = "projects/lab/locations/global/entitlements/oncall"
    data = {
        "name": name,
        "state": state,
        "eligibleUsers": [{"principals": list(members)}],
        "privilegedAccess": {"gcpIamAccess": access},
    }
    lab.of_project("locations/global/entitlements/oncall", KIND, data, "global")
    return lab


ASKED = {EVE: (False, "conditional")}


def test_whoever_may_ask_for_a_role_reads_once_it_is_given(tmp_path: Path) -> None:
    assert readers(entitled(Lab(), VIEWER, EVE), tmp_path) == ASKED


@pytest.mark.parametrize(
    "lab",
    [
        entitled(Lab(), "roles/storage.objectCreator", EVE),
        entitled(Lab(), VIEWER, EVE, state="DELETING"),
        entitled(Lab(), VIEWER, EVE, on="//cloudresourcemanager.googleapis.com/projects/other"),
        entitled(
            Lab(), VIEWER, EVE, conditionExpression="resource.name.startsWith('projects/_/buckets/else')"
        ),
    ],
    ids=["another role", "going", "elsewhere", "another bucket"],
)
def test_what_is_asked_for_and_does_not_lead_there(tmp_path: Path, lab: Lab) -> None:
    assert readers(lab, tmp_path) == {}


def test_members_of_a_group_ask_each_for_themselves(tmp_path: Path) -> None:
    lab = entitled(Lab(), VIEWER, "group:oncall@lab.example")
    lab.beside_it({"group": "group:oncall@lab.example", "members": [EVE]})
    assert readers(lab, tmp_path) == ASKED


@pytest.mark.parametrize(
    "role", ["roles/resourcemanager.projectIamAdmin", "roles/iam.serviceAccountTokenCreator"]
)
def test_what_is_asked_for_may_be_a_step(tmp_path: Path, role: str) -> None:
    lab = entitled(Lab(), role, EVE)
    robot = lab.account("reader")
    lab.allow(lab.store, binding(VIEWER, robot))
    assert readers(lab, tmp_path) == {**ASKED, robot: (True, "certain")}


def test_a_denial_holds_for_what_was_asked_for(tmp_path: Path) -> None:
    lab = entitled(Lab(), VIEWER, EVE)
    denied = denial(
        "projects/lab",
        "d",
        "principal://goog/subject/eve@lab.example",
        permissions=["storage.googleapis.com/objects.get"],
    )
    assert readers(lab.beside_it(denied), tmp_path) == {}


def asleep(*permissions: str, who: str = EVE) -> Lab:
    """A reader that is switched off, and somebody with permissions over its project."""
    lab = Lab()
    lab.allow(lab.store, binding(VIEWER, lab.account("reader", disabled=True)))
    return holding(lab, who, *permissions)


ENABLE, TOKEN = "iam.serviceAccounts.enable", "iam.serviceAccounts.getAccessToken"


def test_an_account_that_is_off_is_switched_on_by_whoever_acts_as_it(tmp_path: Path) -> None:
    assert readers(asleep(ENABLE, TOKEN), tmp_path) == {EVE: (False, "certain")}


@pytest.mark.parametrize("permissions", [(ENABLE,), (TOKEN,), ("iam.serviceAccounts.disable", TOKEN)])
def test_either_alone_is_not_enough(tmp_path: Path, permissions: tuple[str, ...]) -> None:
    assert readers(asleep(*permissions), tmp_path) == {}


def test_the_way_says_who_switches_it_on(tmp_path: Path) -> None:
    (one,) = api.who_can(asleep(ENABLE, TOKEN).evidence(tmp_path), "read", BUCKET).answers
    assert [hop.how for hop in one.path][:2] == [ENABLE, TOKEN]
    assert [hop.origin for hop in one.path][:2] == [EVE, EVE]


def test_an_account_that_is_off_leads_nowhere_itself(tmp_path: Path) -> None:
    lab = asleep(ENABLE)
    holding(lab, lab.account("other"), TOKEN, name="more")
    assert readers(lab, tmp_path) == {}


MAKE, SET = "storage.managedFolders.create", "storage.managedFolders.setIamPolicy"


@pytest.mark.parametrize(
    ("permissions", "uniform", "found"),
    [((MAKE, SET), True, True), ((MAKE,), True, False), ((SET,), True, False), ((MAKE, SET), False, False)],
)
def test_a_folder_that_somebody_makes_over_the_weights(
    tmp_path: Path, permissions: tuple[str, ...], uniform: bool, found: bool
) -> None:
    lab = Lab(bucket={"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": uniform}}})
    assert readers(holding(lab, EVE, *permissions), tmp_path) == ({EVE: (False, "certain")} if found else {})


@pytest.mark.parametrize("permission", ["workstations.workstations.create", "workstations.workstations.get"])
def test_a_workstation_of_a_configuration_that_runs_as_a_reader(tmp_path: Path, permission: str) -> None:
    lab = Lab()
    robot = lab.account("reader")
    lab.allow(lab.store, binding(VIEWER, robot))
    path = "locations/europe-west4/workstationClusters/c/workstationConfigs/w"
    email = robot.removeprefix("serviceAccount:")
    kind = "workstations.googleapis.com/WorkstationConfig"
    lab.of_project(path, kind, {"name": path, "host": {"gceInstance": {"serviceAccount": email}}})
    found = readers(holding(lab, EVE, permission), tmp_path)
    assert (EVE in found) == permission.endswith("create")
    assert ADA not in found
