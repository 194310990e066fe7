"""Loading, refusing and linting a catalogue: every complaint names a file and a line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from laboratory import attested, catalogue, control
from weightguard.controls.catalogue import load_catalogue
from weightguard.controls.lint import demand, lint, lint_files
from weightguard.errors import CatalogueError


def line_of(path: Path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), start=1) if text in line)


def test_the_digest_is_over_what_the_files_say(tmp_path: Path) -> None:
    before = catalogue(tmp_path, control("WG-STO-01"))
    path = tmp_path / "controls" / "WG-STO-01.yaml"
    path.write_text("# a comment\n" + path.read_text())
    assert load_catalogue(directory=before.directory).digest == before.digest
    path.write_text(path.read_text().replace("An attacker walks in.", "An attacker strolls in."))
    assert load_catalogue(directory=before.directory).digest != before.digest


def test_controls_are_sorted_and_found_by_id(tmp_path: Path) -> None:
    loaded = catalogue(tmp_path, control("WG-STO-02"), control("WG-STO-01"))
    assert [one.id for one in loaded.controls] == ["WG-STO-01", "WG-STO-02"]
    assert loaded.by_id["WG-STO-02"].title == "Title of WG-STO-02"


def test_the_vectors_are_the_thirty_eight(tmp_path: Path) -> None:
    vectors = catalogue(tmp_path).vectors
    assert len({vector.id for vector in vectors}) == 38
    for vector in vectors:
        chances = [vector.feasibility[f"OC{number}"] for number in range(1, 6)]  # type: ignore[index]
        assert chances == sorted(chances), f"{vector.id}: a stronger attacker is never less likely to succeed"


@pytest.mark.parametrize(
    ("change", "text", "what"),
    [
        ({"severty": "high"}, "severty", "unknown key 'severty'"),
        ({"level": "SL9"}, "level: SL9", "level"),
        ({"check": "Storage.Public"}, "check:", "module.function"),
        ({"remediation": {"gcp": {"cli": "b"}}}, "gcp:", "console"),
        ({"mappings": {"nist": ["AC-3"]}}, "nist:", "unknown key 'nist'"),
    ],
)
def test_a_broken_control_is_refused_with_its_line(
    tmp_path: Path, change: dict[str, object], text: str, what: str
) -> None:
    with pytest.raises(CatalogueError) as caught:
        catalogue(tmp_path, {**control("WG-STO-01"), **change})
    path = tmp_path / "controls" / "WG-STO-01.yaml"
    assert what in caught.value.what
    assert caught.value.where == f"{path}:{line_of(path, text)}"


def test_an_id_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    loaded = catalogue(tmp_path, control("WG-STO-01"))
    (loaded.directory / "other.yaml").write_text(yaml.safe_dump(control("WG-STO-01")))
    with pytest.raises(CatalogueError, match="defined twice"):
        load_catalogue(directory=loaded.directory)


@pytest.mark.parametrize(
    ("change", "text", "message"),
    [
        ({"mappings": {"rand_vectors": ["V4.9"]}}, "- V4.9", "no attack vector V4.9"),
        ({"mappings": {"rand_vectors": ["V4.1"], "nist_800_53": ["AC-3", "AC-77"]}}, "- AC-77", "AC-77"),
        ({"mappings": {"rand_vectors": ["V4.1"], "nist_800_53": ["AC-13"]}}, "- AC-13", "AC-13"),
        ({"mappings": {"rand_vectors": ["V4.1"], "mitre_atlas": ["AML.35"]}}, "- AML.35", "ATLAS"),
        ({"mappings": {"rand_vectors": ["V4.1"], "mitre_attack": ["1530"]}}, "- '1530'", "ATT&CK"),
        (
            {"mappings": {"rand_vectors": ["V4.1"], "eu_code_of_practice": ["App4.2(9)"]}},
            "App4.2(9)",
            "code of practice",
        ),
        (
            {"mappings": {"rand_vectors": ["V4.1"], "csa_aicm": {"version": "1.1.0", "ids": ["XYZ-01"]}}},
            "XYZ-01",
            "CSA",
        ),
        ({"mappings": {"rand_vectors": ["V4.1"], "owasp_aisvs": ["99.1.1"]}}, "99.1.1", "AISVS"),
        ({"mappings": {"rand_vectors": ["V4.1"], "rand_measures": ["encryption"]}}, "- encryption", "level"),
        ({"level_basis": "rand"}, "mappings:", "no measure is named"),
        ({"family": "KEY"}, "family:", "the id says STO"),
        ({"check": "storage.no_such_check"}, "check:", "does not exist"),
        ({"check": "no_such_module.check"}, "check:", "does not exist"),
        ({"check": None}, "mode:", "has a check"),
        ({"providers": ["aws", "gcp"]}, "remediation:", "no remediation for gcp"),
        ({"mode": "hybrid"}, "mode:", "third party may attest"),
        ({"check": {"cel": "store.publik == true"}}, "check:", "does not"),
    ],
)
def test_lint_finds_it_and_names_the_line(
    tmp_path: Path, change: dict[str, object], text: str, message: str
) -> None:
    if change.get("check") == {"cel": "store.publik == true"}:
        message = "no attribute 'publik'"
    place = catalogue(tmp_path).directory
    path = place / "WG-STO-01.yaml"
    path.write_text(yaml.safe_dump({**control("WG-STO-01"), **change}, sort_keys=False))
    problems = [problem for problem in lint_files(place) if message in problem.message]
    assert [problem.where for problem in problems] == [f"{path}:{line_of(path, text)}"]
    with pytest.raises(CatalogueError) as caught:
        demand(load_catalogue(directory=place))
    assert f"{path}:" in caught.value.one_line()


def test_a_bad_mapping_is_refused_when_the_catalogue_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError) as caught:
        catalogue(
            tmp_path, control("WG-STO-01", mappings={"rand_vectors": ["V4.1"], "nist_800_53": ["AC-99"]})
        )
    assert "AC-99" in caught.value.what
    assert "WG-STO-01.yaml:" in caught.value.one_line()


def test_lint_goes_on_after_a_broken_file(tmp_path: Path) -> None:
    place = catalogue(tmp_path, control("WG-STO-02", family="KEY")).directory
    (place / "WG-STO-01.yaml").write_text("id: [\n")
    found = lint_files(place)
    assert [problem.control for problem in found] == ["WG-STO-01", "WG-STO-02"]
    assert found[0].where == f"{place / 'WG-STO-01.yaml'}:2"


def test_a_python_check_needs_an_example_of_each_verdict(tmp_path: Path) -> None:
    loaded = catalogue(tmp_path, control("WG-STO-01", check="storage.public_access_blocked"))
    assert {problem.message for problem in lint(loaded)} >= {
        f"no example of {one}" for one in ("pass", "fail", "unknown")
    }


def test_lint_says_nothing_of_a_sound_catalogue(tmp_path: Path) -> None:
    assert lint(catalogue(tmp_path, control("WG-STO-01"), attested("WG-GOV-01"))) == []


def test_an_attested_control_has_no_check(tmp_path: Path) -> None:
    loaded = catalogue(tmp_path, attested("WG-GOV-01", check={"cel": "true"}))
    assert [problem.message for problem in lint(loaded)] == ["an attested control has no check"]


def test_ones_own_directory_adds_controls_and_takes_expressions_only(tmp_path: Path) -> None:
    base = catalogue(tmp_path, control("WG-STO-01"))
    own = tmp_path / "own"
    own.mkdir()
    (own / "LAB-STO-01.yaml").write_text(yaml.safe_dump(control("LAB-STO-01")))
    assert "LAB-STO-01" in load_catalogue(own, directory=base.directory).by_id
    (own / "LAB-STO-02.yaml").write_text(
        yaml.safe_dump(control("LAB-STO-02", check="storage.public_access_blocked"))
    )
    with pytest.raises(CatalogueError, match="is an expression"):
        load_catalogue(own, directory=base.directory)
    with pytest.raises(CatalogueError, match="no such directory"):
        load_catalogue(tmp_path / "nowhere", directory=base.directory)


def test_one_file_is_linted_alone_and_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "WG-STO-01.yaml"  # an id of the shipped catalogue: its file is being worked on
    path.write_text(yaml.safe_dump(control("WG-STO-01", family="KEY")))
    assert [problem.message for problem in lint_files(path)] == ["the id says STO, the family KEY"]
    with pytest.raises(CatalogueError, match="no such directory"):
        lint_files(tmp_path / "none")


def test_the_shipped_catalogue_has_nothing_wrong_with_it() -> None:
    assert [problem.one_line() for problem in lint_files()] == []
