"""report.json, field by field. Names and shapes are public: add to them, never bend them.

Plain frozen dataclasses, because a report may hold half a million results; pydantic derives the schema from
them and validates what is read back. Lists are tuples, sorted; texts that came from a cloud are as the cloud
gave them and hostile until a renderer escapes them.
"""

from weightguard.assess.model.coverage import (
    AccountSight,
    CallCounts,
    CatalogueStamp,
    Coverage,
    Gap,
    LimitEntry,
    NotWeightsEntry,
    OpaqueEntry,
    SettingEntry,
    SettingsStamp,
    SnapshotStamp,
    Tool,
)
from weightguard.assess.model.levels import (
    Fix,
    LevelEntry,
    ModelEntry,
    NextLevel,
    Score,
    Summary,
    VectorEntry,
    WhatIf,
)
from weightguard.assess.model.picture import CutChange, CutEntry, Picture, PictureEdge, PictureNode
from weightguard.assess.model.protocol import Fall, ProtocolResult, Start, Step
from weightguard.assess.model.report import Report
from weightguard.assess.model.results import (
    AttestationEntry,
    AttestationStamp,
    EvaluationEntry,
    EvidenceEntry,
    ResultEntry,
    WaiverEntry,
    WaiverStamp,
)
from weightguard.assess.model.terms import (
    CONFIGURATION,
    REACHABLE,
    SCHEMA_VERSION,
    Level,
    Outcome,
    Reached,
    Severity,
    Status,
    VectorState,
)
from weightguard.assess.model.weights import Reach, Reader, Rung, WeightEntry, WeightFile

__all__ = [
    "CONFIGURATION",
    "REACHABLE",
    "SCHEMA_VERSION",
    "AccountSight",
    "AttestationEntry",
    "AttestationStamp",
    "CallCounts",
    "CatalogueStamp",
    "Coverage",
    "CutChange",
    "CutEntry",
    "EvaluationEntry",
    "EvidenceEntry",
    "Fall",
    "Fix",
    "Gap",
    "Level",
    "LevelEntry",
    "LimitEntry",
    "ModelEntry",
    "NextLevel",
    "NotWeightsEntry",
    "OpaqueEntry",
    "Outcome",
    "Picture",
    "PictureEdge",
    "PictureNode",
    "ProtocolResult",
    "Reach",
    "Reached",
    "Reader",
    "Report",
    "ResultEntry",
    "Rung",
    "Score",
    "SettingEntry",
    "SettingsStamp",
    "Severity",
    "SnapshotStamp",
    "Start",
    "Status",
    "Step",
    "Summary",
    "Tool",
    "VectorEntry",
    "VectorState",
    "WaiverEntry",
    "WaiverStamp",
    "WeightEntry",
    "WeightFile",
    "WhatIf",
]
