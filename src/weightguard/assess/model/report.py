"""The report as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from pydantic.dataclasses import dataclass

from weightguard.assess.model.coverage import (
    CatalogueStamp,
    Coverage,
    LimitEntry,
    OpaqueEntry,
    SettingsStamp,
    SnapshotStamp,
    Tool,
)
from weightguard.assess.model.levels import LevelEntry, ModelEntry, NextLevel, Summary, VectorEntry, WhatIf
from weightguard.assess.model.picture import Picture
from weightguard.assess.model.protocol import ProtocolResult
from weightguard.assess.model.results import AttestationEntry, ResultEntry, WaiverEntry
from weightguard.assess.model.terms import STRICT
from weightguard.assess.model.weights import WeightEntry


@dataclass(frozen=True, slots=True, config=STRICT)
class Report:
    """report.json."""

    schema_version: str
    tool: Tool
    catalogue: CatalogueStamp
    snapshot: SnapshotStamp
    coverage: Coverage
    summary: Summary
    weights: tuple[WeightEntry, ...]
    results: tuple[ResultEntry, ...]
    controls: tuple[Mapping[str, Any], ...]
    levels: tuple[LevelEntry, ...]
    vectors: tuple[VectorEntry, ...]
    next_level: NextLevel
    waivers: tuple[WaiverEntry, ...]
    attestations: tuple[AttestationEntry, ...]
    attestations_needed: Mapping[str, tuple[str, ...]]
    models: tuple[ModelEntry, ...]
    values: Mapping[str, Any]
    disclaimer: str
    what_if: WhatIf | None = None
    protocols: tuple[ProtocolResult, ...] = field(default=())
    organisation: str | None = None
    access: Picture | None = None
    limits: tuple[LimitEntry, ...] = field(default=())
    opaque: tuple[OpaqueEntry, ...] = field(default=())
    settings: SettingsStamp | None = None
