"""Every decided control on estates that pass, that fail and that cannot be told, each through a snapshot of raw answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from judging import AnyLaboratory, Judge

from reference_lab import Laboratory
from reference_lab.azure import AzureLaboratory
from reference_lab.google import GoogleLaboratory
from weightguard.controls.catalogue import Catalogue, load_catalogue
from weightguard.controls.lint import lint
from weightguard.controls.said import worded
from weightguard.controls.schema import LEVELS, Control, Example, Status

FIRST = frozenset({"WG-STO-03", "WG-NET-01", "WG-IAM-04", "WG-KEY-13", "WG-LOG-01", "WG-INV-02"})
"""Shown also in the fast tests: one of each family that decides policies, paths or selectors."""


def _examples(control: Control) -> Iterator[tuple[Status, Example]]:
    yield from ((Status.PASS, one) for one in control.examples.passing)
    yield from ((Status.FAIL, one) for one in control.examples.fail)
    yield from ((Status.UNKNOWN, one) for one in control.examples.unknown)


def _all() -> list[Any]:
    found = []
    for control in load_catalogue().controls:
        for number, (status, example) in enumerate(_examples(control)):
            marks = () if control.id in FIRST else (pytest.mark.slow,)
            name = f"{control.id}-{status.value}-{number}"
            found.append(pytest.param(control.id, status, example, id=name, marks=marks))
    return found


LABORATORIES: dict[str, type[Laboratory] | type[GoogleLaboratory] | type[AzureLaboratory]] = {
    "aws": Laboratory,
    "gcp": GoogleLaboratory,
    "azure": AzureLaboratory,
    "anywhere": Laboratory,
}
"""The laboratory that an example changes, by the provider that it speaks of."""


def laboratory_of(example: Example) -> AnyLaboratory:
    denied = (example.deny,) if isinstance(example.deny, str) else example.deny
    return (
        LABORATORIES[example.provider]()
        .change(example.change)
        .deny(filter(None, denied))
        .configure(example.configuration)
    )


@pytest.mark.parametrize(("control", "status", "example"), _all())
def test_example_is_decided_as_it_says(control: str, status: Status, example: Example, judged: Judge) -> None:
    results = judged(laboratory_of(example), control).results
    found = {result.status for result in results}
    told = "\n".join(f"{one.status} {one.subject}: {worded(one.message)}" for one in results)
    assert status in found, told
    if status is Status.PASS:
        assert not found & {Status.FAIL, Status.UNKNOWN}, told
    if status is Status.UNKNOWN:
        assert Status.FAIL not in found, told


def test_the_reference_laboratory_passes_every_control_that_facts_decide_up_to_sl3(
    catalogue: Catalogue, judged: Judge
) -> None:
    judgement = judged(Laboratory())
    decided = {one.id for one in catalogue.controls if one.check is not None and LEVELS.index(one.level) <= 2}
    problems = [
        f"{one.control} {one.status} {one.subject}: {worded(one.message)}"
        for one in judgement.results
        if one.control in decided and one.status in (Status.FAIL, Status.UNKNOWN)
    ]
    assert problems == []
    assert decided <= {one.control for one in judgement.results}


@pytest.mark.parametrize(("provider", "least"), [("gcp", 80), ("azure", 25)])
def test_the_laboratory_on_another_cloud_passes_what_is_decided_there_up_to_sl3(
    provider: str, least: int, catalogue: Catalogue, judged: Judge
) -> None:
    decided = {
        one.id for one in catalogue.controls if provider in one.decided_on and LEVELS.index(one.level) <= 2
    }
    results = judged(LABORATORIES[provider](), *decided).results
    problems = [
        f"{one.control} {one.status} {one.subject}: {worded(one.message)}"
        for one in results
        if one.status in (Status.FAIL, Status.UNKNOWN)
    ]
    assert problems == []
    assert len(decided) >= least


def test_nothing_is_wrong_with_the_catalogue(catalogue: Catalogue) -> None:
    assert [problem.one_line() for problem in lint(catalogue)] == []
    assert len(catalogue.controls) >= 140
    on_aws = [one for one in catalogue.controls if one.check is not None and "aws" in one.providers]
    assert len([one for one in on_aws if one.mode == "automated"]) >= 75


def test_two_judgements_of_one_snapshot_are_equal(judged: Judge, tmp_path_factory: Any) -> None:
    first = judged(Laboratory(), "WG-STO-03", "WG-IAM-04", "WG-KEY-02")
    assert first.results == tuple(
        sorted(first.results, key=lambda one: (one.control, one.subject, worded(one.message)))
    )
    assert all(one.evidence for one in first.results if one.status is not Status.NOT_APPLICABLE)
