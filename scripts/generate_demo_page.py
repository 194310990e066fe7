# ruff: noqa: E501 - the page keeps a paragraph a line
"""Write a page for each demonstration lab into examples/: what lives there, and what is planted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from weightguard.demo.providers import CLOUDS, demonstration

_EXAMPLES = Path(__file__).parent.parent / "examples"


def path(cloud: str) -> Path:
    """Where the page of a cloud's lab lies."""
    return _EXAMPLES / ("demo-lab.md" if cloud == CLOUDS[0] else f"demo-lab-{cloud}.md")


def page(cloud: str) -> str:
    """The page's text."""
    return "\n".join(_lines(cloud)) + "\n"


def _lines(cloud: str) -> Iterator[str]:
    found = demonstration(cloud)
    command = "weightguard demo" + ("" if cloud == CLOUDS[0] else f" --cloud {cloud}")
    yield from (f"# The demonstration lab on {found.title}", "", found.about, "")
    yield f"`{command}` builds it, plants the weaknesses below, scans it over HTTP with the ordinary collector, and writes a report."
    yield from (f"`{command} --hardened` leaves them out.", "")
    yield from (f"| {found.kind} | what lives there |", "|---|---|")
    yield from (f"| {name} | {what} |" for name, what in found.places.items())
    yield ""
    yield f"Generated from `src/weightguard/demo/{cloud}/weaknesses.py`; a test proves that each control fails on the weak lab and on nothing of the hardened one."
    yield from ("", "| weakness | what happened | caught by |", "|---|---|---|")
    yield from (f"| {one.name} | {one.story} | {one.control} |" for one in found.weaknesses)


if __name__ == "__main__":
    for cloud in CLOUDS:
        path(cloud).write_text(page(cloud), encoding="utf-8")
