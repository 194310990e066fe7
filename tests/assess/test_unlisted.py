"""Code that nobody lists and that may run as a reader of weights is said; a role that no such service takes says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from laboratory import (
    ACCOUNT,
    ToldAccess,
    account,
    answer,
    arn,
    catalogue,
    control,
    estate,
    known,
    replace,
    store,
    user,
    weights,
)
from weightguard.access.model import AccessKind
from weightguard.assess.assessment import assess
from weightguard.config import Config
from weightguard.estate.aws.settings import FROM_STATE
from weightguard.estate.limit import LimitKind
from weightguard.estate.model import NamedPolicy, Principal, PrincipalKind

ROLE = f"arn:aws:iam::{ACCOUNT}:role/runner"
IN_PLAY, STANDING, NOTHING = [(ROLE, True)], [(ROLE, False)], list[tuple[str, bool]]()


def role(name: str, *services: str, service_linked: bool = False) -> Principal:
    trusted = [f"{one}.amazonaws.com" for one in services]
    statement = {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}
    trust = NamedPolicy(f"{name}/trust", "trust", {"Statement": [statement]}, "inline")
    return replace(
        user(name),
        id=f"arn:aws:iam::{ACCOUNT}:role/{name}",
        kind=PrincipalKind.ROLE,
        name=name,
        trust=known(trust, "iam:GetAccountAuthorizationDetails"),
        service_linked=service_linked,
    )


def told(folder: Path, *roles: Principal, reader: str = ROLE, state: bool = False) -> list[tuple[str, bool]]:
    settings = {FROM_STATE: known(True, "terraform:ShowState")} if state else {}
    things = estate(
        accounts=[replace(account(), settings=settings)],
        stores=[store("a")],
        weight_sets=[weights("a")],
        principals=list(roles),
    )
    access = ToldAccess({(AccessKind.READ, arn("a")): [answer(reader, "workload")]})
    made = assess(things, access, catalogue(folder, control("WG-STO-01")), Config())
    return [(one.about, one.in_play) for one in made.limits if one.id == LimitKind.UNLISTED_WORKLOADS.id]


@pytest.mark.parametrize(
    ("services", "limits"),
    [
        (("states",), IN_PLAY), (("emr-serverless", "ec2"), IN_PLAY), (("sagemaker",), STANDING),
        (("sagemaker", "scheduler"), IN_PLAY), (("ec2",), NOTHING), (("lambda", "ecs-tasks"), NOTHING),
    ],
)  # fmt: skip
def test_a_reader_that_a_service_of_unlisted_code_may_take_is_said(
    tmp_path: Path, services: tuple[str, ...], limits: list[tuple[str, bool]]
) -> None:
    assert told(tmp_path, role("runner", *services)) == limits


def test_a_role_that_reads_nothing_says_nothing(tmp_path: Path) -> None:
    assert told(tmp_path, role("runner", "states"), reader="somebody") == NOTHING


def test_a_task_role_may_be_a_batch_job_s_where_batch_is_used(tmp_path: Path) -> None:
    task, batch = role("runner", "ecs-tasks"), role("AWSServiceRoleForBatch", "batch", service_linked=True)
    assert told(tmp_path, task) == NOTHING
    assert told(tmp_path, task, batch) == IN_PLAY


def test_of_an_account_that_a_state_tells_of_no_listing_is_missed(tmp_path: Path) -> None:
    assert told(tmp_path, role("runner", "states"), state=True) == NOTHING
