"""Finds the reports and snapshots that other rooms' tests build."""

from __future__ import annotations

import sys
from pathlib import Path

for _room in ("report", "snapshot"):
    sys.path.append(str(Path(__file__).parents[1] / _room))
