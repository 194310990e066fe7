"""Each demonstration is run once, weak and hardened, for all tests that look at what it left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from audited import Audit, demo


@pytest.fixture(scope="session")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """A cloud's lab, audited by the command: the folder that it filled, and the report in it."""
    made: dict[tuple[str, ...], tuple[Path, dict[str, Any]]] = {}

    def run(cloud: str, *arguments: str) -> tuple[Path, dict[str, Any]]:
        if (cloud, *arguments) not in made:
            folder = tmp_path_factory.mktemp("lab") / "demo"
            made[(cloud, *arguments)] = folder, demo(folder, "--cloud", cloud, *arguments)
        return made[(cloud, *arguments)]

    return run
