"""Listings that do not end, or lie about ending."""

from __future__ import annotations

from typing import Any

import pytest

from weightguard.collect.aws.page_models import PageModel
from weightguard.collect.calls import paging
from weightguard.collect.calls.paging import Tokens, Walk, merge

BY_TOKEN = PageModel(("Token",), ("NextToken",), None, "Max", ("Items",))
BY_FLAG = PageModel(("Marker",), ("NextMarker || Items[-1].Name",), "IsTruncated", None, ("Items",))


def test_tokens_are_followed_to_the_end() -> None:
    walk = Walk(BY_TOKEN.read)
    assert walk.step({"Items": [1], "NextToken": "a"}) is None
    assert (walk.parameters, walk.finished) == ({"Token": "a"}, False)
    assert walk.step({"Items": [2]}) is None
    assert walk.finished


def test_the_last_name_serves_as_marker_where_the_service_says_so() -> None:
    walk = Walk(BY_FLAG.read)
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
    walk = Walk(BY_FLAG.read)
    assert [walk.step(page) for page in pages] == [None] * (len(pages) - 1) + [fault]
    assert not walk.finished


def test_a_listing_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MAX_PAGES", 5)
    walk = Walk(BY_TOKEN.read)
    faults = [walk.step({"Items": [number], "NextToken": str(number)}) for number in range(5)]
    assert faults == [None, None, None, None, "PagingTooLong"]


def test_a_member_that_is_there_says_how_to_go_on() -> None:
    walk = Walk(Tokens(("items",), "nextPageToken", "pageToken").read)
    assert walk.step({"items": [1], "nextPageToken": "a"}) is None
    assert (walk.parameters, walk.finished) == ({"pageToken": "a"}, False)
    assert walk.step({"items": [2], "nextPageToken": ""}) is None, "Google ends a listing with an empty token"
    assert walk.finished


def test_pages_are_joined() -> None:
    merged: dict[str, Any] = {}
    first = {"Items": [1], "Owner": "a", "IsTruncated": True}
    merge(merged, first)
    merge(merged, {"Items": [2, 3], "Owner": "a", "IsTruncated": False})
    assert merged == {"Items": [1, 2, 3], "Owner": "a", "IsTruncated": False}
    assert first["Items"] == [1]
