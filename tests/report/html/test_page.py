"""The page in a real browser: it opens offline, asks for nothing, hides nothing, and runs nothing but its own script."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import build
import pytest

from weightguard.assess.model import Report
from weightguard.report.formats.html import render

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


class Opened:
    """A page and everything untoward that it did."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.trouble: list[str] = []
        page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        page.on("console", lambda message: self.trouble.append(f"console: {message.text}"))
        page.on("dialog", lambda dialog: (self.trouble.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", self._request)

    def _request(self, request: Any) -> None:
        if not request.url.startswith(("file://", "data:")):
            self.trouble.append(f"request: {request.url}")

    def milliseconds(self) -> float:
        """From the start of loading until the findings can be used."""
        return float(self.page.evaluate("performance.getEntriesByName('ready')[0].startTime"))


Open = Callable[..., Opened]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_report(browser: Any, tmp_path: Path) -> Iterator[Open]:
    contexts = []

    def open_it(report: Report, width: int = 1280, height: int = 900, scheme: str = "light") -> Opened:
        file = tmp_path / "report.html"
        file.write_bytes(render(report))
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.goto(file.as_uri())
        opened.page.wait_for_function("document.documentElement.dataset.ready === 'true'")
        return opened

    yield open_it
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_stands_in_the_way_of_anybody(open_report: Open, width: int, scheme: str) -> None:
    opened = open_report(build.sample(), width=width, scheme=scheme)
    # The content security policy keeps injected scripts out; the debugging protocol evaluates beside it.
    session = opened.page.context.new_cdp_session(opened.page)
    axe = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    session.send("Runtime.evaluate", {"expression": axe})
    ask = "axe.run().then(found => JSON.stringify(found.violations.map(one => [one.id, one.nodes[0].html])))"
    answer = session.send(
        "Runtime.evaluate", {"expression": ask, "awaitPromise": True, "returnByValue": True}
    )
    assert answer["result"]["value"] == "[]"
    assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        "the page scrolls sideways"
    )
    assert opened.trouble == []


def test_hostile_names_neither_run_nor_hide(open_report: Open) -> None:
    for name, text in build.CORPUS.items():
        opened = open_report(build.hostile(text))
        page = opened.page
        page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
        page.locator(".row").first.click()
        assert opened.trouble == [], name
        assert page.locator("main img, main svg, main b > b, main iframe, main h1").count() == 0, name
        assert page.locator("#detail").inner_text().strip(), name


def test_a_row_is_found_by_words_and_opened_by_keyboard(open_report: Open) -> None:
    opened = open_report(build.sample())
    page = opened.page
    report = build.sample()
    subject = next(result.subject for result in report.results if result.status == "pass")
    page.locator("#filter-status").select_option("")
    page.locator("#filter-text").fill(subject)
    assert (
        page.locator("#count")
        .inner_text()
        .startswith(
            str(
                sum(
                    subject.lower() in f"{one.control} {one.subject} {one.message}".lower()
                    for one in report.results
                )
            )
        )
    )
    page.locator(".row").first.focus()
    page.keyboard.press("Enter")
    assert subject in page.locator("#detail").inner_text()


def test_the_arrow_keys_reach_the_last_of_many(open_report: Open) -> None:
    opened = open_report(build.large(5_000))
    page = opened.page
    page.locator("#filter-status").select_option("")
    page.locator(".row").first.focus()
    page.keyboard.press("End")
    assert page.evaluate("Number(document.activeElement.dataset.position)") == 4_999
    assert page.locator(".row").count() < 60


def test_fifty_thousand_results_are_usable_at_once(open_report: Open) -> None:
    report = build.large(50_000)
    assert len(render(report)) <= 3_000_000
    opened = open_report(report)
    assert opened.page.locator("#count").inner_text().endswith("of 50,000 results")
    assert opened.trouble == []


def test_five_thousand_results_stay_small() -> None:
    assert len(render(build.large(5_000))) <= 1_500_000


def test_an_empty_estate_has_a_page_too(open_report: Open) -> None:
    opened = open_report(build.empty())
    assert "No weights were found" in opened.page.locator("h1").inner_text()
    assert opened.trouble == []


def test_it_prints_what_the_screen_shows(open_report: Open, tmp_path: Path) -> None:
    opened = open_report(build.sample())
    opened.page.emulate_media(media="print")
    assert opened.page.locator(".list").is_hidden()
    assert opened.page.locator(".print-only").first.is_visible()
    assert opened.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render(build.sample()) == render(build.sample())
