"""Fixtures of the snapshot tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from snapshots import build


@pytest.fixture(scope="session")
def sealed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed snapshot that no test may change."""
    return build(tmp_path_factory.mktemp("sealed") / "snapshot")


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A sealed snapshot to damage."""
    return build(tmp_path / "snapshot")
