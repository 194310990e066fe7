"""Rules about policies follow what a policy does, however it is written: statements in any order, split, merged, or lost."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judging import judge_in

from reference_lab import Laboratory
from weightguard.controls.catalogue import load_catalogue
from weightguard.controls.said import worded
from weightguard.controls.schema import Status

BUCKET = "s3.bucket arn:aws:s3:::atlas-release"
LOST = {
    "TlsOnly": "WG-STO-07",
    "NoSignedLinks": "WG-NET-11",
    "NoOtherAlgorithm": "WG-STO-06",
    "NoOtherKey": "WG-STO-06",
    "NoCustomerProvidedKeys": "WG-STO-06",
    "ThisNetworkOnly": "WG-NET-02",
}
"""Statement of the laboratory's bucket policy -> the control that fails without it, whatever else is lost."""


def rewritten(policy: dict[str, Any], lost: set[str], order: list[int], split: bool) -> str:
    kept = [one for one in policy["Statement"] if one["Sid"] not in lost]
    kept = [kept[position % len(kept)] for position in order if kept] + kept
    if split:
        kept = [{**one, "Resource": place} for one in kept for place in _list(one["Resource"])]
    return json.dumps(
        {**policy, "Statement": [{**one, "Sid": f"S{number}"} for number, one in enumerate(kept)]}
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    lost=st.sets(st.sampled_from(sorted(LOST))),
    order=st.lists(st.integers(min_value=0, max_value=20), max_size=4),
    split=st.booleans(),
)
def test_a_control_fails_exactly_where_its_statement_is_lost(
    lost: set[str], order: list[int], split: bool
) -> None:
    laboratory = Laboratory()
    record = next(one for one in laboratory.records if f"{one['kind']} {one['id']}" == BUCKET)
    answer = record["reads"]["GetBucketPolicy"]["data"]
    answer["Policy"] = rewritten(json.loads(answer["Policy"]), lost, order, split)
    wanted = {LOST[name] for name in lost}
    with tempfile.TemporaryDirectory() as folder:
        results = judge_in(load_catalogue(), laboratory, Path(folder), *sorted(set(LOST.values()))).results
    failed = {one.control for one in results if one.status is Status.FAIL}
    assert failed == wanted
    assert {one.subject for one in results if one.status is Status.FAIL} <= {BUCKET.partition(" ")[2]}


def test_a_policy_whose_text_is_missing_is_unknown_and_not_a_failure() -> None:
    """A state may name a policy without holding it: the very refusal that is looked for may stand in it."""
    laboratory = Laboratory()
    record = next(one for one in laboratory.records if f"{one['kind']} {one['id']}" == BUCKET)
    record["reads"]["GetBucketPolicy"] = {"outcome": "throttled", "code": "SlowDown"}
    with tempfile.TemporaryDirectory() as folder:
        results = judge_in(
            load_catalogue(), laboratory, Path(folder), "WG-STO-07", "WG-NET-01", "WG-STO-16"
        ).results
    ours = [one for one in results if one.subject == BUCKET.partition(" ")[2]]
    assert {one.status for one in ours} == {Status.UNKNOWN}
    assert len(ours) == 3
    assert all("throttled" in worded(one.message) for one in ours)
