"""Cuts on the page: the change, whom it costs, who is left."""

from __future__ import annotations

from dataclasses import replace

import pytest
from build import empty

from weightguard.assess.model import CutChange, CutEntry, Picture, PictureEdge, PictureNode
from weightguard.report.formats import html

STORE = "arn:aws:s3:::weights"
LOSER, LEFT = "arn:aws:iam::111111111111:role/<b>loser", "arn:aws:iam::999999999999:root"


def page(cut: CutEntry) -> str:
    nodes = (PictureNode(LEFT, "external"), PictureNode(STORE, "store"))
    edges = (PictureEdge(LEFT, STORE, "s3:GetObject", "certain", ()),)
    return html.render(replace(empty(), access=Picture(nodes, edges, (cut,), 0))).decode()


@pytest.mark.parametrize("lost", [0, 1, 4])
def test_whom_a_change_costs_its_access_is_told(lost: int) -> None:
    costs = (LOSER,) if lost else ()
    change = CutChange("p", "remove the only statement from x", "x", "0", (LEFT,), 1, costs, lost)
    told = page(CutEntry(STORE, (change,), True))
    assert "remove the only statement from x" in told
    assert ("the access</strong>" in told) is bool(lost)
    assert ("and 3 more" in told) is (lost == 4)
    assert "<b>loser" not in told
    assert "still in" not in told


def test_who_is_left_is_told() -> None:
    assert "still in: " in page(CutEntry(STORE, (), False, (LEFT,)))
    assert "somebody may be left" in page(CutEntry(STORE, (), False))
