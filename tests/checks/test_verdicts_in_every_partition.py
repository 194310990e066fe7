"""The same estate gets the same verdicts in every partition."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from judging import judge_in
from test_examples import FIRST, laboratory_of

from partitions import ELSEWHERE, moved, moved_text
from reference_lab import Laboratory
from weightguard.controls.catalogue import Catalogue, load_catalogue
from weightguard.controls.schema import Example


def verdicts(
    catalogue: Catalogue, laboratory: Laboratory, folder: Path, *controls: str
) -> set[tuple[str, str, str]]:
    """(control, subject, status)."""
    results = judge_in(catalogue, laboratory, folder, *controls).results
    return {(one.control, one.subject, one.status.value) for one in results}


def taken(laboratory: Laboratory, partition: str) -> Laboratory:
    laboratory.records = moved(laboratory.records, partition)
    laboratory.objects = moved(laboratory.objects, partition)
    laboratory.configuration = moved(laboratory.configuration, partition)
    return laboratory


def everywhere(catalogue: Catalogue, make: Callable[[], Laboratory], folder: Path, *controls: str) -> None:
    """Judged once here, and once in every other partition."""
    here = verdicts(catalogue, make(), folder / "here", *controls)
    for partition in ELSEWHERE:
        there = verdicts(catalogue, taken(make(), partition), folder / partition, *controls)
        assert there == {
            (control, moved_text(subject, partition), status) for control, subject, status in here
        }


@pytest.mark.slow
def test_the_laboratory_gets_the_same_verdicts_in_every_partition(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    everywhere(catalogue, Laboratory, tmp_path)


def _failing() -> list[Any]:
    found = []
    for control in load_catalogue().controls:
        for number, example in enumerate(control.examples.on("aws").fail):
            marks = () if control.id in FIRST and number == 0 else (pytest.mark.slow,)
            found.append(pytest.param(control.id, example, id=f"{control.id}-{number}", marks=marks))
    return found


@pytest.mark.parametrize(("control", "example"), _failing())
def test_what_fails_here_fails_in_every_partition(
    catalogue: Catalogue, tmp_path: Path, control: str, example: Example
) -> None:
    everywhere(catalogue, lambda: laboratory_of(example), tmp_path, control)
