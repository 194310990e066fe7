"""A command line typed as a user types it, and snapshots to type it about."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from reference_lab import Laboratory
from weightguard.cli import run


class Typed(NamedTuple):
    """What a user sees of one command."""

    status: int
    out: str
    err: str


Type = Callable[..., Typed]


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Run one command line in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def type_it(*arguments: str | Path) -> Typed:
        capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Typed(status, out, err)

    return type_it


@pytest.fixture
def refused(typed: Type) -> Callable[..., str]:
    """Run a command line that is wrong, and give the one line that says so: on stderr, with exit status 2."""

    def type_it(*arguments: str | Path) -> str:
        status, _, err = typed(*arguments)
        assert status == 2, err
        assert err.count("\n") == 1, err
        assert err.startswith("weightguard: "), err
        assert "Traceback" not in err
        assert "internal error" not in err
        return err.removeprefix("weightguard: ").rstrip()

    return type_it


@pytest.fixture(scope="session")
def laboratory_snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference laboratory's snapshot. Not to be changed: `snapshot` gives a copy."""
    return Laboratory().write(tmp_path_factory.mktemp("laboratory") / "snapshot")


@pytest.fixture
def snapshot(laboratory_snapshot: Path, tmp_path: Path) -> Path:
    """A copy of the reference laboratory's snapshot."""
    return shutil.copytree(laboratory_snapshot, tmp_path / "audit")


@pytest.fixture
def gaad(tmp_path: Path) -> Path:
    """An answer of GetAccountAuthorizationDetails: one user who may read everything."""
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    user = {
        "UserName": "ada",
        "Path": "/",
        "UserId": "AIDAEXAMPLE",
        "Arn": "arn:aws:iam::111111111111:user/ada",
        "CreateDate": "2026-01-01T00:00:00Z",
        "UserPolicyList": [
            {"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
        ],
        "GroupList": [],
        "AttachedManagedPolicies": [],
    }
    path = tmp_path / "gaad.json"
    path.write_text(
        json.dumps({"UserDetailList": [user], "GroupDetailList": [], "RoleDetailList": [], "Policies": []})
    )
    return path
