"""The pages under docs/ say what the catalogue says, and account for every check that bears on weights."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from weightguard.controls.catalogue import Catalogue

ROOT = Path(__file__).resolve().parents[2]
FLOOR = ROOT.parent / "shared" / "reference" / "prowler_floor.csv"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "scripts" / "generate_docs.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_up_to_date(generator: ModuleType, catalogue: Catalogue) -> None:
    stale = [
        name
        for name, text in generator.pages(catalogue).items()
        if (ROOT / "docs" / name).read_text() != text
    ]
    assert stale == [], "run scripts/generate_docs.py"


def test_every_control_of_the_coverage_table_exists(catalogue: Catalogue) -> None:
    data = yaml.safe_load((ROOT / "docs" / "coverage.yaml").read_text())
    ids = {control.id for control in catalogue.controls}
    for checks in data["checks"].values():
        for name, answer in checks.items():
            if isinstance(answer, list):
                assert set(answer) <= ids, name
            else:
                assert answer in data["omissions"], name


def test_a_control_maps_the_checks_that_the_coverage_table_says_it_covers(catalogue: Catalogue) -> None:
    data = yaml.safe_load((ROOT / "docs" / "coverage.yaml").read_text())
    covered = {
        (control, name)
        for checks in data["checks"].values()
        for name, answer in checks.items()
        for control in (answer if isinstance(answer, list) else ())
    }
    assert {(one.id, name) for one in catalogue.controls for name in one.mappings.prowler} == covered


@pytest.mark.shared
@pytest.mark.skipif(not FLOOR.exists(), reason="the reference material is not beside the checkout")
def test_every_core_check_is_covered_or_its_omission_explained() -> None:
    data = yaml.safe_load((ROOT / "docs" / "coverage.yaml").read_text())
    with FLOOR.open() as lines:
        core = {(row["provider"], row["id"]) for row in csv.DictReader(lines) if row["tier"] == "core"}
    answered = {(provider, name) for provider, checks in data["checks"].items() for name in checks}
    assert core - answered == set()
