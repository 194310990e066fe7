"""What could not be seen is named: the read, what it could hide, what to grant, and every control that lost
by it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from laboratory import ACCOUNT, ToldAccess, account, catalogue, control, denied, estate, store, weights
from weightguard.assess.assessment import Provenance, assess
from weightguard.assess.gaps import CallGroup, coverage
from weightguard.assess.model import Report
from weightguard.assess.providers import permission
from weightguard.collect.aws.permissions import operations
from weightguard.config import Config
from weightguard.controls.results import Result
from weightguard.controls.schema import Status
from weightguard.estate.fact import Collection, Reason, Source, Unknown

SCOPE = f"aws/{ACCOUNT}"


def report(folder: Path, *calls: CallGroup, **given: Any) -> Report:
    controls = (
        control("WG-STO-01"),
        control(
            "WG-STO-09",
            check={"cel": "store.versioning != null"},
            evidence={"aws": ["s3:GetBucketVersioning"]},
        ),
    )
    things = {"accounts": [account()], "stores": [store("a")], "weight_sets": [weights("a")], **given}
    return assess(
        estate(**things), ToldAccess(), catalogue(folder, *controls), Config(), source=Provenance(calls=calls)
    )


def test_calls_are_counted_and_the_ratio_is_of_those_that_answered(tmp_path: Path) -> None:
    made = report(
        tmp_path,
        CallGroup(SCOPE, "s3", "GetBucketPolicy", "ok", None, 6),
        CallGroup(SCOPE, "s3", "GetBucketPolicy", "absent", "NoSuchBucketPolicy", 2),
        CallGroup(SCOPE, "s3", "GetBucketVersioning", "denied", "AccessDenied", 1),
        CallGroup(SCOPE, "s3", "GetBucketAcl", "throttled", "SlowDown", 1),
    )
    calls = made.coverage.calls
    assert (calls.ok, calls.absent, calls.denied, calls.throttled, calls.failed) == (6, 2, 1, 1, 0)
    assert made.coverage.ratio == 0.8


def test_a_refused_read_names_the_controls_that_declare_it_and_the_permission(tmp_path: Path) -> None:
    made = report(tmp_path, CallGroup(SCOPE, "s3", "GetBucketVersioning", "denied", "AccessDenied", 3))
    gap = made.coverage.gaps[0]
    assert (gap.scope, gap.service, gap.operation, gap.code, gap.count) == (
        SCOPE,
        "s3",
        "GetBucketVersioning",
        "AccessDenied",
        3,
    )
    assert gap.controls == ("WG-STO-09",)
    assert gap.hides == "could hide a failure of: Title of WG-STO-09 (WG-STO-09)"
    assert gap.grant == "s3:GetBucketVersioning"


def test_a_refused_listing_names_every_control_that_lost_its_subjects(tmp_path: Path) -> None:
    made = report(
        tmp_path,
        CallGroup(SCOPE, "s3", "ListBuckets", "denied", "AccessDenied", 1),
        stores=Collection((), (denied("s3:ListBuckets"),)),
        weight_sets=[],
    )
    assert [(one.operation, one.controls, one.grant) for one in made.coverage.gaps] == [
        ("ListBuckets", ("WG-STO-01", "WG-STO-09"), "s3:ListAllMyBuckets")
    ]


def test_a_fact_and_its_call_are_one_gap_though_the_fact_says_where(tmp_path: Path) -> None:
    source = Source("aws", ACCOUNT, "s3", "GetBucketVersioning", f"records/{SCOPE}/s3.jsonl:4")
    unread = Unknown(Reason.DENIED, source, "AccessDenied")
    made = report(
        tmp_path,
        CallGroup(SCOPE, "s3", "GetBucketVersioning", "denied", "AccessDeniedException", 1),
        stores=[store("a", versioning=unread)],
    )
    assert [(one.operation, one.controls) for one in made.coverage.gaps] == [
        ("GetBucketVersioning", ("WG-STO-09",))
    ]


def test_what_was_never_collected_is_a_gap_that_no_permission_closes(tmp_path: Path) -> None:
    missing = Unknown(Reason.NOT_COLLECTED, Source.asked("aws", ACCOUNT, "s3", "GetBucketVersioning"))
    made = report(tmp_path, stores=[store("a", versioning=missing)])
    assert [(one.reason, one.grant, one.count) for one in made.coverage.gaps] == [("not_collected", None, 1)]
    assert made.coverage.ratio == 0.5  # no call was recorded: of two verdicts one was decided


@pytest.mark.parametrize("outcome", ["throttled", "failed"])
def test_throttled_and_failed_are_told_apart_from_denied(tmp_path: Path, outcome: str) -> None:
    made = report(tmp_path, CallGroup(SCOPE, "s3", "GetBucketVersioning", outcome, "SlowDown", 1))
    assert [(one.reason, one.grant) for one in made.coverage.gaps] == [(outcome, None)]


def test_permissions_named_in_gaps_are_those_that_the_collector_declares() -> None:
    wrong = {
        operation.id: operation.permissions
        for operation in operations()
        if permission("aws", operation.service, operation.name) not in operation.permissions
    }
    assert wrong == {}


def test_a_read_refused_in_a_thousand_accounts_is_not_looked_for_a_million_times(tmp_path: Path) -> None:
    """A listing refused in every account, and in each something that was therefore never asked about."""
    scopes = [f"aws/{100_000_000_000 + number}" for number in range(2_000)]
    calls = [CallGroup(scope, "kms", "ListKeys", "denied", "AccessDenied", 1) for scope in scopes]
    rules = catalogue(tmp_path, control("WG-KEY-01")).by_id
    found = [
        Result(
            control="WG-KEY-01",
            subject=scope,
            status=Status.UNKNOWN,
            severity="high",
            level="SL1",
            message="",
            evidence=(),
            weights=(),
            unknowns=(
                Unknown(Reason.NOT_COLLECTED, Source.asked("aws", scope[4:], "kms", "DescribeKey")),
                Unknown(Reason.DENIED, Source.asked("aws", scope[4:], "kms", "ListGrants")),
            ),
        )
        for scope in scopes
    ]
    started = time.process_time()
    gaps = coverage(calls, found, rules, estate()).gaps
    assert time.process_time() - started < 10  # of every account with every other it is minutes
    assert [(one.scope, one.operation) for one in gaps] == [
        (scope, operation) for scope in scopes for operation in ("DescribeKey", "ListGrants", "ListKeys")
    ]


def test_a_provider_whose_permissions_nobody_knows_is_granted_the_call_itself() -> None:
    assert permission("aws", "s3", "ListBuckets") == "s3:ListAllMyBuckets"
    assert permission("gcp", "s3", "ListBuckets") == "s3:ListBuckets", (
        "another provider's names are not taken"
    )
    assert permission(None, "access graph", "who-can") == "access graph:who-can"
