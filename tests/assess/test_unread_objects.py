"""An object that may be weights is seen in five places: table, `opaque`, a control that turns unknown, headline, exit status."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from laboratory import ToldAccess, account, arn, estate, known, store, weights
from weightguard.assess.assessment import assess
from weightguard.assess.model import Report
from weightguard.assess.status import exit_status
from weightguard.config import Config, ModelConfig, NotWeights
from weightguard.controls.catalogue import load_catalogue
from weightguard.estate.contents import tally
from weightguard.estate.model import Contents
from weightguard.report.formats import html, markdown
from weightguard.report.headline import headline
from weightguard.report.terminal import render as summary
from weightguard.snapshot import SnapshotWriter, open_snapshot

SCOPE = "aws/111111111111"
STATES = (
    "opaque", "denied", "failed", "budget", "damaged", "partial", "sealed", "archived", "unfinished", "old_version",
)  # fmt: skip
CONTROLS = ("WG-STO-01", "WG-INV-02")


def contents(tmp_path: Path, *rows: dict[str, Any]) -> Contents:
    """What a snapshot with these rows says of its store: the table, written and read back."""
    folder = tmp_path / "snapshot"
    with SnapshotWriter.create(folder, "0.1.0", [SCOPE]) as writer:
        writer.objects(SCOPE, [{"store": arn("a"), "bytes": 2_000_000, **row} for row in rows])
        writer.seal()
    return tally(open_snapshot(folder), SCOPE)[arn("a")]


def report(found: Contents, *declared: NotWeights, sets: tuple[Any, ...] = ()) -> Report:
    catalogue = load_catalogue()
    chosen = tuple(one for one in catalogue.controls if one.id in CONTROLS)
    held = estate(
        accounts=[account()],
        stores=[store("a", contents=known(found, "s3:ListObjectsV2")), store("w")],
        weight_sets=list(sets),
    )
    return assess(
        held,
        ToldAccess({}),
        replace(catalogue, controls=chosen),
        Config(not_weights=declared, models=(ModelConfig(name="w", locations=(arn("w"),)),)),
    )


def declared(place: str, until: str = "2100-01-01") -> NotWeights:
    return NotWeights(
        location=arn("a") + place, reason="dumps", owner="jo", expires=date.fromisoformat(until)
    )


@pytest.mark.parametrize("state", STATES)
def test_an_unread_object_is_seen_in_five_places(tmp_path: Path, state: str) -> None:
    found = contents(tmp_path, {"key": "x/7f3a", "examined": state})
    assert [(one.place, one.state, one.objects) for one in found.unread] == [("x/", state, 1)]
    made = report(found, sets=(weights("w"),))
    (entry,) = made.opaque
    assert (entry.store, entry.objects + entry.unread, entry.bytes) == (
        arn("a"),
        1,
        2_000_000 * (state == "opaque"),
    )
    assert "unknown" in {one.status for one in made.results if one.control == "WG-INV-02"}
    assert headline(made).startswith("1 object in 1 store may be weights and was not read")
    assert exit_status(made, fail_on="low") in (3, 4)
    assert exit_status(made, fail_on="critical") == 4
    for page in (markdown.render(made).decode(), html.render(made).decode(), summary(made)):
        assert "may be weights" in page


@pytest.mark.parametrize(
    "row",
    [
        {"key": "x/7f3a", "examined": "header"},
        {"key": "x/7f3a", "examined": "not_needed"},
        {
            "key": "x/7f3a",
            "examined": "archived",
            "weight_set": "ws-1",
            "format": "safetensors",
            "confidence": "name",
        },
    ],
)
def test_what_was_read_or_is_in_a_set_is_in_none_of_them(tmp_path: Path, row: dict[str, Any]) -> None:
    made = report(contents(tmp_path, row), sets=(weights("w"),))
    assert made.opaque == ()
    assert "unknown" not in {one.status for one in made.results if one.control == "WG-INV-02"}
    assert "not read" not in headline(made)
    assert "unread-objects" not in {one.id for one in made.limits}


@pytest.mark.parametrize(
    ("declaration", "covered"),
    [
        (declared(""), True),
        (declared("/x"), True),
        (declared("/x/"), True),
        (declared("/y/"), False),
        (declared("/x/", "2020-01-01"), False),
        (declared("/"), True),
    ],
)
def test_a_declared_place_is_counted_and_asks_for_nothing(
    tmp_path: Path, declaration: NotWeights, covered: bool
) -> None:
    made = report(
        contents(tmp_path, {"key": "x/7f3a", "examined": "opaque"}), declaration, sets=(weights("w"),)
    )
    (entry,) = made.opaque
    assert (entry.objects, entry.declared) == ((0, 1) if covered else (1, 0))
    assert [one.owner for one in entry.by] == (["jo"] if covered else [])
    assert ("not read" in headline(made)) is not covered


def test_without_a_set_none_is_not_said(tmp_path: Path) -> None:
    made = report(contents(tmp_path, {"key": "x/7f3a", "examined": "opaque"}))
    assert headline(made) == "1 object in 1 store may be weights and was not read; no weights were seen"


def test_a_set_is_never_declared_away(tmp_path: Path) -> None:
    made = report(
        contents(tmp_path, {"key": "x/7f3a", "examined": "header"}), declared(""), sets=(weights("a"),)
    )
    assert [one.store for one in made.weights] == [arn("a")]
