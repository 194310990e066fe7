"""Levels and the score, as the design has them: unknown blocks as a failure does, the formula is redone by
hand.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from laboratory import (
    OPEN,
    ToldAccess,
    account,
    answer,
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
from weightguard.access.model import AccessKind
from weightguard.assess.assessment import Options, assess
from weightguard.assess.model import Report, WeightEntry
from weightguard.config import Config
from weightguard.estate.model import Versioning

ON = {"cel": "store.versioning.on"}
OFF = known(Versioning(False, True), "s3:GetBucketVersioning")
UNREAD = denied("s3:GetBucketVersioning")


def report(folder: Path, *controls: dict[str, Any], config: Config | None = None, **given: Any) -> Report:
    access = given.pop("access", None) or ToldAccess()
    options = given.pop("options", None)
    things = {"accounts": [account()], "stores": [store("a")], "weight_sets": [weights("a")], **given}
    return assess(estate(**things), access, catalogue(folder, *controls), config or Config(), options=options)


def only(made: Report) -> WeightEntry:
    assert len(made.weights) == 1
    return made.weights[0]


def attest(folder: Path, *rows: dict[str, Any]) -> Config:
    """A configuration with these attestations, whose evidence is there."""
    (folder / "evidence.txt").write_text("seen")
    digest = hashlib.sha256(b"seen").hexdigest()
    standard = {
        "statement": "It is so.", "by": "third_party", "attester": "Example Ltd", "evidence": "evidence.txt",
        "sha256": digest, "valid_until": "2027-01-01",
    }  # fmt: skip
    path = folder / "attestations.yaml"
    path.write_text(yaml.safe_dump({"attestations": [{**standard, **row} for row in rows]}))
    return Config(attestations=(path,))


@pytest.mark.parametrize(
    ("fact", "level"),
    [(known(Versioning(True, True)), "SL3"), (OFF, "SL1"), (UNREAD, "SL1")],
    ids=["pass", "fail", "unknown"],
)
def test_unknown_blocks_a_level_exactly_as_a_failure_does(tmp_path: Path, fact: Any, level: str) -> None:
    made = report(
        tmp_path,
        control("WG-STO-01"),
        control("WG-STO-09", level="SL2", check=ON),
        stores=[store("a", versioning=fact)],
    )
    assert only(made).level_reached == level


def test_blocking_says_which_controls_and_the_ladder_why(tmp_path: Path) -> None:
    made = report(
        tmp_path,
        control("WG-STO-01"),
        control("WG-STO-09", level="SL2", check=ON),
        control("WG-STO-10", level="SL2", check={"cel": "store.tags.size() > 0"}),
        control("WG-STO-11", level="SL4", check=ON),
        stores=[store("a", versioning=UNREAD)],
    )
    one = only(made)
    assert one.level_reached == "SL1"
    assert one.blocking == ("WG-STO-09", "WG-STO-10")
    assert {rung.level: dict(rung.blocking) for rung in one.ladder if rung.blocking} == {
        "SL2": {"WG-STO-09": "unknown", "WG-STO-10": "fail"},
        "SL4": {"WG-STO-11": "unknown"},
    }
    assert [rung.reached for rung in one.ladder] == [True, False, False, False, False]


def test_the_organisation_is_as_good_as_its_worst_declared_weights(tmp_path: Path) -> None:
    things = {
        "stores": [store("a"), store("b", versioning=OFF)],
        "weight_sets": [weights("a", "atlas"), weights("b", "toy")],
    }
    controls = (control("WG-STO-01"), control("WG-STO-09", level="SL2", check=ON))
    assert report(tmp_path, *controls, **things).summary.level_reached == "SL1"
    declared = Config.model_validate({"models": [{"name": "atlas"}]})
    assert report(tmp_path, *controls, config=declared, **things).summary.level_reached != "SL1"


def test_without_attestations_an_attested_control_blocks_and_evidence_is_told_apart(tmp_path: Path) -> None:
    made = report(tmp_path, control("WG-STO-01"), attested("WG-GOV-01"))
    one = only(made)
    assert (one.level_reached, one.level_by_evidence) == ("SL0", "SL3")
    assert dict(one.ladder[0].blocking) == {"WG-GOV-01": "not_attested"}


@pytest.mark.parametrize(
    ("rows", "level"),
    [
        ([{"control": "WG-GOV-01", "by": "self"}], "SL3"),
        ([{"control": "WG-GOV-01", "by": "self"}, {"control": "WG-CON-04", "by": "self"}], "SL3"),
        ([{"control": "WG-GOV-01", "by": "self"}, {"control": "WG-CON-04"}], "SL3"),
        ([{"control": "WG-GOV-01"}, {"control": "WG-CON-04"}], "SL4"),
        ([{"control": "WG-GOV-01"}], "SL3"),
    ],
)
def test_above_sl3_every_attestation_is_a_third_partys(
    tmp_path: Path, rows: list[dict[str, Any]], level: str
) -> None:
    controls = (control("WG-STO-01"), attested("WG-GOV-01"), attested("WG-CON-04", level="SL4"))
    made = report(tmp_path, *controls, config=attest(tmp_path, *rows))
    assert only(made).level_reached == level


def test_ones_own_word_never_lifts_what_facts_leave_open(tmp_path: Path) -> None:
    hybrid = control(
        "WG-STO-09",
        mode="hybrid",
        check=ON,
        attestation={"statement": "It is versioned.", "evidence": "a screenshot"},
    )
    unread = [store("a", versioning=UNREAD)]
    own = attest(tmp_path, {"control": "WG-STO-09", "by": "self"})
    assert only(report(tmp_path, hybrid, config=own, stores=unread)).level_reached == "SL0"
    other = attest(tmp_path, {"control": "WG-STO-09"})
    assert only(report(tmp_path, hybrid, config=other, stores=unread)).level_reached == "SL3"
    failing = [store("a", versioning=OFF)]
    assert only(report(tmp_path, hybrid, config=other, stores=failing)).level_reached == "SL0"


def test_configuration_evidence_alone_stops_at_sl3(tmp_path: Path) -> None:
    assert (
        only(report(tmp_path, control("WG-STO-01"), control("WG-STO-02", level="SL5"))).level_reached == "SL3"
    )


def test_the_report_says_which_attestations_the_higher_levels_need(tmp_path: Path) -> None:
    made = report(
        tmp_path, control("WG-STO-01"), attested("WG-CON-04", level="SL4"), attested("WG-CON-07", level="SL5")
    )
    assert only(made).level_reached == "SL3"
    assert made.attestations_needed == {"SL4": ("WG-CON-04",), "SL5": ("WG-CON-04", "WG-CON-07")}


def test_the_score_is_redone_by_hand(tmp_path: Path) -> None:
    made = report(
        tmp_path,
        control("WG-STO-01", severity="critical"),  # passes: 8 of 8
        control("WG-STO-02", severity="high", check=ON),  # unknown: 0 of 4
        control("WG-STO-03", severity="medium", check={"cel": "store.name == 'b'"}),  # fails: 0 of 2
        control("WG-STO-04", severity="low", level="SL2"),  # passes: 1 of 1
        control("WG-STO-05", severity="critical", level="SL3", check=ON),  # above the target: not counted
        control(
            "WG-KEY-01", severity="critical", subject="key", check={"cel": "true"}
        ),  # no key: not applicable
        stores=[store("a", versioning=UNREAD)],
    )
    details = only(made).score_details
    # 100 x (8 + 1) / (8 + 4 + 2 + 1)
    assert details.value == only(made).score == 60
    assert details.computed == (
        "100 x (8 x 1 + 4 x 0 + 2 x 0 + 1 x 1) / (8 x 1 + 4 x 1 + 2 x 1 + 1 x 1) = 100 x 9 / 15 = 60"
    )
    assert details.unknown == {"critical": 0, "high": 1, "medium": 0, "low": 0}
    assert made.summary.score == 60


def test_the_overall_score_adds_up_the_weight_sets_so_that_every_fix_shows(tmp_path: Path) -> None:
    controls = (control("WG-STO-01", severity="critical"), control("WG-STO-09", severity="high", check=ON))
    things = {"weight_sets": [weights("a", "atlas"), weights("b", "toy")]}
    both = report(
        tmp_path, *controls, stores=[store("a", versioning=OFF), store("b", versioning=OFF)], **things
    )
    one = report(tmp_path, *controls, stores=[store("a"), store("b", versioning=OFF)], **things)
    assert both.summary.score == 66  # 100 x (8 x 2 + 4 x 0) / (8 x 2 + 4 x 2)
    assert one.summary.score == 83  # 100 x (8 x 2 + 4 x 1) / (8 x 2 + 4 x 2)
    assert one.summary.score_details.computed.endswith("= 100 x 20 / 24 = 83")


@pytest.mark.parametrize(
    ("outsider", "config", "cap"),
    [
        (answer("*", "anonymous"), {}, "anybody on the internet"),
        (answer("arn:aws:iam::999999999999:root", "external"), {}, "arn:aws:iam::999999999999:root"),
        (
            answer("arn:aws:iam::999999999999:root", "external"),
            {"vendors": ["arn:aws:iam::999999999999:*"]},
            None,
        ),
        (answer("*", "anonymous", certainty="conditional"), {}, None),
        (answer("*", "anonymous"), {"models": [{"name": "atlas", "released": True}]}, None),
        (answer("x", "person"), {}, None),
    ],
)
def test_weights_that_outsiders_read_cap_the_score(
    tmp_path: Path, outsider: Any, config: dict[str, Any], cap: str | None
) -> None:
    made = report(
        tmp_path,
        control("WG-STO-01"),
        access=ToldAccess({(AccessKind.READ, arn("a")): [outsider]}),
        config=Config.model_validate(config),
    )
    assert made.summary.score == (20 if cap else 100)
    assert (cap in (made.summary.score_details.cap or "")) if cap else made.summary.score_details.cap is None


def test_a_critical_failure_that_exposes_caps_the_score(tmp_path: Path) -> None:
    controls = (
        control("WG-STO-01", severity="critical", exposes=True),
        *(control(f"WG-STO-{n}", check=ON) for n in range(20, 40)),
    )
    made = report(tmp_path, *controls, stores=[store("a", public_access_block=known(OPEN))])
    assert made.summary.score == 20
    assert "WG-STO-01 fails" in (made.summary.score_details.cap or "")


@pytest.mark.parametrize(
    ("options", "config", "target"),
    [
        (Options(), {}, "SL2"),
        (Options(), {"models": [{"name": "atlas", "tier": "critical"}]}, "SL4"),
        (Options(), {"models": [{"name": "atlas", "tier": "high"}], "target_level": "SL1"}, "SL3"),
        (Options(), {"target_level": "SL5"}, "SL5"),
        (Options(target_level="SL1"), {"models": [{"name": "atlas", "tier": "critical"}]}, "SL1"),
    ],
)
def test_the_target_is_the_options_else_the_higher_of_configuration_and_tier(
    tmp_path: Path, options: Options, config: dict[str, Any], target: str
) -> None:
    made = report(tmp_path, control("WG-STO-01"), options=options, config=Config.model_validate(config))
    assert (only(made).target_level, made.summary.target_level) == (target, target)


def test_the_claim_is_alignment_never_certification(tmp_path: Path) -> None:
    made = report(tmp_path, control("WG-STO-01"))
    assert "aligned with the measures of RAND RR-A2849-1 (2024)" in made.summary.claim
    assert "certif" not in made.summary.claim
    nothing = report(tmp_path, control("WG-STO-01"), stores=[store("a", public_access_block=known(OPEN))])
    assert nothing.summary.level_reached == "SL0"
    assert nothing.summary.claim.startswith("No security level is reached")


def test_an_egress_budget_tells_how_long_a_theft_would_take(tmp_path: Path) -> None:
    declared = Config.model_validate({"models": [{"name": "atlas", "egress_budget": 10}]})
    assert only(report(tmp_path, control("WG-STO-01"), config=declared)).years_to_exfiltrate == 100.0
    assert only(report(tmp_path, control("WG-STO-01"))).years_to_exfiltrate is None
