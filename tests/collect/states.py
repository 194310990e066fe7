"""Terraform states made for tests, and the snapshots and estates that they become."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from weightguard.collect.terraform import collect
from weightguard.estate.model import Estate
from weightguard.estate.read import read_estate
from weightguard.snapshot import SnapshotWriter, open_snapshot

SHARED = Path(__file__).parents[3] / "shared" / "cases"
ACCOUNT = "111111111111"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/runner"
ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
IDENTITY = {"mode": "data", "type": "aws_caller_identity", "name": "me", "values": {"account_id": ACCOUNT}}


def resource(type_: str, mode: str = "managed", **values: Any) -> dict[str, Any]:
    return {"address": f"{type_}.x", "mode": mode, "type": type_, "name": "x", "values": values}


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "format_version": "1.0",
        "terraform_version": "1.9.8",
        "values": {"root_module": {"resources": [IDENTITY, *resources]}},
    }


def snapshot(tmp_path: Path, *documents: Any) -> Path:
    paths = []
    tmp_path.mkdir(exist_ok=True)
    for number, document in enumerate(documents):
        path = tmp_path / f"state-{number}.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        paths.append(path)
    return collected(tmp_path, *paths)


def collected(tmp_path: Path, *paths: Path) -> Path:
    writer = SnapshotWriter.create(tmp_path / "snapshot", "0", source={"name": "terraform"})
    collect(paths, writer)
    writer.seal()
    return tmp_path / "snapshot"


def estate(tmp_path: Path, *resources: dict[str, Any]) -> Estate:
    with open_snapshot(snapshot(tmp_path, state(*resources))) as found:
        return read_estate([found])


def role(name: str = "runner", **values: Any) -> dict[str, Any]:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    return resource("aws_iam_role", arn=arn, name=name, path="/", assume_role_policy=ALLOW, **values)
