"""Looking at an answer before it is believed: it holds what the provider promises, and its entries say what they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from weightguard.collect.calls.answer import MALFORMED, Answer
from weightguard.collect.calls.operation import Operation


def shaped(operation: Operation, raw: Mapping[str, Any]) -> Answer:
    """An answer that came, as JSON has it. Failed where it lacks what the operation declares; a listing keeps its good entries."""
    return checked(operation, {name: to_json(value) for name, value in raw.items()})


def checked(operation: Operation, data: dict[str, Any]) -> Answer:
    """The same of an answer that came as JSON."""
    missing = [name for name in operation.required if name not in data]
    if missing:
        return Answer("failed", code=MALFORMED, message=f"the answer lacks {', '.join(missing)}")
    broken = [name for name in operation.documents if not _is_document(data[name])]
    if broken:
        return Answer("failed", code=MALFORMED, message=f"{', '.join(broken)} is no JSON document")
    return _identified(operation, data) if operation.entries else Answer("ok", data, keeps=operation.keeps)


def _is_document(text: Any) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (TypeError, ValueError):
        return False


def _identified(operation: Operation, data: dict[str, Any]) -> Answer:
    """A listing keeps the entries that say what they are; one that has others is not complete."""
    lost = 0
    for member in operation.entries:
        entries = data.get(member)
        if entries is not None:
            data[member] = [entry for entry in entries if _has_identity(entry, operation.identity)]
            lost += len(entries) - len(data[member])
    if not lost:
        return Answer("ok", data, keeps=operation.keeps)
    return Answer("failed", data, MALFORMED, f"{lost} entries lack {' or '.join(operation.identity)}")


def _has_identity(entry: Any, identity: tuple[str, ...]) -> bool:
    if not identity:
        return isinstance(entry, str) and bool(entry)
    return isinstance(entry, dict) and all(
        isinstance(entry.get(name), str) and entry[name] for name in identity
    )


def to_json(value: Any) -> Any:
    """An SDK's value as JSON has it: times in ISO-8601 UTC, bytes as their text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    return value
