"""Older snapshots are read as if they were new, newer ones are refused with what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from snapshots import forge

from weightguard.errors import InputError, SnapshotError
from weightguard.snapshot import SCHEMA_VERSION, open_snapshot
from weightguard.snapshot.upgrade import STEPS

RECORDS = "records/aws/111111111111/s3.jsonl"


def rewrite(path: Path, rename: dict[str, str], inside_reads: bool = False) -> None:
    lines = []
    for line in path.read_text().splitlines():
        value = json.loads(line)
        if inside_reads:
            value["reads"] = {
                name: {rename.get(k, k): v for k, v in read.items()} for name, read in value["reads"].items()
            }
        else:
            value = {rename.get(name, name): member for name, member in value.items()}
        lines.append(json.dumps(value, sort_keys=True, separators=(",", ":")))
    path.write_text("\n".join(lines) + "\n")


def as_version_0(path: Path) -> None:
    """The same evidence as the draft before the first release wrote it."""

    def edit(manifest: dict[str, Any]) -> None:
        manifest["schema_version"] = 0
        manifest["created"] = manifest.pop("started_at")
        manifest["finished"] = manifest.pop("collected_at")

    rewrite(path / "calls.jsonl", {"code": "error"})
    rewrite(path / RECORDS, {"outcome": "status"}, inside_reads=True)
    forge(path, edit)


def test_version_0_reads_as_the_current_one(sealed: Path, sealed_once: Path) -> None:
    as_version_0(sealed)
    old, new = open_snapshot(sealed), open_snapshot(sealed_once)
    old.verify()
    assert list(old.records()) == list(new.records())
    assert list(old.calls()) == list(new.calls())
    assert old.collected_at == new.collected_at and old.manifest.schema_version == 0
    assert old.digest == json.loads((sealed / "manifest.json").read_text())["digest"] != new.digest


def test_a_version_0_snapshot_is_checked_as_any_other(sealed: Path) -> None:
    as_version_0(sealed)
    (sealed / RECORDS).write_text(
        (sealed / RECORDS).read_text().replace('"status":"absent"', '"status":"gone"')
    )
    forge(sealed)
    with pytest.raises(SnapshotError, match=f"{RECORDS}:1"):
        open_snapshot(sealed).verify()


def test_every_older_version_has_a_way_up() -> None:
    assert sorted(STEPS) == list(range(SCHEMA_VERSION))


def test_a_newer_snapshot_says_to_upgrade(sealed: Path) -> None:
    forge(
        sealed, lambda manifest: manifest.update(schema_version=SCHEMA_VERSION + 1, files="in some other way")
    )
    with pytest.raises(InputError, match=r"newer version of weightguard.*upgrade weightguard") as caught:
        open_snapshot(sealed)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("version", [-1, "1", None, 1.5, True])
def test_an_odd_version_is_refused(sealed: Path, version: object) -> None:
    forge(sealed, lambda manifest: manifest.update(schema_version=version))
    with pytest.raises(SnapshotError, match="schema_version"):
        open_snapshot(sealed)
