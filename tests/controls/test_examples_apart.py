"""Examples lie beside their control or in it, and every complaint about them names their own file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from laboratory import SHOWN, catalogue, control
from weightguard.controls.catalogue import load_catalogue
from weightguard.controls.lint import lint_files
from weightguard.errors import CatalogueError

DECIDED = {"check": "storage.public_access_blocked"}


def beside(folder: Path, name: str, examples: Any) -> Path:
    path = folder / "examples" / f"{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(examples if isinstance(examples, str) else yaml.safe_dump(examples, sort_keys=False))
    return path


def test_examples_beside_a_control_are_those_in_it(tmp_path: Path) -> None:
    inside = catalogue(tmp_path, control("WG-STO-01", **DECIDED, examples=SHOWN))
    place = catalogue(tmp_path, control("WG-STO-01", **DECIDED)).directory
    beside(place, "WG-STO-01", SHOWN)
    apart = load_catalogue(directory=place)
    assert apart.controls == inside.controls
    assert apart.digest == inside.digest
    assert len(apart.controls[0].examples.fail) == 1


def test_what_the_examples_say_is_in_the_digest(tmp_path: Path) -> None:
    place = catalogue(tmp_path, control("WG-STO-01", **DECIDED)).directory
    digests = set()
    for because in ("one reason", "another"):
        beside(place, "WG-STO-01", {**SHOWN, "pass": [{"because": because}]})
        digests.add(load_catalogue(directory=place).digest)
    assert len(digests) == 2


def test_examples_in_both_places_are_refused(tmp_path: Path) -> None:
    place = catalogue(tmp_path, control("WG-STO-01", **DECIDED, examples=SHOWN)).directory
    apart = beside(place, "WG-STO-01", SHOWN)
    with pytest.raises(CatalogueError, match="given twice") as caught:
        load_catalogue(directory=place)
    assert caught.value.where is not None and caught.value.where.startswith(f"{place / 'WG-STO-01.yaml'}:")
    assert caught.value.fix is not None and str(apart) in caught.value.fix


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("pass:\n  - {}\nfial:\n  - {}\n", 3, "unknown key 'fial'"),
        ("pass:\n  - chnage: []\n", 2, "unknown key 'chnage'"),
        ("pass: [\n", 2, "not YAML"),
    ],
)
def test_a_broken_file_of_examples_is_refused_with_its_own_line(
    tmp_path: Path, text: str, line: int, what: str
) -> None:
    place = catalogue(tmp_path, control("WG-STO-01", **DECIDED)).directory
    path = beside(place, "WG-STO-01", text)
    with pytest.raises(CatalogueError, match=what) as caught:
        load_catalogue(directory=place)
    assert caught.value.where == f"{path}:{line}"
    assert [problem.where for problem in lint_files(place)] == [f"{path}:{line}"]


@pytest.mark.parametrize("apart", [True, False])
def test_lint_names_the_line_of_an_example_where_it_stands(tmp_path: Path, apart: bool) -> None:
    examples = {**SHOWN, "fail": [*SHOWN["fail"], {"because": "it says so"}]}
    given = {} if apart else {"examples": examples}
    place = catalogue(tmp_path, control("WG-STO-01", **DECIDED, **given)).directory
    path = beside(place, "WG-STO-01", examples) if apart else place / "WG-STO-01.yaml"
    line = next(n for n, text in enumerate(path.read_text().splitlines(), start=1) if "it says so" in text)
    assert [problem.one_line() for problem in lint_files(place)] == [
        f"{path}:{line}: WG-STO-01: a failing example changes nothing"
    ]


@pytest.mark.parametrize("text", ["", "pass: []\n"])
def test_a_file_without_examples_has_none(tmp_path: Path, text: str) -> None:
    place = catalogue(tmp_path, control("WG-STO-01", **DECIDED)).directory
    beside(place, "WG-STO-01", text)
    assert {problem.message for problem in lint_files(place)} == {
        f"no example of {one}" for one in ("pass", "fail", "unknown")
    }


def test_examples_of_no_control_are_a_problem(tmp_path: Path) -> None:
    place = catalogue(tmp_path, control("WG-STO-01", **DECIDED)).directory
    beside(place, "WG-STO-01", SHOWN)
    assert lint_files(place) == []
    stray = beside(place, "WG-STO-02", SHOWN)
    assert [problem.one_line() for problem in lint_files(place)] == [
        f"{stray}:1: WG-STO-02: examples of a control that is not there"
    ]


@pytest.mark.parametrize("apart", [True, False])
def test_ones_own_control_has_its_examples_in_it_or_beside_it(tmp_path: Path, apart: bool) -> None:
    base = catalogue(tmp_path, control("WG-STO-01"))
    own = tmp_path / "own"
    own.mkdir()
    given = {} if apart else {"examples": SHOWN}
    (own / "LAB-STO-01.yaml").write_text(yaml.safe_dump(control("LAB-STO-01", **given)))
    if apart:
        beside(own, "LAB-STO-01", SHOWN)
    loaded = load_catalogue(own, directory=base.directory)
    assert loaded.by_id["LAB-STO-01"].examples.unknown[0].deny == "s3:GetPublicAccessBlock"
    assert lint_files(own / "LAB-STO-01.yaml") == []
