"""A difference in the formats that pipelines take: Markdown, SARIF, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from weightguard import __version__, files
from weightguard.errors import InputError
from weightguard.plan.blocks import Blocks
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


def write(found: Difference, folder: Path, wanted: Iterable[str], source: Path | None = None) -> list[Path]:
    """Write a difference in some formats.

    Args:
        source: where the configuration of the root module lies; None: beside the plan, else in this folder.

    Raises:
        InputError: the folder cannot be written.
    """
    written = []
    for name in wanted:
        target = folder / FILES[name]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files.write(target, _rendered(found, name, source))
        except OSError as error:
            raise InputError(
                f"the file cannot be written, {error.strerror}",
                where=str(target),
                fix="choose another place with -o",
            ) from error
        written.append(target)
    return written


def _rendered(found: Difference, name: str, source: Path | None) -> bytes:
    if name == "markdown":
        return ("\n".join(found.hide(list(markdown(found)))) + "\n").encode()
    document = _sarif(found, source) if name == "sarif" else difference_json(found)
    return (json.dumps(found.hide(document), indent=2) + "\n").encode()


# SARIF


@dataclass(frozen=True, slots=True)
class _Places:
    blocks: Blocks
    plan: str

    def of(self, addresses: Sequence[str]) -> dict[str, Any]:
        """The line of the first address that has one; else the plan: code scanning takes no result without a file."""
        line = self.blocks.first(addresses)
        if line is None:
            return {"artifactLocation": {"uri": self.plan}}
        return {"artifactLocation": {"uri": line.uri}, "region": {"startLine": line.number}}


def _sarif(found: Difference, folder: Path | None) -> dict[str, Any]:
    """Code scanning: what opens, what newly fails, what could hide, each at the block that causes it where that is found."""
    places = _Places(Blocks(found.plans, folder), quote(found.plans[0].path.as_posix()))
    results = [
        *(_opens(one, places) for one in found.opened),
        *(_fails(one, places) for one in (*found.new, *found.worse)),
        *(
            _result(
                _LATE,
                "note",
                f"{one.address} {one.attribute} could hide {', '.join(one.could_hide[:20])}",
                [one.address],
                places,
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


def _opens(one: Opened, places: _Places) -> dict[str, Any]:
    row = one.row
    said = f"{row.answer.principal} may {row.question.access.value} {row.question.place} ({row.certainty})"
    return _result(_OPENED, "error", said, one.because_of, places)


def _fails(one: Turned, places: _Places) -> dict[str, Any]:
    entry = one.entry
    level = _LEVELS[entry.severity] if one.now == "fail" else "note"
    found = _result(entry.control, level, f"{entry.subject}: {entry.message}", one.because_of, places)
    return found | {"partialFingerprints": {"weightguard/v1": entry.fingerprint}}


def _result(
    rule: str,
    level: str,
    said: str,
    addresses: Iterable[str],
    places: _Places,
) -> dict[str, Any]:
    held = list(addresses)
    location: dict[str, Any] = {"physicalLocation": places.of(held)}
    if held:
        location["logicalLocations"] = [
            {"fullyQualifiedName": visible(one), "kind": "resource"} for one in held
        ]
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": visible(said)},
        "locations": [location],
    }
