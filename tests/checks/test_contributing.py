"""Whoever follows CONTRIBUTING adds a control: its own blocks, taken as they stand, lint and decide as their examples say."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from judging import judge_in
from test_examples import laboratory_of

from walks import ROOT, walk
from weightguard.checks import inventory
from weightguard.controls.catalogue import Catalogue, load_catalogue
from weightguard.controls.export import page
from weightguard.controls.lint import lint
from weightguard.controls.schema import Status

NAME, CHECK = "WG-INV-90", "owner_can_be_reached"


def blocks() -> dict[str, str]:
    """The files that CONTRIBUTING writes out for a control, and what it adds to one, by path."""
    return {block.path: block.text for block in walk("A control")}


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """The shipped catalogue with the control that CONTRIBUTING adds."""
    shutil.copytree(ROOT / "controls", tmp_path / "controls")
    for path, text in blocks().items():
        if path.endswith(".yaml"):
            (tmp_path / path).write_text(text)
    names = dict(vars(inventory))
    exec(blocks()["src/weightguard/checks/inventory.py"], names)  # noqa: S102 - our own page
    monkeypatch.setattr(inventory, CHECK, names[CHECK], raising=False)
    return load_catalogue(directory=tmp_path / "controls")


def test_the_walk_is_a_control_its_examples_and_its_check() -> None:
    assert set(blocks()) == {
        f"controls/{NAME}.yaml",
        f"controls/examples/{NAME}.yaml",
        "src/weightguard/checks/inventory.py",
    }


def test_the_control_of_the_walk_has_nothing_wrong_with_it(added: Catalogue) -> None:
    assert [problem.one_line() for problem in lint(added)] == []
    assert added.by_id[NAME].decided_on == ("aws",)
    assert "**Decided on** aws." in page(added.by_id[NAME])


def test_lint_asks_for_what_is_left_out_of_the_walk(
    added: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(inventory, CHECK)
    assert [problem.message for problem in lint(added)] == [
        f"the check does not exist ({NAME}: inventory.{CHECK})"
    ]
    path = added.directory / "examples" / f"{NAME}.yaml"
    path.write_text(path.read_text().partition("unknown:")[0])
    assert "no example of unknown" in {one.message for one in lint(load_catalogue(directory=added.directory))}


@pytest.mark.parametrize("verdict", [Status.PASS, Status.FAIL, Status.UNKNOWN])
def test_the_examples_of_the_walk_are_decided_as_they_say(
    added: Catalogue, tmp_path: Path, verdict: Status
) -> None:
    given = added.by_id[NAME].examples
    (example,) = {Status.PASS: given.passing, Status.FAIL: given.fail, Status.UNKNOWN: given.unknown}[verdict]
    found = judge_in(added, laboratory_of(example), tmp_path, NAME).results
    assert verdict in {one.status for one in found}
    if verdict is Status.PASS:
        assert {one.status for one in found} == {Status.PASS}
