"""A collection that is killed at any point, and taken up again, ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from snapshots import SCOPE, contents, fill, ticking

from weightguard.errors import InputError, SnapshotError
from weightguard.snapshot import Call, SnapshotWriter, open_snapshot
from weightguard.snapshot.journal import unit_hash
from weightguard.snapshot.lines import untag
from weightguard.snapshot.opening import outdated

COLLECTOR = """
import sys, time
from weightguard.collect.runner import Unit, run_units
from weightguard.snapshot import Call, SnapshotWriter

path, scope, pause, now = sys.argv[1], "aws/111111111111", float(sys.argv[2]), lambda: "2026-03-01T12:00:00Z"
writer = SnapshotWriter.create_or_resume(path, "0.1.0", [scope], source={"name": "aws"}, clock=now)

def bucket(number):
    def run():
        arn = f"arn:aws:s3:::bucket-{number:03d}"
        for call in range(3):
            writer.call(Call("s3", f"Get{call}", scope, "ok", now(), resource=arn))
            time.sleep(pause)
        writer.objects(scope, ({"store": arn, "key": f"{key:05d}", "bytes": key} for key in range(50)))
        for part in range(2):
            names = {"kind": "s3.bucket", "id": f"{arn}/{part}", "region": None, "operation": "ListBuckets"}
            writer.record(scope, "s3", **names, data={"pad": "x" * 3000})
    return Unit(f"{scope}/s3/{number:03d}", scope, "s3", "GetBucketPolicy", run)

def listing():
    writer.call(Call("s3", "ListBuckets", scope, "ok", now()))
    return [bucket(number) for number in range(40)]

run_units([Unit(f"{scope}/s3", scope, "s3", "ListBuckets", listing)], writer, workers=4)
writer.seal()
"""


def collect(path: Path, pause: float) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", COLLECTOR, str(path), str(pause)], start_new_session=True)


def comparable(path: Path) -> tuple[dict[str, bytes], list[str]]:
    """Files whose bytes may not differ, and the calls, whose order is the threads' own."""
    files = contents(path)
    calls = sorted(files["calls.jsonl"].decode().splitlines())
    return {name: data for name, data in files.items() if name.startswith(("records/", "objects/"))}, calls


@pytest.mark.slow
def test_a_collection_killed_again_and_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    assert collect(tmp_path / "whole", 0).wait(60) == 0
    expected = comparable(tmp_path / "whole")
    assert len(expected[1]) == 121
    chance = random.Random(7)
    kills = 0
    for attempt in range(3):
        path = tmp_path / f"killed-{attempt}"
        while not (path / "manifest.json").exists():
            child = collect(path, 0.004)
            grown = Path(path / "calls.jsonl")
            start = grown.stat().st_size if grown.exists() else 0
            while child.poll() is None and (grown.stat().st_size if grown.exists() else 0) < start + 3000:
                time.sleep(0.002)
            time.sleep(chance.uniform(0, 0.12))
            if child.poll() is None and kills < 5 * (attempt + 1):
                os.kill(child.pid, signal.SIGKILL)
                kills += 1
            child.wait(60)
        assert comparable(path) == expected
    assert kills >= 6


@pytest.mark.slow
def test_a_kill_while_sealing_leaves_nothing_to_collect_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import weightguard.snapshot.seal as sealing

    class Killed(BaseException):
        pass

    steps = ["_seal_calls", "_seal_objects", "_write_checksums", "manifest_body", "_sync_folders"]
    with SnapshotWriter.create(
        tmp_path / "whole", "0.1.0", [SCOPE], clock=lambda: "2026-03-01T12:00:00Z"
    ) as writer:
        fill(writer)
        writer.seal()
    for step in steps:
        path = tmp_path / step
        writer = SnapshotWriter.create(path, "0.1.0", [SCOPE], clock=lambda: "2026-03-01T12:00:00Z")
        fill(writer)
        writer.unit_done("broken", failed=True)

        def killed(*_: object) -> None:
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(sealing, step, killed)
            with pytest.raises(Killed):
                writer.seal()
        writer.close()
        if not (path / "manifest.json").exists():
            again = SnapshotWriter.resume(path, clock=lambda: "2026-03-01T12:00:00Z")
            assert all(
                again.is_done(name)
                for name in ["broken", *(f"{SCOPE}/s3/bucket-{number}" for number in range(3))]
            )
            again.seal()
        open_snapshot(path).verify()
        assert comparable(path) == comparable(tmp_path / "whole"), step


def interrupted(path: Path) -> Path:
    """Three finished units, and a fourth that was cut short in the middle of a line."""
    with SnapshotWriter.create(path, "0.1.0", [SCOPE], source={"name": "aws"}, clock=ticking()) as writer:
        fill(writer)
        with writer.unit("cut-short"):
            writer.record(
                SCOPE, "s3", kind="s3.bucket", id="half", region=None, operation="ListBuckets", data={}
            )
            writer.call(Call("s3", "GetBucketAcl", SCOPE, "ok", "2026-03-01T12:00:09Z", resource="half"))
            writer.objects(SCOPE, [{"store": "half", "key": "k", "bytes": 1}])
    with (path / "records/aws/111111111111/s3.jsonl").open("ab") as file:
        file.write(b'{"data":{"Name":"torn')
    with (path / "calls.jsonl").open("ab") as file:
        file.write(b"{")
    with (path / "collecting/journal.jsonl").open("ab") as file:
        file.write(b'{"unit":"cut-sh')
    return path


def test_what_an_unfinished_unit_left_is_dropped(tmp_path: Path) -> None:
    path = interrupted(tmp_path / "s")
    with SnapshotWriter.resume(path) as writer:
        assert writer.is_done(f"{SCOPE}/s3/bucket-1") and not writer.is_done("cut-short")
        writer.seal()
    snapshot = open_snapshot(path)
    assert [record.id for record in snapshot.records()] == [
        f"arn:aws:s3:::bucket-{number}" for number in range(3)
    ]
    assert snapshot.outcomes()["ok"] == 3
    assert {row["store"] for row in snapshot.object_rows()} == {
        f"arn:aws:s3:::bucket-{number}" for number in range(3)
    }


def test_the_unit_runs_again_and_counts_once(tmp_path: Path) -> None:
    path = interrupted(tmp_path / "s")
    with SnapshotWriter.resume(path) as writer:
        with writer.unit("cut-short"):
            writer.record(
                SCOPE,
                "s3",
                kind="s3.bucket",
                id="half",
                region=None,
                operation="ListBuckets",
                data={"now": "whole"},
            )
            writer.call(Call("s3", "GetBucketAcl", SCOPE, "ok", "2026-03-01T12:00:09Z", resource="half"))
            writer.objects(SCOPE, [{"store": "half", "key": "k", "bytes": 1}])
        writer.unit_done("cut-short")
        writer.seal()
    snapshot = open_snapshot(path)
    assert [record.data for record in snapshot.records() if record.id == "half"] == [{"now": "whole"}]
    assert [call.resource for call in snapshot.calls()].count("half") == 1
    assert [row["store"] for row in snapshot.object_rows()].count("half") == 1


def test_an_object_part_cut_off_in_an_unfinished_unit_does_no_harm(tmp_path: Path) -> None:
    path = interrupted(tmp_path / "s")
    (part,) = (path / "collecting/objects/aws-111111111111").glob(f"{unit_hash('cut-short')}.*")
    part.write_bytes(part.read_bytes()[:100])
    with SnapshotWriter.resume(path) as writer:
        writer.seal()
    assert len(list(open_snapshot(path).object_rows())) == 3


def test_a_unit_is_done_when_those_it_called_for_are(tmp_path: Path) -> None:
    with SnapshotWriter.create(tmp_path / "s", "0.1.0") as writer:
        writer.unit_done("listing", spawned=["a", "b"])
        writer.unit_done("a")
        assert not writer.is_done("listing")
        writer.unit_done("b", failed=True)
        assert not writer.is_done("listing")
        writer.unit_done("b")
        assert writer.is_done("listing") and not writer.is_done("never heard of")


def test_what_was_written_outside_units_counts_from_the_last_run_alone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    for run in range(2):
        with SnapshotWriter.create_or_resume(path, "0.1.0") as writer:
            writer.call(Call("sts", "GetCallerIdentity", SCOPE, "ok", f"2026-03-01T12:00:0{run}Z"))
            writer.objects(SCOPE, [{"store": "b", "key": "k", "bytes": run}])
            if run:
                writer.seal()
    snapshot = open_snapshot(path)
    assert [call.time for call in snapshot.calls()] == ["2026-03-01T12:00:01Z"]
    assert [row["bytes"] for row in snapshot.object_rows()] == [1]


def test_what_finished_units_wrote_can_be_read_while_collecting(tmp_path: Path) -> None:
    with SnapshotWriter.resume(interrupted(tmp_path / "s")) as writer:
        found = [record["id"] for record in writer.written(SCOPE, "s3")]
        assert found == [f"arn:aws:s3:::bucket-{number}" for number in range(3)]
        assert list(writer.written(SCOPE, "kms")) == []


def test_another_source_does_not_resume(tmp_path: Path) -> None:
    path = interrupted(tmp_path / "s")
    with pytest.raises(InputError, match="a different setting of name"):
        SnapshotWriter.create_or_resume(path, "0.1.0", source={"name": "gcp"})
    late = "2026-03-02T12:30:00.000Z"
    with pytest.raises(InputError, match="more than a day old"):
        SnapshotWriter.create_or_resume(path, "0.1.0", source={"name": "aws"}, clock=lambda: late)
    SnapshotWriter.create_or_resume(path, "0.1.0", source={"name": "aws"}, clock=ticking()).close()


def test_there_has_to_be_something_to_resume(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no collection to resume"):
        SnapshotWriter.resume(tmp_path)


def test_a_damaged_journal_is_named_by_line(tmp_path: Path) -> None:
    path = interrupted(tmp_path / "s")
    journal = path / "collecting/journal.jsonl"
    journal.write_bytes(b"\xff\xfe\n" + journal.read_bytes())
    with pytest.raises(SnapshotError, match=r"journal\.jsonl:1"):
        SnapshotWriter.resume(path)


def test_an_interrupted_collection_is_not_judged(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"interrupted.*same weightguard command"):
        open_snapshot(interrupted(tmp_path / "s"))


@pytest.mark.parametrize(
    ("source", "now", "why"),
    [
        ({"name": "aws"}, "2026-03-01T13:00:00.000Z", None),
        ({"name": "aws"}, "2026-03-02T12:30:00.000Z", "more than a day old"),
        ({"name": "aws", "regions": ["eu-west-1"]}, "2026-03-01T13:00:00.000Z", "another setting"),
    ],
)
def test_a_half_collection_that_is_not_gone_on_with_says_why(
    tmp_path: Path, source: dict[str, object], now: str, why: str | None
) -> None:
    found = outdated(interrupted(tmp_path / "s"), source, now)
    assert (found is None) if why is None else (found is not None and why.split()[-1] in found)
    assert outdated(tmp_path / "nothing here", source, now) is None


def test_a_half_collection_of_another_account_is_nobody_s_to_go_on_with(tmp_path: Path) -> None:
    path = tmp_path / "s"
    own = {"name": "aws", "account": "111111111111", "endpoint": "https://sts.amazonaws.com"}
    SnapshotWriter.create(path, "0.1.0", [SCOPE], source=own, clock=ticking()).close()
    for name, value in (("account", "222222222222"), ("endpoint", "http://127.0.0.1:5000")):
        with pytest.raises(InputError, match=f"another {name}.*{own[name]}"):
            outdated(path, own | {name: value}, "2026-03-01T13:00:00.000Z")


def test_a_collection_under_way_is_not_put_aside(tmp_path: Path) -> None:
    writer = SnapshotWriter.create(tmp_path / "s", "0.1.0", [SCOPE], source={"name": "aws"}, clock=ticking())
    assert outdated(writer.path, {"name": "aws", "org": True}, "2026-03-09T00:00:00.000Z") is None
    writer.close()
    assert outdated(writer.path, {"name": "aws", "org": True}, "2026-03-09T00:00:00.000Z") is not None


@pytest.mark.parametrize("name", ["audit-2026-11-27T10:00:00", "s3://x", "./audit-10:00"])
def test_a_path_is_a_path_whatever_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path(name) / "snapshot"
    with SnapshotWriter.create(path, "0.1.0", [SCOPE], clock=ticking()) as writer:
        fill(writer)
        writer.seal()
    assert contents(path)


def one_unit(path: Path) -> Path:
    with SnapshotWriter.create(path, "0.1.0", [SCOPE], source={"name": "aws"}, clock=ticking()) as writer:
        fill(writer, 1)
    return path


@pytest.mark.parametrize(
    "line",
    [
        '{"run":[]}', '{"run":true}', '{"unit":"u"}', '{"unit":"u","run":"1"}', '{"unit":7,"run":1}', '{"scope":null}',
        '{"unit":"u","run":1,"spawned":5}', '{"unit":"u","run":1,"spawned":[1]}', '{"run":1,"run":2}', '{"run":NaN}',
    ],
)  # fmt: skip
def test_an_odd_line_of_the_journal_is_named(tmp_path: Path, line: str) -> None:
    root = one_unit(tmp_path / "s")
    with (root / "collecting/journal.jsonl").open("a") as journal:
        journal.write(line + "\n")
    with pytest.raises(SnapshotError, match=r"journal\.jsonl:4"):
        SnapshotWriter.resume(root, clock=ticking())


@pytest.mark.parametrize(
    "change",
    [("0.1.0", 7), ("tool_version", "x"), ("started_at", "x"), ("aws", None), ("name", "sources")],
)
def test_an_odd_header_of_a_collection_is_refused(tmp_path: Path, change: tuple[str, object]) -> None:
    root = one_unit(tmp_path / "s")
    header = root / "collecting/header.json"
    old, new = change
    text = header.read_text().replace(f'"{old}"', f'"{new}"' if isinstance(new, str) else str(new))
    header.write_text(text)
    if new is None:
        header.write_text(text.replace('{"name":None}', "[]"))
    with pytest.raises(SnapshotError, match=r"header\.json"):
        SnapshotWriter.resume(root, clock=ticking())


def test_a_pipe_for_a_header_does_not_stop_the_run(tmp_path: Path) -> None:
    root = one_unit(tmp_path / "s")
    (root / "collecting/header.json").unlink()
    os.mkfifo(root / "collecting/header.json")
    with pytest.raises(SnapshotError, match="plain file"):
        outdated(root, {"name": "aws"}, "2026-03-01T12:00:00Z")


@pytest.mark.parametrize("tag", ['["u","1"]', '["u",[]]', "[1,1]", '["u",true]', '["u",1,2]', '["u",null]'])
def test_a_line_that_names_its_unit_oddly_is_of_no_unit(tmp_path: Path, tag: str) -> None:
    """It is kept as it is, its tag among it, so that nothing that was read is lost."""
    line = b'{"a":1,"~unit":' + tag.encode() + b"}"
    assert untag(line) == (line, None)
