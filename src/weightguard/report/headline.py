"""The report's one sentence, the same on every page and in every message.

What was seen is said first. Where nothing was seen, what could not be looked at is said before "none": an empty answer is a claim.
"""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.assess.model import AccountSight, Report
from weightguard.report import opaque
from weightguard.report.words import counted, exposures

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def headline(report: Report) -> str:
    """One sentence without a full stop."""
    if not report.weights:
        return _nothing(report)
    missed = unread(report) or opaque.missed(report)
    found = _exposed(report)
    if found:
        return f"{found}; {missed}" if missed else found
    claim = _claim(report)
    return f"{missed}; {claim[0].lower()}{claim[1:]}" if missed else claim


def _nothing(report: Report) -> str:
    """No weight sets: what nobody looked at first."""
    accounts, coverage = report.coverage.accounts, report.coverage
    left = sum(one.state == "read" for one in accounts)
    if missed := unread(report):
        return f"{missed}; no weights were seen{_in_the_others(left, len(accounts))}"
    if coverage.stores_unread:
        stores = f"{coverage.stores_unread} of {counted(coverage.stores, 'store')}"
        return f"{stores} could not be looked into; no weights were seen in the others"
    if missed := opaque.missed(report):
        return f"{missed}; no weights were seen"
    in_play = any(limit.in_play for limit in report.limits)
    if coverage.accounts_unlisted or coverage.sets_unread or in_play or not accounts:
        return "No weights were seen, and not everything could be read"
    return f"No weights were found in {counted(len(accounts), 'account')}"


def _in_the_others(left: int, total: int) -> str:
    if left == 0:
        return ""
    if left > 1:
        return f" in the other {left}"
    return f" in the {_ORDINALS[total - 1]}" if total <= len(_ORDINALS) else " in the last"


def unread(report: Report) -> str:
    """``4 of 5 accounts could not be read``; empty where all were."""
    accounts = report.coverage.accounts
    missed = [one for one in accounts if one.state != "read"]
    if not missed:
        return ""
    if len(accounts) == 1:
        return f"The account {_not_read(missed)}"
    many = "None" if len(missed) == len(accounts) else str(len(missed))
    return f"{many} of {len(accounts)} accounts {_not_read(missed, none=many == 'None')}"


def _not_read(missed: list[AccountSight], *, none: bool = False) -> str:
    states = {one.state for one in missed}
    if states == {"not_collected"}:
        verb = "was collected" if len(missed) == 1 or none else "were collected"
        return verb if none else verb.replace(" ", " not ", 1)
    if states == {"unread"}:
        return "could be read" if none else "could not be read"
    return "was read" if none else "were not read"


def _exposed(report: Report) -> str:
    """What outsiders reach; empty where they were seen to reach nothing."""
    readers = [entry.readers for entry in report.weights]
    anybody = sum(one.anonymous > one.conditional_anonymous for one in readers)
    outside = sum(one.external > one.conditional_external for one in readers)
    perhaps = sum(bool(one.anonymous or one.external) for one in readers)
    sets = f"{len(readers)} weight sets"
    if anybody:
        return f"Anybody on the internet can read {anybody} of {sets}"
    if outside:
        return f"Outsiders can read {outside} of {sets}"
    return f"Outsiders who meet a condition can read {perhaps} of {sets}" if perhaps else ""


def _claim(report: Report) -> str:
    total = len(report.weights)
    sets = "the weight set" if total == 1 else f"the {total} weight sets"
    buts = list(_buts(report))
    if not buts:
        verb = "reaches" if total == 1 else "reach"
        return f"{sets[0].upper()}{sets[1:]} {verb} {report.summary.level_reached}"
    return f"No outsider was seen to read {sets}, but {' and '.join(buts)}"


def _buts(report: Report) -> Iterator[str]:
    """What keeps "no outsider" from being the whole story."""
    hidden = sum(not entry.readers.complete for entry in report.weights)
    if hidden:
        whose = "them" if hidden == len(report.weights) else f"{hidden} of them"
        yield f"not everybody who may read {whose} could be seen"
    if any(result.severity == "critical" for result in exposures(report)):
        yield "critical controls fail"
    elif report.summary.level_reached < report.summary.target_level:
        yield f"{report.summary.target_level} is not reached"
