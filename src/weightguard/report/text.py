"""Make hostile text harmless. Names, tags, policy ids and error messages come from clouds, and anybody may choose them.

Every renderer passes such text through one of these functions: the mark-up languages escape on top, as their own rules ask.
Nothing is dropped in silence: what cannot be shown is shown as an escape (``\\u202e``): names that differ look different.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

MAX_LENGTH = 1000
_FORMULA_START = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "＝",
    "＋",
    "－",
    "＠",
)  # full-width: some locales' Excel takes them too
_MENTION = re.compile(r"@\w|#\d|://|www\.|!\[|\]\(|`|\bGH-\d", re.IGNORECASE)
_MARKUP = re.compile(r"[\\`*_{}\[\]#+|~!$]")
_LINE_START = re.compile(r"^(\s*)([-=]|\d+(?=[.)]))")  # a list, a rule, a heading's underline
_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Default_Ignorable_Code_Point (Unicode Character Database, DerivedCoreProperties.txt): drawn as nothing, whatever its category."""
_BLANK = "\u2800\U0001d159"
"""Drawn as white space though their categories say symbol: an empty Braille cell, an invisible note head."""
_SUSPECT = re.compile("[^ -~]")
_HIDDEN = re.compile(f"[{_IGNORABLE}{_BLANK}]")
# Cc control, Cf format (bidi overrides, zero-width), Cs surrogate, Co private use, Cn unassigned, Zl, Zp and Zs separators.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}


def _is_unseen(character: str) -> bool:
    """Whether a character that is not ASCII's is drawn as nothing, or as what another one is drawn as."""
    return unicodedata.category(character) in _UNSEEN or _HIDDEN.match(character) is not None


def _escape(character: str) -> str:
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def visible(text: str, limit: int = MAX_LENGTH) -> str:
    """`text` on one line with everything unprintable shown as an escape, at most `limit` characters and a note of what was cut."""
    shown = text if len(text) <= limit else text[:limit]
    if _SUSPECT.search(shown):
        shown = "".join(
            _escape(character) if character != " " and _is_unseen(character) else character
            for character in shown
        )
    if len(text) > limit:
        shown += f"... ({len(text) - limit} more characters)"
    return shown


def one_line(text: str) -> str:
    """`text` with its line breaks and runs of spaces as single spaces."""
    return " ".join(text.split())


def cell(text: str, limit: int = MAX_LENGTH) -> str:
    """`text` for a CSV cell: visible, and never taken for a formula (OWASP, "CSV Injection")."""
    shown = visible(text, limit)
    return f"'{shown}" if shown.startswith(_FORMULA_START) else shown


def code(text: str, limit: int = MAX_LENGTH) -> str:
    """`text` as a Markdown code span that also holds inside a table cell: no mark-up, link or mention in it takes effect."""
    # A fence longer than any run of backticks inside cannot be closed from within (CommonMark, "Code spans"); a bar would end the
    # cell even inside a code span (GitHub Flavored Markdown, "Tables").
    shown = visible(text, limit).replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str, limit: int = MAX_LENGTH) -> str:
    """`text` as Markdown prose with every mark-up character escaped; text that could mention somebody becomes a code span."""
    shown = visible(text, limit)
    if _MENTION.search(shown):
        return code(shown, limit)
    escaped = _MARKUP.sub(r"\\\g<0>", shown).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _LINE_START.sub(_off_the_start, escaped)


def _off_the_start(found: re.Match[str]) -> str:
    return f"{found[1]}\\{found[2]}" if found[2] in "-=" else f"{found[1]}&#{ord(found[2][0])};{found[2][1:]}"


_COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True).encode


def compact(value: Any) -> str:
    """`value` as JSON on one line, ASCII alone: no invisible character and no lone surrogate reaches the bytes."""
    return _COMPACT(value)


def utf8(text: str) -> bytes:
    """`text` as UTF-8; a lone surrogate, which JSON can smuggle in, becomes its escape."""
    return text.encode("utf-8", errors="backslashreplace")
