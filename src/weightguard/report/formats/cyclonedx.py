"""CycloneDX 1.6 ML-BOM: every weight set found as a machine-learning model, with its files and where they lie.

A bill of what was seen, not of what is claimed: no hash, licence or architecture is stated, because the audit reads no
weights. Source: OWASP CycloneDX v1.6 JSON Reference, "components", "modelCard" and "externalReferences".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weightguard.assess.model import Report, WeightEntry
from weightguard.report.lookup import identities, timestamp
from weightguard.report.text import compact, visible

FILE = "ml-bom.cdx.json"

_NAMESPACE = "weightguard"


def render(report: Report) -> bytes:
    """One bill of materials; ASCII, so that no invisible character reaches the bytes."""
    bom = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{identities(report, 'cyclonedx')('bom')}",
        "version": 1,
        "metadata": _metadata(report),
        "components": [_component(entry) for entry in report.weights],
        "dependencies": [{"ref": entry.id} for entry in report.weights],
    }
    return f"{compact(bom)}\n".encode("ascii")


def _metadata(report: Report) -> dict[str, Any]:
    tool = {
        "type": "application",
        "name": "weightguard",
        "version": visible(report.tool.version) or "-",
    }
    metadata: dict[str, Any] = {
        "timestamp": timestamp(report),
        "tools": {"components": [tool]},
        "properties": [
            _property("snapshot:digest", report.snapshot.digest),
            _property("catalogue:digest", report.catalogue.digest),
        ],
    }
    if report.organisation:
        metadata["supplier"] = {"name": visible(report.organisation)}
    return metadata


def _component(entry: WeightEntry) -> dict[str, Any]:
    return {
        "type": "machine-learning-model",
        "bom-ref": entry.id,
        "name": visible(entry.name) or "-",
        "description": _description(entry),
        "modelCard": {"properties": [_property(name, value) for name, value in _card(entry)]},
        "components": [
            {
                "type": "file",
                "bom-ref": f"{entry.id}/{number}",
                "name": visible(file.key) or "-",
                "properties": [
                    _property("bytes", str(file.bytes)),
                    _property("format", file.format),
                    _property("confidence", file.confidence),
                ],
            }
            for number, file in enumerate(entry.files)
        ],
        "properties": [_property(name, value) for name, value in _properties(entry)],
    }


def _description(entry: WeightEntry) -> str:
    more = ", of which the first are listed" if entry.files_truncated else ""
    parameters = f", {entry.parameters} parameters" if entry.parameters is not None else ""
    return f"{visible(entry.format)} weights, {entry.bytes} bytes in {entry.shards} files{more}{parameters}"


def _card(entry: WeightEntry) -> Iterator[tuple[str, str]]:
    yield "format", entry.format
    if entry.parameters is not None:
        yield "parameters", str(entry.parameters)
    if entry.model is not None:
        yield "declared-model", entry.model
    if entry.tier is not None:
        yield "risk-tier", entry.tier
    if entry.released is not None:
        yield "parameters-public", str(entry.released).lower()


def _properties(entry: WeightEntry) -> Iterator[tuple[str, str]]:
    yield "store", entry.store
    yield "prefix", entry.prefix
    yield "bytes", str(entry.bytes)
    yield "shards", str(entry.shards)
    yield "files-truncated", str(entry.files_truncated).lower()
    yield "confidence", entry.confidence
    yield "declared", str(entry.declared).lower()
    yield "target-level", entry.target_level
    yield "level-reached", entry.level_reached
    yield "score", str(entry.score)
    if entry.account:
        yield "account", entry.account
    if entry.note:
        yield "note", entry.note


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": f"{_NAMESPACE}:{name}", "value": visible(value)}
