"""Changes to the organisation and to what watches over it."""

from __future__ import annotations

from typing import Any

from reference_lab.changes.writing import Edit, answers
from reference_lab.names import MANAGEMENT, REGION

_TRAIL = f"cloudtrail.trail arn:aws:cloudtrail:{REGION}:{MANAGEMENT}:trail/organisation"


def guardrails_detached() -> list[Edit]:
    """The organisation's guardrails hang on nothing."""
    return [answers("organizations.policy p-weightguards", "ListTargetsForPolicy", {"Targets": []})]


def trail_stopped() -> list[Edit]:
    """The organisation's trail records nothing."""
    return [answers(_TRAIL, "GetTrailStatus", {"IsLogging": False})]


def trail_records(**selectors: Any) -> list[Edit]:
    """What the organisation's trail records, in place of what it recorded."""
    return [answers(_TRAIL, "GetEventSelectors", selectors)]
