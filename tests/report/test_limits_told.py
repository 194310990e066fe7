"""Limits are told by everything that people read: in play before standing, each kind once, and "none" only where there is none."""

from __future__ import annotations

from dataclasses import replace

from build import empty

from weightguard.assess.model import LimitEntry, Report
from weightguard.report import limits
from weightguard.report.formats import html, markdown
from weightguard.report.terminal import render


def with_limits() -> Report:
    acls = "accounts that an object's own list grants it"
    return replace(
        empty(),
        limits=(
            LimitEntry("object-acls", "arn:aws:s3:::one", acls, ("WG-STO-01",), True),
            LimitEntry("object-acls", "arn:aws:s3:::two", acls, ("WG-IAM-01",), True),
            LimitEntry("a-share", "*", "accounts that <b>a share</b> lets in", (), False),
        ),
    )


def test_limits_of_one_kind_are_one_line_those_in_play_first() -> None:
    first, second = limits.lines(with_limits())
    assert (first.id, first.where, first.in_play) == ("object-acls", "2 places", True)
    assert first.controls == ("WG-IAM-01", "WG-STO-01")
    assert (second.id, second.where, second.in_play) == ("a-share", "", False)


def test_every_reader_is_told() -> None:
    for text in (html.render(with_limits()).decode(), markdown.render(with_limits()).decode()):
        assert limits.TITLE in text
        assert "list grants it" in text
        assert "in play here" in text
        assert "standing" in text
        assert "<b>a share</b>" not in text
    assert "grants it (2 places)" in render(with_limits())
    assert "1 limit more in the report" in render(with_limits())


def test_no_limit_is_said_as_such() -> None:
    assert limits.NONE in markdown.render(empty()).decode()
    assert limits.TITLE not in render(empty())
