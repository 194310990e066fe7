"""The demonstration: every planted weakness is caught, and the hardened twin is clean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from audited import caught, demo, failing

from weightguard import api
from weightguard.assess.serialise import from_json
from weightguard.assess.status import ending
from weightguard.demo.aws.lab import Lab
from weightguard.demo.aws.weaknesses import WEAKNESSES
from weightguard.errors import InputError

pytestmark = [pytest.mark.slow, pytest.mark.wire]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the weak lab's audit lies."""
    return tmp_path_factory.mktemp("weak") / "demo"


@pytest.fixture(scope="module")
def weak(folder: Path) -> dict[str, Any]:
    return demo(folder)


@pytest.fixture(scope="module")
def accounts(weak: dict[str, Any], folder: Path) -> dict[str, str]:
    """Account numbers by the names that the lab gives them."""
    assert weak
    return {account.name: account.id for account in api.load(folder / "snapshot").estate.accounts}


@pytest.fixture(scope="module")
def hardened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return demo(tmp_path_factory.mktemp("hardened") / "demo", "--hardened")


@pytest.mark.parametrize("weakness", WEAKNESSES, ids=lambda weakness: weakness.name)
def test_every_planted_weakness_is_caught(
    weak: dict[str, Any], accounts: dict[str, str], weakness: Any
) -> None:
    assert caught(weak["results"], weakness, accounts)


def test_the_hardened_twin_fails_nothing_up_to_its_level(hardened: dict[str, Any]) -> None:
    assert not failing(hardened["results"])


def test_the_hardened_twin_keeps_nothing_from_its_operator(hardened: dict[str, Any]) -> None:
    made = from_json(json.dumps(hardened).encode())
    attested = {control["id"] for control in hardened["controls"] if control["mode"] == "attested"}
    undecided = {one.control for one in made.results if one.status == "unknown"} - attested
    assert undecided == set()
    assert made.coverage.gaps == ()
    assert {one.state for one in made.coverage.accounts} == {"read"}
    assert ending(made).status == 0
    assert ending(made, target_level="SL1").status == 3  # nobody has attested anything
    assert made.summary.level_by_evidence == "SL3"


def test_the_weak_lab_ends_in_what_it_lets_in(weak: dict[str, Any]) -> None:
    made = from_json(json.dumps(weak).encode())
    end = ending(made)
    assert end.status == 3
    assert {one.lets_in for one in end.failing[:3]} == {"public", "outsider", "escalation"}
    undeclared = [one for one in made.results if one.control == "WG-IAM-21" and one.status == "fail"]
    assert any("role/NightlyReports" in one.message and "user/dana" in one.message for one in undeclared)


def test_the_weights_are_found_in_both(weak: dict[str, Any], hardened: dict[str, Any]) -> None:
    assert {entry["format"] for entry in hardened["weights"]} == {"safetensors", "gguf", "numpy"}
    hidden = [entry for entry in weak["weights"] if entry["prefix"].endswith("IMG_2041.jpg")]
    assert [entry["model"] for entry in hidden] == ["aurora-1"]  # a shard of it, by what it holds
    (stray,) = [
        one for one in weak["results"] if one["control"] == "WG-INV-02" and one["subject"] == hidden[0]["id"]
    ]
    assert '- name: "aurora-1"' in stray["remediation"]


def test_the_lab_refuses_any_address_but_loopback() -> None:
    with pytest.raises(InputError, match="loopback"):
        Lab("https://s3.amazonaws.com")
