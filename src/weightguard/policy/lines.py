"""Lines of JSON of which many end in the same policies: these are parsed once.

A case brings its policies, and one estate has the same for many requests: most of what a run reads it has read before. Where a
line ends, from its policies on, in what an earlier line ended in, only its beginning is parsed.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from weightguard.errors import InputError
from weightguard.json_text import OddJson, loads

_POLICIES: Final = "policies"
_KEY: Final = b'"policies"'
_INSTEAD: Final = b'"policies":null}'
_WITHOUT_REFERENCES: Final = 2
"""The version of Python's own notation that is equal for what is equal, whichever of its texts are one object."""


class _Ending:
    """What lines end in.

    Attributes:
        members: of the line's object, from its policies on.
    """

    __slots__ = ("_written", "members")

    def __init__(self, members: Mapping[str, Any]) -> None:
        self.members = members
        self._written: tuple[bytes | None] | None = None

    def written(self) -> bytes | None:
        """Its policies, `written` once."""
        if self._written is None:
            self._written = (written(self.members[_POLICIES]),)
        return self._written[0]


def written(content: object) -> bytes | None:
    """What is equal for equal parts of JSON; None where a part is nested too deeply for that: whoever reads it says so."""
    try:
        return marshal.dumps(cast(Any, content), _WITHOUT_REFERENCES)
    except ValueError:
        return None


class Lines:
    """The lines of a run.

    Args:
        most: bytes of endings that are kept; one more, and they are forgotten. What is read of one takes some ten times as much.
    """

    __slots__ = ("_by_policies", "_endings", "_held", "_most")

    def __init__(self, most: int = 1 << 24) -> None:
        self._endings: dict[bytes, _Ending] = {}
        self._by_policies: dict[int, _Ending] = {}
        self._held = 0
        self._most = most

    def entry(self, line: bytes) -> Mapping[str, Any]:
        """The object that a line says.

        Raises:
            InputError: it says none.
        """
        at = line.find(_KEY)
        if at < 0:
            return _parsed(line)
        ending = line[at:]
        known = self._endings.get(ending)
        if known is None:
            entry = _parsed(line)
            self._keep(line[:at], ending, entry)
            return entry
        beginning = _beginning(line[:at])
        if beginning is None or not beginning.keys().isdisjoint(known.members):
            return _parsed(line)
        return {**beginning, **known.members}

    def written(self, content: object) -> bytes | None:
        """A part of a case, `written`: once, where it is the policies of an ending that is kept."""
        ending = self._by_policies.get(id(content))
        if ending is None or ending.members[_POLICIES] is not content:
            return written(content)
        return ending.written()

    def _keep(self, beginning: bytes, ending: bytes, entry: Mapping[str, Any]) -> None:
        if len(ending) > self._most or _beginning(beginning) is None:
            return
        self._held += len(ending)
        if self._held > self._most:
            self._endings.clear()
            self._by_policies.clear()
            self._held = len(ending)
        kept = self._endings[ending] = _Ending(dict(_from_policies(entry)))
        self._by_policies[id(entry[_POLICIES])] = kept


def _from_policies(entry: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """An object's members from its policies on, in the order of the text."""
    found = False
    for name, value in entry.items():
        found = found or name == _POLICIES
        if found:
            yield name, value


def _beginning(text: bytes) -> Mapping[str, Any] | None:
    """The members before the policies; None where `text` does not stop at a key of the object that the line is.

    What follows means the same after any text of which this reads: the parser is in the line's own object, before a key.
    """
    try:
        found = loads(text + _INSTEAD)
    except OddJson:
        return None
    del found[_POLICIES]
    return found  # type: ignore[no-any-return]


def _parsed(line: bytes) -> Mapping[str, Any]:
    try:
        entry = loads(line)
    except OddJson as error:
        raise InputError(f"the line {error}", fix="give one JSON object a line") from error
    if not isinstance(entry, Mapping):
        raise InputError("the line is not a JSON object", fix="see `weightguard schema case`")
    return entry
