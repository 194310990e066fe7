"""Long-lived credentials, without their secret halves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A long-lived credential. The secret half is never collected."""

    id: str
    active: bool
    created: str | None
    last_used: str | None
