"""What records who did what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from weightguard.estate.fact import Fact
from weightguard.estate.model.provider import Provider


@dataclass(frozen=True, slots=True)
class Trail:
    """AWS: a CloudTrail trail. Google Cloud: a log sink with audit configuration. Azure: a diagnostic setting."""

    id: str
    provider: Provider
    account: str
    region: str | None
    name: str
    multi_region: bool
    organisation_wide: bool
    validates_files: bool
    destination: str | None  # store id
    key: str | None
    logging: Fact[bool]
    selectors: Fact[Mapping[str, Any]]  # AWS: the raw GetEventSelectors answer
