"""Small snapshots to read, damage and forge."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from weightguard.snapshot import Call, SnapshotWriter

SCOPE = "aws/111111111111"


def ticking() -> Callable[[], str]:
    """A clock that moves a second at each look."""
    seconds = iter(range(3600))
    return lambda: f"2026-03-01T12:{(now := next(seconds)) // 60:02d}:{now % 60:02d}.000Z"


def fill(writer: SnapshotWriter, buckets: int = 3) -> None:
    """A listing and one unit a bucket, each with a record, two calls and an object."""
    for number in range(buckets):
        arn = f"arn:aws:s3:::bucket-{number}"
        with writer.unit(f"{SCOPE}/s3/bucket-{number}"):
            writer.record(
                SCOPE,
                "s3",
                kind="s3.bucket",
                id=arn,
                region="eu-west-1",
                operation="ListBuckets",
                data={"Name": f"bucket-{number}"},
                reads={
                    "GetBucketPolicy": {
                        "outcome": "ok",
                        "data": {"Policy": '{"Version":"2012-10-17","Statement":[]}'},
                    },
                    "GetBucketReplication": {
                        "outcome": "absent",
                        "code": "ReplicationConfigurationNotFoundError",
                    },
                },
            )
            writer.call(Call("s3", "GetBucketPolicy", SCOPE, "ok", "2026-03-01T12:00:00Z", resource=arn))
            denied = Call(
                "s3",
                "GetBucketAcl",
                SCOPE,
                "denied",
                "2026-03-01T12:00:01Z",
                resource=arn,
                code="AccessDenied",
            )
            writer.call(denied)
            writer.objects(
                SCOPE, [{"store": arn, "key": "model.safetensors", "bytes": 1024, "examined": "header"}]
            )
        writer.unit_done(f"{SCOPE}/s3/bucket-{number}")


def build(path: Path, buckets: int = 3) -> Path:
    """A sealed snapshot, the same bytes every time."""
    with SnapshotWriter.create(path, "0.1.0", [SCOPE], source={"name": "aws"}, clock=ticking()) as writer:
        fill(writer, buckets)
        writer.seal()
    return path


def forge(path: Path, edit: Callable[[dict[str, Any]], None] = lambda manifest: None) -> None:
    """Make the manifest agree with the files again, as somebody would who wants to deceive; `edit` changes it first."""
    manifest = json.loads((path / "manifest.json").read_text())
    for entry in manifest["files"]:
        content = (path / entry["path"]).read_bytes()
        entry["sha256"] = hashlib.sha256(content).hexdigest()
        entry["bytes"] = len(content)
    edit(manifest)
    manifest.pop("digest", None)
    canonical = json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    manifest["digest"] = hashlib.sha256(canonical).hexdigest()
    (path / "manifest.json").write_text(json.dumps(manifest))


def contents(path: Path) -> dict[str, bytes]:
    """Every file of a directory by its path."""
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }
