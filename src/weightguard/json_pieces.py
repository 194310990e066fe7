"""A JSON file taken apart without being held: what each piece costs is known before it is parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BufferedIOBase
from typing import Final

from weightguard.json_text import ONE_STRING, STRING, Meter, OddJson, loads

DEEPEST: Final = 200
_CHUNK: Final = 1 << 20

_PLAIN_PART: Final = rb'[^"\[\]{}]*+(?:' + STRING + rb'[^"\[\]{}]*+)*+'
_LEAF: Final = rb"(?:\{" + _PLAIN_PART + rb"\}|\[" + _PLAIN_PART + rb"\])"
_BRACKET: Final = re.compile(_PLAIN_PART + rb"(?:" + _LEAF + _PLAIN_PART + rb")*+([\[\]{}])", re.DOTALL)
"""The next bracket outside of strings, past lists and objects that hold no other."""
_END: Final = re.compile(rb'[^"\[\]{},]*+(?:' + STRING + rb'[^"\[\]{},]*+)*+([\[\]{},])', re.DOTALL)
_SPACE: Final = re.compile(rb"[ \t\r\n]*+")


class Pieces:
    """A JSON file taken apart without being held: the members of its object, the items of their lists, as pieces of text.

    A piece is a value by its brackets alone; whether it is JSON, whoever parses it sees.

    Args:
        file: open for reading bytes, at its beginning.
        meter: what the file may take.
    """

    def __init__(self, file: BufferedIOBase, meter: Meter) -> None:
        self._file = file
        self._meter = meter
        self._brackets = meter.brackets()
        self._data = b""
        self._at = 0

    def _more(self) -> bool:
        """Take more of the file in; False at its end. What lies before the place is let go."""
        rest = self._data[self._at :]
        read = self._file.read(max(_CHUNK, len(rest)))
        self._data, self._at = rest + read, 0
        return bool(read)

    def _next(self) -> bytes:
        """The next sign that is no space, without taking it; nothing at the end."""
        while True:
            match = _SPACE.match(self._data, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._data):
                return self._data[self._at : self._at + 1]
            if not self._more():
                return b""

    def _take(self, *signs: bytes) -> bytes:
        found = self._next()
        if found not in signs:
            raise OddJson("is cut off" if not found else "is not JSON")
        self._at += 1
        return found

    def begins(self, sign: bytes) -> bool:
        """Whether the next value begins with `sign`."""
        return self._next() == sign

    def ends(self) -> None:
        """OddJson where anything follows."""
        if self._next():
            raise OddJson("goes on after its end")

    def value(self) -> bytes:
        """The next value, whole."""
        self._next()
        end = self._end()
        piece = self._data[self._at : end]
        self._at = end
        return piece

    def _end(self) -> int:
        """Where the value ends that begins at the place."""
        at, depth = self._at, 0
        while True:
            match = (_BRACKET if depth else _END).match(self._data, at)
            if match is None:
                scanned = at - self._at
                if not self._more():
                    raise OddJson("is cut off")
                at = scanned
                continue
            at = match.end()
            sign = match[1]
            if sign in b"{[":
                depth += 1
                self._brackets -= 1
                if self._brackets < 0:
                    self._meter.refuse()
                if depth > DEEPEST:
                    raise OddJson("is nested too deeply")
            elif depth == 0:
                return at - 1
            else:
                depth -= sign != b","

    def members(self) -> Iterator[str]:
        """The keys of the object that comes next; the value of each has to be taken before the next key is."""
        self._take(b"{")
        seen: set[str] = set()
        if self.begins(b"}"):
            self._at += 1
            return
        while True:
            key = self._key()
            if key in seen:
                raise OddJson(f"gives the key {key[:80]!r} twice")
            seen.add(key)
            self._take(b":")
            yield key
            if self._take(b",", b"}") == b"}":
                return

    def _key(self) -> str:
        if self._next() != b'"':
            raise OddJson("is not JSON")
        while (match := ONE_STRING.match(self._data, self._at)) is None:
            if not self._more():
                raise OddJson("is cut off")
        self._at = match.end()
        return str(loads(match[0]))

    def items(self) -> Iterator[bytes]:
        """The items of the list that comes next."""
        self._take(b"[")
        if self.begins(b"]"):
            self._at += 1
            return
        while True:
            yield self.value()
            if self._take(b",", b"]") == b"]":
                return
