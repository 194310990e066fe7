"""Asks who can on a tenant of Azure that a test makes up."""

from __future__ import annotations

from pathlib import Path

import pytest
from azure_asking import Ask, asking


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Who can, by the export of these rows and objects."""
    return asking(tmp_path)
