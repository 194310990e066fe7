"""What a verdict says is a value until somebody writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from laboratory import SHOWN, ToldAccess, account, arn, catalogue, control, estate, store, weights
from weightguard.config import Config
from weightguard.controls.engine import judge
from weightguard.controls.said import Ref, Said, Some, each, refs, said, some, worded


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (said("nothing is open"), "nothing is open"),
        (said("braces {stay} where nothing stands in them"), "braces {stay} where nothing stands in them"),
        (said("{trail} is off", trail=Ref("main")), "main is off"),
        (said("{what}", what="{trail.__class__}"), "{trail.__class__}"),
        (said("{count} keys, {tier}", count=3, tier=None), "3 keys, None"),
        (said("open: {stores}", stores=refs(["b", "a", "b"])), "open: a, b"),
        (said("open: {stores}", stores=refs(["d", "c", "b", "a"])), "open: a, b, c and 1 more"),
        (said("open: {stores}", stores=refs(["d", "c", "b", "a"], 4)), "open: a, b, c, d"),
        (said("{problems}", problems=each(["b", "a", "b"])), "b; a; b"),
        (
            said(
                "{ways}", ways=some([said("{host} of {group}", host=Ref("h"), group=Ref("g")), "a"], most=1)
            ),
            "a and 1 more",
        ),
    ],
)
def test_a_sentence_is_made_of_its_template_and_what_stands_in_it(message: Said, sentence: str) -> None:
    assert worded(message) == sentence


def test_whoever_words_it_says_what_things_are_called() -> None:
    message = said("{count} in {places}", count=2, places=some([Ref("a"), said("{name} too", name=Ref("b"))]))
    assert worded(message, lambda ref: f"<{ref.name}>") == "2 in <a>, <b> too"


def test_a_verdict_tells_the_things_that_it_speaks_of(tmp_path: Path) -> None:
    made = judge(
        catalogue(
            tmp_path,
            control(
                "WG-STO-01",
                check="inventory.labelled",
                examples=SHOWN,
                parameters={"required_tags": {"default": ["owner"], "description": "labels"}},
            ),
        ),
        estate(accounts=[account()], stores=[store("a")], weight_sets=[weights("a")]),
        ToldAccess(),
        Config(),
    )
    (found,) = made.results
    assert found.message.values == {"lacking": Some(("owner",))}
    assert (found.provider, found.account, found.name, found.subject) == (
        "aws",
        "111111111111",
        "a",
        arn("a"),
    )
