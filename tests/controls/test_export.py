"""The catalogue in other tools' formats; OSCAL as its own validator sees it."""

from __future__ import annotations

import csv
import io
import json
import uuid
from pathlib import Path

import pytest

from laboratory import attested, catalogue, control
from weightguard.controls.catalogue import Catalogue, load_catalogue
from weightguard.controls.export import export
from weightguard.controls.schema import LEVELS
from weightguard.errors import InputError


@pytest.fixture
def small(tmp_path: Path) -> Catalogue:
    return catalogue(
        tmp_path,
        control(
            "WG-STO-01", parameters={"days": {"default": 90, "description": "How long.", "unit": "days"}}
        ),
        control("WG-STO-02", level="SL3", title="=cmd|'/c calc'!A1"),
        attested("WG-GOV-01", level="SL4"),
    )


def test_every_format_is_the_same_on_the_same_catalogue(small: Catalogue) -> None:
    for kind in ("json", "csv", "markdown", "oscal"):
        assert export(small, kind) == export(small, kind)
    with pytest.raises(InputError, match="pdf"):
        export(small, "pdf")


def test_json_holds_all_of_every_control(small: Catalogue) -> None:
    content = json.loads(export(small, "json")["catalogue.json"])
    assert content["digest"] == small.digest
    assert [one["id"] for one in content["controls"]] == ["WG-GOV-01", "WG-STO-01", "WG-STO-02"]
    assert content["controls"][1]["rationale"] == "An attacker walks in."


def test_csv_has_a_row_a_control_and_no_formula(small: Catalogue) -> None:
    rows = list(csv.DictReader(io.StringIO(export(small, "csv")["catalogue.csv"].decode())))
    assert [row["id"] for row in rows] == ["WG-GOV-01", "WG-STO-01", "WG-STO-02"]
    assert rows[2]["title"] == "'=cmd|'/c calc'!A1"
    assert rows[1]["rand_vectors"] == "V4.1"


def test_markdown_has_a_section_a_control(small: Catalogue) -> None:
    text = export(small, "markdown")["catalogue.md"].decode()
    assert [line for line in text.splitlines() if line.startswith("### ")] == [
        "### WG-STO-01: Title of WG-STO-01",
        "### WG-STO-02: =cmd|'/c calc'!A1",
        "### WG-GOV-01: Title of WG-GOV-01",
    ]
    assert "certif" not in text


def test_each_oscal_profile_takes_the_levels_up_to_its_own(small: Catalogue) -> None:
    files = {name: json.loads(data) for name, data in export(small, "oscal").items()}
    taken = {
        name.removeprefix("weightguard-profile-").removesuffix(".json"): content["profile"]["imports"][0][
            "include-controls"
        ][0]["with-ids"]
        for name, content in files.items()
        if "profile" in content
    }
    assert taken == {
        "sl1": ["wg-sto-01"],
        "sl2": ["wg-sto-01"],
        "sl3": ["wg-sto-01", "wg-sto-02"],
        "sl4": ["wg-gov-01", "wg-sto-01", "wg-sto-02"],
        "sl5": ["wg-gov-01", "wg-sto-01", "wg-sto-02"],
    }
    assert uuid.UUID(files["weightguard-catalog.json"]["catalog"]["uuid"]).version == 4


@pytest.mark.slow
def test_oscal_is_valid_by_trestle(tmp_path: Path) -> None:
    """compliance-trestle reads every file by NIST's schemas and resolves each profile to the controls that it
    names.
    """
    catalog = pytest.importorskip("trestle.oscal.catalog", reason="compliance-trestle is not installed")
    profile = pytest.importorskip("trestle.oscal.profile")
    loaded = load_catalogue()
    for name, data in export(loaded, "oscal").items():
        (tmp_path / name).write_bytes(data)
    read = catalog.Catalog.oscal_read(tmp_path / "weightguard-catalog.json")
    known = {one.id for group in read.groups for one in group.controls}
    assert known == {one.id.lower() for one in loaded.controls}
    for level in LEVELS:
        found = profile.Profile.oscal_read(tmp_path / f"weightguard-profile-{level.lower()}.json")
        assert set(found.imports[0].include_controls[0].with_ids) <= known
