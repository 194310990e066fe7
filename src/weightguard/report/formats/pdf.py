"""PDF: the page as it prints, by a Chromium that is installed on this machine.

The browser sees one local file, has no network and writes into a folder of its own. The time of printing that it notes, and
the numbers that it gives to elements, are replaced by the report's and by their order, so that the same report and the same
browser give the same bytes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from weightguard.assess.model import Report
from weightguard.errors import InputError
from weightguard.report.formats import html
from weightguard.report.lookup import moment

FILE = "report.pdf"

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)
_SECONDS = 180
_ELEMENT = re.compile(rb"\(node\d{8}\)")
_DATE = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}([^)]*)\)")


def check() -> str:
    """The browser that prints.

    Raises:
        InputError: none is installed.
    """
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        raise InputError(
            "a PDF is printed by a Chromium browser, and none is installed",
            where=f"looked on PATH for {', '.join(BROWSERS)}",
            fix="install chromium, or print report.html from any browser",
        )
    return browser


def render(report: Report) -> bytes:
    """The page on paper.

    Raises:
        InputError: no browser is installed, or it could not print.
    """
    browser = check()
    with tempfile.TemporaryDirectory(prefix="weightguard-pdf-") as folder:
        page, target = Path(folder, "report.html"), Path(folder, "report.pdf")
        page.write_bytes(html.render(report))
        _print(browser, page, target)
        return _same(target.read_bytes(), moment(report).strftime("%Y%m%d%H%M%S").encode())


def _print(browser: str, page: Path, target: Path) -> None:
    command = [
        browser,
        "--headless=new",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-extensions",
        "--disable-background-networking",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--no-first-run",
        "--no-pdf-header-footer",
        f"--user-data-dir={page.parent / 'profile'}",
        f"--print-to-pdf={target}",
        page.as_uri(),
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # Chromium's sandbox refuses to run as root, as in a container
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603 - our own arguments
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError("the browser could not print the page", where=browser, fix=str(error)) from error
    if not target.exists():
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it gave no reason"]
        raise InputError("the browser could not print the page", where=browser, fix=said[0])


def _same(pdf: bytes, stamp: bytes) -> bytes:
    # Everything as long as what it replaces, so that the file's table of offsets still holds, and in the same order, so that
    # its tree of names does (ISO 32000-1, 7.5.4 "Cross-Reference Table", 7.9.6 "Name Trees").
    numbers = {name: b"(node%08d)" % place for place, name in enumerate(sorted(set(_ELEMENT.findall(pdf))))}
    dated = _DATE.sub(lambda found: b"/" + found[1] + b" (D:" + stamp + found[2] + b")", pdf)
    return _ELEMENT.sub(lambda found: numbers[found[0]], dated)
