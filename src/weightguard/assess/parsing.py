"""report.json from text into its model, piece by piece: neither the text nor a tree of it is ever held whole.

A report has half a million results, and somebody else's may be made to cost what it likes. So its lists and mappings are taken a
batch at a time, what each costs is counted first (`weightguard.json_text`), and the first thing that is wrong ends the reading:
a list of all that is wrong took nine hundred times the file.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from io import BufferedIOBase
from typing import Any, Final, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from weightguard.assess.model import Report
from weightguard.json_pieces import Pieces
from weightguard.json_text import Meter, loads, refuse_halves

_BATCH_BYTES: Final = 256 * 1024
_BATCH: Final = 512
_MOST_KEYS: Final = 20_000
"""Keys of one object inside a member: each that is unknown is an error of its own, all of them listed."""


class NoReport(ValueError):
    """What makes a text no report of this version: what, and at which member."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Member:
    """How a member of the report is read.

    Attributes:
        whole: checks it, or a batch of its items or entries.
        shape: ``value``, ``list`` or ``mapping``.
        typed: its objects become dataclasses.
    """

    whole: SchemaValidator
    shape: str
    typed: bool


def parse(file: BufferedIOBase, size: int) -> Report:
    """The report that a file holds, open for reading at its beginning.

    Args:
        size: bytes of the file: it may take ten times as much memory.

    Raises:
        OddJson: it is no JSON, ambiguous, or costs too much. NoReport: it is none of this version.
    """
    meter = Meter(size)
    pieces = Pieces(file, meter)
    if not pieces.begins(b"{"):
        raise NoReport("it is no JSON object")
    members = _members()
    found: dict[str, Any] = {}
    for key in pieces.members():
        if key not in members:
            raise NoReport(f"unknown key {key[:80]!r}")
        found[key] = _member(key, members[key], pieces, meter)
    pieces.ends()
    missing = [name for name, field in _fields().items() if name not in found and _is_required(field)]
    if missing:
        raise NoReport(f"field required at {missing[0]}")
    return Report(**found)


def _fields() -> Mapping[str, dataclasses.Field[Any]]:
    return {field.name: field for field in dataclasses.fields(Report)}


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


@lru_cache(maxsize=1)
def _members() -> Mapping[str, _Member]:
    hints = get_type_hints(Report)
    return {name: _as_member(hints[name]) for name in _fields()}


def _as_member(hint: Any) -> _Member:
    shape = {tuple: "list", Mapping: "mapping"}.get(get_origin(hint), "value")
    inner = get_args(hint)[:1] if shape == "list" else (hint,)
    return _Member(_hasty(hint), shape, all(map(dataclasses.is_dataclass, inner)))


def _hasty(hint: Any) -> SchemaValidator:
    """A validator that ends at the first item that is wrong, however deep the list."""

    def hasty(schema: Any) -> Any:
        if isinstance(schema, dict):
            changed = {key: hasty(value) for key, value in schema.items()}
            return {**changed, "fail_fast": True} if schema.get("type") in ("tuple", "dict") else changed
        return [hasty(item) for item in schema] if isinstance(schema, list) else schema

    return SchemaValidator(hasty(TypeAdapter(hint).core_schema))


def _member(key: str, member: _Member, pieces: Pieces, meter: Meter) -> Any:
    if member.shape == "list" and pieces.begins(b"["):
        items: list[Any] = []
        for batch in _batches(pieces.items()):
            items.extend(_checked(key, member, b"[" + b",".join(batch) + b"]", meter, len(items)))
        return tuple(items)
    if member.shape == "mapping" and pieces.begins(b"{"):
        entries: dict[str, Any] = {}
        for batch in _batches(_entries(pieces)):
            entries.update(_checked(key, member, b"{" + b",".join(batch) + b"}", meter))
        return entries
    return _checked(key, member, pieces.value(), meter)


def _entries(pieces: Pieces) -> Iterator[bytes]:
    for name in pieces.members():
        yield json.dumps(name).encode() + b":" + pieces.value()


def _batches(items: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for item in items:
        batch.append(item)
        size += len(item)
        if size >= _BATCH_BYTES or len(batch) == _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _checked(key: str, member: _Member, text: bytes, meter: Meter, before: int = 0) -> Any:
    meter.add(text, typed=member.typed)
    value = loads(text, most_keys=_MOST_KEYS)
    refuse_halves(text, value)
    try:
        return member.whole.validate_python(value)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        place = [str(part) for part in first["loc"]]
        if member.shape == "list" and place and place[0].isdigit():
            place[0] = str(int(place[0]) + before)
        raise NoReport(f"{first['msg'].lower()} at {'.'.join((key, *place))}"[:200]) from problem
