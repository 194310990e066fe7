"""What was not looked at is said before "none", in one sentence that every page and message opens with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import build
import pytest

from weightguard.assess.model import AccountSight, Coverage, LimitEntry, Reach, Report, WeightEntry
from weightguard.notify.message import Notice, as_object, title
from weightguard.report import render, terminal
from weightguard.report.headline import headline

READ, UNREAD, LEFT_OUT = "read", "unread", "not_collected"
QUIET = Reach(people=1, workloads=1, external=0)
OPEN = Reach(people=1, workloads=1, external=1)


def coverage(*states: Any, **given: Any) -> Coverage:
    accounts = tuple(
        AccountSight(f"{number:012d}", f"account {number}", state) for number, state in enumerate(states, 1)
    )
    return replace(build.empty().coverage, accounts=accounts, **given)


def nothing(*states: Any, **given: Any) -> Report:
    """A report without weights."""
    return replace(build.empty(), coverage=coverage(*states, **given))


def weighty(readers: Reach, *states: Any) -> Report:
    """A report with one weight set, which reaches its level, and no failure."""
    entry: WeightEntry = replace(build.sample().weights[0], readers=readers)
    summary = replace(build.empty().summary, level_reached="SL3", target_level="SL3")
    return replace(build.empty(), weights=(entry,), coverage=coverage(*states), summary=summary)


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (nothing(READ), "No weights were found in 1 account"),
        (nothing(READ, READ), "No weights were found in 2 accounts"),
        (
            nothing(READ, UNREAD, UNREAD, UNREAD, UNREAD),
            "4 of 5 accounts could not be read; no weights were seen in the fifth",
        ),
        (
            nothing(READ, READ, UNREAD),
            "1 of 3 accounts could not be read; no weights were seen in the other 2",
        ),
        (
            nothing(READ, LEFT_OUT),
            "1 of 2 accounts was not collected; no weights were seen in the second",
        ),
        (
            nothing(READ, LEFT_OUT, UNREAD),
            "2 of 3 accounts were not read; no weights were seen in the third",
        ),
        (nothing(UNREAD, UNREAD), "None of 2 accounts could be read; no weights were seen"),
        (nothing(UNREAD), "The account could not be read; no weights were seen"),
        (
            nothing(READ, stores=12, stores_unread=3),
            "3 of 12 stores could not be looked into; no weights were seen in the others",
        ),
        (nothing(READ, accounts_unlisted=True), "No weights were seen, and not everything could be read"),
        (nothing(READ, sets_unread=1), "No weights were seen, and not everything could be read"),
        (nothing(), "No weights were seen, and not everything could be read"),
        (
            replace(nothing(READ), limits=(LimitEntry("x", "*", "weights", (), True),)),
            "No weights were seen, and not everything could be read",
        ),
        (weighty(QUIET, READ), "The weight set reaches SL3"),
        (
            weighty(QUIET, READ, UNREAD),
            "1 of 2 accounts could not be read; the weight set reaches SL3",
        ),
        (
            weighty(replace(QUIET, complete=False), READ),
            "No outsider was seen to read the weight set, but not everybody who may read them could be seen",
        ),
        (
            weighty(OPEN, READ, UNREAD),
            "Outsiders can read 1 of 1 weight sets; 1 of 2 accounts could not be read",
        ),
    ],
)
def test_what_was_not_looked_at_is_said_before_none(report: Report, said: str) -> None:
    assert headline(report) == said


@pytest.mark.parametrize("report", [nothing(READ, UNREAD), weighty(QUIET, READ, UNREAD)])
def test_it_is_the_same_everywhere(report: Report) -> None:
    said = headline(report)
    assert said in " ".join(terminal.render(report).split())
    for name in ("html", "markdown", "executive-summary", "pull-request"):
        assert said in render(name, report).decode(), name
    assert said in title(Notice(report, None))
    assert as_object(Notice(report, None))["headline"] == said


def test_the_page_shows_no_green_and_no_none_where_accounts_were_not_read() -> None:
    page = render("html", nothing(READ, UNREAD)).decode()
    assert "could not be read</span>" in page
    assert "Every read was answered" not in page
