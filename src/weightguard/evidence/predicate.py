"""What a statement says of an audit: all of it follows from the files that it names, and whoever checks it works it out anew."""

from __future__ import annotations

import json
from typing import Any, Final

from weightguard.assess.assessment import judged_under
from weightguard.assess.model import Report
from weightguard.assess.reading import contradiction
from weightguard.controls.schema import Strict
from weightguard.evidence.declared import Declared
from weightguard.snapshot import Snapshot

TYPE: Final = "https://github.com/weightguard/weightguard/audit/v1"
_CALLERS: Final = {"sts.identity": "Arn"}
"""Records of who collected, and the field that names them."""


class ToolStamp(Strict):
    """What judged."""

    name: str
    version: str


class CatalogueStamp(Strict):
    """By what it judged, the lab's own controls included."""

    id: str
    version: str
    digest: str


class Scopes(Strict):
    """What was asked for, in the collector's own words, and what was seen."""

    asked: dict[str, Any]
    seen: tuple[str, ...]


class Collector(Strict):
    """Who collected, as the cloud named them."""

    scope: str
    principal: str


class Counted(Strict):
    """The report in one glance."""

    level: str
    target_level: str
    score: int
    counts: dict[str, int]


class Audit(Strict):
    """The predicate ``audit/v1``.

    Attributes:
        snapshot: the manifest's own digest.
        as_of: the "now" of the judgement. collected_at: when the collection ended.
        collected_by: empty where the source names no caller.
        redacted: names were hidden.
    """

    tool: ToolStamp
    catalogue: CatalogueStamp
    snapshot: str
    as_of: str
    collected_at: str
    scopes: Scopes
    collected_by: tuple[Collector, ...]
    summary: Counted
    redacted: bool


def audit(report: Report, snapshot: Snapshot, declared: Declared) -> Audit:
    """The predicate of an audit.

    Raises:
        SnapshotError: a record of the snapshot is damaged.
    """
    summary = report.summary
    return Audit(
        tool=ToolStamp(name=report.tool.name, version=report.tool.version),
        catalogue=CatalogueStamp(
            id=report.catalogue.id, version=report.catalogue.version, digest=report.catalogue.digest
        ),
        snapshot=f"sha256:{snapshot.digest}",
        as_of=report.snapshot.as_of,
        collected_at=snapshot.collected_at,
        scopes=Scopes(asked=dict(snapshot.manifest.source), seen=snapshot.scopes),
        collected_by=tuple(_collectors(snapshot)),
        summary=Counted(
            level=summary.level_reached,
            target_level=summary.target_level,
            score=summary.score,
            counts={str(status): count for status, count in sorted(summary.by_status.items())},
        ),
        redacted=declared.redacted,
    )


def _collectors(snapshot: Snapshot) -> list[Collector]:
    services = {kind.partition(".")[0] for kind in _CALLERS}
    told = [
        (record.scope, record.data.get(_CALLERS[record.kind]))
        for service in sorted(services)
        for record in snapshot.records(service=service)
        if record.kind in _CALLERS and isinstance(record.data, dict)
    ]
    return [Collector(scope=scope, principal=name) for scope, name in told if isinstance(name, str) and name]


def strangers(report: Report, snapshot: Snapshot, declared: Declared) -> list[str]:
    """In what report, snapshot and declaration are not of one audit, and where the report contradicts itself.

    Raises:
        InputError: what was declared is no configuration.
    """
    config = declared.configuration()
    settings = judged_under(config, declared.options(), declared.own).digest
    odd = {
        "report.json is of another snapshot, or of several": report.snapshot.digests != (snapshot.digest,),
        "report.json was judged by other settings than declared.json holds": (
            report.settings is None or report.settings.digest != settings
        ),
        "report.json was judged by another catalogue than declared.json names": (
            not declared.own and report.catalogue.digest != declared.catalogue.digest
        ),
        "report.json is of another organisation than declared.json names": (
            report.organisation != config.organisation
        ),
    }
    problems = [words for words, holds in odd.items() if holds]
    inside = contradiction(report)
    return [*problems, f"report.json contradicts itself: {inside}"] if inside else problems


def differing(said: Any, found: Any, place: str = "") -> list[str]:
    """The places at which two values of JSON differ."""
    if isinstance(said, dict) and isinstance(found, dict):
        keys = sorted(said.keys() | found.keys())
        return [
            one
            for key in keys
            for one in differing(said.get(key), found.get(key), f"{place}.{key}".lstrip("."))
        ]
    return [] if json.dumps(said, sort_keys=True) == json.dumps(found, sort_keys=True) else [place]
