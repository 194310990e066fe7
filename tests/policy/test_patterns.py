"""Wildcard patterns: match, overlap and cover, against brute force; and they cannot be made slow."""

from __future__ import annotations

import itertools
import time
from fnmatch import translate
from functools import cache
from re import compile as expression

from hypothesis import given, settings
from hypothesis import strategies as st

from weightguard.policy.pattern import glob

TEXTS = ["".join(letters) for length in range(6) for letters in itertools.product("ab", repeat=length)]
# A letter that no pattern names stands for all other letters.
WIDE_TEXTS = ["".join(letters) for length in range(6) for letters in itertools.product("abz", repeat=length)]

patterns = st.text(alphabet="ab*?", max_size=5)


@cache
def language(pattern: str) -> frozenset[str]:
    matcher = expression(translate(pattern))
    return frozenset(text for text in WIDE_TEXTS if matcher.match(text))


@given(patterns, st.sampled_from(WIDE_TEXTS))
@settings(max_examples=500, deadline=None)
def test_matching_agrees_with_a_regular_expression(pattern: str, text: str) -> None:
    assert glob(pattern).matches(text) is (text in language(pattern))


@given(patterns, patterns)
@settings(max_examples=500, deadline=None)
def test_overlap_agrees_with_brute_force(one: str, other: str) -> None:
    shared = language(one) & language(other)
    # The shortest text of an overlap is no longer than the two patterns together.
    if shared:
        assert glob(one).overlaps(glob(other))
    elif len(one) + len(other) <= 5:
        assert not glob(one).overlaps(glob(other))


@given(patterns, patterns)
@settings(max_examples=500, deadline=None)
def test_cover_agrees_with_brute_force(one: str, other: str) -> None:
    covered = language(other) <= language(one)
    if not covered:
        assert not glob(one).covers(glob(other))
    elif len(one) + len(other) <= 5:
        assert glob(one).covers(glob(other))


@given(patterns)
@settings(max_examples=300, deadline=None)
def test_every_pattern_covers_and_overlaps_itself(pattern: str) -> None:
    assert glob(pattern).covers(glob(pattern))
    assert glob(pattern).overlaps(glob(pattern))


def test_characters_that_regular_expressions_treat_specially_are_plain() -> None:
    for text in ["a.b", "a+b", "[a]", "a|b", "(a)", "a\\b", "^a$", "a\nb"]:
        assert glob(text).matches(text)
        assert not glob(text).matches(text + "x")
        assert glob("?" * len(text)).matches(text)


def test_a_hostile_pattern_is_not_slow() -> None:
    start = time.process_time()
    text = "arn:aws:s3:::" + "a" * 4000
    for pattern in (
        "a*" * 2000 + "b",
        "*a" * 2000 + "b",
        "?*" * 2000 + "b",
        "*?a" * 1000 + "b",
        "*" * 5000 + "b",
    ):
        assert not glob(pattern).matches(text)
        assert not glob(pattern).covers(glob(text + "*"))
        glob(pattern).overlaps(glob(text + "*"))
    assert time.process_time() - start < 5
