"""Listings that do not end, or lie about ending."""

from __future__ import annotations

from typing import Any

import pytest

from weightguard.collect.aws import paging
from weightguard.collect.aws.paging import PageModel, Walk, merge

BY_TOKEN = PageModel(("Token",), ("NextToken",), None, "Max", ("Items",))
BY_FLAG = PageModel(("Marker",), ("NextMarker || Items[-1].Name",), "IsTruncated", None, ("Items",))


def test_tokens_are_followed_to_the_end() -> None:
    walk = Walk(BY_TOKEN)
    assert walk.step({"Items": [1], "NextToken": "a"}) is None
    assert (walk.parameters, walk.finished) == ({"Token": "a"}, False)
    assert walk.step({"Items": [2]}) is None
    assert walk.finished


def test_the_last_name_serves_as_marker_where_the_service_says_so() -> None:
    walk = Walk(BY_FLAG)
    assert walk.step({"Items": [{"Name": "a"}, {"Name": "b"}], "IsTruncated": True}) is None
    assert walk.parameters == {"Marker": "b"}


@pytest.mark.parametrize(
    ("pages", "fault"),
    [
        ([{"Items": [], "IsTruncated": True}], "PagingWithoutToken"),
        (
            [
                {"Items": [1], "IsTruncated": True, "NextMarker": "a"},
                {"Items": [2], "IsTruncated": True, "NextMarker": "a"},
            ],
            "PagingLoop",
        ),
        (
            [
                {"Items": [1], "IsTruncated": True, "NextMarker": "a"},
                {"Items": [2], "IsTruncated": True, "NextMarker": "b"},
                {"Items": [3], "IsTruncated": True, "NextMarker": "a"},
            ],
            "PagingLoop",
        ),
        (
            [
                {"Items": [1], "IsTruncated": True, "NextMarker": "a"},
                {"Items": [1], "IsTruncated": True, "NextMarker": "b"},
            ],
            "PagingRepeats",
        ),
    ],
)
def test_a_listing_that_lies_is_cut_off(pages: list[dict[str, Any]], fault: str) -> None:
    walk = Walk(BY_FLAG)
    assert [walk.step(page) for page in pages] == [None] * (len(pages) - 1) + [fault]
    assert not walk.finished


def test_a_listing_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MAX_PAGES", 5)
    walk = Walk(BY_TOKEN)
    faults = [walk.step({"Items": [number], "NextToken": str(number)}) for number in range(5)]
    assert faults == [None, None, None, None, "PagingTooLong"]


def test_pages_are_joined() -> None:
    merged: dict[str, Any] = {}
    first = {"Items": [1], "Owner": "a", "IsTruncated": True}
    merge(merged, first)
    merge(merged, {"Items": [2, 3], "Owner": "a", "IsTruncated": False})
    assert merged == {"Items": [1, 2, 3], "Owner": "a", "IsTruncated": False}
    assert first["Items"] == [1]
