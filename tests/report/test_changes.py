"""What changed between reports, and how the estate did over time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import build
from hypothesis import given, settings
from hypothesis import strategies as st

from weightguard.assess.model import AccountSight, Reach, Report
from weightguard.report import render
from weightguard.report.changes import compare, exit_status
from weightguard.report.trend import trend

BASE = build.sample()


def at(report: Report, moment: str, **summary: Any) -> Report:
    stamp = replace(report.snapshot, as_of=moment, digest=moment)
    return replace(report, snapshot=stamp, summary=replace(report.summary, **summary))


def with_status(status: str, was: str) -> tuple[Report, str]:
    place = next(number for number, one in enumerate(BASE.results) if one.status == was and not one.footnote)
    changed = replace(BASE.results[place], status=status)
    results = (*BASE.results[:place], changed, *BASE.results[place + 1 :])
    return replace(BASE, results=results), changed.fingerprint


def test_the_same_report_changed_nothing() -> None:
    assert compare(BASE, BASE).nothing
    assert not compare(BASE, BASE).worse


def test_a_new_failure_is_worse() -> None:
    now, fingerprint = with_status("fail", "pass")
    changes = compare(BASE, now)
    assert [one.fingerprint for one in changes.failing] == [fingerprint]
    assert changes.worse and not changes.settled


def test_what_could_be_seen_and_no_longer_can_is_worse() -> None:
    now, fingerprint = with_status("unknown", "pass")
    changes = compare(BASE, now)
    assert [one.fingerprint for one in changes.unseen] == [fingerprint]
    assert changes.worse


def test_a_settled_failure_is_better() -> None:
    now, fingerprint = with_status("pass", "fail")
    changes = compare(BASE, now)
    assert [one.fingerprint for one in changes.settled] == [fingerprint]
    assert not changes.worse and not changes.nothing


def test_a_subject_that_is_gone_is_said_apart_from_what_was_settled() -> None:
    gone = next(one for one in BASE.results if one.status == "fail")
    now = replace(BASE, results=tuple(one for one in BASE.results if one is not gone))
    changes = compare(BASE, now)
    assert [one.fingerprint for one in changes.gone] == [gone.fingerprint]
    assert not changes.settled


def test_weights_that_outsiders_newly_read() -> None:
    entry = next(one for one in BASE.weights if not one.readers.external and not one.readers.anonymous)
    opened = replace(entry, readers=Reach(people=1, workloads=0, external=1))
    now = replace(BASE, weights=tuple(opened if one is entry else one for one in BASE.weights))
    changes = compare(BASE, now)
    assert [one.id for one in changes.exposed] == [entry.id]
    assert changes.worse and not compare(now, now).exposed


def test_gaps_that_opened_and_closed() -> None:
    fewer = replace(BASE, coverage=replace(BASE.coverage, gaps=BASE.coverage.gaps[1:]))
    assert compare(fewer, BASE).gaps == BASE.coverage.gaps[:1]
    assert compare(BASE, fewer).closed_gaps == BASE.coverage.gaps[:1]
    assert compare(fewer, BASE).worse and not compare(BASE, fewer).worse


def newly_failing(**given: Any) -> Report:
    """The sample with one result that newly fails; everything else as it was."""
    place = next(
        number
        for number, one in enumerate(BASE.results)
        if one.status == "pass" and one.weights and not one.footnote
    )
    changed = replace(BASE.results[place], status="fail", severity="critical", **given)
    return replace(BASE, results=(*BASE.results[:place], changed, *BASE.results[place + 1 :]))


def test_a_comparison_ends_as_a_run_would_for_what_is_new() -> None:
    assert exit_status(compare(BASE, BASE)) == 0
    assert exit_status(compare(BASE, newly_failing(level="SL1"))) == 3
    assert exit_status(compare(BASE, newly_failing(level="SL5"))) == 0  # above what the weights aim at
    assert (
        exit_status(compare(BASE, newly_failing(level="SL5", control="WG-IAM-05"))) == 3
    )  # whatever its level
    assert exit_status(compare(BASE, newly_failing(level="SL1")), fail_on="none") == 0


def test_an_account_that_is_no_longer_read_is_worse() -> None:
    def with_state(state: Any) -> Report:
        accounts = (AccountSight("111111111111", "lab", state),)
        return replace(BASE, coverage=replace(BASE.coverage, accounts=accounts))

    changes = compare(with_state("read"), with_state("unread"))
    assert changes.unread == ("111111111111",)
    assert changes.worse and not changes.nothing
    assert exit_status(changes) == 4
    assert compare(with_state("unread"), with_state("read")).unread == ()


@given(
    st.lists(st.sampled_from(range(len(BASE.results))), unique=True),
    st.lists(st.sampled_from(range(len(BASE.results)))),
)
@settings(max_examples=50, deadline=None)
def test_going_back_undoes_what_went_forth(kept: list[int], failing: list[int]) -> None:
    one = replace(BASE, results=tuple(BASE.results[place] for place in kept))
    two = replace(
        BASE,
        results=tuple(
            replace(item, status="fail") if place in failing else item
            for place, item in enumerate(BASE.results)
        ),
    )
    forth, back = compare(one, two), compare(two, one)
    assert forth.nothing == back.nothing
    assert {item.fingerprint for item in back.gone} <= {
        item.fingerprint for item in (*forth.failing, *forth.unseen)
    }


def test_points_are_in_the_order_of_time_and_once_each() -> None:
    march, january = (
        at(BASE, "2026-03-01T00:00:00Z", score=60),
        at(BASE, "2026-01-01T01:00:00+02:00", score=10),
    )
    points = trend((march, january, march))
    assert [(one.as_of, one.score) for one in points] == [
        ("2025-12-31T23:00:00Z", 10),
        ("2026-03-01T00:00:00Z", 60),
    ]
    assert points[0].failed == BASE.summary.by_status["fail"]
    assert points[0].exposed == sum(
        1 for one in BASE.weights if one.readers.external or one.readers.anonymous
    )


def test_people_are_shown_what_moved() -> None:
    before, now = at(BASE, "2026-01-01T00:00:00Z", score=10), at(BASE, "2026-02-01T00:00:00Z", score=60)
    points = trend((before, now))
    assert b"score 10 \xe2\x86\x92 60" in render("pull-request", now, points)
    for name in ("html", "markdown", "executive-summary", "executive-summary-html"):
        shown = render(name, now, points)
        assert b"Over time" in shown and b"2026-01-01" in shown
        assert b"Over time" not in render(name, now)
