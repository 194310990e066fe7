"""Which cloud a thing belongs to, and what a cloud does not have."""

from __future__ import annotations

from typing import Final, Literal

from weightguard.estate.fact import Reason, Source, Unknown

Provider = Literal["aws", "gcp", "azure"]
NOT_HERE: Final = Unknown(Reason.NOT_APPLICABLE_HERE, Source.named("provider", "", ""))
"""A setting that the thing's provider, or its kind of thing, does not have."""
