"""An audit, made once, and what a test does with a copy of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import audits
import pytest
from audits import Typed, Verify, key_pair, party, trusting, typed

from weightguard.controls import load_catalogue
from weightguard.controls.catalogue import Catalogue


@pytest.fixture(scope="session")
def shipped() -> Catalogue:
    """The shipped catalogue, read once: half of the time of a verification goes into it."""
    return load_catalogue()


@pytest.fixture(autouse=True)
def _read_once(shipped: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weightguard.evidence.verification.load_catalogue", lambda: shipped)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The audit. Not to be changed: `audit` gives a copy."""
    return audits.build(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with keys of a lab, an assessor and a stranger, and a trust file that knows the first two."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("lab", "assessor", "stranger"):
        key_pair(folder, name)
    lab, assessor = (
        party("Aurora", "lab", folder / "lab.pub"),
        party("Assurance", "assessor", folder / "assessor.pub"),
    )
    trusting(folder / "trust.yaml", lab, assessor)
    return folder


@pytest.fixture
def audit(made: Path, tmp_path: Path) -> Path:
    """A copy of the audit, unsigned."""
    return shutil.copytree(made, tmp_path / "audit")


@pytest.fixture(scope="session")
def packed_once(made: Path, keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that the lab signed. Not to be changed: `bundle` gives a copy."""
    folder = tmp_path_factory.mktemp("packed")
    audit = shutil.copytree(made, folder / "audit")
    assert typed("sign", audit, "--key", f"file:{keys / 'lab.key'}").status == 0
    assert typed("bundle", audit, "-o", folder / "a.wgb").status == 0
    return folder / "a.wgb"


@pytest.fixture
def bundle(packed_once: Path, tmp_path: Path) -> Path:
    """A copy of the bundle that the lab signed."""
    return Path(shutil.copy(packed_once, tmp_path / "a.wgb"))


@pytest.fixture
def verify(keys: Path) -> Verify:
    """Run `weightguard verify --json`, and give what it says."""

    def run(path: Path, *more: str | Path, trust: Path | None = None) -> tuple[Typed, dict[str, Any]]:
        said = typed("verify", path, "--trust", trust or keys / "trust.yaml", "--json", *more)
        return said, json.loads(said.out) if said.out else {}

    return run
