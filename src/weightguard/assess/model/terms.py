"""The words of a report: its version, the marks and levels that it gives."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

SCHEMA_VERSION = "1.0"
CONFIGURATION = "configuration"
"""Stands for the service of a gap that the user's own weightguard.yaml leaves."""
REACHABLE = ("SL0", "SL1", "SL2", "SL3", "SL4", "SL5")
Status = Literal["pass", "fail", "unknown", "not_applicable", "waived"]
Severity = Literal["critical", "high", "medium", "low"]
Level = Literal["SL1", "SL2", "SL3", "SL4", "SL5"]
Reached = Literal["SL0", "SL1", "SL2", "SL3", "SL4", "SL5"]  # SL0: not even SL1
VectorState = Literal[
    "open", "unknown", "partly", "not_attested", "closed_in_configuration", "attested", "beyond_evidence", "no_control",
]  # fmt: skip
Outcome = Literal["falls", "none", "none_seen", "not_tried"]
"""What became of a starting point: weights fall; none do, and everything was seen; none were seen to, and evidence is missing;
nobody was there to try."""
STRICT = ConfigDict(extra="forbid")
