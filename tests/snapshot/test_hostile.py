"""A snapshot may come from anybody. What is wrong with it is named by file and line, and it does no harm."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshots import build, contents, forge

from weightguard.errors import SnapshotError
from weightguard.snapshot import Limits, Snapshot, open_snapshot
from weightguard.snapshot.objects import COLUMNS

RECORDS = "records/aws/111111111111/s3.jsonl"


def edit_line(path: Path, number: int, change: Callable[[bytes], bytes]) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number - 1] = change(lines[number - 1])
    path.write_bytes(b"".join(lines))


def refused(path: Path, match: str, limits: Limits | None = None) -> str:
    with pytest.raises(SnapshotError, match=match) as caught:
        snapshot = open_snapshot(path, limits=limits or Limits())
        snapshot.verify()
    return caught.value.one_line()


@pytest.mark.parametrize("name", [RECORDS, "calls.jsonl"])
@pytest.mark.parametrize("number", [1, 3])
def test_a_changed_value_is_named_by_file_and_line(sealed: Path, name: str, number: int) -> None:
    edit_line(sealed / name, number, lambda line: line.replace(b"bucket-", b"bucket_"))
    refused(sealed, rf"{name}:{number}\b")


def test_of_several_snapshots_the_damaged_one_is_named(sealed: Path, sealed_once: Path) -> None:
    open_snapshot(sealed_once).verify()
    edit_line(sealed / "calls.jsonl", 2, lambda _: b"{}\n")
    assert f"({sealed}/calls.jsonl:2)" in refused(sealed, "changed")
    forge(sealed)
    assert f"({sealed}/calls.jsonl:2)" in refused(sealed, "not what it should be")


def test_a_removed_line_and_an_added_one_are_named(sealed: Path) -> None:
    edit_line(sealed / "calls.jsonl", 2, lambda line: b"")
    refused(sealed, r"calls\.jsonl:2\b")
    edit_line(sealed / "calls.jsonl", 1, lambda line: line + line)
    refused(sealed, r"calls\.jsonl:2\b")


def test_a_file_cut_off_is_named_by_its_last_line(sealed: Path) -> None:
    content = (sealed / "calls.jsonl").read_bytes()
    (sealed / "calls.jsonl").write_bytes(content[:-20])
    refused(sealed, r"calls\.jsonl:6\b")
    (sealed / "calls.jsonl").write_bytes(content[: content.rindex(b"\n", 0, -1) + 1])
    refused(sealed, r"calls\.jsonl:6\b")


@pytest.mark.parametrize("name", ["objects/aws-111111111111.parquet", "checksums.jsonl"])
def test_a_changed_byte_elsewhere_is_named_by_its_file(sealed: Path, name: str) -> None:
    content = bytearray((sealed / name).read_bytes())
    content[len(content) // 2] ^= 1
    (sealed / name).write_bytes(content)
    refused(sealed, name)


BAD_LINES: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"{'kind': 1}", "not valid JSON"),
    "not an object": (b"[1]", "not a JSON object"),
    "not UTF-8": (b'{"kind":"\xff"}', "not valid JSON"),
    "half a surrogate pair": (b'{"kind":"\\ud800"}', "not valid JSON"),
    "NaN": (b'{"kind":"k","id":"i","region":null,"operation":"o","data":NaN,"reads":{}}', "not valid JSON"),
    "infinite": (
        b'{"kind":"k","id":"i","region":null,"operation":"o","data":-Infinity,"reads":{}}',
        "not valid JSON",
    ),
    "a key twice": (
        b'{"kind":"k","id":"i","region":null,"operation":"o","data":{},"data":{"Public":true},"reads":{}}',
        "gives the key 'data' twice",
    ),
    "a key twice, deep inside": (
        b'{"data":{"a":[{"b":1,"b":2}]},"id":"i","kind":"k","operation":"o","reads":{},"region":null}',
        "gives the key 'b' twice",
    ),
    "too deep": (b'{"kind":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not valid JSON"),
    "no kind": (b'{"id":"i","region":null,"operation":"o","data":{},"reads":{}}', "lacks its kind"),
    "an odd id": (
        b'{"kind":"k","id":7,"region":null,"operation":"o","data":{},"reads":{}}',
        "lacks its kind",
    ),
    "no data": (b'{"kind":"k","id":"i","region":null,"operation":"o","reads":{}}', "has no data"),
    "no reads": (b'{"kind":"k","id":"i","region":null,"operation":"o","data":{}}', "has no reads"),
    "an unknown outcome": (
        b'{"kind":"k","id":"i","region":null,"operation":"o","data":{},"reads":{"Get":{"outcome":"fine"}}}',
        "no outcome",
    ),
    "an outcome that is a list": (
        b'{"kind":"k","id":"i","region":null,"operation":"o","data":{},"reads":{"Get":{"outcome":[]}}}',
        "no outcome",
    ),
}


@pytest.mark.parametrize("case", BAD_LINES)
def test_a_forged_line_is_named(sealed: Path, case: str) -> None:
    line, match = BAD_LINES[case]
    edit_line(sealed / RECORDS, 2, lambda _: line + b"\n")
    forge(sealed)
    assert f"{RECORDS}:2" in refused(sealed, match)


def test_a_call_with_a_key_twice_is_named(sealed: Path) -> None:
    """One reader would take the first outcome, another one the last."""
    edit_line(sealed / "calls.jsonl", 2, lambda line: line[:-2] + b',"outcome":"ok"}\n')
    forge(sealed)
    assert "calls.jsonl:2" in refused(sealed, "gives the key 'outcome' twice")


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('"source": {', '"source": {"a": NaN, ', "manifest is not valid JSON"),
        ('"source": {', '"source": {"a": 1e400, ', "holds 1e400, which is no number"),
        ('"source": {', '"source": {"a": 1, "a": 2, ', "gives the key 'a' twice"),
        ('{"collected_at"', '{"collected_at": "2020-01-01T00:00:00Z", "collected_at"', "'collected_at' twice"),
    ],
)  # fmt: skip
def test_a_manifest_that_parsers_read_differently_is_refused(
    sealed: Path, old: str, new: str, match: str
) -> None:
    forge(sealed)
    manifest = sealed / "manifest.json"
    text = manifest.read_text()
    assert old in text
    manifest.write_text(text.replace(old, new, 1))
    assert "manifest.json" in refused(sealed, match)


@pytest.mark.parametrize("number", ["1e999", "-2.5E+400", "9" * 400 + ".0", "7" * 5000])
def test_a_number_beyond_measure_is_refused(sealed: Path, number: str) -> None:
    line = (
        '{"kind":"s3.bucket","id":"zz","region":null,"operation":"o","data":[1e3,"1e999",'
        + number
        + '],"reads":{}}\n'
    )
    edit_line(sealed / RECORDS, 3, lambda _: line.encode())
    forge(sealed)
    assert f"{RECORDS}:3" in refused(sealed, "not valid JSON")


def test_a_record_twice_is_refused(sealed: Path) -> None:
    edit_line(sealed / RECORDS, 2, lambda line: line + line)
    forge(sealed)
    assert f"{RECORDS}:3" in refused(sealed, "twice")


def test_forged_calls_are_named(sealed: Path) -> None:
    for change in (
        {"outcome": "fine"},
        {"scope": "aws/999999999999"},
        {"attempts": True},
        {"operation": None},
        {"outcome": {}},
    ):
        path = sealed.with_name("forged")
        shutil.copytree(sealed, path)
        edit_line(
            path / "calls.jsonl",
            2,
            lambda line, odd=change: json.dumps({**json.loads(line), **odd}).encode() + b"\n",
        )
        forge(path)
        refused(path, r"calls\.jsonl:2\b")
        shutil.rmtree(path)


def test_a_line_beyond_the_limit_is_refused_before_it_is_read(sealed: Path) -> None:
    assert RECORDS in refused(sealed, "longer than", Limits(line_bytes=200))
    refused(sealed, "more than 2 lines", Limits(lines=2))
    refused(sealed, "larger than the limit", Limits(total_bytes=500))
    refused(sealed, "more than 2 files", Limits(files=2))
    refused(sealed, "manifest is larger", Limits(manifest_bytes=100))
    refused(sealed, "row group", Limits(row_group_bytes=10))
    refused(sealed, "more than 2 rows", Limits(rows=2))


def test_extra_and_missing_files_are_named(sealed: Path) -> None:
    (sealed / "records/aws/111111111111/kms.jsonl").write_text("{}\n")
    refused(sealed, "kms.jsonl")
    (sealed / "records/aws/111111111111/kms.jsonl").unlink()
    (sealed / "calls.jsonl").unlink()
    refused(sealed, r"missing \(.*snapshot/calls\.jsonl\)")


def test_links_pipes_and_devices_are_refused(sealed: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("secret")
    (sealed / RECORDS).unlink()
    (sealed / RECORDS).symlink_to(outside)
    refused(sealed, "plain file")
    (sealed / RECORDS).unlink()
    os.mkfifo(sealed / RECORDS)
    refused(sealed, "plain file")
    (sealed / RECORDS).unlink()
    folder = (sealed / RECORDS).parent
    folder.rmdir()
    folder.symlink_to(tmp_path, target_is_directory=True)
    refused(sealed, "plain file")


def test_a_manifest_that_is_a_link_or_a_pipe_is_refused(sealed: Path, tmp_path: Path) -> None:
    manifest = sealed / "manifest.json"
    manifest.rename(tmp_path / "elsewhere.json")
    manifest.symlink_to(tmp_path / "elsewhere.json")
    refused(sealed, "manifest.json")
    manifest.unlink()
    os.mkfifo(manifest)
    refused(sealed, "manifest.json")


@pytest.mark.parametrize(
    "path",
    [
        "../outside",
        "/etc/passwd",
        "records/aws/../../../x.jsonl",
        "records/aws/1/..jsonl",
        "records\\aws",
        "objects/x.parquet",
        "",
        "a\n",
    ],
)
def test_a_path_in_the_manifest_cannot_escape(sealed: Path, path: str) -> None:
    def edit(manifest: dict[str, Any]) -> None:
        manifest["files"][0]["path"] = path

    forge(sealed, edit)
    refused(sealed, "manifest.json: files")


MANIFESTS: list[Callable[[dict[str, Any]], None]] = [
    lambda manifest: manifest.update(scopes="aws/1"),
    lambda manifest: manifest.update(scopes=["aws/../1"]),
    lambda manifest: manifest.update(scopes=[]),
    lambda manifest: manifest.update(collected_at="yesterday"),
    lambda manifest: manifest.update(collected_at="2026-03-01T12:00:00"),
    lambda manifest: manifest.update(tool=None),
    lambda manifest: manifest.update(source=[]),
    lambda manifest: manifest.update(files={}),
    lambda manifest: manifest.update(files=manifest["files"] * 2),
    lambda manifest: manifest["files"].pop(0),
    lambda manifest: manifest["files"][0].update(bytes=-1),
    lambda manifest: manifest["files"][0].update(sha256="0"),
    lambda manifest: manifest.update(schema_version=True),
    lambda manifest: manifest.pop("schema_version"),
]


@pytest.mark.parametrize("edit", MANIFESTS)
def test_a_forged_manifest_is_refused(sealed: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    forge(sealed, edit)
    with pytest.raises(SnapshotError):
        open_snapshot(sealed).verify()


def test_a_changed_manifest_is_refused(sealed: Path) -> None:
    manifest = sealed / "manifest.json"
    manifest.write_text(manifest.read_text().replace("2026-03-01T12:00:00", "2026-03-01T12:00:09"))
    refused(sealed, "manifest was changed")
    manifest.write_text(manifest.read_text()[:200])
    refused(sealed, r"manifest\.json:\d+")


def test_what_is_no_snapshot_says_so(tmp_path: Path) -> None:
    refused(tmp_path, "not a snapshot")
    refused(tmp_path / "nowhere", "No such file")
    refused(tmp_path / ("long" * 100), "too long")
    (tmp_path / "notes.txt").write_text("hello")
    refused(tmp_path / "notes.txt", "neither a directory nor")


def test_the_directory_around_a_snapshot_leads_to_it(sealed: Path) -> None:
    refused(sealed.parent, str(sealed))


def test_an_objects_file_with_other_columns_is_refused(sealed: Path) -> None:
    target = sealed / "objects/aws-111111111111.parquet"
    pq.write_table(pa.table({"store": ["b"], "header": [b"\x00" * 100]}), target)
    forge(sealed)
    refused(sealed, "other columns")
    target.write_bytes(b"PAR1 not really PAR1")
    forge(sealed)
    refused(sealed, "not Parquet")


@pytest.mark.parametrize(
    ("column", "value", "match"),
    [("bytes", None, "no 'bytes'"), ("bytes", -1, "negative"), ("store", None, "no 'store'"), ("key", None, "no 'key'")],
)  # fmt: skip
def test_an_object_that_lacks_what_every_one_has_is_refused(
    sealed: Path, column: str, value: object, match: str
) -> None:
    target = sealed / "objects/aws-111111111111.parquet"
    rows = pq.read_table(target).to_pylist()
    rows[1][column] = value
    pq.write_table(
        pa.Table.from_pylist(rows, pa.schema([(n, pa.type_for_alias(k)) for n, k in COLUMNS.items()])), target
    )
    forge(sealed)
    refused(sealed, match)


def test_only_the_columns_and_stores_asked_for_are_read(sealed_once: Path) -> None:
    snapshot = open_snapshot(sealed_once)
    rows = list(snapshot.object_rows(["key", "bytes"], stores=["arn:aws:s3:::bucket-1", "arn:aws:s3:::none"]))
    assert rows == [{"key": "model.safetensors", "bytes": 1024}]
    assert list(snapshot.object_rows(scope="aws/222222222222")) == []


def test_the_digest_is_of_the_content(sealed_once: Path, tmp_path: Path) -> None:
    again = open_snapshot(build(tmp_path / "again"))
    more = open_snapshot(build(tmp_path / "more", buckets=4))
    assert open_snapshot(sealed_once).digest == again.digest != more.digest
    before = contents(sealed_once)
    open_snapshot(sealed_once).verify()
    assert contents(sealed_once) == before


def drain(snapshot: Snapshot) -> None:
    snapshot.verify()
    list(snapshot.object_rows(["key"], stores=["arn:aws:s3:::bucket-1"]))


@settings(max_examples=120, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(["raw", "forged"]), st.integers(1, 4))
def test_any_damage_is_a_snapshot_error_or_none(
    tmp_path_factory: pytest.TempPathFactory, sealed_once: Path, chance: random.Random, kind: str, wounds: int
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "s"
    shutil.copytree(sealed_once, path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    for _ in range(wounds):
        file = chance.choice(
            files if kind == "raw" else [file for file in files if file.name != "manifest.json"]
        )
        content = bytearray(file.read_bytes())
        at = chance.randrange(len(content) + 1)
        action = chance.choice(["flip", "cut", "insert", "double"])
        if action == "flip" and at < len(content):
            content[at] ^= 1 << chance.randrange(8)
        elif action == "cut":
            del content[at : at + chance.randrange(1, 200)]
        elif action == "insert":
            content[at:at] = chance.choice(
                [b"\n", b"\x00" * 50, b'{"', b"]]]", b"null", b"\xff", b"9" * 400, b'"~unit":["",1]']
            )
        else:
            content[at:at] = content[max(0, at - 300) : at]
        file.write_bytes(content)
    if kind == "forged":
        forge(path)
    try:
        drain(open_snapshot(path, limits=replace(Limits(), row_group_bytes=1 << 24)))
    except SnapshotError as error:
        assert error.where
    finally:
        shutil.rmtree(path)
