"""Gaps by what caused them: one denied read in forty accounts is one thing to mend, and so is an account that answered nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from weightguard.assess.model import CONFIGURATION, Gap, Report

_Key = tuple[str, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Cause:
    """Gaps that one change would close.

    Attributes:
        reads: ``service:Operation``, sorted. scopes: where, sorted.
        whole: whether these are accounts that could not be read at all, so that the single reads do not matter.
        hides: what it could hide, in words; empty where there are several answers.
        grant: the permission that is missing; None where it is none, or not one alone.
        count: how many calls, or facts where no call was made. controls: those that lost evidence, sorted.
    """

    reads: tuple[str, ...]
    scopes: tuple[str, ...]
    reason: str
    code: str | None
    whole: bool
    hides: str
    grant: str | None
    count: int
    controls: tuple[str, ...]

    @property
    def is_configuration(self) -> bool:
        """Whether the user's own weightguard.yaml leaves it open."""
        return self.reads[0].startswith(f"{CONFIGURATION}:")


def causes(report: Report) -> tuple[Cause, ...]:
    """The causes: whole accounts first, then by how many controls lost evidence; what the configuration leaves open last."""
    unread = {one.id for one in report.coverage.accounts if one.state != "read"}
    grouped: dict[_Key, list[Gap]] = defaultdict(list)
    for gap in report.coverage.gaps:
        grouped[_key(gap, unread)].append(gap)
    found = [_cause(key, gaps) for key, gaps in grouped.items()]
    found.sort(
        key=lambda one: (not one.whole, one.is_configuration, -len(one.controls), one.reads, one.scopes)
    )
    return tuple(found)


def _key(gap: Gap, unread: set[str]) -> _Key:
    if gap.scope.partition("/")[2] in unread:
        return "", "", gap.reason, gap.code or "", "", ""
    return gap.service, gap.operation, gap.reason, gap.code or "", gap.hides, gap.grant or ""


def _cause(key: _Key, gaps: Sequence[Gap]) -> Cause:
    whole = not key[0]
    grants = {gap.grant for gap in gaps}
    return Cause(
        reads=tuple(sorted({f"{gap.service}:{gap.operation}" for gap in gaps})),
        scopes=tuple(sorted({gap.scope for gap in gaps})),
        reason=gaps[0].reason,
        code=gaps[0].code,
        whole=whole,
        hides="weights, and whatever else lies there" if whole else gaps[0].hides,
        grant=grants.pop() if len(grants) == 1 else None,
        count=sum(gap.count for gap in gaps),
        controls=tuple(sorted({name for gap in gaps for name in gap.controls})),
    )
