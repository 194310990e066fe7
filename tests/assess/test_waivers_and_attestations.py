"""Accepted risks and stated facts: each ends, each is reported, none hides what it should not."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from laboratory import (
    ACCOUNT,
    OPEN,
    ToldAccess,
    account,
    arn,
    attested,
    catalogue,
    control,
    denied,
    estate,
    known,
    store,
    weights,
)
from weightguard.assess import mutelists
from weightguard.assess.assessment import assess
from weightguard.assess.model import Report
from weightguard.assess.status import exit_status
from weightguard.assess.things import Thing, named
from weightguard.config import Config
from weightguard.controls.schema import Control
from weightguard.errors import ConfigError
from weightguard.report.words import exposures, level_of, said
from weightguard.yaml_file import Document

BAD = known(OPEN, "s3:GetPublicAccessBlock")
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
ENDING = {"Description": "agreed, expires: 2027-01-01"}
WAIVER = {
    "control": "WG-STO-01", "subject": "arn:aws:s3:::a*", "owner": "jo", "reason": "moving", "ticket": "SEC-1",
    "expires": "2027-03-31", "compensating_control": "alarmed",
}  # fmt: skip
ATTESTATION = {
    "control": "WG-GOV-01", "statement": "There is a plan.", "by": "third_party", "attester": "Example Ltd",
    "evidence": "evidence.txt", "sha256": hashlib.sha256(b"seen").hexdigest(), "valid_until": "2027-01-01",
}  # fmt: skip


def written(folder: Path, kind: str, *rows: dict[str, Any]) -> Config:
    (folder / "evidence.txt").write_text("seen")
    path = folder / f"{kind}.yaml"
    path.write_text(yaml.safe_dump({kind: list(rows)}, sort_keys=False))
    return Config.model_validate({kind: (path,)})


def report(folder: Path, config: Config, *controls: dict[str, Any], **given: Any) -> Report:
    things = {
        "accounts": [account()],
        "stores": [store("a", public_access_block=BAD), store("b", public_access_block=BAD)],
        "weight_sets": [weights("a"), weights("b")],
        **given,
    }
    loaded = catalogue(folder, *(controls or (control("WG-STO-01"),)))
    return assess(estate(**things), ToldAccess(), loaded, config)


def states(made: Report) -> dict[str, str]:
    return {one.subject: one.status for one in made.results}


def test_a_waiver_covers_its_subjects_and_keeps_what_they_were(tmp_path: Path) -> None:
    made = report(tmp_path, written(tmp_path, "waivers", WAIVER))
    assert states(made) == {arn("a"): "waived", arn("b"): "fail"}
    stamp = made.results[0].waiver
    assert stamp is not None
    assert (stamp.was, stamp.owner, stamp.ticket, stamp.expires) == ("fail", "jo", "SEC-1", "2027-03-31")
    assert [(one.state, one.results) for one in made.waivers] == [("applied", 1)]


def test_a_waiver_ends_no_run_in_three_and_lifts_nothing_else(tmp_path: Path) -> None:
    everything = written(tmp_path, "waivers", {**WAIVER, "subject": "*"})
    made, bare = report(tmp_path, everything), report(tmp_path, Config())
    assert (exit_status(made), exit_status(bare)) == (0, 3)
    assert exit_status(made, target_level="SL2") == 0  # nothing unwaived keeps it away
    assert exit_status(bare, fail_on="none", target_level="SL2") == 3
    for one in (*made.weights, *bare.weights):
        assert one.level_reached == "SL0"
    assert made.summary.level_reached == "SL0"
    assert made.summary.claim == bare.summary.claim
    assert made.summary.score == 0
    assert made.summary.accepted_risks == ("WG-STO-01",)
    assert level_of(made.summary) == "SL0; SL3 but for 1 accepted risk"
    assert dict(made.weights[0].ladder[0].blocking) == {"WG-STO-01": "waived"}
    assert bare.summary.accepted_risks == ()
    assert level_of(bare.summary) == "SL0"
    # What blocks is on the list of what to do, accepted or not.
    assert [fix.controls for fix in made.next_level.fixes] == [("WG-STO-01",)]


def test_an_accepted_exposure_is_still_an_exposure(tmp_path: Path) -> None:
    exposing = control("WG-STO-01", severity="critical", exposes=True, lets_in="public")
    others = [control(f"WG-STO-{number}", check={"cel": "true"}) for number in range(10, 30)]
    everything = written(tmp_path, "waivers", {**WAIVER, "subject": "*"})
    made = report(tmp_path, everything, exposing, *others)
    assert made.summary.score == 20
    assert [one.control for one in exposures(made)] == ["WG-STO-01", "WG-STO-01"]
    assert said(exposures(made)[0]).endswith("(accepted by jo until 2027-03-31)")
    assert {one.state for one in made.vectors if one.id == "V4.1"} == {"open"}


def test_an_unknown_may_be_waived_and_says_so(tmp_path: Path) -> None:
    unread = [store("a", public_access_block=denied("s3:GetPublicAccessBlock"))]
    made = report(tmp_path, written(tmp_path, "waivers", WAIVER), stores=unread, weight_sets=[weights("a")])
    assert made.results[0].waiver is not None
    assert made.results[0].waiver.was == "unknown"


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"expires": "2026-10-31"}, "expired"),
        ({"expires": "2026-11-01"}, "applied"),  # its last day counts
        ({"subject": "arn:aws:s3:::z*"}, "unmatched"),
        ({"control": "WG-STO-02"}, "unmatched"),
    ],
)
def test_what_became_of_a_waiver_is_reported(tmp_path: Path, change: dict[str, Any], state: str) -> None:
    made = report(
        tmp_path,
        written(tmp_path, "waivers", {**WAIVER, **change}),
        control("WG-STO-01"),
        control("WG-STO-02", check={"cel": "true"}),
    )
    assert [one.state for one in made.waivers] == [state]
    assert states(made)[arn("b")] in ("fail", "pass")


@pytest.mark.parametrize(
    ("change", "line", "what"),
    [
        ({"expires": "2028-01-01"}, 7, "longer than a year"),
        ({"expires": "2027-03-31", "granted": "2026-01-01"}, 7, "longer than a year"),
        ({"expires": None}, 7, "expires"),
        ({"control": "WG-STO-99"}, 2, "unknown control"),
        ({"ownr": "jo"}, 9, "unknown key 'ownr'"),
    ],
)
def test_a_waiver_that_is_not_one_is_refused(
    tmp_path: Path, change: dict[str, Any], line: int, what: str
) -> None:
    config = written(tmp_path, "waivers", {**WAIVER, **change})
    with pytest.raises(ConfigError) as caught:
        report(tmp_path, config)
    assert what in caught.value.what
    assert caught.value.where == f"{tmp_path / 'waivers.yaml'}:{line}"


def test_an_expiry_is_required(tmp_path: Path) -> None:
    row = {name: value for name, value in WAIVER.items() if name != "expires"}
    with pytest.raises(ConfigError, match="expires"):
        report(tmp_path, written(tmp_path, "waivers", row))


def mutelist(folder: Path, accounts: dict[str, Any]) -> Config:
    path = folder / "mutelist.yaml"
    path.write_text(yaml.safe_dump({"Mutelist": {"Accounts": accounts}}))
    return Config(waivers=(path,))


@pytest.mark.parametrize(
    ("account_id", "check", "entry", "state", "status"),
    [
        (
            ACCOUNT,
            "s3_public",
            {"Resources": ["a"], "Description": "ok, expires: 2027-01-01"},
            "applied",
            "waived",
        ),
        ("*", "s3_*", {"Resources": [".*"], "Description": "Expires: 2027-01-01"}, "applied", "waived"),
        ("*", "*", {"Resources": ["*"], "Description": "expires: 2027-01-01"}, "applied", "waived"),
        (
            "*",
            "s3_*",
            {"Resources": ["^a$"], "Exceptions": {"Resources": ["a"]}, "Description": "expires: 2027-01-01"},
            "unmatched",
            "fail",
        ),
        (
            "*",
            "s3_*",
            {"Resources": ["^a$"], "Exceptions": {"Accounts": ["9"]}, "Description": "expires: 2027-01-01"},
            "applied",
            "waived",
        ),
        (ACCOUNT, "s3_public", {"Resources": ["a"], "Description": "for ever"}, "refused", "fail"),
        (ACCOUNT, "s3_public", {"Resources": ["a"], "Description": "expires: 2026-01-01"}, "expired", "fail"),
        (
            "222222222222",
            "s3_public",
            {"Resources": ["a"], "Description": "expires: 2027-01-01"},
            "unmatched",
            "fail",
        ),
        (
            ACCOUNT,
            "s3_public",
            {"Resources": ["zz"], "Description": "expires: 2027-01-01"},
            "unmatched",
            "fail",
        ),
        (ACCOUNT, "ec2_thing", {"Resources": ["*"], "Description": "expires: 2027-01-01"}, "refused", "fail"),
        (
            ACCOUNT,
            "s3_public",
            {"Resources": ["a"], "Tags": ["x=y"], "Description": "expires: 2027-01-01"},
            "refused",
            "fail",
        ),
        (
            ACCOUNT,
            "s3_public",
            {"Resources": ["a"], "Regions": ["eu-west-1"], "Description": "expires: 2027-01-01"},
            "unmatched",
            "fail",
        ),
    ],
)
def test_a_prowler_mutelist_is_imported_when_its_entries_end(
    tmp_path: Path, account_id: str, check: str, entry: dict[str, Any], state: str, status: str
) -> None:
    covering = control("WG-STO-01", mappings={"rand_vectors": ["V4.1"], "prowler": ["s3_public"]})
    entry = {"Regions": ["*"]} | entry
    made = report(tmp_path, mutelist(tmp_path, {account_id: {"Checks": {check: entry}}}), covering)
    assert [one.state for one in made.waivers] == [state]
    assert states(made)[arn("a")] == status


def test_a_mutelist_check_pattern_is_matched_to_the_checks_that_controls_cover(tmp_path: Path) -> None:
    covering = control("WG-STO-01", mappings={"rand_vectors": ["V4.1"], "prowler": ["s3_public", "s3_other"]})
    made = report(
        tmp_path,
        mutelist(tmp_path, {"*": {"Checks": {"s3_.*": MUTED}}}),
        covering,
    )
    assert [(one.control, one.state, one.results) for one in made.waivers] == [("WG-STO-01", "applied", 2)]


MUTED: dict[str, Any] = {"Regions": ["*"], "Resources": ["*"], "Description": "expires: 2027-01-01"}


@pytest.mark.parametrize(
    ("expressions", "muted"),
    [
        (["aurora-e*"], {"aurora-eval"}),
        (["aurora-eval"], {"aurora-eval", "aurora-eval-old"}),
        (["^aurora-eval$"], {"aurora-eval"}),
        (["*old"], {"aurora-eval-old"}),
        (["au*-web", "zz"], {"aurora-web"}),
        (["aurora-(web|eval)$"], {"aurora-web", "aurora-eval"}),
        (["Aurora"], set()),
    ],
)
def test_a_star_of_prowler_s_means_anything_and_nothing_else(expressions: list[str], muted: set[str]) -> None:
    names = ["aurora-eval", "aurora-eval-old", "aurora-web", "other"]
    if expressions == ["aurora-e*"]:
        names.remove("aurora-eval-old")
    assert {name for name in names if _mutes({"Resources": expressions}, name)} == muted


def test_an_exception_ends_the_look_through_the_checks_of_an_account() -> None:
    first = {"s3_*": MUTED | {"Exceptions": {"Resources": ["^a$"]}}}
    assert not _mutes({}, "a", before=first)
    assert _mutes({}, "b", before=first)
    assert _mutes({}, "a", before={"ec2_*": first["s3_*"]})
    assert _mutes({}, "a", before={"s3_*": MUTED | {"Exceptions": {"Tags": ["x=y"]}}}) is None


@pytest.mark.parametrize(
    ("regions", "muted"),
    [
        (["eu-west-1"], True), (["eu-*"], True), (["west"], True), (["us-east-1", "eu-"], True), (["us-east-1"], False),
        (["^eu-west$"], False), (["*"], True),
    ],
)  # fmt: skip
def test_an_entry_limited_to_regions_mutes_what_lies_in_them(regions: list[str], muted: bool) -> None:
    assert _mutes({"Regions": regions}, "a") is muted
    assert _mutes({"Exceptions": {"Regions": regions}}, "a") is not muted
    assert _mutes({"Exceptions": {"Regions": regions, "Resources": ["^b$"]}}, "a") is True


def test_what_no_region_is_known_of_is_muted_only_where_every_region_is(tmp_path: Path) -> None:
    covering = control("WG-STO-01", mappings={"rand_vectors": ["V4.1"], "prowler": ["s3_public"]})
    unplaced = [replace(store(name, public_access_block=BAD), region=None) for name in "ab"]
    for regions, state in ((["eu-west-1"], "refused"), (["*"], "applied")):
        config = mutelist(tmp_path, {"*": {"Checks": {"s3_public": MUTED | {"Regions": regions}}}})
        made = report(tmp_path, config, covering, stores=unplaced)
        assert [one.state for one in made.waivers] == [state]


@pytest.mark.parametrize(
    ("check", "kind", "service", "name", "region"),
    [
        ("s3_bucket_public_access", "store", "", "n", "r"),
        ("s3_access_point_public_access_block", "store", "", None, None),
        ("iam_inline_policy_allows_privilege_escalation", "store", "", None, None),
        ("kms_cmk_rotation_enabled", "key", "", "n", "r"),
        ("cloudtrail_kms_encryption_enabled", "trail", "", None, None),
        ("ec2_instance_imdsv2_enabled", "workload", "ec2", "n", "r"),
        ("ec2_instance_imdsv2_enabled", "workload", "ecs", None, None),
        ("iam_role_administratoraccess_policy", "role", "", "n", None),
        ("iam_role_administratoraccess_policy", "user", "", None, None),
        ("iam_user_accesskey_unused", "user", "", None, None),
        ("s3_account_level_public_access_blocks", "account", "", "i", None),
        ("guardduty_is_enabled", "account", "", None, None),
    ],
)
def test_a_finding_of_another_scanner_is_named_where_it_is_about_the_same_thing(
    check: str, kind: Any, service: str, name: str | None, region: str | None
) -> None:
    found = named(check, Thing("i", kind, ACCOUNT, "n", "r", service))
    assert (found.name, found.region) == (name, region)


def _mutes(entry: dict[str, Any], name: str, before: dict[str, Any] | None = None) -> bool | None:
    value = {"Mutelist": {"Accounts": {"*": {"Checks": {**(before or {}), "s3_public": MUTED | entry}}}}}
    mappings = {"rand_vectors": ["V4.1"], "prowler": ["s3_public"]}
    covering = (Control.model_validate(control("WG-STO-01", mappings=mappings)),)
    found = [*mutelists.read(Document("m.yaml", value, {}), covering, AS_OF)]
    return found[-1].matches(Thing(arn(name), "store", ACCOUNT, name, "eu-west-1"))


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ({"s3_public": MUTED | {"Resources": None}}, "Resources"),
        ({"s3_public": {k: v for k, v in MUTED.items() if k != "Resources"}}, "Resources"),
        ({"s3_public": MUTED | {"Resources": 7}}, "Resources"),
        ({"s3_public": MUTED | {"Resources": ["(a"]}}, "no expression"),
        ({"s3_public": MUTED | {"Resources": ["(?=a)"]}}, "no expression"),
        ({"s3_public": MUTED | {"Exceptions": ["a"]}}, "Exceptions"),
        ({"s3_public": MUTED | {"Resourcse": ["a"]}}, "Resourcse"),
        ({"s3_public": MUTED | {"Description": "expires: 2027-02-30"}}, "no day"),
        ({"s3_public": MUTED | {"Description": "expires: 9999-12-31"}}, "longer than a year"),
        (["s3_public"], "Checks"),
    ],
)
def test_a_mutelist_of_another_shape_is_refused_by_line(tmp_path: Path, checks: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=rf"{re.escape(said)}.*mutelist\.yaml:\d+"):
        report(tmp_path, mutelist(tmp_path, {"*": {"Checks": checks}}))


def test_a_waiver_that_begins_in_the_future_is_refused(tmp_path: Path) -> None:
    row = WAIVER | {"granted": "2099-01-01", "expires": "2099-12-31"}
    with pytest.raises(ConfigError, match="begins in the future"):
        report(tmp_path, written(tmp_path, "waivers", row))


def test_an_attestation_is_accepted_with_its_evidence(tmp_path: Path) -> None:
    made = report(tmp_path, written(tmp_path, "attestations", ATTESTATION), attested("WG-GOV-01"))
    assert (made.results[0].status, made.results[0].attestation is not None) == ("pass", True)
    assert "Example Ltd" in made.results[0].message
    assert [one.state for one in made.attestations] == ["accepted"]
    assert made.levels[0].attested == 1


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"valid_until": "2026-10-31"}, "expired"),
        ({"evidence": "nowhere.txt"}, "evidence_missing"),
        ({"sha256": "0" * 64}, "evidence_changed"),
        ({"control": "WG-STO-01"}, "refused"),
    ],
)
def test_an_attestation_that_cannot_be_checked_counts_for_nothing(
    tmp_path: Path, change: dict[str, Any], state: str
) -> None:
    made = report(
        tmp_path,
        written(tmp_path, "attestations", {**ATTESTATION, **change}),
        attested("WG-GOV-01"),
        control("WG-STO-01"),
    )
    assert [one.state for one in made.attestations] == [state]
    assert {one.control: one.status for one in made.results if one.subject == "estate"} == {
        "WG-GOV-01": "unknown"
    }
    assert all(one.status == "fail" for one in made.results if one.control == "WG-STO-01")


def test_a_third_partys_word_comes_before_ones_own(tmp_path: Path) -> None:
    own = {**ATTESTATION, "by": "self", "attester": "Ourselves"}
    made = report(tmp_path, written(tmp_path, "attestations", own, ATTESTATION), attested("WG-GOV-01"))
    assert made.results[0].attestation is not None
    assert made.results[0].attestation.by == "third_party"


@pytest.mark.parametrize(
    ("change", "line"), [({"sha256": "abc"}, 7), ({"by": "friend"}, 4), ({"control": "WG-GOV-77"}, 2)]
)
def test_an_attestation_that_is_not_one_is_refused(tmp_path: Path, change: dict[str, Any], line: int) -> None:
    config = written(tmp_path, "attestations", {**ATTESTATION, **change})
    with pytest.raises(ConfigError) as caught:
        report(tmp_path, config, attested("WG-GOV-01"))
    assert caught.value.where == f"{tmp_path / 'attestations.yaml'}:{line}"


def test_the_report_names_no_folder_of_the_machine(tmp_path: Path) -> None:
    made = report(tmp_path, written(tmp_path, "waivers", WAIVER))
    assert made.waivers[0].source == "waivers.yaml:2"


@pytest.mark.parametrize(
    ("attester", "state"),
    [
        ("Acme Lab", "refused"), ("ACME  lab.", "refused"), ("Acme\u200b Lab", "refused"), ("Acm\u00e9\u00a0Lab", "refused"),
        ("\u0410cme Lab", "refused"), ("Acme Labour Union", "accepted"), ("\u0410\u0443\u0434\u0438\u0442 Ltd", "accepted"),
    ],
)  # fmt: skip
def test_nobody_is_a_third_party_to_itself_however_it_is_written(
    tmp_path: Path, attester: str, state: str
) -> None:
    config = written(tmp_path, "attestations", ATTESTATION | {"attester": attester})
    config = config.model_copy(update={"organisation": "Acme Lab"})
    made = report(tmp_path, config, attested("WG-GOV-01"))
    assert [one.state for one in made.attestations] == [state]
