"""What could not be seen: every read that did not answer, which controls lost evidence by it, what it could
hide, what to grant.

A control is named by a gap when a verdict met that very read as unknown, or when the control declares that it
reads the operation: a refused listing leaves no fact behind that could say who would have read it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from weightguard.assess import sight
from weightguard.assess.model import CONFIGURATION, CallCounts, Coverage, Gap
from weightguard.assess.providers import families, permission
from weightguard.controls.results import Result
from weightguard.controls.schema import Control, Status
from weightguard.estate.fact import Reason, Unknown
from weightguard.estate.model import Estate
from weightguard.provider import scope_parts

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
    provider: str | None = None


class _Losses:
    """What was lost, by key, found by the parts of a key as well."""

    def __init__(self) -> None:
        self.by_key: dict[Key, _Lost] = {}
        self._alike: dict[_Alike, list[Key]] = defaultdict(list)
        self._refused: dict[tuple[str, str | None], list[Key]] = defaultdict(list)

    def at(self, key: Key) -> _Lost:
        """What was lost by a key; a new one begins with nothing."""
        found = self.by_key.get(key)
        if found is None:
            found = self.by_key[key] = _Lost()
            scope, service, _, _, reason = key
            self._alike[_alike(key)].append(key)
            if reason in _REFUSALS:
                self._refused[service, scope].append(key)
                self._refused[service, None].append(key)
        return found

    def like(self, key: Key) -> Key:
        """The key of the gap that a fact belongs to: the fact may carry less than the call log, and the same operation in the same
        scope is the same gap.
        """
        if key in self.by_key:
            return key
        return min(self._alike.get(_alike(key), (key,)), key=_order)

    def refused(self, service: str, scope: str | None) -> Sequence[Key]:
        """The refused reads of a service in a scope; of every scope where it is None."""
        return self._refused.get((service, scope), ())


_Alike = tuple[str, str, str, str]


def _alike(key: Key) -> _Alike:
    scope, service, operation, _, reason = key
    return scope, service, operation, reason


def coverage(
    calls: Iterable[CallGroup], results: Sequence[Result], controls: Mapping[str, Control], estate: Estate
) -> Coverage:
    """Counts the calls, groups what did not answer, and says whose accounts and stores were looked into."""
    groups = tuple(calls)
    losses = _Losses()
    for group in groups:
        if group.outcome in _REFUSALS:
            one = losses.at((group.scope, group.service, group.operation, group.code, group.outcome))
            one.count += group.count
            one.provider = scope_parts(group.scope)[0]
            one.controls.update(_declaring(group, controls))
    _add_unknowns(losses, results)
    lost = losses.by_key
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


def _add_unknowns(losses: _Losses, results: Sequence[Result]) -> None:
    """Names the controls that met an unknown; facts without a recorded call make gaps of their own."""
    met: dict[Unknown, set[str]] = defaultdict(set)
    for result in results:
        for unknown in result.unknowns:
            met[unknown].add(result.control)
    facts: dict[Key, int] = defaultdict(int)
    for unknown, names in met.items():
        key = losses.like(_key(unknown))
        one = losses.at(key)
        one.controls |= names
        one.provider = one.provider or unknown.source.provider
        facts[key] += 1
    for unknown, names in met.items():
        for cause in _causes(unknown, losses):
            losses.at(cause).controls |= names
    for key, count in facts.items():
        if not losses.at(key).count:
            losses.at(key).count = count


def _causes(unknown: Unknown, losses: _Losses) -> Iterable[Key]:
    """The refused reads that may be why something was never asked: a listing that failed names nothing to ask
    about.
    """
    if unknown.reason is not Reason.NOT_COLLECTED:
        return ()
    source = unknown.source
    return losses.refused(source.service, f"{source.provider}/{source.scope}" if source.scope else None)


def _key(unknown: Unknown) -> Key:
    service, operation, scope = unknown.source.service, unknown.source.operation, unknown.source.subject
    if service == CONFIGURATION:
        # One file says it or does not, however many weights it does not speak of.
        scope, operation = "weightguard.yaml", operation or scope
    return (scope, service, operation, unknown.code, unknown.reason.value)


def _declaring(group: CallGroup, controls: Mapping[str, Control]) -> set[str]:
    provider, _ = scope_parts(group.scope)
    call = f"{group.service}:{group.operation}"
    return {control.id for control in controls.values() if call in getattr(control.evidence, provider, ())}


def _resting(key: Key, controls: Mapping[str, Control]) -> set[str]:
    """The controls that rest on a service, for a read of it that none of them declares: tags, a status, a name. They decide by
    what the service says, and it did not say all. A service that no control names tells who may act: then those about identities;
    where controls name fields rather than calls, those of the families that rest on the service.
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
    named = families(provider, key[1])
    return {one.id for one in controls.values() if one.family in named and provider in one.providers}


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
        grant=permission(lost.provider, service, operation) if reason == Reason.DENIED.value else None,
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
