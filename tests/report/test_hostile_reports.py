"""Hostile text in every field, through every format: nothing runs, breaks or hides, and the output stays valid."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import build
import pytest
from validators import VALIDATORS

from weightguard import report as reports
from weightguard.assess.model import Report, SnapshotStamp
from weightguard.report import terminal
from weightguard.report.trend import trend

# Where text may stand raw is what the format's own reader undoes; what reaches the bytes shows no invisible character.
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_TEXTS = {name: text for name, text in build.CORPUS.items() if name != "megabyte"}


def hostile(text: str, marked: bool = False) -> Report:
    """Full of `text`, of an account that findings can belong to."""
    report = build.hostile(text, marked)
    stamp = report.snapshot
    scopes = ("aws/111111111111", *stamp.scopes)
    return replace(
        report, snapshot=SnapshotStamp(stamp.digest, scopes, stamp.collected_at, stamp.as_of, stamp.digests)
    )


@pytest.fixture(
    scope="module", params=["all", *(pytest.param(name, marks=pytest.mark.slow) for name in _TEXTS)]
)
def report(request: pytest.FixtureRequest) -> Report:
    return hostile(_TEXTS.get(request.param, " ".join(_TEXTS.values())))


@pytest.mark.parametrize("name", [name for name in VALIDATORS if name not in ("html", "oscal-poam")])
def test_stays_valid(name: str, report: Report) -> None:
    VALIDATORS[name](reports.render(name, report))


@pytest.mark.parametrize("name", [name for name in VALIDATORS if name not in ("html", "json")])
def test_shows_no_invisible_character(name: str, report: Report) -> None:
    text = reports.render(name, report).decode("utf-8").lstrip("\ufeff")
    seen = {character for character in set(text) if unicodedata.category(character) in _INVISIBLE}
    assert seen <= {"\n", "\r"}


def test_the_terminal_obeys_nothing(report: Report) -> None:
    shown = terminal.render(report)
    for escape in ("\x1b[31mred", "\x1b]0;", "\x1b[2J", "\x9b", "\x07", "\u202e", "\u200b", "\r"):
        assert escape not in shown


@pytest.mark.parametrize("name", [name for name in VALIDATORS if name not in ("html", "json")])
def test_a_megabyte_in_every_field(name: str) -> None:
    rendered = reports.render(name, hostile(build.CORPUS["megabyte"]))
    VALIDATORS[name](rendered)
    assert len(rendered) < 5_000_000


# What a reader of each format must be able to find, however hostile its neighbours.
_SAID = {
    "asff": ("results.subject", "results.message", "results.evidence.source", "results.waiver.reason"),
    "csv": (
        "results.subject",
        "results.message",
        "results.evidence.source",
        "results.waiver.owner",
        "weights.name",
    ),
    "cyclonedx": ("weights.name", "weights.store", "weights.prefix", "weights.files.key", "weights.note"),
    "eu-annex": (
        "results.subject",
        "results.waiver.reason",
        "attestations.attester",
        "controls.mappings.eu_code_of_practice",
    ),
    "executive-summary": ("results.message", "weights.name", "next_level.fixes.title", "summary.claim"),
    "junit": ("results.subject", "results.message", "controls.title", "results.evidence.source"),
    "markdown": (
        "results.subject",
        "results.message",
        "weights.name",
        "weights.store",
        "coverage.gaps.hides",
    ),
    "ocsf": ("results.subject", "results.message", "results.evidence.source", "results.remediation"),
    "oscal": ("results.subject", "results.message", "results.evidence.source", "controls.statement"),
    "oscal-poam": ("results.subject", "results.message", "controls.title", "controls.rationale"),
    "prometheus": ("weights.name",),
    "pull-request": ("results.subject", "results.message", "coverage.gaps.hides"),
    "sarif": ("results.subject", "results.message", "controls.statement", "results.waiver.reason"),
}


@pytest.mark.parametrize("name", _SAID)
@pytest.mark.parametrize(
    "kind",
    [
        "markup",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("closing", "newlines", "bidi", "formula", "fence")
        ),
    ],
)
def test_hides_nothing(name: str, kind: str) -> None:
    shown = reports.render(name, hostile(build.CORPUS[kind], marked=True)).decode("utf-8")
    plain = shown.replace("\\\\", "\\").replace("\\[", "[").replace("\\]", "]").replace("\\_", "_")
    missing = [field for field in _SAID[name] if f"[{field}]" not in plain]
    assert not missing


def test_two_names_that_differ_look_different() -> None:
    """A zero-width character or a bidi override must not make one bucket pass for another."""
    honest, forged = (hostile(text) for text in ("model-weights", "model-\u200bweights"))
    for name in VALIDATORS:
        assert reports.render(name, honest) != reports.render(name, forged)
    assert b"\\\\u200b" in reports.render("sarif", forged)


def test_hostile_history_is_harmless() -> None:
    now = hostile(build.CORPUS["markup"])
    points = trend((replace(now, snapshot=replace(now.snapshot, as_of="2025-12-31T00:00:00Z")), now))
    for name in ("markdown", "pull-request", "executive-summary", "executive-summary-html"):
        VALIDATORS[name](reports.render(name, now, points))
