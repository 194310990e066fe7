"""report.json as bytes and back. Canonical: keys in the order of the model, mappings in theirs, no spaces;
UTF-8; one line feed at the end.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError
from pydantic_core import to_json as to_bytes

from weightguard.assess.model import Report
from weightguard.assess.reading import REWRITE, refuse_contradictions, refuse_odd_json
from weightguard.errors import InputError

MAXIMUM_BYTES = 256 * 1024**2


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


def to_json(report: Report) -> bytes:
    """The report as report.json. The same report gives the same bytes."""
    try:
        return _adapter().dump_json(report) + b"\n"
    except PydanticSerializationError:
        # A lone surrogate, which a provider's JSON can smuggle in and UTF-8 cannot carry: its escape stands
        # for it.
        return to_bytes(_encodable(_adapter().dump_python(report))) + b"\n"


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", errors="backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list | tuple) else value


def from_json(data: bytes, name: str = "report.json") -> Report:
    """Reads a report back.

    Args:
        name: what messages call the file.

    Raises:
        InputError: it is no report of this version, is ill-formed, or contradicts itself.
    """
    if len(data) > MAXIMUM_BYTES:
        raise InputError("the report is too large", where=name)
    refuse_odd_json(data, name)
    try:
        report = _adapter().validate_json(data)
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"this is no report of this version ({first['msg'].lower()} at {where or 'its beginning'})",
            where=name,
            fix=REWRITE,
        ) from problem
    refuse_contradictions(report, name)
    return report


def report_schema() -> dict[str, Any]:
    """JSON schema of report.json."""
    schema = _adapter().json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "weightguard report",
        **schema,
    }
