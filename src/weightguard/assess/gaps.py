"""What could not be seen: every read that did not answer, which controls lost evidence by it, what it could
hide, what to grant.

A control is named by a gap when a verdict met that very read as unknown, or when the control declares that it
reads the operation: a refused listing leaves no fact behind that could say who would have read it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from weightguard.assess import sight
from weightguard.assess.grants import permission
from weightguard.assess.model import CONFIGURATION, CallCounts, Coverage, Gap
from weightguard.controls.results import Result
from weightguard.controls.schema import Control, Status
from weightguard.controls.scopes import provider_of, scope_of
from weightguard.estate.fact import Reason, Unknown
from weightguard.estate.model import Estate

_REFUSALS = ("denied", "throttled", "failed")
Key = tuple[str, str, str, str | None, str]  # scope, service, operation, code, reason


@dataclass(frozen=True, slots=True)
class CallGroup:
    """Calls that ended alike. The snapshot's own summary has this shape."""

    scope: str
    service: str
    operation: str
    outcome: str
    code: str | None
    count: int


@dataclass(slots=True)
class _Lost:
    count: int = 0
    controls: set[str] = field(default_factory=set)


def coverage(
    calls: Iterable[CallGroup], results: Sequence[Result], controls: Mapping[str, Control], estate: Estate
) -> Coverage:
    """Counts the calls, groups what did not answer, and says whose accounts and stores were looked into."""
    groups = tuple(calls)
    lost: dict[Key, _Lost] = defaultdict(_Lost)
    for group in groups:
        if group.outcome in _REFUSALS:
            key = (group.scope, group.service, group.operation, group.code, group.outcome)
            lost[key].count += group.count
            lost[key].controls.update(_declaring(group, controls))
    _add_unknowns(lost, results)
    for key, one in lost.items():
        if not one.controls and key[4] in _REFUSALS:
            one.controls.update(_resting(key, controls))
    gaps = tuple(_gap(key, lost[key], controls) for key in sorted(lost, key=_order))
    counts = _counts(groups)
    listed, unread = sight.stores(estate)
    return Coverage(
        calls=counts,
        gaps=gaps,
        ratio=_ratio(counts, results),
        accounts=sight.accounts(estate),
        accounts_unlisted=not estate.accounts.complete,
        stores=listed,
        stores_unread=unread,
        sets_unread=len(estate.weight_sets.gaps),
    )


def _add_unknowns(lost: dict[Key, _Lost], results: Sequence[Result]) -> None:
    """Names the controls that met an unknown; facts without a recorded call make gaps of their own."""
    facts: dict[Key, set[Unknown]] = defaultdict(set)
    for result in results:
        for unknown in result.unknowns:
            key = _key(unknown, lost)
            lost[key].controls.add(result.control)
            facts[key].add(unknown)
            for cause in _causes(unknown, lost):
                lost[cause].controls.add(result.control)
    for key, unknowns in facts.items():
        if not lost[key].count:
            lost[key].count = len(unknowns)


def _causes(unknown: Unknown, lost: Mapping[Key, _Lost]) -> Iterator[Key]:
    """The refused reads that may be why something was never asked: a listing that failed names nothing to ask
    about.
    """
    if unknown.reason is not Reason.NOT_COLLECTED:
        return
    service = unknown.source.call.partition(":")[0]
    scope = _account_scope(unknown.source.record)
    for key in tuple(lost):
        if key[1] == service and key[4] in _REFUSALS and scope in (None, key[0]):
            yield key


def _account_scope(record: str) -> str | None:
    """The scope of a record or of an ARN; None where neither names one, so that it may be any."""
    scope = scope_of(record)
    if scope.startswith("arn:") and scope.count(":") >= 5:
        account = scope.split(":")[4]
        return f"aws/{account}" if account else None
    return scope if provider_of(record) else None


def _key(unknown: Unknown, lost: Mapping[Key, _Lost]) -> Key:
    service, _, operation = unknown.source.call.partition(":")
    scope = scope_of(unknown.source.record)
    if service == CONFIGURATION:
        # One file says it or does not, however many weights it does not speak of.
        scope, operation = "weightguard.yaml", operation or scope
    key = (scope, service, operation, unknown.code, unknown.reason.value)
    if key in lost:
        return key
    # The fact may carry less than the call log: the same operation in the same scope is the same gap.
    alike = [one for one in lost if one[:3] == key[:3] and one[4] == key[4]]
    return min(alike, key=_order) if alike else key


def _declaring(group: CallGroup, controls: Mapping[str, Control]) -> set[str]:
    provider = group.scope.split("/", 1)[0]
    call = f"{group.service}:{group.operation}"
    return {control.id for control in controls.values() if call in getattr(control.evidence, provider, ())}


def _resting(key: Key, controls: Mapping[str, Control]) -> set[str]:
    """The controls that rest on a service, for a read of it that none of them declares: tags, a status, a name. They decide by
    what the service says, and it did not say all. A service that no control names tells who may act: then those about identities.
    """
    provider = key[0].split("/", 1)[0]
    for service in (key[1], "iam"):
        found = {
            control.id
            for control in controls.values()
            if any(call.startswith(f"{service}:") for call in getattr(control.evidence, provider, ()))
        }
        if found:
            return found
    return set()


def _gap(key: Key, lost: _Lost, controls: Mapping[str, Control]) -> Gap:
    scope, service, operation, code, reason = key
    return Gap(
        scope=scope,
        service=service,
        operation=operation,
        code=code,
        controls=tuple(sorted(lost.controls)),
        reason=reason,
        hides=_hides(sorted(lost.controls), controls),
        grant=permission(service, operation) if reason == Reason.DENIED.value else None,
        count=lost.count,
    )


def _hides(lost: Sequence[str], controls: Mapping[str, Control]) -> str:
    if not lost:
        return "no control of this catalogue rests on it"
    named = [f"{controls[name].title} ({name})" for name in lost[:3]]
    more = f", and {len(lost) - 3} more" if len(lost) > 3 else ""
    return f"could hide a failure of: {'; '.join(named)}{more}"


def _counts(groups: Iterable[CallGroup]) -> CallCounts:
    counts: dict[str, int] = defaultdict(int)
    for group in groups:
        counts[group.outcome] += group.count
    return CallCounts(**counts)


def _ratio(counts: CallCounts, results: Sequence[Result]) -> float:
    answered = counts.ok + counts.absent
    asked = answered + counts.denied + counts.throttled + counts.failed
    if not asked:
        judged = [result for result in results if result.bears and not result.attestable]
        answered = sum(result.status is not Status.UNKNOWN for result in judged)
        asked = len(judged)
    return round(answered / asked, 4) if asked else 0.0


def _order(key: Key) -> tuple[str, str, str, str, str]:
    return (key[0], key[1], key[2], key[3] or "", key[4])
