"""Hostile names stay visible and harmless."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightguard.report.text import cell, utf8, visible


@given(st.text())
@settings(deadline=None)
def test_nothing_invisible_survives(text: str) -> None:
    shown = visible(text)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text(max_size=50), st.text(max_size=50))
@settings(deadline=None)
def test_an_override_never_makes_two_names_look_alike(left: str, right: str) -> None:
    if "\\" not in left + right and left != right:
        assert visible(left) != visible(right)


@pytest.mark.parametrize("name", ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"])
def test_no_cell_starts_a_formula(name: str) -> None:
    assert not cell(name).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_long_name_says_how_much_was_cut() -> None:
    assert visible("a" * 1_000_000) == "a" * 1000 + "... (999000 more characters)"


def test_a_lone_surrogate_is_written_as_an_escape() -> None:
    assert utf8("a\ud800") == b"a\\ud800"
