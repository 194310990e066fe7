"""`scan --notify` and `--previous`: who is told, and that a scan's result survives a channel that fails."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "notify"))
sys.path.insert(0, str(Path(__file__).parents[1] / "report"))

import build
from servers import http_server

from weightguard.assess.serialise import to_json

Typed = Callable[..., Any]


@pytest.fixture
def report_file(tmp_path: Path) -> Path:
    path = tmp_path / "earlier.json"
    path.write_bytes(to_json(build.sample()))
    return path


def test_nobody_to_tell_is_said_before_the_scan(refused: Callable[..., str]) -> None:
    assert refused("scan", "aws", "--notify").startswith("nobody is named to tell: write notify:")


def test_a_missing_secret_is_said_before_the_scan(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "weightguard.yaml").write_text("notify:\n  slack:\n  - webhook: {env: NO_SUCH_HOOK}\n")
    assert "NO_SUCH_HOOK" in refused("scan", "aws", "--notify")


def test_an_earlier_report_that_is_none_is_refused(
    refused: Callable[..., str], tmp_path: Path, report_file: Path
) -> None:
    (tmp_path / "broken.json").write_text("{}")
    assert "broken.json" in refused("report", report_file, "-f", "markdown", "--previous", "broken.json")
    assert "missing.json" in refused("report", report_file, "-f", "markdown", "--previous", "missing.json")


def test_a_report_shows_its_history(typed: Typed, tmp_path: Path, report_file: Path) -> None:
    later = json.loads(report_file.read_bytes())
    later["snapshot"] |= {"as_of": "2026-02-28T00:00:00Z", "digest": "later"}
    (tmp_path / "report.json").write_text(json.dumps(later))
    shown = typed("report", "report.json", "-f", "markdown", "-o", "-", "--previous", report_file)
    assert shown.status == 0
    assert "## Over time" in shown.out and "2026-01-31" in shown.out


@pytest.mark.wire
def test_a_scan_tells_what_it_found_and_later_only_what_changed(
    typed: Typed, moto_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = (
        "scan",
        "aws",
        "--endpoint-url",
        moto_url,
        "--no-org",
        "--region",
        "us-east-1",
        "-o",
        "out",
        "--notify",
    )
    (tmp_path / "weightguard.yaml").write_text(
        "notify:\n  slack:\n  - webhook: {env: HOOK}\n  prometheus: metrics/weightguard.prom\n"
    )
    with http_server() as server:
        monkeypatch.setenv("HOOK", f"{server.url}/services/secret-token")
        first = typed(*scan)
        assert first.status in (3, 4), first.err
        assert len(server.requests) == 1
        again = typed(*scan, "--previous", "out/report.json")
        assert len(server.requests) == 1, server.requests[1:]
    assert "chat webhook at 127.0.0.1: told" in first.err
    assert "nothing changed, not told" in again.err
    assert (
        (tmp_path / "metrics" / "weightguard.prom").read_text().startswith("# HELP weightguard_level_reached")
    )
    written = [path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert not any(b"secret-token" in content for content in written)
    assert "secret-token" not in first.out + first.err + again.out + again.err


@pytest.mark.wire
def test_a_channel_that_fails_ends_in_1_and_hides_no_result(
    typed: Typed, moto_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weightguard.yaml").write_text("notify:\n  slack:\n  - webhook: {env: HOOK}\n")
    with http_server((403, {}, b"invalid_token secret-token")) as server:
        monkeypatch.setenv("HOOK", f"{server.url}/services/secret-token")
        scan = (
            "scan",
            "aws",
            "--endpoint-url",
            moto_url,
            "--no-org",
            "--region",
            "us-east-1",
            "-o",
            "out",
            "--notify",
        )
        ended = typed(*scan)
    assert ended.status == 1
    assert "score" in ended.out
    assert (tmp_path / "out" / "report.json").exists()
    assert "the report is written, but not everybody was told" in ended.err and "403" in ended.err
    assert "secret-token" not in ended.err
