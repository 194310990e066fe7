"""What to do: the shortest list of fixes to the next level, and what an assumed fix would buy.

The list is exact, not a guess: a level needs every one of its controls, so each blocking failure has to be
fixed, each blocking unknown made readable and each missing attestation given; nothing else is on the list.
Failures of one control are one entry with all their subjects. Unknowns are grouped by the read that is
missing, because one granted permission settles every verdict behind it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from weightguard.assess.levels import blockers, ladder, lowest, rank, reached
from weightguard.assess.model import CONFIGURATION, Fix, Level, NextLevel, Reached, Severity, WhatIf
from weightguard.assess.providers import permission
from weightguard.assess.remedies import Place, effect_of, remedy
from weightguard.assess.scoring import Exposure, score, score_together
from weightguard.assess.standing import Settled, Standing, Table, assuming
from weightguard.controls.schema import LEVELS, SEVERITIES, Control, Status
from weightguard.errors import ConfigError
from weightguard.estate.fact import Reason, Unknown

LISTED = 20
_KEYS = 3
_KINDS = ("change", "grant", "attest")
Read = tuple[str, str]
"""A service and its operation."""


def next_level(
    table: Table,
    settled: Sequence[Settled],
    controls: Mapping[str, Control],
    level: Reached,
    places: Mapping[str, Place],
) -> NextLevel:
    """What lifts the organisation from `level` to the next one.

    Args:
        places: where the weight sets lie, by their ids.
    """
    if rank(level) >= len(LEVELS):
        return NextLevel(level=None, fixes=())
    wanted = LEVELS[rank(level)]
    needed = {
        (name, control_id): why
        for name, row in table.items()
        for control_id, why in blockers(row, controls, rank(wanted)).items()
    }
    changes: dict[str, list[Settled]] = defaultdict(list)
    grants: dict[Read, list[Settled]] = defaultdict(list)
    attests: dict[str, list[Settled]] = defaultdict(list)
    for one in settled:
        whys = {needed[key] for name in one.result.weights if (key := (name, one.result.control)) in needed}
        blocks = _blocks(one, whys)
        if blocks == "fail":
            changes[one.result.control].append(one)
        elif blocks == "unknown":
            for read in _reads(one):
                grants[read].append(one)
        elif blocks == "not_attested":
            attests[one.result.control].append(one)
    fixes = [
        *(_change(controls[name], found, places) for name, found in changes.items()),
        *(_grant(read, found, controls) for read, found in grants.items()),
        *(_attest(controls[name], found) for name, found in attests.items()),
    ]
    fixes.sort(key=lambda fix: _urgency(fix, controls))
    return NextLevel(level=wanted, fixes=tuple(fixes))


def _blocks(one: Settled, whys: Collection[str]) -> Literal["fail", "unknown", "not_attested"] | None:
    """As what a result blocks. An accepted risk blocks as what it was: accepting it moved nothing."""
    if one.standing is Standing.WAIVED and "waived" in whys:
        if one.result.status is Status.FAIL:
            return "fail"
        return "not_attested" if one.result.attestable else "unknown"
    if one.standing is Standing.FAIL and "fail" in whys:
        return "fail"
    if one.standing is Standing.UNKNOWN and "unknown" in whys:
        return "unknown"
    return "not_attested" if not {"not_attested", "self_attested"}.isdisjoint(whys) else None


def _urgency(fix: Fix, controls: Mapping[str, Control]) -> tuple[bool, int, int, tuple[str, ...]]:
    """What lays weights open now comes first, then the most severe."""
    exposing = fix.kind == "change" and any(controls[name].exposes for name in fix.controls)
    return not exposing, SEVERITIES.index(fix.severity), _KINDS.index(fix.kind), fix.controls


def what_if(
    assumed: Mapping[str, str],
    table: Table,
    counted: Collection[str],
    controls: Mapping[str, Control],
    targets: Mapping[str, Level],
    exposed: Mapping[str, Exposure],
) -> WhatIf:
    """Levels and scores before and after the controls in `assumed` pass.

    Args:
        exposed: what caps the score of each weight set, as text that begins with a control's id where a
            failure does.

    Raises:
        ConfigError: an unknown control, or anything but ``pass`` assumed.
    """
    for control_id, status in assumed.items():
        if control_id not in controls:
            raise ConfigError(
                f"unknown control {control_id!r}", where="--what-if", fix="weightguard controls list"
            )
        if status != "pass":
            raise ConfigError(f"only pass can be assumed, not {status!r}", where=f"--what-if {control_id}")
    after = assuming(table, assumed)
    still = _lifted(exposed, assumed)
    weights: dict[str, dict[str, str | int]] = {}
    for name in sorted(table):
        weights[name] = {
            "level_before": reached(ladder(table[name], controls)),
            "level_after": reached(ladder(after[name], controls)),
            "score_before": score(table[name], controls, targets[name], _cap(exposed, name)).value,
            "score_after": score(after[name], controls, targets[name], _cap(still, name)).value,
        }
    return WhatIf(
        assumed=dict(sorted(assumed.items())),
        level_before=lowest(reached(ladder(table[name], controls)) for name in counted),
        level_after=lowest(reached(ladder(after[name], controls)) for name in counted),
        score_before=score_together(_aimed(table, targets), controls, _first(exposed)).value,
        score_after=score_together(_aimed(after, targets), controls, _first(still)).value,
        weights=weights,
    )


def _change(control: Control, found: list[Settled], places: Mapping[str, Place]) -> Fix:
    subjects = sorted({one.result.subject for one in found})
    provider = found[0].result.provider
    found_in = [places[name] for name in subjects[:LISTED] if name in places]
    effect, warning = effect_of(control, provider)
    return Fix(
        kind="change",
        title=control.title,
        controls=(control.id,),
        subjects=tuple(subjects[:LISTED]),
        subject_count=len(subjects),
        severity=control.severity,
        weights=_weights(found),
        do=remedy(control, provider, found_in) or control.statement,
        effect=effect,
        warning=warning,
    )


def _grant(read: Read, found: list[Settled], controls: Mapping[str, Control]) -> Fix:
    """Making one read answer, wherever it did not: a permission for all scopes is one change to one
    policy.
    """
    service, operation = read
    call = f"{service}:{operation}" if operation else service
    names = sorted({one.result.control for one in found})
    missing = [unknown for one in found for unknown in one.result.unknowns if _read(unknown) == read]
    scopes = sorted({unknown.source.subject for unknown in missing})
    where = scopes[0] if len(scopes) == 1 else f"{len(scopes)} scopes"
    if service == CONFIGURATION:
        return _declare([operation] if operation else scopes, found, names, controls)
    return Fix(
        kind="grant",
        title=f"Make {call} readable in {where}" if operation else f"Make {call} known",
        controls=tuple(names),
        subjects=tuple(scopes[:LISTED]),
        subject_count=len(scopes),
        severity=_worst(controls[name].severity for name in names),
        weights=_weights(found),
        do=_to_read_again(read, missing, where),
    )


def _to_read_again(read: Read, missing: Sequence[Unknown], where: str) -> str:
    """What makes a read answer: a permission where it was refused, else asking at all."""
    service, operation = read
    denied = {unknown.source.provider for unknown in missing if unknown.reason is Reason.DENIED}
    if denied:
        allow = sorted({permission(provider, service, operation) for provider in denied})
        return f"allow {', '.join(allow)} to the auditor in {where} and collect again"
    return (
        f"collect again with {service}:{operation} in {where}"
        if operation
        else "collect what these controls read"
    )


def _declare(
    keys: Sequence[str], found: list[Settled], names: Sequence[str], controls: Mapping[str, Control]
) -> Fix:
    """Saying in the configuration what it leaves out."""
    told = ", ".join(keys[:_KEYS]) + (f" and {len(keys) - _KEYS} more" if len(keys) > _KEYS else "")
    return Fix(
        kind="grant",
        title=f"Declare {told} in weightguard.yaml",
        controls=tuple(names),
        subjects=tuple(keys[:LISTED]),
        subject_count=1,
        severity=_worst(controls[name].severity for name in names),
        weights=_weights(found),
        do=f"write {told} in weightguard.yaml, and assess with --config",
    )


def _attest(control: Control, found: list[Settled]) -> Fix:
    statement = control.attestation.statement if control.attestation else control.statement
    who = "a third party" if rank(control.level) > 3 or control.mode == "hybrid" else "a named party"
    return Fix(
        kind="attest",
        title=control.title,
        controls=(control.id,),
        subjects=(),
        subject_count=0,
        severity=control.severity,
        weights=_weights(found),
        do=f"have {who} attest, with evidence: {statement}",
    )


def _reads(one: Settled) -> Iterable[Read]:
    found = {_read(unknown): unknown.source.call for unknown in one.result.unknowns}
    return sorted(found, key=found.__getitem__) or [("the facts it needs", "")]


def _read(unknown: Unknown) -> Read:
    return unknown.source.service, unknown.source.operation


def _weights(found: Iterable[Settled]) -> tuple[str, ...]:
    return tuple(sorted({name for one in found for name in one.result.weights}))


def _worst(severities: Iterable[Severity]) -> Severity:
    return min(severities, key=SEVERITIES.index)


def _lifted(exposed: Mapping[str, Exposure], assumed: Mapping[str, str]) -> dict[str, Exposure]:
    """What still caps a score when the controls in `assumed` pass."""
    return {
        name: one for name, one in exposed.items() if not one.controls or not one.controls <= assumed.keys()
    }


def _aimed(table: Table, targets: Mapping[str, Level]) -> Iterable[tuple[Mapping[str, Standing], Level]]:
    return ((row, targets[name]) for name, row in table.items())


def _first(exposed: Mapping[str, Exposure]) -> str | None:
    return exposed[min(exposed)].why if exposed else None


def _cap(exposed: Mapping[str, Exposure], name: str) -> str | None:
    return exposed[name].why if name in exposed else None
