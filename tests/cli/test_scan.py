"""`weightguard scan aws` against an emulator over HTTP, as a user runs it: a process, its exit status, what it leaves behind."""

from __future__ import annotations

import json
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

import emulators
from weightguard import api
from weightguard.report import find

pytestmark = [pytest.mark.wire, pytest.mark.slow]
CSV = find("csv").FILE
Type = Callable[..., tuple[int, str, str]]


def _command(url: str, folder: Path, *more: str) -> list[str]:
    asked = ["scan", "aws", "--endpoint-url", url, "--region", "us-east-1", "--no-org", "-o", str(folder)]
    return [sys.executable, "-m", "weightguard", *asked, *more]


def _scan(url: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(url, folder, *more), capture_output=True, text=True, timeout=300, check=False
    )


def _verdicts(folder: Path) -> set[tuple[str, str, str]]:
    report = json.loads((folder / "report.json").read_bytes())
    return {(one["control"], one["subject"], one["status"]) for one in report["results"]}


def test_a_scan_leaves_a_snapshot_and_reports_and_speaks_plainly(moto_url: str, tmp_path: Path) -> None:
    emulators.lab(moto_url)
    folder = tmp_path / "audit"
    done = _scan(moto_url, folder, "-f", "html,csv")
    assert done.returncode == 3, done.stderr
    wanted = {"snapshot", "report.json", "report.html", "declared.json", CSV}
    assert {path.name for path in folder.iterdir()} == wanted
    assert emulators.WEIGHTS in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert all(len(line) <= 80 or "/" in line for line in done.stdout.splitlines())
    assert "collected: " in done.stderr
    api.load(folder / "snapshot")


def test_json_is_alone_on_standard_output_and_as_its_schema_says(
    moto_url: str, tmp_path: Path, typed: Type
) -> None:
    emulators.lab(moto_url)
    done = _scan(moto_url, tmp_path / "audit", "--json")
    report = json.loads(done.stdout)
    assert done.stdout.encode() == (tmp_path / "audit" / "report.json").read_bytes()
    jsonschema.Draft202012Validator(json.loads(typed("schema", "report")[1])).validate(report)
    assert "collected: " in done.stderr
    quiet = _scan(moto_url, tmp_path / "quiet", "-q")
    assert quiet.stdout == ""
    assert (
        quiet.stderr.count("\n") == 1
    )  # what did not pass is said in one line, for whoever reads a schedule's log
    assert "status 3: " in quiet.stderr


def test_a_finished_scan_makes_room_for_the_next(moto_url: str, tmp_path: Path) -> None:
    emulators.clients(moto_url)("s3").create_bucket(Bucket="one")
    folder = tmp_path / "audit"
    assert _scan(moto_url, folder, "-q").returncode == 4, "an account without weights is never passed"
    emulators.clients(moto_url)("s3").create_bucket(Bucket="two")
    unreachable = _scan("http://127.0.0.1:9", folder, "-q")
    assert unreachable.returncode == 2
    assert len(api.load(folder / "snapshot").estate.stores) == 1, "nothing is put aside before AWS answers"
    assert _scan(moto_url, folder, "-q").returncode == 4
    assert len(api.load(folder / "snapshot").estate.stores) == 2
    assert len(api.load(folder / "snapshot.previous").estate.stores) == 1


def test_an_empty_account_says_that_nothing_was_evaluated(moto_url: str, tmp_path: Path) -> None:
    done = _scan(moto_url, tmp_path / "audit")
    assert done.returncode == 4
    assert done.stdout.startswith("No weights were ")  # found, or seen where a region or a read was left out
    assert "status 4: nothing that bears on weights was evaluated" in done.stdout.splitlines()[-1]


def test_a_wrong_option_costs_no_folder(moto_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "audit"
    wrong = _scan(moto_url, folder, "--region", "us-esat-1")
    assert wrong.returncode == 2
    assert "there is no region 'us-esat-1': did you mean" in wrong.stderr
    assert _scan(moto_url, folder, "-q").returncode == 4


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "stopped"])
def test_a_scan_goes_on_where_it_was_cut_short(moto_url: str, tmp_path: Path, how: signal.Signals) -> None:
    emulators.lab(moto_url)
    client = emulators.clients(moto_url)("s3")
    for number in range(40):
        client.create_bucket(Bucket=f"bucket-{number:03d}")
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert _scan(moto_url, whole, "-q").returncode == 3
    process = subprocess.Popen(
        _command(moto_url, cut), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    _wait_for(cut / "snapshot" / "collecting" / "journal.jsonl", "/s3/bucket-")
    process.send_signal(how)
    _, errors = process.communicate(timeout=60)
    assert not (cut / "snapshot" / "manifest.json").exists()
    if how is signal.SIGINT:
        assert process.returncode == 130
        said = errors.splitlines()[-1]
        assert f"weightguard {shlex.join(_command(moto_url, cut)[3:])}" in said, "the exact command to resume"
    assert _scan(moto_url, cut, "-q").returncode == 3
    assert _verdicts(cut) == _verdicts(whole)
    snapshot = api.load(cut / "snapshot").snapshots[0]
    read = [call.resource for call in snapshot.calls() if call.operation == "GetBucketPolicy"]
    assert len(read) == len(set(read)), "what was read before is not read again"


def _wait_for(file: Path, text: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if file.exists() and text in file.read_text():
            return
        time.sleep(0.02)
    raise AssertionError(f"{file} never said {text}")


def test_the_doctor_says_what_is_reachable_and_permitted(
    faults: emulators.Faults, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in faults.environment().items():
        monkeypatch.setenv(name, value)
    faults.set(
        {"service": "s3", "operation": "ListBuckets", "error": {"code": "AccessDenied", "status": 403}}
    )
    status, out, _ = typed("doctor", "aws")
    assert status == 0
    assert f"account {emulators.ACCOUNT}" in out
    (line,) = [line for line in out.splitlines() if "s3:ListBuckets" in line]
    assert "denied" in line
    assert "grant s3:ListAllMyBuckets" in line
    assert "`weightguard permissions aws`" in out
    assert not list(Path.cwd().iterdir()), "it writes nothing"


def test_the_doctor_asks_member_accounts_too(
    moto_url: str, faults: emulators.Faults, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = emulators.lab(moto_url).member
    for name, value in faults.environment().items():
        monkeypatch.setenv(name, value)
    status, out, _ = typed("doctor", "aws")
    assert status == 0
    assert f"ok   sts:AssumeRole in aws/{member}" in out
    (keys,) = [line for line in out.splitlines() if "kms:ListKeys" in line]
    assert f"aws/{emulators.ACCOUNT}" in keys
    assert f"aws/{member}" in keys
    assert f"aws/{member}" not in typed("doctor", "aws", "--no-org")[1]
    faults.set(
        {"service": "sts", "operation": "AssumeRole", "error": {"code": "AccessDenied", "status": 403}}
    )
    status, out, _ = typed("doctor", "aws")
    assert status == 0
    (line,) = [line for line in out.splitlines() if "sts:AssumeRole" in line]
    assert f"denied (AccessDenied) in aws/{member}: could hide" in line
    assert "with 1 gap at least" in out


def test_one_service_may_be_elsewhere(moto_url: str, tmp_path: Path) -> None:
    emulators.clients(moto_url)("s3").create_bucket(Bucket="one")
    folder = tmp_path / "audit"
    assert _scan(moto_url, folder, "-q", "--endpoint", "kms=http://127.0.0.1:9").returncode == 4
    calls = list(api.load(folder / "snapshot").snapshots[0].calls())
    assert {call.code for call in calls if call.service == "kms"} == {"EndpointConnectionError"}
    assert {call.outcome for call in calls if call.operation == "ListBuckets"} == {"ok"}


def test_a_silent_endpoint_is_found_out(tmp_path: Path, typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.monotonic()
        status, _, err = typed("scan", "aws", "--endpoint-url", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert status == 2
        assert "does not answer" in err
        assert time.monotonic() - started < 90
    assert not list(tmp_path.glob("*/snapshot/*"))
