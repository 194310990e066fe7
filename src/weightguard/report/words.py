"""What several formats say in the same words: the headline, sizes, the order of urgency."""

from __future__ import annotations

from collections.abc import Iterable

from weightguard.assess.model import Report, ResultEntry, Severity, Status, WeightEntry

STATUSES: tuple[Status, ...] = ("fail", "unknown", "waived", "pass", "not_applicable")
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")


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


def headline(report: Report) -> str:
    """The report's one sentence."""
    exposed = sum(
        1 for entry in report.weights if entry.readers.anonymous > entry.readers.conditional_anonymous
    )
    outside = sum(
        1 for entry in report.weights if entry.readers.external > entry.readers.conditional_external
    )
    perhaps = sum(1 for entry in report.weights if entry.readers.anonymous or entry.readers.external)
    total = len(report.weights)
    if not total:
        return "No weights were found"
    if exposed:
        return f"Anybody on the internet can read {exposed} of {total} weight sets"
    if outside:
        return f"Outsiders can read {outside} of {total} weight sets"
    if perhaps:
        return f"Outsiders who meet a condition can read {perhaps} of {total} weight sets"
    if any(result.severity == "critical" for result in exposures(report)):
        return f"Nobody outside was seen to read the {total} weight sets, but critical controls fail"
    if report.summary.level_reached < report.summary.target_level:
        return f"No outsider was seen to read the {total} weight sets; {report.summary.target_level} is not reached"
    return f"The {total} weight sets reach {report.summary.level_reached}"


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

    Those that put weights within an outsider's reach come first, of whatever level, then the most severe.
    """
    exposing = {control["id"] for control in report.controls if control.get("exposes")}
    found = [
        result
        for result in report.results
        if result.status == "fail"
        and result.severity in ("critical", "high")
        and not result.footnote
        and (result.level <= report.summary.target_level or result.control in exposing)
    ]
    return sorted(found, key=lambda result: (result.control not in exposing, urgency(result)))


def grouped(results: Iterable[ResultEntry]) -> list[tuple[ResultEntry, list[str]]]:
    """Results that say the same of several subjects, once each: the first of them and all subjects."""
    found: dict[tuple[str, str, str], tuple[ResultEntry, list[str]]] = {}
    for result in results:
        key = (result.severity, result.control, result.message)
        found.setdefault(key, (result, []))[1].append(result.subject)
    return list(found.values())


def short(subject: str) -> str:
    """A subject's own name: ``aurora-release`` of ``arn:aws:s3:::aurora-release``, ``account 111111111111`` of its root."""
    if not subject.startswith("arn:"):
        return subject
    if subject.endswith(":root"):
        return f"account {account_of(subject)}"
    name = subject.split(":", 5)[-1]
    return name if len(name) <= 60 else "..." + name[-57:]


def account_of(subject: str) -> str:
    """The account that a subject belongs to, read from its id; empty where the id does not say."""
    if subject.startswith("arn:"):
        parts = subject.split(":", 5)
        return parts[4] if len(parts) > 4 else ""
    if subject.startswith(("aws/", "gcp/", "azure/")):
        return subject.split("/")[1]
    if len(subject) == 12 and subject.isdecimal():
        return subject
    return ""


def provider_of(subject: str) -> str | None:
    """The provider that a subject or a scope belongs to, read from its id: aws, gcp or azure; None where it does not say."""
    if subject.startswith("arn:") or (len(subject) == 12 and subject.isdecimal()):
        return "aws"
    name = subject.split("/", 1)[0]
    if name in ("aws", "gcp", "azure") and "/" in subject:
        return name
    if subject.startswith("projects/") or ".googleapis.com/" in subject[:80]:
        return "gcp"
    return "azure" if subject.lower().startswith("/subscriptions/") else None
