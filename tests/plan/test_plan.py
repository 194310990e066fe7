"""What plans do to weights: paths that open and close and why, values that nobody knows yet, nothing secret in what is said."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from weightguard import api
from weightguard.assess.serialise import to_json
from weightguard.plan.difference import turned
from weightguard.plan.serial import difference_json
from weightguard.plan.words import headline

PLANS = Path(__file__).parent / "plans"
SECRET = "plan-canary-8841"
Write = Callable[[Any], Path]
Document = Callable[[str], Any]
READER = ("read", "principal", "certainty", "because_of")


@cache
def kept(name: str) -> dict[str, Any]:
    """What is said of a plan as Terraform made it, worked out once."""
    return judged(PLANS / f"{name}.json")


def judged(path: Path, **more: Any) -> dict[str, Any]:
    found = api.plan([path], **more)
    said: dict[str, Any] = found.hide(difference_json(found))
    return said


def rows(said: dict[str, Any], part: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Who reads on one side alone: certainty and causes."""
    return {
        one["principal"]: (one["certainty"], tuple(one["because_of"]))
        for one in said[part]
        if one["access"] == "read"
    }


DANA = "arn:aws:iam::111111111111:user/dana"
LOADER = "serviceAccount:loader@harbour.iam.gserviceaccount.com"
OPENED: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "aws": {DANA: ("certain", ("aws_iam_user_policy.dana",))},
    "google": {
        LOADER: ("certain", ("google_storage_bucket_iam_member.loader",)),
        "user:dana@example.com": (
            "certain",
            ("google_service_account_iam_member.dana", "google_storage_bucket_iam_member.loader"),
        ),
    },
}


@pytest.mark.parametrize("name", OPENED)
def test_a_plan_says_who_gains_access_and_by_which_changes(name: str) -> None:
    said = kept(name)
    assert rows(said, "opened") == OPENED[name] and said["closed"] == []
    assert said["exit_status"] == 3


@pytest.mark.parametrize("name", OPENED)
def test_the_plan_that_goes_back_closes_what_the_other_opened(name: str) -> None:
    said = kept(f"{name}-back")
    assert set(rows(said, "closed")) == set(OPENED[name]) and said["opened"] == []


def test_an_identity_and_its_assignment_in_one_plan_name_the_same_principal() -> None:
    said = kept("azure")
    (principal,) = rows(said, "opened")
    assert principal.startswith("azure:")
    assert rows(said, "opened")[principal] == ("certain", ("azurerm_role_assignment.loader",))
    assert said["exit_status"] == 0, "a workload, where no readers are declared, is nobody from outside"


def test_the_key_made_in_the_same_plan_encrypts_the_bucket() -> None:
    said = kept("aws")
    assert "WG-STO-05" in {one["control"] for one in said["results"]["fixed"]}
    assert all(
        one["address"] != "aws_s3_bucket_server_side_encryption_configuration.models"
        for one in said["unknown_until_apply"]
    )


def test_a_policy_whose_text_is_not_known_is_told_and_opens_nothing() -> None:
    said = kept("aws")
    (late,) = (one for one in said["unknown_until_apply"] if one["address"] == "aws_iam_role_policy.serving")
    assert late["attribute"] == "policy" and "WG-IAM-04" in late["could_hide"]
    assert "arn:aws:iam::111111111111:role/serving" not in rows(said, "opened")
    assert "WG-IAM-04" not in {one["control"] for one in said["results"]["new"]}


def test_each_value_follows_the_block_that_it_runs_over(document: Document, written: Write) -> None:
    said = kept("aws")
    assert all("aws_kms_grant" not in one["address"] for one in said["unknown_until_apply"])
    broken = document("aws")
    module = broken["configuration"]["root_module"]["module_calls"]["reader"]["module"]
    (grant,) = (one for one in module["resources"] if one["type"] == "aws_kms_grant")
    grant["expressions"]["grantee_principal"]["references"] = ["local.reader"]
    late = judged(written(broken))["unknown_until_apply"]
    assert 'module.reader.aws_kms_grant.reader["train"]' in {one["address"] for one in late}


def test_a_late_value_alone_ends_in_4(document: Document, written: Write) -> None:
    plan = document("aws")
    kept = ("aws_iam_role.late", "aws_iam_role_policy.serving", "random_id.late")
    for entry in plan["resource_changes"]:
        if entry["change"]["actions"] != ["no-op"] and entry["address"] not in kept:
            entry["change"]["actions"] = ["no-op"]
            entry["change"]["after"] = entry["change"]["before"]
            entry["change"]["after_unknown"] = {}
    said = judged(written(plan))
    assert said["unknown_until_apply"] and said["opened"] == [] and said["exit_status"] == 4


@pytest.mark.slow
def test_laid_over_a_snapshot_a_plan_says_the_same(tmp_path: Path, document: Document) -> None:
    for name in OPENED:
        state = tmp_path / f"{name}.json"
        state.write_text(json.dumps(document(name)["prior_state"]))
        snapshot = api.collect_terraform(tmp_path / name, [state])
        said = judged(PLANS / f"{name}.json", onto=snapshot)
        assert rows(said, "opened") == OPENED[name] and said["onto"].startswith("sha256:")


def test_what_a_plan_hangs_on_a_thing_of_another_configuration_is_that_things(
    tmp_path: Path, document: Document, written: Write
) -> None:
    plan = document("aws")
    state = tmp_path / "state.json"
    state.write_text(json.dumps(plan["prior_state"]))
    snapshot = api.collect_terraform(tmp_path / "snapshot", [state])
    plan["resource_changes"] = [
        one for one in plan["resource_changes"] if one["address"] == "aws_iam_user_policy.dana"
    ]
    plan["prior_state"] = {"format_version": "1.0"}
    said = judged(written(plan), onto=snapshot)
    assert rows(said, "opened") == OPENED["aws"]


def test_what_could_not_be_judged_is_said_and_never_clean(document: Document, written: Write) -> None:
    plan = document("aws")
    plan["resource_changes"] = [
        one for one in plan["resource_changes"] if one["address"] == "aws_iam_user_policy.dana"
    ]
    plan["prior_state"] = {"format_version": "1.0"}
    said = judged(written(plan))
    assert [one["address"] for one in said["unjudged"]] == ["aws_iam_user_policy.dana"]
    assert "aws_iam_user dana" in said["unjudged"][0]["why"] and said["exit_status"] == 4


def test_types_that_no_reader_knows_are_said(document: Document, written: Write) -> None:
    plan = document("aws")
    for entry in plan["resource_changes"]:
        if entry["address"] == "aws_iam_access_key.dana":
            entry["type"] = "aws_shiny_new_thing"
    said = judged(written(plan))
    assert "no reader knows this type of resource" in {one["why"] for one in said["unjudged"]}


@pytest.mark.slow
def test_a_failure_that_a_report_knows_lapses_where_the_plan_touches_its_resource(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(to_json(api.plan([PLANS / "google.json"]).report))
    said = judged(PLANS / "google.json", baseline=path)
    assert "WG-IFC-01" in {one["control"] for one in said["results"]["new"]}, (
        "it passed before: the plan made it fail"
    )


def test_a_failure_that_a_report_knows_is_not_new_where_nobody_could_say_before() -> None:
    now = api.plan([PLANS / "google.json"]).report
    (failing, *_) = (one for one in now.results if one.status == "fail")
    old = replace(now, results=tuple(one for one in now.results if one is not failing))
    new = [turn for turn, _ in turned(old, now, (), None, ())]
    known = [turn for turn, _ in turned(old, now, (), None, {failing.fingerprint})]
    assert new == ["new"] and known == []


@pytest.mark.slow
def test_several_plans_are_judged_together() -> None:
    found = api.plan([PLANS / "aws.json", PLANS / "google.json"])
    said = difference_json(found)
    assert set(rows(said, "opened")) == {*OPENED["aws"], *OPENED["google"]}
    assert said["plan"]["changes"]["create"] == sum(one["changes"]["create"] for one in said["plans"])


def test_a_change_that_is_put_off_is_not_called_clean(document: Document, written: Write) -> None:
    plan = document("google")
    put_off = [one for one in plan["resource_changes"] if one["change"]["actions"] != ["no-op"]]
    plan["resource_changes"] = [one for one in plan["resource_changes"] if one not in put_off]
    plan["deferred_changes"] = [
        {"reason": "provider_config_unknown", "resource_change": one} for one in put_off
    ]
    said = judged(written(plan))
    assert said["opened"] == [] and said["exit_status"] == 4
    assert {one["address"] for one in said["unknown_until_apply"]} == {one["address"] for one in put_off}


@pytest.mark.slow
def test_nothing_sensitive_comes_out(tmp_path: Path, document: Document, written: Write) -> None:
    plan = document("aws")
    assert SECRET in json.dumps(plan)
    for entry in plan["resource_changes"]:
        if entry["address"] == "aws_iam_user_policy.dana":
            entry["change"]["after"]["name"] = SECRET
            entry["change"]["after_sensitive"] = {"name": True}
    path = written(plan)
    arguments = ["plan", str(path), "-f", "markdown,sarif,json", "-o", str(tmp_path / "out")]
    for more in ([], ["--json"]):
        done = subprocess.run(
            [sys.executable, "-c", "from weightguard.cli import main; main()", *arguments, *more],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, None) or SECRET not in done.stdout + done.stderr
        assert SECRET not in done.stdout + done.stderr
    written_files = [one.read_text() for one in (tmp_path / "out").iterdir()]
    assert len(written_files) == 3 and all(SECRET not in text for text in written_files)
    sarif = json.loads((tmp_path / "out" / "plan.sarif").read_text())
    assert {"WG-PLAN-OPENS"} <= {one["ruleId"] for one in sarif["runs"][0]["results"]}


@pytest.mark.parametrize(
    "type_", ["aws_s3_bucket", "google_storage_bucket", "azurerm_resource_group", "null_resource"]
)
def test_a_plan_from_nothing_is_judged_too(type_: str, written: Write) -> None:
    change = {
        "actions": ["create"],
        "before": None,
        "after": {"name": "a", "bucket": "abc"},
        "after_unknown": {"id": True},
    }
    entry = {"address": f"{type_}.a", "mode": "managed", "type": type_, "name": "a", "change": change}
    said = judged(written({"format_version": "0.1", "planned_values": {}, "resource_changes": [entry]}))
    assert said["plan"]["changes"]["create"] == 1 and said["exit_status"] in (0, 3, 4)


def test_nobody_is_said_to_gain_only_where_nothing_could_hide_it() -> None:
    """The first line claims no more than was seen."""
    shown = headline(replace(api.plan([PLANS / "aws.json"]), opened=()))
    assert shown.startswith("nobody is seen to gain access;")
    whole = replace(api.plan([PLANS / "azure.json"]), opened=(), hidden=())
    assert headline(whole).startswith("nobody gains access; nobody loses it;")
