"""Judges a bundle again, from its own snapshot and by its own settings, and compares the two reports byte for byte."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from weightguard.access.graph import build
from weightguard.assess.assessment import assess, provenance
from weightguard.assess.model import Report, ResultEntry
from weightguard.assess.serialise import from_json, to_json
from weightguard.controls.catalogue import Catalogue
from weightguard.controls.kept import loaded
from weightguard.estate.read import read_estate
from weightguard.evidence.declared import Declared
from weightguard.snapshot import Snapshot

MOST = 10_000
"""Differences that are told."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A verdict that is not the same again.

    Attributes:
        said: the status in the bundle's report; None: it has no such result. found: when judged again.
        cause: why, where it can be told.
    """

    control: str
    subject: str
    said: str | None
    found: str | None
    cause: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """What judging again gave.

    Attributes:
        same: byte for byte, but for the version of the tool where `version` is another.
        version: of the tool that judged first.
        parts: members of the report that differ. cause: why, where it can be told.
    """

    same: bool
    version: str
    parts: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    cause: str = ""


def replay(
    snapshot: Snapshot, declared: Declared, said: Report, data: bytes, current: Catalogue | None = None
) -> Replayed:
    """Judges again.

    Args:
        current: the shipped catalogue, where it is loaded already.
        said: the bundle's report, and `data` its bytes.

    Raises:
        InputError: what was declared cannot be judged by: a document, a control or a setting is not what it should be.
        CatalogueError: there is no such catalogue, or this version cannot decide by it.
    """
    with tempfile.TemporaryDirectory(prefix="weightguard-", ignore_cleanup_errors=True) as folder:
        config, options = declared.restored(Path(folder))
        with loaded(declared.catalogue.digest, *config.controls.directories, current=current) as catalogue:
            estate = read_estate((snapshot,))
            source = provenance((snapshot,))
            found = assess(estate, build(estate), catalogue, config, source=source, options=options)
    return compared(said, data, found)


def compared(said: Report, data: bytes, found: Report) -> Replayed:
    """Two reports of one audit, the bytes of the first with it."""
    version = said.tool.version
    again = to_json(found)
    if again == data or to_json(replace(found, tool=said.tool)) == data:
        return Replayed(True, version)
    found = from_json(again)  # both as they are read: a list that was a tuple is no difference
    parts = tuple(
        one.name
        for one in fields(Report)
        if one.name != "tool" and getattr(said, one.name) != getattr(found, one.name)
    )
    cause = _cause(said, found)
    differences = tuple(sorted(_differences(said, found, cause), key=lambda one: (one.control, one.subject)))
    return Replayed(False, version, parts or ("how it is written",), differences[:MOST], cause)


def _cause(said: Report, found: Report) -> str:
    """What is known to have been another when the first report was made."""
    causes = []
    if said.tool.version != found.tool.version:
        causes.append(
            f"judged by version {said.tool.version} of weightguard, and again by {found.tool.version}"
        )
    if said.catalogue != found.catalogue:
        causes.append("another catalogue, or another control of the lab's own")
    if said.settings != found.settings:
        causes.append("another configuration")
    if said.snapshot != found.snapshot:
        causes.append("another snapshot")
    return "; ".join(causes) or "the report was edited, or its evidence was"


def _differences(said: Report, found: Report, cause: str) -> Iterator[Difference]:
    before, now = _verdicts(said), _verdicts(found)
    for control, subject in before.keys() | now.keys():
        first, second = before.get((control, subject)), now.get((control, subject))
        if first != second:
            told = (
                f"{cause}, and the catalogue has another control of this id"
                if _changed(said, found, control)
                else cause
            )
            yield Difference(control, subject, _status(first), _status(second), told)


def _verdicts(report: Report) -> dict[tuple[str, str], list[ResultEntry]]:
    found: dict[tuple[str, str], list[ResultEntry]] = defaultdict(list)
    for one in report.results:
        found[one.control, one.subject].append(one)
    return found


def _status(results: list[ResultEntry] | None) -> str | None:
    return "/".join(dict.fromkeys(one.status for one in results)) if results else None


def _changed(said: Report, found: Report, control: str) -> bool:
    def entry(report: Report) -> Any:
        return next((one for one in report.controls if one.get("id") == control), None)

    first, second = entry(said), entry(found)
    return first is not None and second is not None and first != second
