"""A difference as the public JSON of ``plan``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from weightguard.access.serial import hop_json
from weightguard.plan.difference import Difference, Hidden, Moved, Path, Turned
from weightguard.plan.document import COUNTED, Plan

SCHEMA_VERSION: Final = "1.0"


def difference_json(found: Difference) -> dict[str, Any]:
    """What plans do to weights, for a machine."""
    return {
        "schema_version": SCHEMA_VERSION,
        "plan": _plan(found.plans),
        **({"plans": [_plan([one]) for one in found.plans]} if len(found.plans) > 1 else {}),
        "onto": found.onto,
        "opened": [_path(one) for one in found.opened],
        "closed": [_path(one) for one in found.closed],
        "results": {
            "new": [_turned(one) for one in found.new],
            "fixed": [_turned(one) for one in found.fixed],
            "worse": [_turned(one) for one in found.worse],
            "unchanged": found.unchanged,
        },
        "levels": [_moved(one) for one in found.levels],
        "unknown_until_apply": [_hidden(one) for one in found.hidden],
        "unjudged": [{"address": one.address, "why": one.why} for one in found.unjudged],
        "coverage": {"before": found.coverage[0], "after": found.coverage[1]},
        "exit_status": found.status,
    }


def _plan(plans: Iterable[Plan]) -> dict[str, Any]:
    held = list(plans)
    counts = [one.counts() for one in held]
    return {
        "tool_version": held[0].tool_version,
        "format_version": held[0].format_version,
        "complete": all(one.whole for one in held),
        "changes": {name: sum(one[name] for one in counts) for name in COUNTED},
    }


def _path(one: Path) -> dict[str, Any]:
    row = one.row
    return {
        "access": row.question.access.value,
        "store": row.question.place,
        "principal": row.answer.principal,
        "kind": row.answer.kind,
        "certainty": row.certainty,
        "path": [hop_json(hop) for hop in row.answer.path],
        "because_of": list(one.because_of),
    }


def _turned(one: Turned) -> dict[str, Any]:
    entry = one.entry
    return {
        "control": entry.control,
        "subject": entry.subject,
        "status": one.now or "gone",
        "before": one.before,
        "severity": entry.severity,
        "level": entry.level,
        "message": entry.message,
        "weights": list(entry.weights),
        "fingerprint": entry.fingerprint,
        "because_of": list(one.because_of),
    }


def _moved(one: Moved) -> dict[str, Any]:
    return {"weights": one.weights, "name": one.name, "before": one.before, "after": one.after}


def _hidden(one: Hidden) -> dict[str, Any]:
    return {"address": one.address, "attribute": one.attribute, "could_hide": list(one.could_hide)}
