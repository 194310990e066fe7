"""What a collection writes, and what it never does."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from snapshots import SCOPE, build, contents, fill, ticking

import weightguard
from weightguard.errors import InputError, SnapshotError
from weightguard.snapshot import Call, SnapshotWriter, open_snapshot

SCHEMA = json.loads((Path(weightguard.__file__).parent / "schemas" / "snapshot.json").read_text())


def create(path: Path) -> SnapshotWriter:
    return SnapshotWriter.create(path, "0.1.0", [SCOPE], clock=ticking())


def one_record(writer: SnapshotWriter, **changes: object) -> None:
    usual = {
        "kind": "s3.bucket",
        "id": "arn:aws:s3:::b",
        "region": None,
        "operation": "ListBuckets",
        "data": {},
    }
    writer.record(SCOPE, "s3", **{**usual, **changes})  # type: ignore[arg-type]


def test_what_is_sealed_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: set[int] = set()
    monkeypatch.setattr("os.fsync", lambda descriptor: kept.add(os.fstat(descriptor).st_ino))
    sealed = build(tmp_path / "snapshot")
    assert [one for one in (sealed, *sealed.rglob("*")) if one.stat().st_ino not in kept] == []


def test_what_is_written_is_read_back(sealed_once: Path) -> None:
    with open_snapshot(sealed_once) as snapshot:
        first = next(snapshot.records(kind="s3.bucket"))
        calls = list(snapshot.calls())
        rows = list(snapshot.object_rows(["store", "key", "bytes", "format"]))
    assert (first.scope, first.service, first.id, first.region) == (
        SCOPE,
        "s3",
        "arn:aws:s3:::bucket-0",
        "eu-west-1",
    )
    assert first.source == "records/aws/111111111111/s3.jsonl:1"
    assert first.reads["GetBucketReplication"] == {
        "outcome": "absent",
        "code": "ReplicationConfigurationNotFoundError",
    }
    assert [call.outcome for call in calls] == ["ok", "denied"] * 3
    assert rows[2] == {
        "store": "arn:aws:s3:::bucket-2",
        "key": "model.safetensors",
        "bytes": 1024,
        "format": None,
    }


def test_calls_that_ended_alike_are_counted(sealed_once: Path) -> None:
    snapshot = open_snapshot(sealed_once)
    assert snapshot.outcomes() == {"ok": 3, "absent": 0, "denied": 3, "throttled": 0, "failed": 0}
    denied = next(group for group in snapshot.calls_summary() if group.outcome == "denied")
    assert (denied.operation, denied.code, denied.count) == ("GetBucketAcl", "AccessDenied", 3)


def test_the_same_collection_gives_the_same_bytes(tmp_path: Path) -> None:
    assert contents(build(tmp_path / "one")) == contents(build(tmp_path / "two"))


def test_the_order_of_threads_leaves_no_trace_in_records_and_objects(tmp_path: Path) -> None:
    writer = create(tmp_path / "threads")

    def bucket(number: int) -> None:
        arn = f"arn:aws:s3:::bucket-{number:03d}"
        with writer.unit(arn):
            one_record(writer, id=arn, data={"Name": "n" * 2000})
            writer.objects(SCOPE, [{"store": arn, "key": str(key), "bytes": key} for key in range(3)])
        writer.unit_done(arn)

    threads = [threading.Thread(target=bucket, args=(number,)) for number in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.seal()
    with open_snapshot(tmp_path / "threads") as snapshot:
        assert [record.id for record in snapshot.records()] == [
            f"arn:aws:s3:::bucket-{number:03d}" for number in range(60)
        ]
        stores = [(row["store"], row["key"]) for row in snapshot.object_rows(["store", "key"])]
    assert stores == sorted(stores) and len(stores) == 180


def test_every_file_matches_the_shipped_schema(sealed_once: Path) -> None:
    def check(definition: str, value: object) -> None:
        jsonschema.validate(
            value,
            {
                **SCHEMA,
                "$ref": f"#/$defs/{definition}",
                "type": ["object"],
                "required": [],
                "properties": {},
                "additionalProperties": True,
            },
        )

    jsonschema.validate(json.loads((sealed_once / "manifest.json").read_text()), SCHEMA)
    for name, definition in (
        ("records/aws/111111111111/s3.jsonl", "record"),
        ("calls.jsonl", "call"),
        ("checksums.jsonl", "checksum"),
    ):
        lines = (sealed_once / name).read_text().splitlines()
        assert lines
        for line in lines:
            check(definition, json.loads(line))
    for row in open_snapshot(sealed_once).object_rows():
        check("object", row)
    with pytest.raises(jsonschema.ValidationError):
        check("call", {"service": "s3"})


def test_a_later_record_of_the_same_resource_wins(tmp_path: Path) -> None:
    with create(tmp_path / "s") as writer:
        one_record(writer, data={"seen": "first"})
        one_record(writer, data={"seen": "in another region"}, region="eu-west-1")
        one_record(writer, data={"seen": "last"})
        writer.seal()
    found = [(record.region, record.data["seen"]) for record in open_snapshot(tmp_path / "s").records()]
    assert found == [(None, "last"), ("eu-west-1", "in another region")]


def test_times_and_odd_text_become_plain_json(tmp_path: Path) -> None:
    with create(tmp_path / "s") as writer:
        data = {
            "CreationDate": datetime(2026, 1, 2, tzinfo=UTC),
            "Name": "\ud800 ü \u202e <b>",
            "Blob": b"\x00" * 900,
        }
        one_record(writer, data={**data, "ResponseMetadata": {"RequestId": "r"}})
        writer.seal()
    (record,) = open_snapshot(tmp_path / "s").records()
    assert record.data == {
        "CreationDate": "2026-01-02T00:00:00+00:00",
        "Name": "? ü \u202e <b>",
        "Blob": {"redacted": True, "bytes": 900},
    }


@pytest.mark.parametrize(
    "scope", ["aws", "aws/..", "aws/../../etc", "aws/a/b", "oracle/1", "aws/", "aws/.hidden", "aws/a\n"]
)
def test_a_scope_cannot_leave_the_directory(tmp_path: Path, scope: str) -> None:
    with create(tmp_path / "s") as writer, pytest.raises(InputError):
        writer.record(scope, "s3", kind="k", id="i", region=None, operation="o", data={})


@pytest.mark.parametrize("service", ["", "../s3", "S3", "s3/..", ".s3", "s3\x00"])
def test_a_service_cannot_leave_the_directory(tmp_path: Path, service: str) -> None:
    with create(tmp_path / "s") as writer, pytest.raises(InputError):
        writer.record(SCOPE, service, kind="k", id="i", region=None, operation="o", data={})


def test_what_json_cannot_hold_is_an_error_that_names_the_resource(tmp_path: Path) -> None:
    with create(tmp_path / "s") as writer:
        for bad in (float("nan"), float("inf"), object()):
            with pytest.raises(InputError, match="arn:aws:s3:::b"):
                one_record(writer, data={"value": bad})
        with pytest.raises(InputError, match="no outcome"):
            one_record(writer, reads={"GetBucketAcl": {"outcome": "forbidden"}})
        with pytest.raises(InputError, match="too large"):
            one_record(writer, data={"text": "x" * (17 << 20)})


def test_object_rows_are_typed_columns_only(tmp_path: Path) -> None:
    usual = {"store": "arn:aws:s3:::b", "key": "k", "bytes": 1}
    with create(tmp_path / "s") as writer:
        for odd in (
            {"header": b"\x00"},
            {"key": b"\x93NUMPY"},
            {"bytes": "1"},
            {"bytes": True},
            {"key": None},
        ):
            with pytest.raises(InputError):
                writer.objects(SCOPE, [{**usual, **odd}])
        assert writer.objects(SCOPE, iter([])) == 0


def test_messages_of_calls_are_short_and_scrubbed(tmp_path: Path) -> None:
    with create(tmp_path / "s") as writer:
        message = "bad token=ghp_" + "a" * 36 + " " + "long " * 200
        writer.call(
            Call(
                "s3",
                "ListBuckets",
                SCOPE,
                "failed",
                "2026-03-01T12:00:00Z",
                code="E",
                message=message,
                attempts=4,
            )
        )
        writer.seal()
    (call,) = open_snapshot(tmp_path / "s").calls()
    assert call.message is not None and "ghp_" not in call.message and len(call.message) == 300
    assert call.attempts == 4


def test_a_sealed_snapshot_is_never_edited(sealed: Path) -> None:
    before = contents(sealed)
    for attempt in (SnapshotWriter.create, SnapshotWriter.create_or_resume):
        with pytest.raises(InputError, match="already"):
            attempt(sealed, "0.1.0")
    with pytest.raises(InputError, match="complete"):
        SnapshotWriter.resume(sealed)
    assert contents(sealed) == before


def test_a_sealed_writer_writes_no_more(tmp_path: Path) -> None:
    writer = create(tmp_path / "s")
    fill(writer)
    writer.seal()
    with pytest.raises(SnapshotError):
        one_record(writer)
    with pytest.raises(SnapshotError):
        writer.objects(SCOPE, [])


def test_a_directory_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="not empty"):
        SnapshotWriter.create(tmp_path, "0.1.0")
    assert list(tmp_path.iterdir()) == [tmp_path / "thesis.txt"]


def test_two_collections_do_not_share_a_directory(tmp_path: Path) -> None:
    with create(tmp_path / "s"):
        with pytest.raises(InputError, match="interrupted"):
            create(tmp_path / "s")
        with pytest.raises(InputError, match="another process"):
            SnapshotWriter.resume(tmp_path / "s")
    SnapshotWriter.resume(tmp_path / "s").close()


def test_only_the_user_can_read_it(sealed: Path) -> None:
    files = [path for path in sealed.rglob("*") if path.is_file()]
    assert len(files) >= 5
    assert [path for path in [sealed, *files] if path.stat().st_mode & 0o077] == []


def test_an_empty_account_is_a_snapshot_too(tmp_path: Path) -> None:
    with create(tmp_path / "s") as writer:
        writer.seal()
    snapshot = open_snapshot(tmp_path / "s")
    assert snapshot.scopes == (SCOPE,)
    assert not list(snapshot.records()) and not list(snapshot.calls()) and not list(snapshot.object_rows())


def test_a_project_of_a_domain_is_a_scope(tmp_path: Path) -> None:
    scope = "gcp/example.com:research"
    with create(tmp_path / "s") as writer:
        writer.record(scope, "storage", kind="storage.bucket", id="b", region=None, operation="list", data={})
        writer.objects(scope, [{"store": "b", "key": "k", "bytes": 1}])
        writer.seal()
    snapshot = open_snapshot(tmp_path / "s")
    assert [record.scope for record in snapshot.records(scope=scope)] == [scope]
    assert [row["key"] for row in snapshot.object_rows(scope=scope)] == ["k"]
