"""Commands that take something away are told from those that do not, and none of the catalogue is silent about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from laboratory import catalogue, control
from weightguard.assess.remedies import Place, remedy
from weightguard.config import Config
from weightguard.controls import effects
from weightguard.controls.catalogue import load_catalogue
from weightguard.controls.lint import lint
from weightguard.controls.schema import EFFECTS


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("aws s3api get-bucket-policy --bucket b", "adds"),
        ("aws s3api put-public-access-block --bucket b", "adds"),
        ("weightguard cut --snapshot s --store t", "adds"),
        ('{"Effect":"Deny","Action":"s3:Delete*"}', "adds"),
        ("# do not aws s3 rm anything", "adds"),
        ("aws s3 rm s3://b/p --recursive", "deletes"),
        ("aws s3 sync s3://a s3://b && aws s3 rm s3://a --recursive", "deletes"),
        ("aws iam detach-role-policy --role-name r --policy-arn p", "deletes"),
        ("gcloud storage rm --recursive gs://b/p", "deletes"),
        ("gcloud storage rm --recursive --all-versions gs://b/p", "irreversible"),
        ("az storage blob delete-batch --source c", "deletes"),
        ("az role assignment delete --ids i", "deletes"),
        ("aws kms put-key-policy --key-id k --policy file://p.json", "replaces"),
        ("aws cloudtrail put-event-selectors --trail-name t --event-selectors '[]'", "replaces"),
        ("aws kms create-key\naws kms schedule-key-deletion --key-id k", "irreversible"),
        ("aws kms create-key && aws kms delete-imported-key-material --key-id k", "irreversible"),
        (
            'aws s3api put-object-lock-configuration --object-lock-configuration \'{"Mode":"COMPLIANCE"}\'',
            "irreversible",
        ),
        (
            'aws s3api put-object-lock-configuration --object-lock-configuration \'{"Mode":"GOVERNANCE"}\'',
            "adds",
        ),
        ("gcloud storage buckets update gs://b --lock-retention-period", "irreversible"),
        ("gcloud artifacts repositories update r --immutable-tags", "adds"),
    ],
)
def test_what_a_command_does_to_what_was_there(text: str, effect: str) -> None:
    assert effects.of(text)[0] == effect


def problems(folder: Path, **remediation: Any) -> list[str]:
    given = {"console": "Click.", "terraform": "resource {}", **remediation}
    own = control("WG-STO-01", remediation={"aws": given})
    return [
        one.message
        for one in lint(catalogue(folder, own))
        if "take" in one.message or "effect" in one.message
    ]


def test_lint_refuses_what_takes_away_and_does_not_say_so(tmp_path: Path) -> None:
    gone = "aws s3 rm s3://b --recursive"
    assert problems(tmp_path, cli="aws s3api put-public-access-block --bucket b") == []
    assert "write effect: deletes" in problems(tmp_path, cli=gone)[0]
    assert "write effect: deletes" in problems(tmp_path, cli=gone, effect="replaces")[0]
    assert problems(tmp_path, cli=gone, effect="deletes") == []
    lock = "aws kms schedule-key-deletion --key-id k"
    assert "has a warning" in problems(tmp_path, cli=lock, effect="irreversible")[0]
    assert problems(tmp_path, cli=lock, effect="irreversible", warning="Look twice.") == []


def test_no_command_of_the_catalogue_is_worse_than_it_says() -> None:
    for one in load_catalogue().controls:
        for provider in ("aws", "gcp", "azure", "anywhere"):
            text = getattr(one.remediation, provider)
            if text is not None and text.cli is not None:
                found = effects.of(text.cli)[0]
                assert found == "adds" or EFFECTS.index(text.effect or "adds") >= EFFECTS.index(found), one.id


@pytest.mark.parametrize("name", ["WG-KEY-08", "WG-INV-02", "WG-NET-02", "WG-KEY-03", "WG-INV-03"])
def test_what_destroyed_or_locked_out_takes_nothing_away(name: str) -> None:
    text = load_catalogue().by_id[name].remediation.aws
    assert text is not None
    assert text.cli is not None
    assert text.effect in ("reads", "adds")
    assert effects.of(text.cli)[0] == "adds"


def test_a_command_is_preceded_by_what_it_does_and_what_to_look_at(tmp_path: Path) -> None:
    given = {
        "console": "Click.", "cli": "aws s3 rm s3://b --recursive", "terraform": "x", "effect": "deletes",
        "warning": "Look twice.",
    }  # fmt: skip
    loaded = catalogue(tmp_path, control("WG-STO-01", remediation={"aws": given}))
    said = remedy(loaded.by_id["WG-STO-01"], "aws")
    assert said == "# This deletes. Look twice.\naws s3 rm s3://b --recursive"


def test_undeclared_weights_come_with_their_declaration_ready() -> None:
    places = [Place("mini", "arn:aws:s3:::b/mini/"), Place('od"d: [name]\n- x', "arn:aws:s3:::a/{x}: y/")]
    said = remedy(load_catalogue().by_id["WG-INV-02"], "aws", places)
    assert said is not None
    config = Config.model_validate(yaml.safe_load(said))
    assert [(one.name, *one.locations) for one in config.models] == [
        (one.model, one.location) for one in places
    ]
