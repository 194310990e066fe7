"""Where each control stands for each weight set, after waivers and attestations: the ground of levels and
scores.

A control may have several results about one weight set (its store, a replica, two keys); the worst of them is
its standing there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from weightguard.assess.attestations import Checked
from weightguard.controls.results import Result
from weightguard.controls.schema import Control, Status


class Standing(IntEnum):
    """What a control is for a weight set, from best to worst: the worst of its results counts."""

    NOT_APPLICABLE = 0
    PASS = 1
    ATTESTED = 2  # by a third party
    SELF_ATTESTED = 3
    WAIVED = 4
    NOT_ATTESTED = 5
    UNKNOWN = 6
    FAIL = 7


@dataclass(frozen=True, slots=True)
class Settled:
    """A result after waivers and attestations."""

    result: Result
    status: Status
    standing: Standing
    attestation: Checked | None


Table = Mapping[str, Mapping[str, Standing]]  # weight set -> control -> standing


def settle(
    results: Sequence[Result],
    controls: Mapping[str, Control],
    waived: Iterable[int],
    attested: Mapping[str, Checked],
) -> list[Settled]:
    """Lays waivers (by place in `results`) and accepted attestations (by control) over the engine's
    results.
    """
    hidden = frozenset(waived)
    return [
        _settle(result, controls[result.control], place in hidden, attested.get(result.control))
        for place, result in enumerate(results)
    ]


def _settle(result: Result, control: Control, waived: bool, attestation: Checked | None) -> Settled:
    open_to_it = result.status is Status.UNKNOWN or (
        control.mode == "hybrid" and result.status is Status.PASS
    )
    if open_to_it and attestation is not None and _may_attest(control, attestation):
        standing = Standing.ATTESTED if attestation.third_party else Standing.SELF_ATTESTED
        return Settled(result, Status.PASS, standing, attestation)
    if waived:
        return Settled(result, Status.WAIVED, Standing.WAIVED, None)
    if result.status is Status.UNKNOWN and result.attestable:
        return Settled(result, Status.UNKNOWN, Standing.NOT_ATTESTED, None)
    return Settled(result, result.status, _STANDINGS[result.status], None)


_STANDINGS = {
    Status.PASS: Standing.PASS,
    Status.FAIL: Standing.FAIL,
    Status.UNKNOWN: Standing.UNKNOWN,
    Status.NOT_APPLICABLE: Standing.NOT_APPLICABLE,
    Status.WAIVED: Standing.WAIVED,
}


def _may_attest(control: Control, attestation: Checked) -> bool:
    return control.mode == "attested" or (control.mode == "hybrid" and attestation.third_party)


def standings(settled: Iterable[Settled], weight_sets: Iterable[str]) -> dict[str, dict[str, Standing]]:
    """The worst standing of each control for each weight set."""
    table: dict[str, dict[str, Standing]] = {name: {} for name in weight_sets}
    for one in settled:
        for name in one.result.weights:
            row = table[name]
            before = row.get(one.result.control, Standing.NOT_APPLICABLE)
            row[one.result.control] = max(before, one.standing)
    return table


def overall(settled: Iterable[Settled]) -> dict[str, Standing]:
    """The worst standing of each control over everything that bears on weights."""
    worst: dict[str, Standing] = {}
    for one in settled:
        if one.result.bears:
            before = worst.get(one.result.control, Standing.NOT_APPLICABLE)
            worst[one.result.control] = max(before, one.standing)
    return worst


def assuming(table: Table, passing: Iterable[str]) -> dict[str, dict[str, Standing]]:
    """The table as it would be if the controls `passing` passed wherever they apply."""
    fixed = frozenset(passing)
    return {name: dict(_assumed(row, fixed)) for name, row in table.items()}


def _assumed(row: Mapping[str, Standing], fixed: frozenset[str]) -> Iterator[tuple[str, Standing]]:
    for control, standing in row.items():
        yield (
            control,
            Standing.PASS if control in fixed and standing is not Standing.NOT_APPLICABLE else standing,
        )
