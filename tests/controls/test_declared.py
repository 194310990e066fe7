"""Declared models: the tier follows the evaluations, the level follows the tier, weights belong to who
declared them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from laboratory import SHIPPED, arn, weights
from weightguard import yaml_file
from weightguard.config import Config
from weightguard.controls.declared import Declarations, DeclaredModel, TierTable, declare, lies_in

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
TABLE = yaml_file.validate(TierTable, yaml_file.read(SHIPPED / "tiers.yaml"))


def evaluation(score: float, **given: Any) -> dict[str, Any]:
    return {
        "capability": "cyber", "benchmark": "range", "score": score, "threshold": 50, "date": "2026-09-01",
        "evaluator": "Example", **given,
    }  # fmt: skip


def declared(*sets: Any, **model: Any) -> Declarations:
    config = Config.model_validate({"models": [{"name": "atlas", **model}], **model.pop("top", {})})
    return declare(config, TABLE, sets, AS_OF)


def only(**model: Any) -> DeclaredModel:
    return declared(**model).models[0]


@pytest.mark.parametrize(
    ("model", "tier", "level"),
    [
        ({}, "none", "SL2"),
        ({"tier": "high"}, "high", "SL3"),
        ({"evaluations": [evaluation(49)]}, "none", "SL2"),
        ({"evaluations": [evaluation(50)]}, "high", "SL3"),
        ({"evaluations": [evaluation(60, indicates="critical")]}, "critical", "SL4"),
        ({"evaluations": [evaluation(60, capability="manipulation", indicates="critical")]}, "high", "SL3"),
        ({"tier": "none", "evaluations": [evaluation(60)]}, "high", "SL3"),
        ({"tier": "critical", "evaluations": [evaluation(1)]}, "critical", "SL4"),
    ],
)
def test_the_tier_is_the_higher_of_declared_and_evaluated(
    model: dict[str, Any], tier: str, level: str
) -> None:
    assert (only(**model).tier, only(**model).target_level) == (tier, level)


def test_the_configuration_may_ask_for_more_of_a_tier() -> None:
    config = Config.model_validate({"models": [{"name": "a", "tier": "high"}], "tiers": {"high": "SL4"}})
    assert declare(config, TABLE, (), AS_OF).models[0].target_level == "SL4"


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"evaluations": [evaluation(1, date="2026-01-01")]}, "is stale"),
        ({"tier": "none", "evaluations": [evaluation(60)]}, "lower than its evaluations"),
        ({"tier": "none", "previous_tier": "high"}, "lowered from high to none"),
        ({"evaluations": [evaluation(1, capability="cooking")]}, "does not know the capability cooking"),
        ({"tier": "high"}, "rests on no evaluation"),
    ],
)
def test_what_is_wrong_with_a_declaration_is_a_finding(model: dict[str, Any], words: str) -> None:
    assert any(words in finding for finding in only(**model).findings())


def test_a_sound_declaration_has_no_finding() -> None:
    assert list(only(tier="high", previous_tier="none", evaluations=[evaluation(60)]).findings()) == []


def test_weights_belong_to_the_longest_location_else_to_the_name() -> None:
    config = Config.model_validate(
        {
            "models": [
                {"name": "all", "locations": [arn("a")]},
                {"name": "one", "locations": [f"{arn('a')}/atlas/"]},
                {"name": "atlas"},
            ]
        }
    )
    here, elsewhere, nobody = weights("a"), weights("b"), weights("b", "titan")
    owners = declare(config, TABLE, (here, elsewhere, nobody), AS_OF)
    assert [owner.name if (owner := owners.of(one)) else None for one in (here, elsewhere, nobody)] == [
        "one",
        "atlas",
        None,
    ]


@pytest.mark.parametrize(
    ("location", "inside"),
    [
        (arn("a"), True),
        (f"{arn('a')}/", True),
        (f"{arn('a')}/atlas", True),
        (f"{arn('a')}/atlas/", True),
        (f"{arn('a')}/atl", False),
        (arn("ab"), False),
        (f"{arn('a')}/atlas/model.safetensors", False),
    ],
)
def test_a_location_is_a_store_or_a_folder_in_it(location: str, inside: bool) -> None:
    assert lies_in(weights("a"), location) is inside
