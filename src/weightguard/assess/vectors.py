"""The 38 attack vectors: which controls bear on each, for whom it is feasible, and whether this estate closes
it.

Configuration never closes a vector as a whole; `beyond` says what stays out of sight, and a vector that
configuration cannot speak to is named so, whatever its controls say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from weightguard.assess.model import VectorEntry, VectorState
from weightguard.assess.standing import Standing
from weightguard.controls.catalogue import Catalogue
from weightguard.controls.schema import Vector

FEASIBLE_FROM = 2  # more than a 20 % chance for one operation

_WORDS: Mapping[Standing, str] = {
    Standing.PASS: "pass",
    Standing.ATTESTED: "attested",
    Standing.SELF_ATTESTED: "self_attested",
    Standing.WAIVED: "waived",
    Standing.NOT_ATTESTED: "not_attested",
    Standing.UNKNOWN: "unknown",
    Standing.FAIL: "fail",
    Standing.NOT_APPLICABLE: "not_applicable",
}


def vectors(catalogue: Catalogue, standing: Mapping[str, Standing]) -> tuple[VectorEntry, ...]:
    """Every vector, in table order; `standing` is the worst of each control over the whole estate."""
    bearing: dict[str, list[str]] = defaultdict(list)
    for control in catalogue.controls:
        for vector in control.mappings.rand_vectors:
            bearing[vector].append(control.id)
    return tuple(_entry(vector, bearing[vector.id], standing) for vector in catalogue.vectors)


def _entry(vector: Vector, controls: list[str], standing: Mapping[str, Standing]) -> VectorEntry:
    grouped: dict[str, list[str]] = defaultdict(list)
    for control in controls:
        grouped[_WORDS[standing.get(control, Standing.NOT_APPLICABLE)]].append(control)
    return VectorEntry(
        id=vector.id,
        category=vector.category,
        label=vector.label,
        feasibility=dict(sorted(vector.feasibility.items())),
        feasible_for=tuple(
            who for who, chance in sorted(vector.feasibility.items()) if chance >= FEASIBLE_FROM
        ),
        controls={word: tuple(ids) for word, ids in sorted(grouped.items())},
        state=_state(vector, frozenset(grouped)),
        beyond=vector.beyond,
    )


_HOLDING = frozenset({"pass", "attested"})
_HALF = frozenset({"pass", "attested", "self_attested"})


def _state(vector: Vector, words: frozenset[str]) -> VectorState:
    """Closed is said only where every control that applies holds, and at least one does: one's own word closes nothing."""
    speaking = words - {"not_applicable"}
    if vector.evidence == "beyond":
        return "attested" if speaking == {"attested"} else "beyond_evidence"
    if not speaking:
        return "no_control"
    if speaking & {"fail", "waived"}:
        return "open"
    if "unknown" in speaking:
        return "unknown"
    if speaking <= _HOLDING:
        return "attested" if speaking == {"attested"} else "closed_in_configuration"
    return "partly" if speaking & _HALF else "not_attested"
