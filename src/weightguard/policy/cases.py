"""Evaluation cases of any provider: a line of JSON in, an answer out.

The shapes are those of `weightguard schema case`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import orjson

from weightguard.errors import InputError
from weightguard.policy.case import Case, CaseProblem, CaseReader, Remembered
from weightguard.policy.decision import Decision
from weightguard.policy.providers import case_reader


@dataclass(frozen=True, slots=True)
class CaseAnswer:
    """The answer to one line.

    Args:
        record: what goes out as JSON: a decision, or an error.
        label: the case's id, or its line.
        case: the case, with its decision; None where the line could not be read.
        decision: the decision.
    """

    record: dict[str, object]
    label: str
    case: Case | None = None
    decision: Decision | None = None

    @property
    def failed(self) -> bool:
        """Whether the line could not be decided."""
        return self.decision is None

    def written(self) -> bytes:
        """The record as JSON in one line of ASCII: whatever a policy is called, a terminal only shows it."""
        try:
            found = orjson.dumps(self.record)
        except TypeError:  # A number that is longer than orjson writes, or half of a surrogate pair.
            return json.dumps(self.record).encode()
        return found if found.isascii() else json.dumps(self.record).encode()

    def explanation(self) -> list[str]:
        """The answer for people, in lines."""
        if self.case is None or self.decision is None:
            return [f"{self.label}: error: {self.record['error']}"]
        lines = [f"{self.label}: {self.case.asked()}", *self.case.explained(self.decision)]
        return [*lines, *_problem_lines(self.case.problems())]


def answer_lines(lines: Iterable[bytes]) -> Iterator[CaseAnswer]:
    """Answer case after case, as they come; blank lines are skipped."""
    remembered = Remembered()
    for number, line in enumerate(lines, start=1):
        if line and not line.isspace():
            yield answer_line(line, number, remembered)


def answer_line(line: bytes, number: int, remembered: Remembered | None = None) -> CaseAnswer:
    """Answer one line.

    Args:
        line: the case as JSON.
        number: its line number, named in errors where the case has no id.
        remembered: what the lines of one run share.
    """
    identity: object = None
    label = f"line {number}"
    remembered = Remembered() if remembered is None else remembered
    try:
        entry = remembered.lines.entry(line)
        identity = entry.get("id")
        label = label if identity is None else str(identity)
        case = _reader(entry.get("provider"), remembered)(entry, remembered)
    except InputError as error:
        return CaseAnswer({"id": identity, "error": error.one_line()}, label)
    decision = case.decide()
    return CaseAnswer(_record(identity, decision, case.problems()), label, case, decision)


def _reader(provider: object, remembered: Remembered) -> CaseReader:
    """What reads cases of a provider, looked up once a run."""
    return (
        remembered.memory.once(case_reader, provider) if isinstance(provider, str) else case_reader(provider)
    )


def _record(identity: object, decision: Decision, problems: Sequence[CaseProblem]) -> dict[str, object]:
    record: dict[str, object] = {
        "id": identity,
        "decision": decision.outcome.value,
        "by": [
            {"layer": reason.layer, "policy": reason.policy, "statement": reason.statement}
            for reason in decision.by
        ],
        "missing": list(decision.missing),
    }
    if problems:
        record["problems"] = [
            {
                "layer": problem.layer,
                "policy": problem.policy,
                "statement": problem.statement,
                "message": problem.message,
            }
            for problem in problems
        ]
    return record


def _problem_lines(problems: Iterable[CaseProblem]) -> Iterator[str]:
    for problem in problems:
        where = f" statement {problem.statement}" if problem.statement is not None else ""
        effect = " (grants nothing)" if problem.grants_nothing else ""
        yield f"  problem in {problem.layer} {problem.policy}{where}: {problem.message}{effect}"
