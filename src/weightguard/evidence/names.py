"""What the members of a bundle are called, and how large each may be."""

from __future__ import annotations

import re
from typing import Final

from weightguard.snapshot.limits import GIB, MIB, Limits

REPORT: Final = "report.json"
DECLARED: Final = "declared.json"
STATEMENT: Final = "statement.dsse.json"
SNAPSHOT: Final = "snapshot"
ATTESTED: Final = "attestations"
"""The folder of the files that attestations name, each called by its SHA-256."""

LARGEST_DECLARED: Final = 64 * MIB
LARGEST_STATEMENT: Final = 64 * MIB
SHA256: Final = re.compile(r"[0-9a-f]{64}")

LIMITS: Final = Limits(files=200_000, file_bytes=4 * GIB, total_bytes=16 * GIB)
"""What a bundle may ask of whoever unpacks it."""
