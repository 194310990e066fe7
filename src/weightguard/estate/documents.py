"""Policy documents, each held once however often a snapshot repeats it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from weightguard.estate.shape import Malformed, mapping

MAXIMUM_TEXT = 1_000_000
"""Longer texts are not read: AWS allows 32,768 characters for the longest of its policies."""
MAXIMUM_DEPTH = 64
"""Deeper documents are not read: the values of a condition stand seven deep. Whoever reads one later may recurse into it."""
_MOST_BYTES = 4
"""UTF-8 takes no more for one character."""


class Documents:
    """Decodes documents as providers write them (JSON text, URL-encoded text, object) and shares equal ones."""

    def __init__(self) -> None:
        self._by_text: dict[str, Mapping[str, Any]] = {}

    def decode(self, value: Any) -> Mapping[str, Any]:
        """The document as an object. Raises `Malformed` on anything else, and on text that holds no JSON object."""
        if isinstance(value, str):
            return self._from_text(value)
        if isinstance(value, dict):
            return self._from_mapping(value)
        raise Malformed("a policy document was expected")

    def policy(self, value: Any) -> Mapping[str, Any]:
        """The same for a policy that grants or denies: it has statements, if only an empty list of them."""
        found = self.decode(value)
        statements = found.get("Statement")
        rows = statements if isinstance(statements, list) else [statements]
        if not all(isinstance(row, dict) for row in rows):
            raise Malformed("a policy without statements")
        return found

    def distinct(self) -> list[Mapping[str, Any]]:
        """Every document seen so far, once."""
        return list({id(item): item for item in self._by_text.values()}.values())

    def _from_text(self, written: str) -> Mapping[str, Any]:
        known = self._by_text.get(written)
        if known is None:
            known = self._by_text[written] = self._from_mapping(_parsed(written))
        return known

    def _from_mapping(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        if _is_too_deep(value):
            raise Malformed("a policy document that is nested too deeply")
        try:
            key = json.dumps(value)
        except (TypeError, ValueError) as error:
            raise Malformed("a policy document that is no JSON") from error
        return self._by_text.setdefault(key, value)


def _parsed(written: str) -> Mapping[str, Any]:
    """The object that a text holds."""
    if len(written) > MAXIMUM_TEXT:
        raise Malformed("a policy document that is too long")
    plain = unquote(written) if written.lstrip()[:1] == "%" else written
    try:
        value = json.loads(plain)
    except (ValueError, RecursionError) as error:
        raise Malformed("a policy document that is no JSON") from error
    return mapping(value)


def _is_too_deep(value: object) -> bool:
    """Level by level, not by recursion: how deep it goes is what is asked."""
    level = [value]
    for _ in range(MAXIMUM_DEPTH):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def check_size(written: Any, most: int) -> None:
    """Raises `Malformed` on a document of more bytes than the provider takes; as it is written, an object in its shortest form."""
    if not isinstance(written, str):
        try:
            written = json.dumps(written, separators=(",", ":"), ensure_ascii=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise Malformed("a policy document that is no JSON") from error
    size = len(unquote(written).encode("utf-8", "replace")) if len(written) * _MOST_BYTES > most else 0
    if size > most:
        raise Malformed(f"a policy of {size:,} bytes, where the provider takes {most:,}")
