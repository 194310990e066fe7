"""A difference in the formats that pipelines take: Markdown, SARIF, JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from weightguard import __version__, files
from weightguard.errors import InputError
from weightguard.plan.difference import Difference, Turned
from weightguard.plan.difference import Path as Opened
from weightguard.plan.serial import difference_json
from weightguard.plan.words import markdown
from weightguard.report.text import visible

FILES: Final = {"markdown": "plan.md", "sarif": "plan.sarif", "json": "plan.json"}
_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_HOME: Final = "https://github.com/weightguard/weightguard"
_LEVELS: Final = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
_OPENED, _LATE = "WG-PLAN-OPENS", "WG-PLAN-LATE"
_TITLES: Final = {
    _OPENED: "The plan lets somebody reach weights",
    _LATE: "A value that is known only after apply could hide a failure",
}
_BLOCK: Final = re.compile(r'^\s*(?:resource|data)\s+"([^"]+)"\s+"([^"]+)"', re.MULTILINE)
_MODULE_PART: Final = re.compile(r"module\.[^.\[]+(?:\[[^\]]*\])?\.")
_MOST_FILES: Final = 500
_MOST_BYTES: Final = 4 << 20


def names(formats: str, output: str | None) -> tuple[str, ...]:
    """The formats that are asked for.

    Raises:
        InputError: there is no such format, or no folder to write it into.
    """
    wanted = tuple(dict.fromkeys(name.strip() for name in formats.split(",") if name.strip()))
    for name in wanted:
        if name not in FILES:
            raise InputError(f"a plan is not written as {name[:40]!r}", fix=f"choose of {', '.join(FILES)}")
    if wanted and output is None:
        raise InputError("formats need a folder", fix="name one with -o")
    return wanted


def write(found: Difference, folder: Path, wanted: Iterable[str]) -> list[Path]:
    """Write a difference in some formats.

    Raises:
        InputError: the folder cannot be written.
    """
    written = []
    for name in wanted:
        target = folder / FILES[name]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files.write(target, _rendered(found, name))
        except OSError as error:
            raise InputError(
                f"the file cannot be written, {error.strerror}",
                where=str(target),
                fix="choose another place with -o",
            ) from error
        written.append(target)
    return written


def _rendered(found: Difference, name: str) -> bytes:
    if name == "markdown":
        return ("\n".join(found.hide(list(markdown(found)))) + "\n").encode()
    document = _sarif(found) if name == "sarif" else difference_json(found)
    return (json.dumps(found.hide(document), indent=2) + "\n").encode()


# SARIF


def _sarif(found: Difference) -> dict[str, Any]:
    """Code scanning: what opens, what newly fails, what could hide, each at the block that causes it where that is found."""
    lines = _blocks({plan.path.parent for plan in found.plans} | {Path()})
    results = [
        *(_opens(one, lines) for one in found.opened),
        *(_fails(one, lines) for one in (*found.new, *found.worse)),
        *(
            _result(
                _LATE,
                "note",
                f"{one.address} {one.attribute} could hide {', '.join(one.could_hide[:20])}",
                [one.address],
                lines,
            )
            for one in found.hidden
        ),
    ]
    controls = {one["id"]: one["title"] for one in found.report.controls}
    rules = [
        {
            "id": name,
            "shortDescription": {"text": visible(str(_TITLES.get(name) or controls.get(name) or name))},
        }
        for name in sorted({one["ruleId"] for one in results})
    ]
    driver = {"name": "weightguard", "version": __version__, "informationUri": _HOME, "rules": rules}
    run = {"tool": {"driver": driver}, "automationDetails": {"id": "weightguard-plan/"}, "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _opens(one: Opened, lines: Mapping[tuple[str, str], tuple[str, int]]) -> dict[str, Any]:
    row = one.row
    said = f"{row.answer.principal} may {row.question.access.value} {row.question.place} ({row.certainty})"
    return _result(_OPENED, "error", said, one.because_of, lines)


def _fails(one: Turned, lines: Mapping[tuple[str, str], tuple[str, int]]) -> dict[str, Any]:
    entry = one.entry
    level = _LEVELS[entry.severity] if one.now == "fail" else "note"
    found = _result(entry.control, level, f"{entry.subject}: {entry.message}", one.because_of, lines)
    return found | {"partialFingerprints": {"weightguard/v1": entry.fingerprint}}


def _result(
    rule: str,
    level: str,
    said: str,
    addresses: Iterable[str],
    lines: Mapping[tuple[str, str], tuple[str, int]],
) -> dict[str, Any]:
    held = list(addresses)
    logical = [{"fullyQualifiedName": visible(one), "kind": "resource"} for one in held]
    place = next((lines[key] for one in held if (key := _key(one)) in lines), None)
    location: dict[str, Any] = {"logicalLocations": logical} if logical else {}
    if place is not None:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": place[0]},
            "region": {"startLine": place[1]},
        }
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": visible(said)},
        **({"locations": [location]} if location else {}),
    }


def _key(address: str) -> tuple[str, str]:
    """Type and name of an address."""
    parts = _MODULE_PART.sub("", address).removeprefix("data.").partition("[")[0].split(".")
    return (parts[0], parts[1]) if len(parts) > 1 else ("", address)


def _blocks(folders: Iterable[Path]) -> dict[tuple[str, str], tuple[str, int]]:
    """Where the blocks of resources stand in the configuration that lies beside a plan, or in this folder."""
    found: dict[tuple[str, str], tuple[str, int]] = {}
    for path in sorted({path for folder in folders for path in _sources(folder)})[:_MOST_FILES]:
        written = files.read(path, "a configuration", most=_MOST_BYTES).decode("utf-8", "replace")
        for match in _BLOCK.finditer(written):
            found.setdefault(
                (match[1], match[2]), (path.as_posix(), written.count("\n", 0, match.start(1)) + 1)
            )
    return found


def _sources(folder: Path) -> Iterator[Path]:
    for path in folder.glob("*.tf"):
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= _MOST_BYTES:
            yield path
