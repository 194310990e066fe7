"""`verify`: every step of checking an audit that somebody else hands over, each held, broken or not checked, with the reason.

The steps go on after one that failed, as far as what they need is there: whoever decides about a bundle shall see all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from weightguard import files
from weightguard.assess.serialise import MAXIMUM_BYTES as LARGEST_REPORT
from weightguard.assess.serialise import from_json as report_from_json
from weightguard.controls.catalogue import Catalogue, load_catalogue
from weightguard.controls.kept import loaded
from weightguard.errors import InputError
from weightguard.evidence import contents, envelope, statement
from weightguard.evidence.names import ATTESTED, LARGEST_STATEMENT, REPORT, SNAPSHOT, STATEMENT
from weightguard.evidence.predicate import audit, differing, strangers
from weightguard.evidence.replay import Difference, replay
from weightguard.evidence.signatures import Signer, checked
from weightguard.evidence.statement import PAYLOAD_TYPE, Statement
from weightguard.evidence.trust import Trust
from weightguard.snapshot import open_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from weightguard.assess.model import Report
    from weightguard.evidence.contents import Place
    from weightguard.evidence.declared import Declared
    from weightguard.evidence.envelope import Envelope
    from weightguard.snapshot import Snapshot

Outcome = Literal["ok", "failed", "not_checked"]
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One step."""

    step: str
    outcome: Outcome
    detail: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of it.

    Attributes:
        steps: in order. signers: those whose signature holds.
        summary: what the statement says of the audit; empty where it does not hold.
        usable: it was a bundle, or an audit's folder, at all.
    """

    steps: tuple[Step, ...]
    signers: tuple[Signer, ...] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    usable: bool = True

    @property
    def verified(self) -> bool:
        """Whether everything that was asked for holds."""
        return all(one.outcome != "failed" for one in self.steps)


def verify(path: Path, trust: Trust, now: datetime, *, again: bool = False) -> Verification:
    """Checks a bundle, or an audit's folder.

    Args:
        now: when keys have to be good where no time is proven.
        again: judge again and compare.
    """
    try:
        with contents.opened(path) as place:
            return _Verifying(place, trust, now, again).run()
    except InputError as problem:
        return Verification((Step("archive", "failed", problem.one_line()),), usable=False)


class _Verifying:
    """One verification; what a step reads, the later ones use."""

    def __init__(self, place: Place, trust: Trust, now: datetime, again: bool) -> None:
        self.place, self.trust, self.now, self.again = place, trust, now, again
        self.steps: list[Step] = []
        self.signers: tuple[Signer, ...] = ()
        self.summary: Mapping[str, Any] = {}
        self.differences: tuple[Difference, ...] = ()
        self.envelope: Envelope | None = None
        self.statement: Statement | None = None
        self.declared: Declared | None = None
        self.report: Report | None = None
        self.data = b""
        self.current: Catalogue | None = None
        self.snapshot: Snapshot | None = None

    def run(self) -> Verification:
        for name, step in self._each():
            with self._telling(name):
                step()
        return Verification(tuple(self.steps), self.signers, self.summary, self.differences)

    def _each(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        return (
            ("archive", self._archive),
            ("statement", self._statement),
            ("subjects", self._subjects),
            ("signatures", self._signatures),
            ("snapshot", self._snapshot),
            ("predicate", self._predicate),
            ("attested evidence", self._attested),
            ("catalogue", self._catalogue),
            ("replay", self._replay),
        )

    @contextmanager
    def _telling(self, name: str) -> Iterator[None]:
        try:
            yield
        except InputError as problem:
            self._say(name, "failed", problem.one_line())

    def _say(self, step: str, outcome: Outcome, detail: str) -> None:
        self.steps.append(Step(step, outcome, detail))

    def _archive(self) -> None:
        if not self.place.packed:
            self._say("archive", "not_checked", "this is a folder: only what its statement names counts")
        elif self.place.sealed:
            self._say("archive", "ok", "well formed, and every byte as it was packed")
        else:
            self._say(
                "archive", "ok", "well formed; packed without a seal, so that its packing proves nothing"
            )

    def _statement(self) -> None:
        if not self.place.statement.exists():
            self._say("statement", "failed", "nobody has signed this")
            return
        path = files.below(self.place.folder, Path(STATEMENT), "the statement")
        read = envelope.from_json(files.read(path, "the statement", most=LARGEST_STATEMENT))
        self.envelope = read
        if read.payload_type != PAYLOAD_TYPE:
            raise InputError(f"the envelope holds no in-toto statement, but {read.payload_type[:80]!r}")
        self.statement = statement.read(read.payload)
        self._say("statement", "ok", f"an in-toto statement about {len(self.statement.subject):,} files")

    def _subjects(self) -> None:
        self.declared = contents.declaration(self.place)
        found = contents.members(self.place, self.declared)
        if self.statement is None:
            self._say("subjects", "not_checked", "there is no statement to hold the files against")
            return
        named = self.statement.digests
        there = contents.present(self.place) - {STATEMENT} if self.place.packed else found.keys()
        problems = [f"{name[:120]} is in no statement" for name in sorted(there - named.keys())]
        problems += [f"{name[:120]} belongs to no audit" for name in sorted(named.keys() - found.keys())]
        sums = contents.digests({name: path for name, path in found.items() if name in named})
        problems += [f"{name} was changed" for name, digest in sorted(sums.items()) if digest != named[name]]
        self._told(
            "subjects", problems, f"{len(named):,} files, each as it was when it was signed, and no other"
        )

    def _told(self, step: str, problems: list[str], good: str) -> None:
        more = f" (and {len(problems) - _SHOWN:,} more)" if len(problems) > _SHOWN else ""
        self._say(step, "failed" if problems else "ok", "; ".join(problems[:_SHOWN]) + more or good)

    def _signatures(self) -> None:
        if self.envelope is None:
            self._say("signatures", "not_checked", "there is no envelope that could be read")
            self._say("timestamps", "not_checked", "there is no envelope that could be read")
            return
        result = checked(self.envelope, self.trust, self.now)
        self.signers = result.signers
        self._told("signatures", list(result.problems), "; ".join(result.held))
        outcome: Outcome = "failed" if result.odd_stamps else "ok" if result.stamps else "not_checked"
        none = "the trust file names no authority" if result.unread else "no signature carries one"
        self._say("timestamps", outcome, "; ".join((*result.odd_stamps, *result.stamps)) or none)

    def _snapshot(self) -> None:
        self.snapshot = open_snapshot(self.place.folder / SNAPSHOT)
        lines = sum(1 for _ in self.snapshot.records())
        self._say(
            "snapshot",
            "ok",
            f"{lines:,} records in {len(self.snapshot.scopes):,} scopes, digest and lines hold",
        )

    def _predicate(self) -> None:
        path = files.below(self.place.folder, Path(REPORT), "the report")
        self.data = files.read(path, "the report", most=LARGEST_REPORT)
        self.report = report_from_json(self.data, contradicting=True)
        if self.snapshot is None or self.declared is None:
            self._say("predicate", "not_checked", "snapshot or declaration could not be read")
            return
        problems = strangers(self.report, self.snapshot, self.declared)
        found = audit(self.report, self.snapshot, self.declared).model_dump(mode="json")
        if self.statement is not None:
            odd = differing(self.statement.predicate, found)
            problems += [f"it says otherwise than the files at {one[:80]}" for one in odd]
        elif not problems:
            self._say("predicate", "not_checked", "there is no statement that says anything of the files")
            return
        self._told("predicate", problems, "what it says follows from the files")
        if not problems:
            self.summary = found["summary"] | {key: found[key] for key in ("as_of", "collected_by")}

    def _attested(self) -> None:
        if self.declared is None:
            self._say("attested evidence", "not_checked", "the declaration could not be read")
            return
        names = contents.attested(self.declared)
        there = {name: self.place.folder / name for name in names if (self.place.folder / name).exists()}
        sums = contents.digests(there)
        odd = [f"{name} is another file" for name, digest in sums.items() if name != f"{ATTESTED}/{digest}"]
        missing = len(names) - len(there)
        if odd or not missing:
            self._told(
                "attested evidence",
                odd,
                f"{len(there)} files, each of the digest that was declared" if names else "none is named",
            )
        else:
            self._say(
                "attested evidence",
                "not_checked",
                f"{missing} of {len(names)} files were not handed over: their digests are the lab's word",
            )

    def _catalogue(self) -> None:
        if self.declared is None:
            self._say("catalogue", "not_checked", "the declaration could not be read")
            return
        shared = self.declared.catalogue
        try:
            self.current = load_catalogue()
            with loaded(shared.digest, current=self.current):
                self._say("catalogue", "ok", f"version {shared.version}, {shared.digest}")
        except InputError as problem:
            self._say("catalogue", "failed" if self.again else "not_checked", problem.one_line())

    def _replay(self) -> None:
        if not self.again:
            self._say("replay", "not_checked", "not asked for (--replay)")
            return
        if self.snapshot is None or self.declared is None or self.report is None:
            self._say("replay", "failed", "what it needs could not be read")
            return
        result = replay(self.snapshot, self.declared, self.report, self.data, self.current)
        self.differences = result.differences
        if result.same:
            self._say(
                "replay", "ok", "judged again: report.json is the same, byte for byte" + _but(result.version)
            )
            return
        told = f"{len(result.differences):,} verdicts differ, in {', '.join(result.parts)}: {result.cause}"
        self._say("replay", "failed", told)


def _but(version: str) -> str:
    from weightguard import __version__

    return "" if version == __version__ else f", but for the tool's version, which was {version[:40]}"
