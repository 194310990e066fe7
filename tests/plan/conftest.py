"""Plans, as Terraform made them, and parts of one that are changed for a test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PLANS = Path(__file__).parent / "plans"


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Any], Path]:
    """Writes a plan's document, or its bytes, to a file."""

    def write(document: Any) -> Path:
        path = tmp_path / "plan.json"
        path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        return path

    return write


@pytest.fixture
def document() -> Callable[[str], Any]:
    """A plan by name, to be changed."""
    return lambda name: json.loads((PLANS / f"{name}.json").read_text(encoding="utf-8"))
