"""The expressions of a mutelist, and what they say of a name: yes, no, or that it hangs on what is not known.

Source: Prowler 5.46: every ``*`` becomes ``.*``, and what is then found anywhere in a name matches.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from typing import Any, Final

from weightguard.memory import Memory

ANYTHING: Final = frozenset({"*", ".*"})
"""Expressions that every name has."""

LONGEST: Final = 1_000
_COUNT_FROM_NONE: Final = re.compile(r"\{,\d*\}")
"""Python's "at most so many", which other engines take for text."""


def check(expression: str) -> None:
    """Refuses what is no expression, or not the same one in Python, for which it was written, and in RE2, which matches here.

    Raises:
        ValueError: in one sentence.
    """
    if len(expression) > LONGEST:
        raise ValueError("it is longer than a thousand characters")
    if not expression.isascii():
        raise ValueError("the names of resources and regions have no such letters")
    import re2

    written = expression.replace("*", ".*")
    try:
        _compiled(expression)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(written)
    except re2.error as error:
        raise ValueError(_text(error)) from error
    except (re.error, Warning, RecursionError, OverflowError) as error:
        raise ValueError(f"Prowler's own engine takes it otherwise: {error}") from error
    if _COUNT_FROM_NONE.search(written):
        raise ValueError("a count without its least number is not understood; write {0,n}")


def found_in(expressions: Iterable[str], text: str | None, memory: Memory) -> bool | None:
    """Whether some expression is found in a text; None: that hangs on the text, which is not known."""
    written = tuple(expressions)
    if text is None:
        return True if ANYTHING & set(written) else (None if written else False)
    return any(memory.once(_compiled, one).search(text) is not None for one in written)


def every(parts: Iterable[bool | None]) -> bool | None:
    """Whether all hold; None where none fails and some is not known."""
    known = tuple(parts)
    return False if False in known else (None if None in known else True)


def some(parts: Iterable[bool | None]) -> bool | None:
    """Whether one holds; None where none does and some is not known."""
    known = tuple(parts)
    return True if True in known else (None if None in known else False)


def _compiled(expression: str) -> Any:
    """An expression as RE2 compiles it: its time grows with the text alone, whoever wrote it."""
    import re2

    options = re2.Options()
    options.log_errors = False
    return re2.compile(expression.replace("*", ".*"), options)


def _text(error: Exception) -> str:
    found = error.args[0] if error.args else error
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)
