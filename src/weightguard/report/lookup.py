"""What several formats look up: a control's texts, where a piece of evidence lies, the report's moment."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from weightguard.assess.model import Report, ResultEntry
from weightguard.errors import InputError
from weightguard.provider import PROVIDERS
from weightguard.report.text import utf8

_RECORD = re.compile(r"(?:^|\s)(records/[\w./-]+\.jsonl):(\d{1,9})$", re.ASCII)
_LONGEST_PLACE = 300  # characters; a longer source names no record


def controls_by_id(report: Report) -> dict[str, Mapping[str, Any]]:
    """The catalogue's entries that results refer to.

    Raises:
        InputError: a result names a control that the report does not hold, as only an edited report does.
    """
    known: dict[str, Mapping[str, Any]] = {control["id"]: control for control in report.controls}
    missing = sorted({result.control for result in report.results} - known.keys())
    if missing:
        raise InputError(
            f"a result names the control {missing[0]!r}, which the report does not hold",
            where="report.json",
            fix="write the report again with weightguard assess",
        )
    return known


def weight_names(report: Report) -> dict[str, str]:
    """Weight set id -> name."""
    return {entry.id: entry.name for entry in report.weights}


def record_of(source: str) -> tuple[str, int] | None:
    """The snapshot's file and line that an evidence's source names; None where it names another thing."""
    found = _RECORD.search(source[-_LONGEST_PLACE:])
    return (found.group(1), max(1, int(found.group(2)))) if found else None


def records(result: ResultEntry) -> Iterator[tuple[str, int, str]]:
    """The records that a result rests on, each once, with the fact first read from it: file, line, fact."""
    seen = set()
    for item in result.evidence:
        place = record_of(item.source)
        if place and place not in seen:
            seen.add(place)
            yield *place, item.fact


def remedies(control: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """How to put a control right: the provider's name, empty where it holds anywhere, and its texts."""
    given: Mapping[str, Mapping[str, str]] = control.get("remediation", {})
    for name in ("anywhere", *PROVIDERS):
        if given.get(name):
            yield "" if name == "anywhere" else name, given[name]


def help_url(control: Mapping[str, Any]) -> str | None:
    """The first reference of a control that has an address on the web."""
    urls = (reference.get("url") for reference in control.get("references", ()))
    return next((url for url in urls if url and url.startswith("https://")), None)


def moment(report: Report) -> datetime:
    """The report's "now".

    Raises:
        InputError: it is no time.
    """
    return _time(report.snapshot.as_of, "as_of")


def collected(report: Report) -> datetime:
    """When the evidence was collected.

    Raises:
        InputError: it is no time.
    """
    return _time(report.snapshot.collected_at, "collected_at")


def _time(text: str, field: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{text!r} is no time", where=f"report.json at snapshot.{field}") from error
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)


def timestamp(report: Report) -> str:
    """The report's "now" to the second, ``2026-01-31T12:00:00Z``."""
    return moment(report).strftime("%Y-%m-%dT%H:%M:%SZ")


def identities(report: Report, purpose: str) -> Callable[[str], str]:
    """Makes UUIDs (version 5, RFC 9562): the same for the same thing, of the same report, for the same purpose."""
    base = f"urn:weightguard:report:{report.snapshot.digest}:{report.snapshot.as_of}:{purpose}"
    namespace = uuid.uuid5(uuid.NAMESPACE_URL, utf8(base).decode())
    return lambda name: _version_5(namespace.bytes + utf8(name))


def _version_5(name: bytes) -> str:
    # As uuid.uuid5 does, without the object that takes most of its time: fifty thousand are made for one report.
    digest = bytearray(hashlib.sha1(name, usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
