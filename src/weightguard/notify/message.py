"""What is told: the few lines that a person reads, and the object that a machine does.

Names in it are hostile. In chat they stand in code spans, where neither mentions, links nor mark-up take effect, and lose the
backticks that would close one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from weightguard.assess.model import Report, ResultEntry, WeightEntry
from weightguard.report.changes import Changes
from weightguard.report.headline import headline
from weightguard.report.lookup import timestamp
from weightguard.report.text import visible
from weightguard.report.words import exposures, said

LINES = 10  # results named one by one
RESULTS = 500  # results in a JSON object
_TEXT = 300

Quote = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Notice:
    """A report, and what changed since an earlier one; `changes` is None where none was given."""

    report: Report
    changes: Changes | None

    @property
    def worth_telling(self) -> bool:
        """Whether there is news."""
        return self.changes is None or not self.changes.nothing


def plain(text: str) -> str:
    """For a plain-text mail."""
    return visible(text, _TEXT)


def title(notice: Notice) -> str:
    """One line."""
    report, changes = notice.report, notice.changes
    whose = f"{report.organisation}: " if report.organisation else ""
    if changes is None:
        return plain(f"weightguard: {whose}{headline(report)}")
    word = "worse" if changes.worse else "changed"
    return plain(f"weightguard, {word}: {whose}{headline(report)}")


def lines(notice: Notice, quote: Quote) -> Iterator[str]:
    """The message below its title.

    Args:
        quote: makes a hostile text harmless in the channel's language.
    """
    report, changes = notice.report, notice.changes
    summary, counts = report.summary, report.summary.by_status
    yield (
        f"Level {summary.level_reached} of {summary.target_level}, score {summary.score}/100: "
        f"{counts.get('fail', 0)} failed, {counts.get('unknown', 0)} unknown, {counts.get('pass', 0)} passed; "
        f"{len(report.coverage.gaps)} gaps."
    )
    if changes is None:
        yield from _results("What exposes weights now", exposures(report), quote)
    else:
        yield from in_words(changes, quote)
    yield f"As of {timestamp(report)}, snapshot {quote(report.snapshot.digest[:16])}."


def in_words(changes: Changes, quote: Quote) -> Iterator[str]:
    """What changed, line by line; at most 10 results of a kind."""
    if changes.level[0] != changes.level[1]:
        yield f"Level: {changes.level[0]} before, {changes.level[1]} now."
    if changes.score[0] != changes.score[1]:
        yield f"Score: {changes.score[0]} before, {changes.score[1]} now."
    yield from _weights("Outsiders can newly read", changes.exposed, quote)
    if changes.unread:
        accounts = ", ".join(quote(one) for one in changes.unread[:LINES])
        yield f"Accounts that are no longer read ({len(changes.unread)}): {accounts}"
    yield from _weights("New weight sets", changes.new_weights, quote)
    yield from _weights("Weight sets no longer found", changes.gone_weights, quote)
    yield from _results("Newly failing", changes.failing, quote)
    yield from _results("Newly unknown", changes.unseen, quote)
    yield from _results("Settled", changes.settled, quote)
    yield from _results("No longer there", changes.gone, quote)
    for word, gaps in (
        ("Reads that no longer answer", changes.gaps),
        ("Reads that answer again", changes.closed_gaps),
    ):
        if gaps:
            named = (quote(f"{gap.service}:{gap.operation} in {gap.scope}") for gap in gaps[:LINES])
            yield f"{word} ({len(gaps)}): {', '.join(named)}"


def _weights(word: str, entries: Sequence[WeightEntry], quote: Quote) -> Iterator[str]:
    if entries:
        yield f"{word} ({len(entries)}): {', '.join(quote(entry.name) for entry in entries[:LINES])}"


def _results(word: str, results: Sequence[ResultEntry], quote: Quote) -> Iterator[str]:
    if not results:
        return
    yield f"{word} ({len(results)}):"
    for result in results[:LINES]:
        yield f"- {result.severity} {result.control} {quote(result.subject)}: {quote(said(result))}"
    if len(results) > LINES:
        yield f"- and {len(results) - LINES} more"


def as_object(notice: Notice) -> dict[str, Any]:
    """For a machine: the summary, and what changed or what fails; at most 500 results of a kind, saying how many there are."""
    report, changes = notice.report, notice.changes
    content: dict[str, Any] = {
        "event": "weightguard.report" if changes is None else "weightguard.changes",
        "schema_version": "1.0",
        "as_of": timestamp(report),
        "organisation": report.organisation and visible(report.organisation),
        "snapshot": visible(report.snapshot.digest),
        "headline": visible(headline(report)),
        "summary": {
            "level_reached": report.summary.level_reached,
            "target_level": report.summary.target_level,
            "score": report.summary.score,
            "by_status": dict(report.summary.by_status),
            "by_severity": dict(report.summary.by_severity),
            "gaps": len(report.coverage.gaps),
            "weights": len(report.weights),
        },
    }
    if changes is None:
        failing = [one for one in report.results if one.status == "fail" and not one.footnote]
        return content | {"failing": _listed(failing)}
    return content | as_changes(changes)


def as_changes(changes: Changes) -> dict[str, Any]:
    """What changed, for a machine; at most 500 results of a kind, saying how many there are."""
    return {
        "worse": changes.worse,
        "level": {"before": changes.level[0], "now": changes.level[1]},
        "score": {"before": changes.score[0], "now": changes.score[1]},
        "failing": _listed(changes.failing),
        "unknown": _listed(changes.unseen),
        "settled": _listed(changes.settled),
        "gone": _listed(changes.gone),
        "gaps": len(changes.gaps),
        "closed_gaps": len(changes.closed_gaps),
        "unread_accounts": [visible(one) for one in changes.unread],
        "new_weights": _named(changes.new_weights),
        "gone_weights": _named(changes.gone_weights),
        "exposed_weights": _named(changes.exposed),
    }


def _listed(results: Sequence[ResultEntry]) -> dict[str, Any]:
    entries = [
        {
            "control": one.control,
            "subject": visible(one.subject),
            "severity": one.severity,
            "status": one.status,
            "message": visible(one.message),
            "fingerprint": one.fingerprint,
        }
        for one in results[:RESULTS]
    ]
    return {"count": len(results), "results": entries}


def _named(entries: Iterable[WeightEntry]) -> list[dict[str, str]]:
    return [{"id": one.id, "name": visible(one.name), "store": visible(one.store)} for one in entries]
