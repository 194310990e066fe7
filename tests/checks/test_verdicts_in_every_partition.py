"""The same estate gets the same verdicts in every partition."""

from __future__ import annotations

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
    catalogue: Catalogue, laboratory: Laboratory, folder: Path, partition: str, *controls: str
) -> set[tuple[str, str, str]]:
    """(control, subject as written in the partition, status)."""
    results = judge_in(catalogue, laboratory, folder, *controls).results
    return {(one.control, moved_text(one.subject, partition), one.status.value) for one in results}


def taken(laboratory: Laboratory, partition: str) -> Laboratory:
    laboratory.records = moved(laboratory.records, partition)
    laboratory.objects = moved(laboratory.objects, partition)
    laboratory.configuration = moved(laboratory.configuration, partition)
    return laboratory


def everywhere(catalogue: Catalogue, make: Any, tmp_path: Path, partition: str, *controls: str) -> None:
    here = verdicts(catalogue, make(), tmp_path / "here", partition, *controls)
    there = verdicts(catalogue, taken(make(), partition), tmp_path / "there", partition, *controls)
    assert there == here


@pytest.mark.slow
@pytest.mark.parametrize("partition", ELSEWHERE)
def test_the_laboratory_gets_the_same_verdicts_in_every_partition(
    catalogue: Catalogue, tmp_path: Path, partition: str
) -> None:
    everywhere(catalogue, Laboratory, tmp_path, partition)


def _failing() -> list[Any]:
    found = []
    for control in load_catalogue().controls:
        for number, example in enumerate(control.examples.on("aws").fail):
            marks = () if control.id in FIRST and number == 0 else (pytest.mark.slow,)
            found.append(pytest.param(control.id, example, id=f"{control.id}-{number}", marks=marks))
    return found


@pytest.mark.parametrize("partition", ELSEWHERE)
@pytest.mark.parametrize(("control", "example"), _failing())
def test_what_fails_here_fails_in_every_partition(
    catalogue: Catalogue, tmp_path: Path, control: str, example: Example, partition: str
) -> None:
    everywhere(catalogue, lambda: laboratory_of(example), tmp_path, partition, control)
