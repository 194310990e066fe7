"""Judgement: every control, on every subject that it speaks of, with the evidence that it read.

Nothing vanishes. A fact that could not be read makes its verdict `unknown`; a listing that could not be read
adds an `unknown` verdict about what it may hide; a control without any subject says so. The order of results
is by control and subject, whatever order the snapshot had.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import PurePath

from weightguard.access.model import Access
from weightguard.config import Config
from weightguard.controls.bearing import Weights, union
from weightguard.controls.catalogue import Catalogue
from weightguard.controls.declared import declare
from weightguard.controls.disclosure import read_disclosure
from weightguard.controls.functions import Rule, parameters_of, rule_of
from weightguard.controls.judge import (
    Check,
    Context,
    ExpressionFailed,
    Note,
    Notes,
    OutOfScope,
    Surroundings,
    UnknownFact,
    Unseen,
    names_of,
)
from weightguard.controls.moment import timestamp
from weightguard.controls.plain import plain
from weightguard.controls.results import Breakage, Evidence, Judgement, Result
from weightguard.controls.said import Said, Some, Value, each, said, some, worded
from weightguard.controls.schema import Control, Status, Subject
from weightguard.controls.subjects import ESTATE_ID, Gap, Subjects, Target
from weightguard.controls.unread import unread_of
from weightguard.estate.fact import Reason, Source, Unknown
from weightguard.estate.model import Estate

_LOG = logging.getLogger(__name__)
_FENCE = (
    ArithmeticError, AssertionError, AttributeError, LookupError, NameError, RuntimeError, StopIteration, TypeError, ValueError,
)  # fmt: skip
"""What a mistake in a check raises; too deep a recursion is a RuntimeError."""
_EARNED = (Status.PASS, Status.NOT_APPLICABLE)
FAILED_INSIDE = (
    "%s failed inside on %s%s: %s at %s; this is an error of weightguard, and the verdict is unknown"
)
"""What the log says of a check that broke: the control, the first subject, how many more, what was raised and where."""


def judge(
    catalogue: Catalogue, estate: Estate, access: Access, config: Config, *, as_of: datetime | None = None
) -> Judgement:
    """Decides every control of `catalogue` for `estate`.

    Args:
        access: the access graph of the same estate; asked only by controls that need it.
        config: declared models, parameters, disclosure documents.
        as_of: the "now" of every rule; the estate's own time when None.

    Raises:
        ConfigError: a parameter for an unknown control, or one that it does not have; a disclosure file that
        cannot be read. CatalogueError: a control names a check that does not exist.
    """
    now = as_of or timestamp(estate.collected_at)
    declarations = declare(config, catalogue.tiers, estate.weight_sets, now)
    unread = unread_of(estate, config, now)
    subjects = Subjects(estate, access, declarations, unread)
    around = Surroundings(
        estate=estate,
        access=access,
        as_of=now,
        declarations=declarations,
        disclosure=read_disclosure(config.disclosure),
        weights_of=subjects.bearing.weights_of,
        unlisted=lambda: subjects.bearing.unlisted,
        names=names_of(estate, "estate"),
    )
    parameters = parameters_of(catalogue, config)
    bench = _Bench(around, subjects)
    results = [
        result
        for kind, controls in _by_subject(catalogue).items()
        for result in bench.judge(kind, [rule_of(control, parameters[control.id]) for control in controls])
    ]
    results.sort(key=lambda result: (result.control, result.subject, worded(result.message)))
    breakages = bench.breakages()
    _tell(breakages)
    return Judgement(tuple(results), declarations, subjects, now, unread, breakages)


def _tell(breakages: Iterable[Breakage]) -> None:
    for one in breakages:
        first, more = one.subjects[0], len(one.subjects) - 1
        _LOG.warning(
            FAILED_INSIDE, one.control, first, f" and {more} more" if more else "", one.error, one.place
        )


class _InPlay(Exception):
    """A verdict rests on an answer that limits in play keep from being complete.

    Args:
        hides: what each of them hides.
    """

    def __init__(self, hides: Iterable[str]) -> None:
        self.hides = each(hides)


class _NotDecided(Exception):
    """The control is meant for some providers and not decided on them yet."""

    def __init__(self, control: Control, providers: tuple[str, ...]) -> None:
        self.unknowns = tuple(
            Unknown(Reason.NOT_DECIDED, Source.named("weightguard", control.id, provider, provider=provider))
            for provider in providers
        )
        self.why = said("the control is not decided on {providers} yet", providers=each(providers, " and "))


class _Bench:
    """Runs checks and turns what they say into results; shares evidence between them."""

    def __init__(self, around: Surroundings, subjects: Subjects) -> None:
        self._around = around
        self._subjects = subjects
        self._evidence: dict[tuple[str, int, int], tuple[Note, Evidence]] = {}
        self._broken: dict[tuple[str, str, str], list[str]] = {}

    def breakages(self) -> tuple[Breakage, ...]:
        """The checks that broke so far."""
        return tuple(Breakage(*where, tuple(subjects)) for where, subjects in sorted(self._broken.items()))

    def judge(self, kind: Subject, rules: list[Rule]) -> Iterator[Result]:
        selection = self._subjects.of(kind)
        judged = dict.fromkeys((rule.control.id for rule in rules), 0)
        for target in selection.targets:
            names = names_of(target.value, kind)
            for rule in rules:
                if _speaks_of(rule.control, target.provider):
                    for result in self._decide(rule, kind, target, names):
                        judged[rule.control.id] += 1
                        yield result
        for rule in rules:
            control = rule.control
            unseen = list(
                _grouped(
                    gap
                    for gap in selection.gaps
                    if _speaks_of(control, gap.unknown.source.provider)
                    and (gap.bears is None or gap.bears.intersection(control.applies_to))
                )
            )
            yield from (self._unseen(control, kind, subject, gaps) for subject, gaps in unseen)
            if not unseen and not judged[control.id]:
                yield self._no_subject(control, kind)

    def _decide(
        self, rule: Rule, kind: Subject, target: Target, names: Mapping[int, str]
    ) -> Iterator[Result]:
        control = rule.control
        bears = _bears(control, kind, target)
        if not bears and (control.check is None or not control.exposes):
            return  # what bears on no weights is mentioned only where it lies open
        if control.check is None:
            yield self._result(
                control,
                target,
                Status.UNKNOWN,
                said("not attested: {title}", title=control.title),
                bears=True,
            )
            return
        context = Context(self._around, rule.parameters.on(target.provider), names, bears=bears)
        try:
            status, message, unknowns = self._asked(rule, target, context, bears)
        except OutOfScope:
            return
        if bears or status is Status.FAIL:
            yield self._result(
                control, target, status, message, bears=bears, notes=context.notes, unknowns=unknowns
            )

    def _asked(
        self, rule: Rule, target: Target, context: Context, bears: bool
    ) -> tuple[Status, Said, tuple[Unknown, ...]]:
        """What the check says, or why it could not say: status, message, what was missing.

        Raises:
            OutOfScope: the check asked the access graph about something that bears on no weights.
        """
        control = rule.control
        why: Value
        try:
            verdict = _check_of(rule, target)(target.value, context)
            if verdict.status in _EARNED:
                self._earned(verdict.status, target, context, bears)
                _decided_wherever_it_lies(rule, target)
            return verdict.status, verdict.message, ()
        except UnknownFact as missing:
            why, unknowns = _reasons(missing.unknowns), missing.unknowns
        except _NotDecided as problem:
            why, unknowns = problem.why, problem.unknowns
        except _InPlay as limited:
            why, unknowns = limited.hides, ()
        except ExpressionFailed as problem:
            why, unknowns = (
                said("the expression failed: {problem}", problem=str(problem)),
                (_unevaluated(control),),
            )
        except _FENCE as problem:
            why = said("the check itself failed ({error})", error=type(problem).__name__)
            unknowns = (self._broke(control, target, problem),)
        return Status.UNKNOWN, said("could not be decided: {why}", why=why), unknowns

    def _broke(self, control: Control, target: Target, problem: Exception) -> Unknown:
        """What a check leaves that failed inside: a mistake of weightguard's, never a pass. It is counted, and told aloud."""
        *_, (frame, line) = traceback.walk_tb(problem.__traceback__)
        place = f"{PurePath(frame.f_code.co_filename).name}:{line}"
        error = type(problem).__name__
        self._broken.setdefault((control.id, error, place), []).append(target.id)
        return Unknown(Reason.CHECK_FAILED, Source.named("weightguard", _name(control, target), place), error)

    def _earned(self, status: Status, target: Target, context: Context, bears: bool) -> None:
        """Lets "nothing is wrong" and "nothing is there" stand only where what they rest on was seen and searched to its end.

        Raises:
            UnknownFact: an answer of the access graph lacks something, or nobody could list the weights of this place.
            _InPlay: an answer met a limit that this input shows to be in play.
        """
        context.require(context.notes.lacking)
        limits = sorted({limit.kind.hides for limit in context.notes.limits if limit.in_play})
        if limits:
            raise _InPlay(limits)
        unseen = self._subjects.bearing.weights_of(target.id) if bears else ()
        if status is Status.NOT_APPLICABLE and isinstance(unseen, Unseen):
            # "There are no weights here" cannot be said of a place that nobody could list.
            raise UnknownFact(unseen.unknowns)

    def _result(
        self,
        control: Control,
        target: Target,
        status: Status,
        message: Said,
        *,
        bears: bool,
        notes: Notes | None = None,
        unknowns: tuple[Unknown, ...] = (),
    ) -> Result:
        noted = dict.fromkeys(unknowns) | (notes.unknowns if notes else {})
        return Result(
            control=control.id,
            subject=target.id,
            status=status,
            severity=control.severity if bears else "low",
            level=control.level,
            message=message,
            evidence=self._evidence_of(notes) if notes else (),
            weights=target.weights if bears else (),
            unknowns=tuple(noted),
            provider=target.provider,
            account=target.account,
            region=target.region,
            name=target.name,
            bears=bears,
            attestable=control.mode == "attested",
            limits=tuple(notes.limits) if notes else (),
        )

    def _unseen(self, control: Control, kind: Subject, subject: str, gaps: list[Gap]) -> Result:
        """The verdict that could not be formed about what a refused listing hides."""
        unknowns = tuple(dict.fromkeys(gap.unknown for gap in gaps))
        weights = _together(gap.weights for gap in gaps)
        source = unknowns[0].source
        target = Target(subject, None, weights, frozenset(), source.provider, account=source.scope)
        message = said(
            "could not be decided for every {kind}: {reasons}",
            kind=kind.replace("_", " "),
            reasons=_reasons(unknowns),
        )
        notes = Notes()
        notes.gaps(f"estate.{kind}", unknowns)
        return self._result(
            control, target, Status.UNKNOWN, message, bears=True, notes=notes, unknowns=unknowns
        )

    def _no_subject(self, control: Control, kind: Subject) -> Result:
        target = Target(ESTATE_ID, None, self._subjects.all_weights, frozenset(), None)
        message = said("there is no {kind} that this control speaks of", kind=kind.replace("_", " "))
        return self._result(control, target, Status.NOT_APPLICABLE, message, bears=True)

    def _evidence_of(self, notes: Notes) -> tuple[Evidence, ...]:
        shown = tuple(self._shared(note) for note in notes.first)
        return (
            (*shown, Evidence("further facts read", notes.further, "snapshot records"))
            if notes.further
            else shown
        )

    def _shared(self, note: Note) -> Evidence:
        key = (note.name, id(note.value) if note.unknown is None else id(note.unknown), id(note.source))
        if key not in self._evidence:
            source = f"{note.source.call} {note.source.where}"
            value = plain(note.value) if note.unknown is None else {"unknown": note.unknown.words()}
            # The note is kept beside it: a freed value's identity would be given to another.
            self._evidence[key] = (note, Evidence(note.name, value, source))
        return self._evidence[key][1]


def _name(control: Control, target: Target) -> str:
    check = control.check_on(target.provider)
    return check if isinstance(check, str) else control.id


def _check_of(rule: Rule, target: Target) -> Check:
    """What decides a subject.

    Raises:
        _NotDecided: the control is meant for its provider and not decided on it yet.
    """
    check = rule.check_on(target.provider)
    if check is None:
        raise _NotDecided(rule.control, (target.provider,) if target.provider else rule.control.undecided_on)
    return check


def _decided_wherever_it_lies(rule: Rule, target: Target) -> None:
    """Lets "nothing is wrong" stand for a subject that spans providers only if the control is decided on all of them.

    Raises:
        _NotDecided: it is not.
    """
    undecided = target.spans & rule.undecided_on
    if undecided:
        raise _NotDecided(rule.control, tuple(sorted(undecided)))


def _unevaluated(control: Control) -> Unknown:
    """What an expression leaves that could not be worked out: the mistake of whoever wrote it, not one of weightguard."""
    return Unknown(Reason.EXPRESSION_FAILED, Source.named("expression", control.id, "check.cel"))


def _bears(control: Control, kind: Subject, target: Target) -> bool:
    if kind in ("store", "key"):
        return bool(target.bears.intersection(control.applies_to))
    return bool(target.bears)


def _by_subject(catalogue: Catalogue) -> dict[Subject, list[Control]]:
    grouped: dict[Subject, list[Control]] = {}
    for control in catalogue.controls:
        grouped.setdefault(control.subject, []).append(control)
    return grouped


def _speaks_of(control: Control, provider: str | None) -> bool:
    return provider is None or provider in control.providers


def _grouped(gaps: Iterator[Gap]) -> Iterator[tuple[str, list[Gap]]]:
    """Gaps by the scope that they hide, so that ten thousand refused reads make one verdict, not ten
    thousand.
    """
    scopes: dict[str, list[Gap]] = {}
    for gap in gaps:
        scopes.setdefault(gap.unknown.source.subject, []).append(gap)
    yield from sorted(scopes.items())


def _together(found: Iterable[Weights]) -> Weights:
    """All of some weights, sorted; where they are the same ones each time, that very tuple, however many gaps share it."""
    distinct = tuple({id(one): one for one in found}.values())
    return union(*distinct) or ()


def _reasons(unknowns: Iterable[Unknown]) -> Some:
    """The distinct reasons, at most three."""
    return some((unknown.words() for unknown in unknowns), between="; ")
