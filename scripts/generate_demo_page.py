# ruff: noqa: E501 - the page keeps a paragraph a line
"""Write examples/demo-lab.md from what the demonstration lab plants."""

from __future__ import annotations

from pathlib import Path

from weightguard.demo.weaknesses import WEAKNESSES

PAGE = Path(__file__).parent.parent / "examples" / "demo-lab.md"

_HEAD = """# The demonstration lab

`weightguard demo` builds a small frontier lab's AWS organisation on an embedded emulator, plants the weaknesses below, scans it over HTTP with the
ordinary collector, and writes a report. `weightguard demo --hardened` leaves them out. The emulator stores policies but does not enforce them,
so the audit role reads headers there without the rights that it would need on AWS.

| account | what lives there |
|---|---|
| management | the organization, its service and resource control policies |
| training | checkpoints of the next model, the nodes that write them |
| serving | the release, the nodes that serve it, the pipeline that publishes it through GitHub's OIDC |
| log-archive | the organization's trail, and a backup of the release |
| research | evaluation jobs and their probe |
| foreign | somebody else's account: a partner's |

Generated from `src/weightguard/demo/weaknesses.py`; a test proves that each control fails on the weak lab and on nothing of the hardened one.

| weakness | what happened | caught by |
|---|---|---|
"""


def page() -> str:
    """The page's text."""
    rows = (f"| {weakness.name} | {weakness.story} | {weakness.control} |" for weakness in WEAKNESSES)
    return _HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
