"""Policy documents, each held once however often a snapshot repeats it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from weightguard.estate.shape import Malformed

MAXIMUM_TEXT = 1_000_000
"""Longer policy texts stay text: AWS allows 20,480 characters for the longest of its policies."""


class Documents:
    """Decodes documents as providers write them (JSON text, URL-encoded text, object) and shares equal ones."""

    def __init__(self) -> None:
        self._by_text: dict[str, Mapping[str, Any] | str] = {}

    def decode(self, value: Any) -> Mapping[str, Any] | str:
        """The document as an object, or its text where that is no JSON object. Raises `Malformed` on anything else."""
        if isinstance(value, str):
            return self._from_text(value)
        if isinstance(value, dict):
            return self._from_mapping(value)
        raise Malformed("a policy document was expected")

    def distinct(self) -> list[Mapping[str, Any]]:
        """Every document seen so far, once."""
        unique = {id(item): item for item in self._by_text.values() if isinstance(item, dict)}
        return list(unique.values())

    def _from_text(self, written: str) -> Mapping[str, Any] | str:
        known = self._by_text.get(written)
        if known is None:
            known = self._by_text[written] = self._parsed(written)
        return known

    def _parsed(self, written: str) -> Mapping[str, Any] | str:
        if len(written) > MAXIMUM_TEXT:
            return written
        plain = unquote(written) if written.lstrip()[:1] == "%" else written
        try:
            value = json.loads(plain)
        except (ValueError, RecursionError):
            return plain
        return self._from_mapping(value) if isinstance(value, dict) else plain

    def _from_mapping(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            key = json.dumps(value)
        except (TypeError, ValueError, RecursionError) as error:
            raise Malformed("a policy document that is no JSON") from error
        shared = self._by_text.setdefault(key, value)
        return shared if isinstance(shared, dict) else value
