"""Which cloud a thing belongs to."""

from __future__ import annotations

from typing import Literal

Provider = Literal["aws", "gcp", "azure"]
