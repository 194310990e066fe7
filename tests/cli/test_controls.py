"""`weightguard controls`, as a user types it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from laboratory import catalogue, control

Type = Callable[..., tuple[int, str, str]]


def test_list_is_one_line_a_control(typed: Type) -> None:
    status, out, _ = typed("controls", "list", "--family", "sto", "--level", "SL1")
    assert status == 0
    *lines, last = out.splitlines()
    assert all(line.startswith("WG-STO-") and " SL1 " in line and len(line) <= 80 for line in lines)
    assert "aligned with the measures of RAND RR-A2849-1 (2024)" in last


@pytest.mark.parametrize("provider", ["aws", "gcp", "azure"])
def test_list_and_show_say_on_which_providers_facts_decide(typed: Type, provider: str) -> None:
    rows = json.loads(typed("controls", "list", "--provider", provider, "--json")[1])
    decided = [one["id"] for one in rows if provider in one["decided_on"]]
    lacking = [one["id"] for one in rows if provider not in one["decided_on"] and one["mode"] != "attested"]
    *_, last = typed("controls", "list", "--provider", provider)[1].splitlines()
    yet = f", {len(lacking)} not yet" if lacking else ""
    assert last.endswith(f" On {provider} facts decide {len(decided)}{yet}.")
    for name in (*decided[:1], *lacking[:1]):
        told = next(
            line
            for line in typed("controls", "show", name)[1].splitlines()
            if line.startswith("**Decided on**")
        )
        here, _, there = told.partition("; not yet on ")
        assert (provider in here, provider in there) == (name in decided, name in lacking)


def test_list_as_json_takes_the_same_filters(typed: Type) -> None:
    everything = json.loads(typed("controls", "list", "--json")[1])
    assert len(everything) >= 75
    status, out, _ = typed(
        "controls", "list", "--json", "--severity", "critical", "--mode", "automated", "--provider", "aws"
    )
    assert status == 0
    assert json.loads(out) == [
        one
        for one in everything
        if one["severity"] == "critical" and one["mode"] == "automated" and "aws" in one["providers"]
    ]


def test_a_level_asks_for_the_controls_of_those_below_it(typed: Type) -> None:
    levels = {one["level"] for one in json.loads(typed("controls", "list", "--level", "SL2", "--json")[1])}
    assert levels == {"SL1", "SL2"}


def test_show_tells_everything(typed: Type) -> None:
    status, out, _ = typed("controls", "show", "wg-sto-01")
    assert status == 0
    assert out.startswith("### WG-STO-01: ")
    assert "**Why.**" in out
    assert "aws " in out, "how to put it right on the command line"
    shown = json.loads(typed("controls", "show", "WG-STO-01", "--json")[1])
    assert (shown["id"], shown["check"]) == ("WG-STO-01", "storage.public_access_blocked")


def test_the_shipped_catalogue_has_nothing_wrong_with_it(typed: Type) -> None:
    status, out, _ = typed("controls", "lint")
    assert (status, out) == (0, "")


@pytest.mark.parametrize("whole", [True, False], ids=["a whole catalogue", "one file"])
def test_lint_names_the_line_of_a_bad_mapping(typed: Type, tmp_path: Path, whole: bool) -> None:
    place = catalogue(tmp_path).directory
    path = place / "WG-STO-01.yaml"
    path.write_text(
        yaml.safe_dump(control("WG-STO-01", mappings={"rand_vectors": ["V4.1"], "mitre_atlas": ["X"]}))
    )
    status, out, err = typed("controls", "lint", place if whole else path)
    line = next(number for number, text in enumerate(path.read_text().splitlines(), start=1) if "- X" in text)
    assert (status, out) == (2, f"{path}:{line}: WG-STO-01: X: no MITRE ATLAS technique id\n")
    assert err == f"weightguard: 1 problem in the controls, the first ({path}:{line})\n"


def test_lint_goes_on_after_a_file_that_is_no_control(typed: Type, tmp_path: Path) -> None:
    place = catalogue(tmp_path).directory
    (place / "WG-STO-01.yaml").write_text("id: WG-STO-01\ntitel: x\n")
    (place / "WG-STO-02.yaml").write_text("id: [\n")
    status, out, err = typed("controls", "lint", place)
    assert status == 2
    assert {line.partition(".yaml:")[0].rpartition("/")[2] for line in out.splitlines()} == {
        "WG-STO-01",
        "WG-STO-02",
    }
    assert f"{len(out.splitlines())} problems" in err


def test_lint_of_nothing_is_refused(typed: Type) -> None:
    status, _, err = typed("controls", "lint", "none")
    assert status == 2
    assert "no such directory" in err


def test_export_goes_to_stdout_a_file_or_a_folder(typed: Type, tmp_path: Path) -> None:
    names = {one["id"] for one in json.loads(typed("controls", "list", "--json")[1])}
    assert {one["id"] for one in json.loads(typed("controls", "export")[1])["controls"]} == names
    status, out, _ = typed("controls", "export", "-f", "csv", "-o", "catalogue.csv")
    assert (status, out) == (0, "catalogue.csv\n")
    rows = csv.DictReader(io.StringIO((tmp_path / "catalogue.csv").read_text()))
    assert {row["id"] for row in rows} == names
    assert typed("controls", "export", "-f", "markdown", "-o", "pages")[0] == 0
    assert "### WG-STO-01: " in (tmp_path / "pages" / "catalogue.md").read_text()
    assert typed("controls", "export", "-f", "oscal", "-o", "oscal")[0] == 0
    assert sorted(path.name for path in (tmp_path / "oscal").iterdir()) == [
        "weightguard-catalog.json",
        *(f"weightguard-profile-sl{number}.json" for number in range(1, 6)),
    ]


def test_several_files_need_a_folder(typed: Type) -> None:
    for arguments in ((), ("-o", "one.json")):
        status, out, err = typed("controls", "export", "-f", "oscal", *arguments)
        assert (status, out) == (2, "")
        assert "name a folder" in err


def test_a_configuration_adds_its_own_controls(typed: Type, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "LAB-STO-01.yaml").write_text(yaml.safe_dump(control("LAB-STO-01") | {"check": {"cel": "true"}}))
    (tmp_path / "weightguard.yaml").write_text("controls:\n  directories: [own]\n")
    status, out, err = typed("controls", "show", "LAB-STO-01")
    assert status == 0, err
    assert out.startswith("### LAB-STO-01: ")
    assert typed("controls", "show", "LAB-STO-01", "--directory", own, "--config", "/dev/null")[0] == 0
