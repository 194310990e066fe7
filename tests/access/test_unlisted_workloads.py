"""Code that nobody lists and that may run as a reader of weights makes the answer incomplete; a role that no such service takes, or
that reads nothing, makes none so.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_estates import (
    HOME,
    STORE,
    account,
    allow,
    arn,
    deny,
    document,
    estate,
    known,
    role,
    store,
    trusting,
    user,
    workload,
)

from laboratory import catalogue, control, weights
from weightguard.access import AccessKind, build
from weightguard.assess.assessment import assess
from weightguard.config import Config
from weightguard.estate.aws.settings import FROM_STATE
from weightguard.estate.fact import Collection
from weightguard.estate.limit import LimitKind
from weightguard.estate.model import Estate, Principal

ROLE = arn("role", "runner")
IN_PLAY, STANDING, NOTHING = [(ROLE, True)], [(ROLE, False)], list[tuple[str, bool]]()
READS = allow("s3:GetObject", f"{STORE}/*")
Limits = list[tuple[str, bool]]
BUILDER = user(
    "builder",
    allow(["states:UpdateStateMachine", "emr-serverless:UpdateApplication", "scheduler:UpdateSchedule"]),
    allow(["batch:SubmitJob", "bedrock:UpdateAgent", "sagemaker:CreateTrainingJob"]),
)
"""May change what services do, and reads nothing."""


def runner(*services: str, reads: bool = True) -> Principal:
    trust = trusting({"Service": [f"{one}.amazonaws.com" for one in services]})
    return role("runner", *([READS] if reads else []), trust=trust)


def met(things: Estate, access: AccessKind = AccessKind.READ) -> tuple[Limits, bool]:
    answer = build(things).who_can(access, STORE)
    kind = LimitKind.UNLISTED_WORKLOADS
    return [(one.about, one.in_play) for one in answer.limits if one.kind is kind], answer.complete


@pytest.mark.parametrize(
    ("services", "limits"),
    [
        (("states",), IN_PLAY), (("emr-serverless", "ec2"), IN_PLAY), (("sagemaker",), STANDING),
        (("sagemaker", "scheduler"), IN_PLAY), (("ec2",), NOTHING), (("lambda", "ecs-tasks"), NOTHING),
        (("elasticmapreduce",), NOTHING),
    ],
)  # fmt: skip
def test_a_reader_that_a_service_of_unlisted_code_may_take(services: tuple[str, ...], limits: Limits) -> None:
    assert met(estate(BUILDER, runner(*services), store())) == (limits, limits != IN_PLAY)


@pytest.mark.parametrize(
    ("others", "limits"),
    [
        ((), STANDING),
        ((user("looks", allow(["states:Describe*", "states:ListStateMachines"])),), STANDING),
        ((user("elsewhere", allow("batch:*")),), STANDING),
        ((user("denied", allow("states:*"), deny("states:*")),), STANDING),
        ((user("reads", allow(["states:*", "s3:GetObject"])),), STANDING),
        (
            (user("far", allow("states:*"), account="999999999999"), account(), account("999999999999")),
            STANDING,
        ),
        ((user("may", allow("states:*")),), IN_PLAY),
        ((user("all but", allow("*"), deny(["s3:*", "iam:*", "sts:*", "kms:*"])),), IN_PLAY),
    ],
    ids=lambda one: one[0].name if one and isinstance(one[0], Principal) else "",
)
def test_only_who_may_change_what_the_service_does_and_is_not_found_is_hidden(
    others: tuple[Any, ...], limits: Limits
) -> None:
    assert met(estate(runner("states"), store(), *others)) == (limits, limits != IN_PLAY)


def test_a_guardrail_that_forbids_the_service_leaves_nobody_hidden() -> None:
    builder, role, there = user("may", allow("states:*")), runner("states"), store()
    open_, shut = account(HOME, document(allow("*"))), account(HOME, document(allow("*"), deny("states:*")))
    assert met(estate(builder, role, there, open_)) == (IN_PLAY, False)
    assert met(estate(builder, role, there, shut)) == (STANDING, True)


def test_a_role_that_reads_nothing() -> None:
    assert met(estate(BUILDER, runner("states", reads=False), store())) == (NOTHING, True)


def test_each_access_is_asked_for_itself() -> None:
    things = estate(BUILDER, runner("states"), store())
    assert met(things, AccessKind.WRITE) == (NOTHING, True)
    writer = role(
        "runner", allow("s3:PutObject", f"{STORE}/*"), trust=trusting({"Service": "states.amazonaws.com"})
    )
    assert met(estate(BUILDER, writer, store()), AccessKind.WRITE) == (IN_PLAY, False)


def test_a_role_that_becomes_a_reader_counts_as_one() -> None:
    """The role reads nothing itself, and may assume the reader."""
    step = role("runner", allow("sts:AssumeRole"), trust=trusting({"Service": "states.amazonaws.com"}))
    assert met(estate(BUILDER, step, role("reader", READS, trust=trusting(ROLE)), store())) == (
        IN_PLAY,
        False,
    )


def test_a_task_role_may_be_a_batch_job_s_where_batch_is_used() -> None:
    task = runner("ecs-tasks")
    batch = role(
        "AWSServiceRoleForBatch", trust=trusting({"Service": "batch.amazonaws.com"}), service_linked=True
    )
    assert met(estate(BUILDER, task, store())) == (NOTHING, True)
    assert met(estate(BUILDER, task, batch, store())) == (IN_PLAY, False)


def test_a_service_whose_code_is_listed_for_the_role_hides_jobs_alone() -> None:
    listed = workload(f"arn:aws:bedrock:us-east-1:{HOME}:agent/A1", "bedrock", "agent", ROLE)
    assert met(estate(BUILDER, runner("bedrock"), store())) == (IN_PLAY, False)
    assert met(estate(BUILDER, runner("bedrock"), store(), listed)) == (STANDING, True)


def test_of_an_account_that_a_state_tells_of_no_listing_is_missed() -> None:
    told = replace(account(), settings={FROM_STATE: known(True)})
    assert met(estate(BUILDER, runner("states"), store(), told)) == (NOTHING, True)


def test_the_report_tells_of_readers_alone(tmp_path: Path) -> None:
    idle = role("idle", trust=trusting({"Service": "states.amazonaws.com"}))
    held = estate(BUILDER, runner("states"), idle, store(policy=document()))
    things = replace(held, weight_sets=Collection((weights("weights"),)))
    made = assess(things, build(things), catalogue(tmp_path, control("WG-STO-01")), Config())
    told = [(one.about, one.in_play) for one in made.limits if one.id == LimitKind.UNLISTED_WORKLOADS.id]
    assert told == IN_PLAY
