"""Both sides of a plan judged, and what is otherwise after it."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, get_args

from weightguard.access.model import ActorKind
from weightguard.assess.assessment import Options, assess, judged, provenance
from weightguard.assess.model import Report, ResultEntry
from weightguard.assess.reach import Asked
from weightguard.assess.status import FAILED, PASSED, UNSEEN, FailOn, counting
from weightguard.config import Config
from weightguard.controls.catalogue import Catalogue
from weightguard.controls.moment import timestamp
from weightguard.controls.results import Judgement, Result
from weightguard.controls.schema import SEVERITIES, Status
from weightguard.estate.fact import Collection, Reason
from weightguard.estate.model import Estate
from weightguard.plan.causes import Causes
from weightguard.plan.document import Plan
from weightguard.plan.questions import Question, Row, closed, opened, questions
from weightguard.plan.secret import Secrets
from weightguard.plan.sides import Sides
from weightguard.plan.unjudged import Unjudged, unjudged
from weightguard.plan.unknown import Marked, marked

_OUTSIDE: Final[frozenset[ActorKind]] = frozenset({"anonymous", "external", "person"})
"""Who is told of where no readers are declared."""

Turn = Literal["new", "fixed", "worse"]


@dataclass(frozen=True, slots=True)
class Turned:
    """A result that is otherwise after the plan.

    Attributes:
        before: its status before; None where the subject was not there, or is not any more.
    """

    entry: ResultEntry
    before: str | None
    now: str | None
    because_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """Somebody who reaches weights on one side alone, and the changes that this rests on."""

    row: Row
    because_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A weight set whose level is another one, or that is on one side alone."""

    weights: str
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Hidden:
    """A value that is known after apply alone, and the controls that could fail by it."""

    address: str
    attribute: str
    could_hide: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What plans do to weights.

    Attributes:
        onto: the digest of the snapshot that they were laid over.
        unchanged: results that are as they were.
        coverage: the share of results that could be decided, before and after.
        unjudged: changes that nothing here could judge.
        status: how the run ends.
    """

    plans: tuple[Plan, ...]
    onto: str | None
    opened: tuple[Path, ...]
    closed: tuple[Path, ...]
    new: tuple[Turned, ...]
    fixed: tuple[Turned, ...]
    worse: tuple[Turned, ...]
    unchanged: int
    levels: tuple[Moved, ...]
    hidden: tuple[Hidden, ...]
    coverage: tuple[float, float]
    report: Report
    secrets: Secrets
    unjudged: tuple[Unjudged, ...]
    status: int

    def hide(self, value: Any) -> Any:
        """A value of JSON without anything that the plans call sensitive, or that looks like a secret."""
        return self.secrets.hide(value)


def compare(
    sides: Sides,
    catalogue: Catalogue,
    config: Config,
    *,
    fail_on: FailOn = "high",
    baseline: Report | None = None,
) -> Difference:
    """Judges both sides.

    Args:
        baseline: a report whose failures are known; they are not new.

    Raises:
        ConfigError: as `weightguard.assess.assessment.assess`.
    """
    after = marked(sides)
    before = sides.before
    source = provenance([before.snapshot])
    old = assess(before.estate, before.access, catalogue, config, source=source)
    options = Options(as_of=timestamp(before.estate.collected_at))
    now, judgement = judged(
        after.estate,
        after.access,
        catalogue,
        config,
        source=provenance([sides.after.snapshot]),
        options=options,
    )
    paths = _paths(sides, after, config)
    late = _resting(judgement)
    loose = _failing_without(sides, after, catalogue, config, options)
    results = list(turned(old, now, late, loose, _known(baseline, sides, after)))
    hidden = tuple(_hidden(judgement, after, sides, loose))
    by_turn = {turn: tuple(one for kind, one in results if kind == turn) for turn in get_args(Turn)}
    found = Difference(
        plans=sides.plans,
        onto=None if sides.onto is None else f"sha256:{sides.onto.digest.removeprefix('sha256:')}",
        opened=tuple(one for one, opens in paths if opens),
        closed=tuple(one for one, opens in paths if not opens),
        new=by_turn["new"],
        fixed=by_turn["fixed"],
        worse=by_turn["worse"],
        unchanged=_unchanged(old, now),
        levels=tuple(_levels(old, now)),
        hidden=hidden,
        coverage=(_decided(old), _decided(now)),
        report=now,
        secrets=Secrets(sides.plans),
        unjudged=tuple(unjudged(sides)),
        status=PASSED,
    )
    return replace(found, status=_status(found, judgement, config, fail_on))


def _failing_without(
    sides: Sides, after: Marked, catalogue: Catalogue, config: Config, options: Options
) -> frozenset[str] | None:
    """What fails where late values say nothing, by fingerprint; None where there are none."""
    if not after.late:
        return None
    report = assess(after.without.estate, after.without.access, catalogue, config, options=options)
    return frozenset(one.fingerprint for one in report.results if one.status == "fail")


def _resting(judgement: Judgement) -> frozenset[str]:
    """The results that rest on a late value, by fingerprint."""
    return frozenset(
        one.fingerprint
        for one in judgement.results
        if any(unknown.reason is Reason.AFTER_APPLY for unknown in one.unknowns)
    )


def _unchanged(old: Report, now: Report) -> int:
    """How many results are as they were."""
    before = {one.fingerprint: one.status for one in old.results}
    return sum(before.get(one.fingerprint) == one.status for one in now.results)


# Who reaches what


def _paths(sides: Sides, after: Marked, config: Config) -> list[tuple[Path, bool]]:
    first, now, loose = (
        Asked(graph, config) for graph in (sides.before.access, after.access, after.without.access)
    )
    rows: list[tuple[Row, bool]] = []
    for question in questions(sides.before.estate, after.estate):
        was, will, without = (question.asked_of(graph) for graph in (first, now, loose))
        rows += ((row, True) for row in opened(was, will, without, question))
        rows += ((row, False) for row in closed(was, will, without, question))
    causes = Causes(sides, rows)
    return [(Path(row, causes.of(row, opens=opens)), opens) for row, opens in rows]


# Results


def turned(
    old: Report, now: Report, late: Some[str], loose: Some[str] | None, known: Some[str]
) -> Iterator[tuple[Turn, Turned]]:
    """The results that are otherwise after the plan.

    Args:
        late: fingerprints of results that rest on a late value. loose: of those that fail where late values say nothing.
        known: of failures that a baseline lists and that the plan does not touch: not new where nobody could say before.
    """
    before = {one.fingerprint: one for one in old.results}
    for one in now.results:
        was = before.get(one.fingerprint)
        turn = _turn(was, one, late)
        if turn is None or _only_late(one, loose) or (turn == "new" and _is_known(was, one, known)):
            continue
        yield turn, Turned(one, was.status if was is not None else None, one.status)
    there = {one.fingerprint for one in now.results}
    for gone in old.results:
        if gone.status == "fail" and gone.fingerprint not in there:
            yield "fixed", Turned(gone, gone.status, None)


def _only_late(one: ResultEntry, loose: Some[str] | None) -> bool:
    """Whether a result fails only if a late value says so."""
    return loose is not None and one.status == "fail" and one.fingerprint not in loose


def _is_known(was: ResultEntry | None, one: ResultEntry, known: Some[str]) -> bool:
    return one.fingerprint in known and (was is None or was.status == "unknown")


def _known(baseline: Report | None, sides: Sides, after: Marked) -> frozenset[str]:
    """The failures of a baseline, without those whose subject the plan changes."""
    if baseline is None:
        return frozenset()
    changed = set(_changed(sides.before.estate, after.estate))
    return frozenset(
        one.fingerprint for one in baseline.results if one.status == "fail" and one.subject not in changed
    )


def _changed(before: Estate, after: Estate) -> Iterator[str]:
    """The ids of things that are not as they were."""
    for name in fields(Estate):
        first, second = getattr(before, name.name), getattr(after, name.name)
        if isinstance(first, Collection):
            one, two = ({item.id: item for item in held if hasattr(item, "id")} for held in (first, second))
            yield from (key for key in one.keys() | two.keys() if one.get(key) != two.get(key))


def _turn(before: ResultEntry | None, now: ResultEntry, late: Some[str]) -> Turn | None:
    """Which way a result turns. What failed and no longer does is mended, even where more than that cannot be said of it; not where
    a value that is known after apply alone keeps it from being decided.
    """
    was = before.status if before is not None else None
    if now.status == "fail":
        if was != "fail":
            return "new"
        return "worse" if before is not None and _is_graver(before, now) else None
    if was == "fail" and now.status != "waived":
        return None if now.fingerprint in late and now.status == "unknown" else "fixed"
    return "worse" if now.status == "unknown" and was in ("pass", "not_applicable") else None


def _is_graver(before: ResultEntry, now: ResultEntry) -> bool:
    return SEVERITIES.index(now.severity) < SEVERITIES.index(before.severity) or (
        before.footnote and not now.footnote
    )


def _levels(old: Report, now: Report) -> Iterator[Moved]:
    before = {one.id: one for one in old.weights}
    after = {one.id: one for one in now.weights}
    for name in sorted(before.keys() | after.keys()):
        first, last = before.get(name), after.get(name)
        held = last or first
        reached = (first.level_reached if first else None, last.level_reached if last else None)
        if held is not None and reached[0] != reached[1]:
            yield Moved(name, held.name, *reached)


def _decided(report: Report) -> float:
    """The share of results that could be decided."""
    total = len(report.results)
    return round(sum(one.status != "unknown" for one in report.results) / total, 4) if total else 1.0


# What is known after apply alone


def _hidden(judgement: Judgement, after: Marked, sides: Sides, loose: Some[str] | None) -> Iterator[Hidden]:
    by_code: dict[str, set[str]] = {}
    for result in judgement.results:
        for code in _late_codes(result, after, loose):
            by_code.setdefault(code, set()).add(result.control)
    for code, late in after.late.items():
        if controls := by_code.get(code):
            yield Hidden(late.waiting.address, late.waiting.attribute, tuple(sorted(controls)))
    judged_at_all = {one.control for one in judgement.results if one.status is not Status.NOT_APPLICABLE}
    for change in sides.changes.values():
        if change.deferred is not None and change.action != "no-op":
            yield Hidden(change.address, f"(deferred: {change.deferred})", tuple(sorted(judged_at_all)))


def _late_codes(result: Result, after: Marked, loose: Some[str] | None) -> Iterator[str]:
    """The late values that a result rests on."""
    if loose is not None and result.status is Status.FAIL and result.fingerprint not in loose:
        yield from after.late
    if result.status is Status.UNKNOWN:
        for unknown in result.unknowns:
            if unknown.reason is Reason.AFTER_APPLY:
                yield from (unknown.code or "").split("; ")


# How it ends


def _status(found: Difference, judgement: Judgement, config: Config, fail_on: FailOn) -> int:
    if fail_on == "none":
        return PASSED
    counts = counting(found.report, fail_on)
    failing = [one for one in (*found.new, *found.worse) if one.now == "fail" and counts(one.entry)]
    intended = _Intended(judgement, config)
    if failing or any(intended.is_outside(one.row) for one in found.opened):
        return FAILED
    unseen = any(one.now == "unknown" and counts(one.entry) for one in found.worse)
    hanging = any(one.hangs_on is not None for one in found.unjudged)
    return UNSEEN if found.hidden or unseen or hanging else PASSED


class _Intended:
    """Who is meant to read which weights."""

    def __init__(self, judgement: Judgement, config: Config) -> None:
        owners = judgement.declarations.owners
        self._readers = {name: tuple(model.config.readers) for name, model in owners.items()}
        self._expected = (*config.vendors, *config.evaluators)

    def is_outside(self, row: Row) -> bool:
        """Whether somebody reaches weights who is not meant to."""
        question: Question = row.question
        if question.weights is None:
            return False
        readers: Some[str] = self._readers.get(question.weights, ())
        if readers:
            return not any(fnmatchcase(row.answer.principal, name) for name in readers)
        expected = any(fnmatchcase(row.answer.principal, name) for name in self._expected)
        return row.answer.kind in _OUTSIDE and not expected
