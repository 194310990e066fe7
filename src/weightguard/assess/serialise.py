"""report.json as bytes and back. Canonical: keys in the order of the model, mappings in theirs, no spaces;
UTF-8; one line feed at the end.
"""

from __future__ import annotations

import os
from functools import lru_cache
from io import BufferedIOBase, BytesIO
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError
from pydantic_core import to_json as to_bytes

from weightguard import files
from weightguard.assess.model import Report
from weightguard.assess.parsing import NoReport, parse
from weightguard.assess.reading import REWRITE, refuse_contradictions
from weightguard.errors import InputError
from weightguard.json_text import OddJson

MAXIMUM_BYTES: Final = 256 * 1024**2
"""Bytes of a report that is read back: some 300,000 results, which take most of a gigabyte."""
SMALLER: Final = "judge fewer accounts at once: weightguard assess takes one snapshot as well as several"


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


def from_json(data: bytes, name: str = "report.json", *, contradicting: bool = False) -> Report:
    """Reads a report back.

    Args:
        name: what messages call the file.
        contradicting: one that contradicts itself is read too, by whoever holds it against its evidence.

    Raises:
        InputError: it is no report of this version, is ill-formed, takes too much memory, or contradicts itself.
    """
    if len(data) > MAXIMUM_BYTES:
        raise InputError(f"the report is larger than {MAXIMUM_BYTES:,} bytes", where=name, fix=SMALLER)
    return _read(BytesIO(data), len(data), name, contradicting)


def read_report(path: Path, what: str = "report") -> Report:
    """Reads a report back from its file, without ever holding the text.

    Args:
        what: what messages call it (``earlier report``).

    Raises:
        InputError: there is no such plain file, it is too large, or what `from_json` says.
    """
    with files.opened(path, f"the {what}", most=MAXIMUM_BYTES, fix=SMALLER) as file:
        return _read(file, os.fstat(file.fileno()).st_size, str(path))


def _read(file: BufferedIOBase, size: int, name: str, contradicting: bool = False) -> Report:
    try:
        report = parse(file, size)
    except NoReport as problem:
        raise InputError(
            f"this is no report of this version ({problem})", where=name, fix=REWRITE
        ) from problem
    except OddJson as problem:
        raise InputError(f"the report {problem}", where=name, fix=REWRITE) from problem
    except OSError as problem:
        raise InputError(f"the report cannot be read, {problem.strerror}", where=name) from problem
    if not contradicting:
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
