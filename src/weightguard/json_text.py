"""JSON of other people's: read strictly, and only where what it says is worth the memory that it takes.

RFC 8259 leaves open what a key that is given twice means, and ``NaN`` is no JSON at all: parsers differ in what they make of
either, so that one file says two things to two readers. And three bytes (``[],``) make sixty in memory: what a text costs is worked
out from its brackets, commas and colons before it is parsed, piece by piece (`weightguard.json_pieces`).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, Final, NoReturn

import orjson

MOST_MEMORY: Final = 900_000_000
"""Bytes that reading one file may take, beside some 60 MB of the program itself."""
_TIMES: Final = 10
_ALWAYS: Final = 32 << 20
"""What a file of any size may take."""

_LEAST_PAIR: Final = 64
_PLAIN: Final = 6
"""Times its length that a text of ours takes at most."""

STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
ONE_STRING: Final = re.compile(STRING, re.DOTALL)
_SOME_STRINGS: Final = re.compile(rb"(?:" + STRING + rb'[^"]*+){1,2000}+', re.DOTALL)
_SIGN: Final = re.compile(STRING + rb"[ \t\r\n]*+:?|[{}\[\]]|[-0-9ntf][-+.0-9a-zE]*+", re.DOTALL)
"""A text (with a colon behind it where it is a key), a bracket, a number or null, true, false."""

# What each takes in bytes (measured on CPython 3.11 to 3.13).
_TEXT: Final = 64
_NUMBER: Final = 32
_LIST: Final = 88
_OBJECT: Final = 192
_MEMBER: Final = 40
_FREE_MEMBERS: Final = 5
_PLACE: Final = 9
_PAIR: Final = 73
_KEY: Final = 192
_NARROW: Final = bytes(range(0xC4))
_NOT_WIDE: Final = bytes(range(0xF0))


class OddJson(ValueError):
    """What is wrong with a text, as the predicate of a sentence: ``gives the key 'a' twice``."""


def loads(text: bytes | str, *, most_keys: int | None = None, lenient: bool = False) -> Any:
    """A JSON value in which no key is given twice and every number is one.

    Args:
        text: UTF-8, or with a byte order mark what the mark says.
        most_keys: keys that one object may have.
        lenient: what is no number (``NaN``, ``1e400``) is read as its text, instead of refusing the whole: whoever needs a number
            there finds none.

    Raises:
        OddJson: it is none, or cannot be read; a `json.JSONDecodeError` is its cause where the text is not JSON.
    """

    if most_keys is None and isinstance(text, bytes) and len(text) <= _SHORT:
        found = _as_written(text)
        if found is not _NOT_SO:
            return found
    reading = _STRICT if most_keys is None and not lenient else _decoder(most_keys, lenient)
    try:
        return reading.decode(_as_text(text))
    except RecursionError as error:
        raise OddJson("is nested too deeply") from error
    except OddJson:
        raise
    except ValueError as error:  # no JSON, no UTF-8, or a number of more digits than Python reads
        raise OddJson(f"is not JSON, {str(error)[:120]}") from error


def _as_written(text: bytes) -> Any:
    """The value of a text that is written again as it stands, but for blanks: then no key was lost and every number is one.

    orjson is quick and takes the last of two keys; whatever it would write otherwise is left to Python's own reader.
    """
    try:
        value = orjson.loads(text)
        again = orjson.dumps(value)
    except (ValueError, TypeError):  # no JSON, or nested too deeply for it
        return _NOT_SO
    return value if again.translate(None, _BLANKS) == text.translate(None, _BLANKS) else _NOT_SO


_NOT_SO: Final = object()
_BLANKS: Final = b" \t\r\n"
_SHORT: Final = 1 << 23
"""Bytes of a text that is worth being held three times."""


def _as_text(text: bytes | str) -> str:
    if isinstance(text, str):
        return text
    plain = text[:1] == b"{" and text[1:2] not in (b"", b"\0")
    return text.decode("utf-8" if plain else json.detect_encoding(text), "surrogatepass")


def _decoder(most_keys: int | None, lenient: bool) -> json.JSONDecoder:
    """What reads a text as `loads` has it."""

    def few(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = _once(pairs)
        if most_keys is not None and len(found) > most_keys:
            raise OddJson(f"has an object of more than {most_keys:,} keys")
        return found

    return json.JSONDecoder(
        object_pairs_hook=_once if most_keys is None else few,
        parse_constant=str if lenient else _number,
        parse_float=_finite_or_text if lenient else _finite,
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise OddJson(f"gives the key {twice[:80]!r} twice")
    return found


def _number(text: str) -> float:
    raise OddJson(f"holds {text[:40]}, which is no number")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        _number(text)
    return value


def _finite_or_text(text: str) -> float | str:
    value = float(text)
    return text if value in (float("inf"), float("-inf")) else value


_STRICT: Final = _decoder(None, lenient=False)


def refuse_halves(text: bytes, value: Any) -> None:
    """OddJson where a text in `value`, which `text` was read into, has half of a surrogate pair: no file can hold it as text."""
    if b"\\ud" in text or b"\\uD" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise OddJson("holds half of a surrogate pair, which is no text") from error


def whole(text: bytes, *, lenient: bool = False) -> Any:
    """What a whole file says, in UTF-8 or, by its beginning, UTF-16 or UTF-32.

    Args:
        lenient: as `loads` has it.

    Raises:
        OddJson: what `loads` says, or it would take too much memory.
    """
    Meter(len(text)).add(text)
    return loads(text, lenient=lenient)


def in_file(path: Path, error: OddJson) -> str:
    """The file, and where it is not JSON the line."""
    cause = error.__cause__
    return f"{path}:{cause.lineno}" if isinstance(cause, json.JSONDecodeError) else str(path)


class Meter:
    """What has been read of a file, in bytes of memory, against what the file may take.

    Args:
        size: bytes of the file.
    """

    def __init__(self, size: int) -> None:
        self._most = min(MOST_MEMORY, max(_ALWAYS, _TIMES * size))
        self._held = 0

    def add(self, text: bytes, *, typed: bool = False) -> None:
        """Count a piece that is about to be parsed.

        Args:
            typed: its objects become dataclasses, smaller than dictionaries, and are freed.

        Raises:
            OddJson: the file would take too much.
        """
        wide = _width(text) * len(text)
        keys, held = _cost(_count(text), typed)
        if held > _PLAIN * len(text):  # signs inside of strings may be among what was counted
            keys, held = _cost(_counts(text), typed)
        held, passing = held + wide, 3 * len(text) + 64 * keys
        if self._held + held + len(text) + wide + passing > self._most:
            held, passing = self._walked(text)
        self._held += held
        if self._held + len(text) + wide + passing > self._most:
            self.refuse()

    def _walked(self, text: bytes) -> tuple[int, int]:
        """What `text` makes of objects, and what parsing it takes beside them, sign by sign: a key that repeats is held once.

        Slower than counting signs, and asked where that would refuse the file.
        """
        width = _width(text)
        held = passing = most = 0
        keys: set[int] = set()
        places = [0]  # of the brackets that are open: what a value takes in them; a list's is never 0
        pairs = [0]
        for match in _SIGN.finditer(text):
            sign = match[0]
            if sign[-1:] == b":":
                keys.add(hash(sign))
                pairs[-1] += 1
                passing += _PAIR
                most = max(most, passing)
            elif sign in (b"{", b"["):
                held += places[-1]
                places.append(_PLACE if sign == b"[" else 0)
                pairs.append(0)
            elif sign in (b"}", b"]"):
                had = pairs.pop() if len(pairs) > 1 else 0
                passing -= _PAIR * had
                held += _LIST if places[-1] else _OBJECT + _MEMBER * max(0, had - _FREE_MEMBERS)
                if len(places) > 1:
                    places.pop()
            else:
                held += places[-1] + (_TEXT + width * (len(sign) - 2) if sign[:1] == b'"' else _NUMBER)
            if held + most + _KEY * len(keys) > self._most:
                self.refuse()
        return held, most + _KEY * len(keys)

    def brackets(self) -> int:
        """How many pairs of brackets the file may have at most, whatever else it holds."""
        return self._most // _LEAST_PAIR

    def refuse(self) -> NoReturn:
        """OddJson: the file would take too much."""
        raise OddJson(f"takes more than {self._most // 1_000_000:,} MB of memory to read")


def _cost(counts: Counter[str], typed: bool) -> tuple[int, int]:
    """Keys, and the bytes that Python's objects take beside the characters of their texts (measured on CPython 3.11)."""
    objects, lists, key = (120, 64, 8) if typed else (200, 80, 60)
    held = objects * counts["{"] + lists * counts["["] + key * counts[":"] + 70 * counts[","]
    return counts[":"], held


def _counts(text: bytes) -> Counter[str]:
    """Brackets, commas and colons that stand outside of strings."""
    at = text.find(b'"')
    counts = _count(text if at < 0 else text[:at])
    while 0 <= at < len(text):
        match = _SOME_STRINGS.match(text, at)
        end = match.end() if match else len(text)
        counts += _count(ONE_STRING.sub(b"", text[at:end]))
        at = end
    return counts


def _count(text: bytes) -> Counter[str]:
    return Counter({sign: text.count(sign.encode()) for sign in "{[:,"})


def _width(text: bytes) -> int:
    """Bytes that a character of a text takes at most."""
    if text.isascii():
        return 4 if b"\\ud" in text or b"\\uD" in text else 2 if b"\\u" in text else 1
    if text.translate(None, _NOT_WIDE):
        return 4
    return 2 if text.translate(None, _NARROW) or b"\\u" in text else 1
