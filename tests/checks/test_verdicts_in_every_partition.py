"""The same estate gets the same verdicts in every partition."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from judging import judge_in
from test_examples import FIRST, laboratory_of

from partitions import ELSEWHERE, moved, moved_text
from reference_lab import Laboratory
from reference_lab.weak import weak_laboratory
from weightguard.controls.catalogue import Catalogue, load_catalogue
from weightguard.controls.schema import Example

FARTHEST = "aws-cn"
"""The partition that differs in whatever partitions differ in: names, regions, and the domain too."""


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


def the_same_in(
    partitions: Iterable[str],
    catalogue: Catalogue,
    make: Callable[[], Laboratory],
    folder: Path,
    *controls: str,
) -> None:
    """Judged once here, and once in each of the partitions."""
    here = verdicts(catalogue, make(), folder / "here", *controls)
    for partition in partitions:
        there = verdicts(catalogue, taken(make(), partition), folder / partition, *controls)
        assert there == {
            (control, moved_text(subject, partition), status) for control, subject, status in here
        }


@pytest.mark.slow
@pytest.mark.parametrize("weak", [False, True], ids=["hardened", "weak"])
def test_the_laboratory_gets_the_same_verdicts_in_every_partition(
    weak: bool, catalogue: Catalogue, tmp_path: Path
) -> None:
    """The weak one is what most controls fail on, all at once."""
    make = partial(weak_laboratory, catalogue.controls) if weak else Laboratory
    the_same_in(ELSEWHERE, catalogue, make, tmp_path)


def _failing() -> list[Any]:
    found = []
    for control in load_catalogue().controls:
        for number, example in enumerate(control.examples.on("aws").fail):
            marks = () if control.id in FIRST and number == 0 else (pytest.mark.slow,)
            found.append(pytest.param(control.id, example, id=f"{control.id}-{number}", marks=marks))
    return found


@pytest.mark.parametrize(("control", "example"), _failing())
def test_what_fails_here_fails_where_everything_is_called_otherwise(
    catalogue: Catalogue, tmp_path: Path, control: str, example: Example
) -> None:
    the_same_in((FARTHEST,), catalogue, lambda: laboratory_of(example), tmp_path, control)
