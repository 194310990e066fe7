"""The demonstrations: every planted weakness is caught, and gone when it is left out; the hardened twins are clean."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from audited import Audit, caught, command, failing, planted

from weightguard import api
from weightguard.assess.serialise import from_json
from weightguard.assess.status import ending
from weightguard.demo.providers import CLOUDS, demonstration

pytestmark = [pytest.mark.slow, pytest.mark.wire]
PLANTED = [(cloud, one) for cloud in CLOUDS for one in demonstration(cloud).weaknesses]
NEEDS = {"aws": ("moto", "demo"), "gcp": ("google.auth", "gcp"), "azure": ("azure.identity", "azure")}
"""Cloud -> a module that its demonstration needs, and the extra that brings it."""
OTHERS = {
    "aws": {"AWS_PROFILE": "somebody-s", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
    "gcp": {
        "GOOGLE_APPLICATION_CREDENTIALS": "/no such file",
        "GOOGLE_CLOUD_PROJECT": "somebody-s",
        "http_proxy": "http://127.0.0.1:9",
    },
    "azure": {
        "AZURE_CLIENT_ID": "somebody-s",
        "AZURE_CLIENT_SECRET": "somebody-s-secret",
        "AZURE_AUTHORITY_HOST": "https://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    },
}
"""Cloud -> settings of the machine that would lead elsewhere."""


def named(planted: list[tuple[str, Any]]) -> list[Any]:
    return [pytest.param(cloud, one, id=f"{cloud}-{one.name}") for cloud, one in planted]


@pytest.mark.parametrize(("cloud", "weakness"), named(PLANTED))
def test_every_planted_weakness_is_caught(audit: Audit, cloud: str, weakness: Any) -> None:
    folder, weak = audit(cloud)
    _, hardened = audit(cloud, "--hardened")
    names = {one.name: one.id for one in api.load(folder / "snapshot").estate.accounts}
    assert caught(weak["results"], weakness, names)
    assert not caught(hardened["results"], weakness)


@pytest.mark.parametrize(
    ("cloud", "weakness"),
    named([(cloud, one) for cloud, one in PLANTED if cloud != "aws"]),  # moto would take an hour
)
def test_each_is_gone_where_it_alone_is_left_out(tmp_path: Path, cloud: str, weakness: Any) -> None:
    others = (one for one in demonstration(cloud).weaknesses if one is not weakness)
    report = planted(tmp_path, cloud, *others)
    results = [
        {name: str(getattr(one, name)) for name in ("control", "status", "level", "subject", "message")}
        for one in report.results
    ]
    assert not caught(results, weakness), failing(results)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_hardened_twin_fails_nothing_up_to_its_level(audit: Audit, cloud: str) -> None:
    _, hardened = audit(cloud, "--hardened")
    assert not failing(hardened["results"])


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_hardened_twin_keeps_nothing_from_its_operator(audit: Audit, cloud: str) -> None:
    """What is unknown of it is attested, or no rule of ours decides it on this cloud, and nothing else."""
    _, hardened = audit(cloud, "--hardened")
    made = from_json(json.dumps(hardened).encode())
    attested = {control["id"] for control in hardened["controls"] if control["mode"] == "attested"}
    undecided = {one.control for one in made.results if one.status == "unknown"} - attested
    assert undecided == {gap.operation for gap in made.coverage.gaps}
    assert {gap.reason for gap in made.coverage.gaps} <= {"not_decided"}
    assert {one.state for one in made.coverage.accounts} == {"read"}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_weak_lab_ends_in_what_it_lets_in(audit: Audit, cloud: str) -> None:
    folder, weak = audit(cloud)
    end = ending(from_json(json.dumps(weak).encode()))
    assert end.status == 3
    assert {one.lets_in for one in end.failing[:3]} == {"public", "outsider", "escalation"}
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert len(page) > 100_000
    assert "IMG_2041" in page


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_weights_are_found_in_both(audit: Audit, cloud: str) -> None:
    (_, weak), (_, hardened) = audit(cloud), audit(cloud, "--hardened")
    assert {entry["format"] for entry in hardened["weights"]} == {"safetensors", "gguf", "numpy"}
    (hidden,) = [entry for entry in weak["weights"] if entry["prefix"].endswith("IMG_2041.jpg")]
    assert hidden["model"] == "aurora-1"  # a shard of it, by what it holds
    (stray,) = [
        one for one in weak["results"] if (one["control"], one["subject"]) == ("WG-INV-02", hidden["id"])
    ]
    assert '- name: "aurora-1"' in stray["remediation"]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_machine_s_own_settings_are_not_used(tmp_path: Path, cloud: str) -> None:
    told = {**os.environ, **OTHERS[cloud]}
    done = command(tmp_path / "demo", "--cloud", cloud, "--hardened", **told)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("cloud", CLOUDS)
def test_without_the_extra_it_says_what_to_install(tmp_path: Path, cloud: str) -> None:
    module, extra = NEEDS[cloud]
    line = ["demo", "--cloud", cloud, "-q", "-o", str(tmp_path / "demo")]
    code = f"import sys; sys.modules[{module!r}] = None; from weightguard.cli import main; sys.argv[1:] = {line!r}; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"pip install 'weightguard[{extra}]'" in done.stderr
