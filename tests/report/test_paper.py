"""What is printed: the PDF of the page, and the one page that is one page."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import build
import pytest

from weightguard import report as reports
from weightguard.assess.model import Report
from weightguard.errors import InputError
from weightguard.report.formats import executive_summary_html, pdf
from weightguard.report.trend import trend

needs_browser = pytest.mark.skipif(
    not any(shutil.which(name) for name in pdf.BROWSERS), reason="no Chromium browser is installed"
)


def pages(data: bytes) -> int:
    return data.count(b"/Type /Page\n")


def test_without_a_browser_it_is_said_before_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="install chromium"):
        reports.check("pdf")
    with pytest.raises(InputError, match="install chromium"):
        reports.render("pdf", build.empty())


def test_a_browser_that_prints_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho 'cannot open display' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(InputError, match="cannot open display"):
        reports.render("pdf", build.empty())


@pytest.mark.browser
@needs_browser
def test_the_same_report_prints_to_the_same_bytes() -> None:
    first = reports.render("pdf", build.sample())
    assert first.startswith(b"%PDF-") and pages(first) >= 1
    assert b"(D:20260131120000" in first
    assert reports.render("pdf", build.sample()) == first


@pytest.mark.browser
@needs_browser
def test_hostile_names_print() -> None:
    assert (
        pages(
            reports.render(
                "pdf",
                build.hostile(" ".join(build.CORPUS[name] for name in build.CORPUS if name != "megabyte")),
            )
        )
        >= 1
    )


@pytest.mark.browser
@needs_browser
@pytest.mark.parametrize(
    "report",
    [
        build.empty(),
        build.sample(),
        build.large(3000),
        build.hostile(build.CORPUS["megabyte"]),
        build.hostile("W" * 400),
    ],
    ids=["empty", "sample", "large", "megabyte", "wide"],
)
def test_the_executive_summary_is_one_page(report: Report, tmp_path: Path) -> None:
    history = tuple(
        replace(report, snapshot=replace(report.snapshot, as_of=f"2025-{month:02}-01T00:00:00Z"))
        for month in range(1, 9)
    )
    page, target = tmp_path / "page.html", tmp_path / "page.pdf"
    page.write_bytes(executive_summary_html.render(report, trend((*history, report))))
    pdf._print(pdf.check(), page, target)
    assert pages(target.read_bytes()) == 1
