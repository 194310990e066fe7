"""The few lines that everybody reads: they say no more than is known, and leave nobody out."""

from __future__ import annotations

from dataclasses import replace

import build
import pytest

from weightguard.assess.model import CONFIGURATION, Gap, Reach, Report
from weightguard.report import terminal
from weightguard.report.headline import headline
from weightguard.report.words import outsiders


def read_by(readers: Reach) -> Report:
    """A report with one weight set."""
    report = build.sample()
    entry = replace(report.weights[0], readers=readers)
    return replace(report, weights=(entry,))


@pytest.mark.parametrize(
    ("readers", "title", "told", "outside"),
    [
        (
            Reach(people=0, workloads=0, external=0, anonymous=1),
            "Anybody on the internet can read 1 of 1 weight sets",
            "readable by EVERYBODY on the internet",
            "everybody",
        ),
        (
            Reach(people=0, workloads=0, external=0, anonymous=1, conditional_anonymous=1),
            "Outsiders who meet a condition can read 1 of 1 weight sets",
            "EVERYBODY who meets a condition",
            "everybody on a condition",
        ),
        (
            Reach(people=1, workloads=0, external=2, conditional_external=1, complete=False),
            "Outsiders can read 1 of 1 weight sets",
            "1+ people, 0+ workloads, 2+ OUTSIDERS",
            "2+",
        ),
    ],
    ids=["everybody", "on a condition", "outsiders"],
)
def test_who_reads_weights(readers: Reach, title: str, told: str, outside: str) -> None:
    report = read_by(readers)
    assert headline(report) == title
    assert told in " ".join(terminal.render(report).split())
    assert outsiders(report.weights[0]) == outside


def test_readers_of_unknown_kind_are_told() -> None:
    told = terminal.render(read_by(Reach(people=1, workloads=0, external=0, unknown=3)))
    assert "1 person, 0 workloads, 3 of unknown kind" in " ".join(told.split())


def test_weight_sets_of_one_name_are_told_with_their_stores() -> None:
    report = build.sample()
    first = report.weights[0]
    twice = (replace(first, store="arn:aws:s3:::here"), replace(first, id="ws-2", store="arn:aws:s3:::there"))
    told = terminal.render(replace(report, weights=twice))
    assert f"{first.name} in here" in told
    assert f"{first.name} in there" in told


def test_a_refused_read_comes_before_what_the_configuration_leaves_out() -> None:
    report = build.sample()
    silent = Gap(
        "weightguard.yaml",
        CONFIGURATION,
        "models",
        None,
        ("WG-A-1", "WG-A-2"),
        "not_collected",
        "what",
        None,
        7,
    )
    refused = Gap("aws/1", "s3", "GetBucketPolicy", "AccessDenied", ("WG-A-1",), "denied", "what", None, 1)
    told = terminal.render(replace(report, coverage=replace(report.coverage, gaps=(silent, refused))))
    assert told.index("s3:GetBucketPolicy denied") < told.index("weightguard.yaml does not say: models")
