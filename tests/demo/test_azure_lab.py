"""The demonstration on Azure: every planted weakness is caught, and gone when it is left out; the hardened twin is clean."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from audited import caught, command, demo, failing, planted

from weightguard import api
from weightguard.assess.serialise import from_json
from weightguard.assess.status import ending
from weightguard.demo.azure.hardened import build
from weightguard.demo.azure.weaknesses import WEAKNESSES

pytestmark = [pytest.mark.slow, pytest.mark.wire]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the weak lab's audit lies."""
    return tmp_path_factory.mktemp("weak") / "demo"


@pytest.fixture(scope="module")
def weak(folder: Path) -> dict[str, Any]:
    return demo(folder, "--cloud", "azure")


@pytest.fixture(scope="module")
def hardened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return demo(tmp_path_factory.mktemp("hardened") / "demo", "--cloud", "azure", "--hardened")


@pytest.mark.parametrize("weakness", WEAKNESSES, ids=lambda weakness: weakness.name)
def test_every_planted_weakness_is_caught(
    weak: dict[str, Any], hardened: dict[str, Any], weakness: Any
) -> None:
    assert caught(weak["results"], weakness)
    assert not caught(hardened["results"], weakness)


@pytest.mark.parametrize("weakness", WEAKNESSES, ids=lambda weakness: weakness.name)
def test_each_is_gone_where_it_alone_is_left_out(tmp_path: Path, weakness: Any) -> None:
    report = planted(tmp_path, "azure", *(one for one in WEAKNESSES if one is not weakness))
    results = [
        {name: str(getattr(one, name)) for name in ("control", "status", "level", "subject", "message")}
        for one in report.results
    ]
    assert not caught(results, weakness), failing(results)


def test_the_hardened_twin_fails_nothing_up_to_its_level(hardened: dict[str, Any]) -> None:
    assert not failing(hardened["results"])
    made = from_json(json.dumps(hardened).encode())
    attested = {control["id"] for control in hardened["controls"] if control["mode"] == "attested"}
    undecided = {one.control for one in made.results if one.status == "unknown"} - attested
    not_here = {gap.operation for gap in made.coverage.gaps if gap.reason == "not_decided"}
    assert undecided == not_here, "what no rule of ours decides on Azure, and nothing else"
    assert {gap.reason for gap in made.coverage.gaps} <= {"not_decided"}
    assert {one.state for one in made.coverage.accounts} == {"read"}


def test_the_weak_lab_ends_in_what_it_lets_in(weak: dict[str, Any], folder: Path) -> None:
    end = ending(from_json(json.dumps(weak).encode()))
    assert end.status == 3
    assert {one.lets_in for one in end.failing} >= {"public", "outsider", "escalation"}
    evidence = api.load(folder / "snapshot")
    readers = api.who_can(evidence, "read", "https://auroraeval.blob.core.windows.net/probe").answers
    assert any(one.kind == "anonymous" and one.direct for one in readers)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "aurorascratchjo" in page and len(page) > 100_000


def test_the_weights_are_found_in_both(weak: dict[str, Any], hardened: dict[str, Any]) -> None:
    assert {entry["format"] for entry in hardened["weights"]} == {"safetensors", "gguf", "numpy"}
    hidden = [entry for entry in weak["weights"] if entry["prefix"].endswith("IMG_2041.jpg")]
    assert [entry["model"] for entry in hidden] == ["aurora-1"]  # a shard of it, by what it holds


def test_the_machine_s_own_settings_are_not_used(tmp_path: Path) -> None:
    others = {
        "AZURE_CLIENT_ID": "somebody-s",
        "AZURE_CLIENT_SECRET": "somebody-s-secret",
        "AZURE_AUTHORITY_HOST": "https://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    }
    done = command(tmp_path / "demo", "--cloud", "azure", "--hardened", **{**os.environ, **others})
    assert done.returncode == 0, done.stderr


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    line = ["demo", "--cloud", "azure", "-q", "-o", str(tmp_path / "demo")]
    code = f"import sys; sys.modules['azure.identity'] = None; from weightguard.cli import main; sys.argv[1:] = {line!r}; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "pip install 'weightguard[azure]'" in done.stderr


def test_a_lab_is_built_anew_each_time() -> None:
    first = build()
    for weakness in WEAKNESSES:
        weakness.plant(first)
    assert build() == build() != first
