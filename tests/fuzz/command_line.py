"""A command line typed in-process, held to what every command promises."""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

from weightguard.cli import run

REFUSED, GOOD = 2, (0, 3, 4)


def command(*arguments: str | Path) -> int:
    """Type a command line; it ends in a status that says what happened, and in one line where it is refused."""
    out, err = TextIOWrapper(BytesIO(), "utf-8"), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = run([str(one) for one in arguments])
    said = err.getvalue()
    assert "internal error" not in said and "Traceback" not in said, said
    assert status in (REFUSED, *GOOD), (status, said)
    if status == REFUSED and arguments[0] != "evaluate":
        assert said.startswith("weightguard: ") and said.count("\n") == 1, said
    return status
