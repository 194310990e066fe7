"""The demonstration on Azure: each weakness is caught by the control that it names, and by it alone; the twin is clean."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from weightguard import api
from weightguard.assess.model import Report
from weightguard.config import load
from weightguard.demo.azure import running
from weightguard.demo.azure.emulator.server import served
from weightguard.demo.azure.hardened import build
from weightguard.demo.azure.lab import Lab
from weightguard.demo.azure.weaknesses import WEAKNESSES
from weightguard.demo.declared import configuration
from weightguard.demo.demonstration import Weakness
from weightguard.errors import InputError

pytestmark = [pytest.mark.slow, pytest.mark.wire]
Planted = Weakness[Lab]


def _audited(folder: Path, planted: Iterable[Planted]) -> Report:
    """The lab with some weaknesses, scanned and judged."""
    held = tuple(planted)
    with running.running(held) as source:
        api.collect(folder / "snapshot", {"azure": source})
    declared = load(configuration(folder, "azure", hardened=not held))
    return api.assess(api.load(folder / "snapshot"), config=declared)


def _caught(report: Report, weakness: Planted) -> list[tuple[str, str]]:
    """What the control that a weakness names says of it."""
    return [
        (one.subject, one.message)
        for one in report.results
        if one.control == weakness.control
        and one.status == "fail"
        and weakness.subject in one.subject + one.message
    ]


@pytest.fixture(scope="module")
def weak(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return _audited(tmp_path_factory.mktemp("weak"), WEAKNESSES)


@pytest.fixture(scope="module")
def hardened(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return _audited(tmp_path_factory.mktemp("hardened"), ())


@pytest.mark.parametrize("weakness", WEAKNESSES, ids=lambda one: one.name)
def test_a_weakness_is_caught_by_its_control_and_gone_without_it(
    weak: Report, weakness: Planted, tmp_path: Path
) -> None:
    assert _caught(weak, weakness)
    without = _audited(tmp_path, (one for one in WEAKNESSES if one is not weakness))
    assert _caught(without, weakness) == []


def test_the_hardened_twin_fails_nothing_up_to_its_level(hardened: Report) -> None:
    failing = [
        (one.control, one.subject, one.message)
        for one in hardened.results
        if one.status == "fail" and one.level in ("SL1", "SL2", "SL3")
    ]
    assert failing == []


def test_the_hardened_twin_keeps_nothing_from_its_operator(hardened: Report) -> None:
    """What is unknown of it is attested, or decided on no Azure at all."""
    attested = {one["id"] for one in hardened.controls if one["mode"] == "attested"}
    undecided = {one.operation for one in hardened.coverage.gaps if one.service == "weightguard"}
    assert {one.control for one in hardened.results if one.status == "unknown"} - attested == undecided
    assert [one for one in hardened.coverage.gaps if one.service != "weightguard"] == []
    assert {one.state for one in hardened.coverage.accounts} == {"read"}


def test_the_weights_are_found_by_their_bytes(weak: Report, hardened: Report) -> None:
    assert {one.format for one in hardened.weights} == {"safetensors", "gguf", "numpy"}
    (hidden,) = [one for one in weak.weights if one.prefix.endswith("IMG_2041.jpg")]
    assert hidden.model == "aurora-1"  # a shard of it, by what it holds


def test_the_command_writes_what_the_audit_found(tmp_path: Path) -> None:
    settings = {**os.environ, "AZURE_CLIENT_ID": "somebody's own", "AZURE_CLIENT_SECRET": "never sent"}
    command = [sys.executable, "-m", "weightguard", "demo", "--cloud", "azure", "-o", str(tmp_path / "demo")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env=settings)
    assert done.returncode == 0, done.stderr
    assert "Scanning it at https://127.0.0.1:" in done.stderr
    report: dict[str, Any] = json.loads((tmp_path / "demo" / "report.json").read_bytes())
    failing = {one["control"] for one in report["results"] if one["status"] == "fail"}
    assert {one.control for one in WEAKNESSES} <= failing
    page = (tmp_path / "demo" / "report.html").read_text()
    assert "aurorascratchjo" in page and "never sent" not in page


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "find_spec", lambda name: None)
    with (
        pytest.raises(InputError, match=r"azure-identity is not installed.*weightguard\[azure\]"),
        running.running(()),
    ):
        pass


def test_a_lab_is_built_anew_each_time(tmp_path: Path) -> None:
    first = build()
    for weakness in WEAKNESSES:
        weakness.plant(first)
    assert build() == build() != first
    with served(build().tenant(), tmp_path) as found:
        assert found.base.startswith("https://127.0.0.1:")
