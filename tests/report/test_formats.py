"""Every format over every kind of estate: what its own validator asks for, the same bytes each time, within its bounds."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import build
import pytest
from validators import VALIDATORS, sarif_with_multitool

from weightguard import report as reports
from weightguard.assess.model import Report
from weightguard.assess.serialise import from_json, to_json
from weightguard.config import load
from weightguard.errors import InputError

TREND_FORMATS = ("executive-summary", "executive-summary-html", "html", "markdown", "pull-request")


@pytest.fixture(scope="module")
def large() -> Report:
    return build.large()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The demonstration lab, audited."""
    folder = tmp_path_factory.mktemp("formats") / "demo"
    command = [sys.executable, "-m", "weightguard", "demo", "-q", "-o", str(folder)]
    subprocess.run(command, check=True, timeout=300)
    return from_json((folder / "report.json").read_bytes())


def test_every_format_is_validated() -> None:
    assert set(reports.names()) == {*VALIDATORS, "pdf"}


def test_every_format_writes_a_file_of_its_own() -> None:
    files = [reports.find(name).FILE for name in reports.names()]
    assert len(set(files)) == len(files)


@pytest.mark.parametrize("name", VALIDATORS)
@pytest.mark.parametrize("make", [build.empty, build.sample], ids=["empty", "sample"])
def test_valid_and_deterministic(name: str, make: object) -> None:
    report = build.empty() if make is build.empty else build.sample()
    first = reports.render(name, report)
    VALIDATORS[name](first)
    # A report read back from its file is the same report.
    assert reports.render(name, from_json(to_json(report))) == first


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in VALIDATORS if name != "json"])
def test_fifty_thousand_results_are_valid(name: str, large: Report) -> None:
    VALIDATORS[name](reports.render(name, large))


@pytest.mark.slow
@pytest.mark.parametrize("name", VALIDATORS)
def test_the_demonstration_lab_is_valid(name: str, demo: Report) -> None:
    VALIDATORS[name](reports.render(name, demo))


@pytest.mark.slow
def test_sarif_by_its_own_validator(tmp_path: Path, large: Report, demo: Report) -> None:
    made = {"empty": build.empty(), "sample": build.sample(), "demo": demo, "large": large}
    made |= {f"hostile-{name}": build.hostile(text) for name, text in build.CORPUS.items()}
    for name, report in made.items():
        (tmp_path / f"{name}.sarif").write_bytes(reports.render("sarif", report))
    assert sarif_with_multitool(tmp_path) == {}


@pytest.mark.slow
def test_sarifs_own_validator_would_object(tmp_path: Path) -> None:
    (tmp_path / "broken.sarif").write_text('{"version": "2.1.0", "runs": [{}]}', encoding="utf-8")
    assert "broken.sarif" in sarif_with_multitool(tmp_path)


def test_a_format_is_found_by_hyphen_and_underscore() -> None:
    assert reports.find("oscal-poam") is reports.find("oscal_poam")


@pytest.mark.parametrize("name", ["nonesuch", "", "../json", "json.decoder", "__init__"])
def test_an_unknown_format_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(InputError, match="executive-summary"):
        reports.find(name)


@pytest.mark.parametrize("name", ["csv", "sarif", "oscal", "oscal-poam", "ocsf", "asff", "junit", "eu-annex"])
def test_a_result_of_a_control_that_the_report_does_not_hold(name: str) -> None:
    with pytest.raises(InputError, match="does not hold"):
        reports.render(name, replace(build.sample(), controls=()))


@pytest.mark.parametrize("name", ["sarif", "oscal", "ocsf", "cyclonedx", "junit"])
def test_a_report_without_a_time_is_refused(name: str) -> None:
    report = build.sample()
    with pytest.raises(InputError, match="is no time"):
        reports.render(name, replace(report, snapshot=replace(report.snapshot, as_of="yesterday")))


def test_the_documentation_names_every_format_and_file() -> None:
    text = (Path(__file__).parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
    for name in reports.names():
        assert f"`{name}`" in text
        file = reports.find(name).FILE
        assert f"`{file}`" in text or (f"`{Path(file).stem}.md`" in text and "`.html`" in text), file


def test_the_documented_configuration_is_one(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "weightguard.yaml").write_text(example, encoding="utf-8")
    notify = load(tmp_path / "weightguard.yaml").notify
    assert notify.slack and notify.webhooks and notify.email and notify.prometheus
