"""What several formats say in the same words: sizes, counts, states, the order of urgency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from weightguard.assess.model import (
    Outcome,
    Report,
    ResultEntry,
    Severity,
    Start,
    Status,
    Summary,
    VectorEntry,
    VectorState,
    WeightEntry,
)

STATUSES: tuple[Status, ...] = ("fail", "unknown", "waived", "pass", "not_applicable")
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")


VECTOR_STATES: Mapping[VectorState, str] = {
    "open": "open",
    "unknown": "unknown",
    "partly": "partly",
    "not_attested": "not attested",
    "closed_in_configuration": "closed in configuration",
    "attested": "attested",
    "beyond_evidence": "beyond evidence",
    "no_control": "no control",
}
OUTCOMES: Mapping[Outcome, str] = {
    "falls": "falls",
    "none": "none falls",
    "none_seen": "none was seen to fall, and not everything could be tried",
    "not_tried": "not tried: nobody of this kind was found",
}
CAPACITIES: Mapping[str, str] = {
    "OC1": "amateurs",
    "OC2": "professionals who take what is easy",
    "OC3": "cybercrime syndicates and insiders",
    "OC4": "leading cyber-capable institutions, in their daily business",
    "OC5": "the top cyber-capable institutions, at their top priority",
}
CHANCES = (
    "The numbers are the chance that one operation succeeds against an average target at SL1: 1 up to 20 %, 2 up to 40 %, 3 up to "
    "60 %, 4 up to 80 %, 5 above."
)
"""Source: RAND RR-A2849-1 (2024), tables 5.1 and 5.2."""


def vector_state(vector: VectorEntry) -> str:
    """What a vector's state says, with what is missing where it is closed in part: ``partly: 3 of 5 not attested``."""
    words = VECTOR_STATES[vector.state]
    if vector.state not in ("partly", "unknown"):
        return words
    own, unattested = (len(vector.controls.get(name, ())) for name in ("self_attested", "not_attested"))
    undecided = len(vector.controls.get("unknown", ()))
    speaking = sum(len(ids) for word, ids in vector.controls.items() if word != "not_applicable")
    told = [
        f"{number} {word}"
        for number, word in ((undecided, "undecided"), (unattested, "not attested"), (own, "self-attested"))
        if number
    ]
    return f"{words}: {', '.join(told)} of {speaking}"


def outcome(start: Start) -> str:
    """What became of a starting point, in words."""
    if start.falls:
        return f"{counted(len(start.falls), 'weight set falls', 'weight sets fall')}"
    return OUTCOMES[start.outcome]


def size(count: int) -> str:
    """A number of bytes for people: ``13.5 GB``, decimal."""
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def count(number: int) -> str:
    """A number for people: ``8.0B``."""
    for limit, suffix in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k")):
        if number >= limit:
            return f"{number / limit:.1f}{suffix}"
    return str(number)


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 place``, ``2 places``; `many` where the plural is not `one` with an s."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def outsiders(entry: WeightEntry, more: str = "+") -> str:
    """How many outsiders can read a weight set: ``everybody``, ``2``, and `more` where some are hidden."""
    readers = entry.readers
    if readers.anonymous:
        return (
            "everybody" if readers.anonymous > readers.conditional_anonymous else "everybody on a condition"
        )
    return f"{readers.external}{'' if readers.complete else more}"


def urgency(result: ResultEntry) -> tuple[int, int, int, str, str, str]:
    """A sort key: footnotes last, failures first, the most severe first, and of those the most basic level first."""
    return (
        result.footnote,
        STATUSES.index(result.status),
        SEVERITIES.index(result.severity),
        result.level,
        result.control,
        result.subject,
    )


def exposures(report: Report) -> list[ResultEntry]:
    """What exposes weights now: severe failures that bear on weights, up to the level that is aimed at.

    Those that let somebody reach weights come first, of whatever level and accepted or not, then the most severe.
    """
    exposing = {
        control["id"] for control in report.controls if control.get("exposes") or control.get("lets_in")
    }
    found = [
        result
        for result in report.results
        if (result.status == "fail" or (result.control in exposing and _accepted(result)))
        and result.severity in ("critical", "high")
        and not result.footnote
        and (result.level <= report.summary.target_level or result.control in exposing)
    ]
    return sorted(found, key=lambda result: (result.control not in exposing, urgency(result)))


def _accepted(result: ResultEntry) -> bool:
    return result.status == "waived" and result.waiver is not None and result.waiver.was == "fail"


def said(result: ResultEntry) -> str:
    """A result's message, with the name of who accepts the risk, where somebody does."""
    if result.status != "waived" or result.waiver is None:
        return result.message
    return f"{result.message} (accepted by {result.waiver.owner} until {result.waiver.expires})"


def level_of(summary: Summary) -> str:
    """``SL1``, or ``SL1; SL2 but for 3 accepted risks``."""
    reached, but_for = summary.level_reached, summary.level_but_for_risks
    if not summary.accepted_risks or but_for is None:
        return reached
    return f"{reached}; {but_for} but for {counted(len(summary.accepted_risks), 'accepted risk')}"


def grouped(results: Iterable[ResultEntry]) -> list[tuple[ResultEntry, list[str]]]:
    """Results that say the same of several subjects, once each: the first of them and all subjects."""
    found: dict[tuple[str, str, str], tuple[ResultEntry, list[str]]] = {}
    for result in results:
        key = (result.severity, result.control, result.message)
        found.setdefault(key, (result, []))[1].append(result.subject)
    return list(found.values())
