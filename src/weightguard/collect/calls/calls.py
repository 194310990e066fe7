"""Making one scope's calls: declared operations alone, no further than makes sense, every call recorded with what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from weightguard.collect.calls.answer import MALFORMED, Answer
from weightguard.collect.calls.breaker import Breaker
from weightguard.collect.calls.operation import Operation
from weightguard.collect.calls.paging import Page, Walk, merge
from weightguard.snapshot import Call, utc_now
from weightguard.snapshot.model import Outcome

Ask = Callable[[Mapping[str, Any]], tuple[Answer, int]]
"""Makes one request through the SDK: from what the walk adds to the request, to the answer and how often the SDK tried."""
Check = Callable[[Mapping[str, Any]], str | None]
"""Says of a page why its listing cannot be trusted, or None."""


class Undeclared(AssertionError):
    """A call to an operation that nothing declares: a mistake in the collector itself."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        region: where; None for global services.
        resource: the name or id of the thing that the call is about; None for listings.
    """

    operation: Operation
    region: str | None = None
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of one scope. Safe to share between threads.

    Attributes:
        scope: ``aws/<account id>``, as calls.jsonl names it.
        declared: the operations that may be called.
        record: takes each call; called from any thread.
        breaker: knows what is not worth asking now.
    """

    scope: str
    declared: frozenset[Operation]
    record: Callable[[Call], None]
    breaker: Breaker = field(default_factory=Breaker)

    def ask(self, question: Question, ask: Ask) -> Answer:
        """Make a call that is answered at once."""
        answer, attempts = self._guarded(question, ask, {})
        self.note(question, answer, attempts)
        return answer

    def pages(
        self,
        question: Question,
        ask: Ask,
        read: Callable[[Mapping[str, Any]], Page],
        check: Check | None = None,
    ) -> Iterator[Answer]:
        """The pages of a listing one by one. The last is not ok when the listing broke off.

        Args:
            read: what a page says of itself and of the next one.
        """
        walk = Walk(read)
        while not walk.finished:
            answer, attempts = self._guarded(question, ask, walk.parameters)
            fault = (walk.step(answer.data) or (check(answer.data) if check else None)) if answer.ok else None
            if fault:
                answer = Answer("failed", answer.data, fault, "the listing does not page as documented")
            self.note(question, answer, attempts)
            yield answer
            if not answer.ok:
                return

    def distrust(self, question: Question, why: str) -> None:
        """Note that a listing that seemed answered is not complete after all."""
        self.note(question, Answer("failed", code=MALFORMED, message=why), 0)

    def note(self, question: Question, answer: Answer, attempts: int) -> None:
        """Record what came of a call: where it is no answer, that is the gap."""
        self.record(
            Call(
                service=question.operation.service,
                operation=question.operation.name,
                scope=self.scope,
                outcome=cast(Outcome, answer.outcome),  # nothing that was called is skipped
                time=utc_now(),
                region=question.region,
                resource=question.resource,
                code=answer.code,
                message=answer.message,
                attempts=attempts,
            )
        )

    def _guarded(self, question: Question, ask: Ask, more: Mapping[str, Any]) -> tuple[Answer, int]:
        operation = question.operation
        if operation not in self.declared:
            raise Undeclared(f"{operation.id} is not declared")
        key = (operation.service, question.region, operation.name)
        refused = self.breaker.refuses(key)
        if refused is not None:
            return refused, 0
        answer, attempts = ask(more)
        if answer.code == MALFORMED:
            # The SDK retries what fails on the way, not what arrives broken; a cut answer is worth one more try.
            answer, again = ask(more)
            attempts += again
        self.breaker.note(key, answer)
        return answer, attempts


def joined(pages: Iterator[Answer], keeps: tuple[str, ...]) -> Answer:
    """All pages of a listing as one answer, their lists joined; the outcome is the last one's."""
    merged: dict[str, Any] = {}
    last = Answer("ok")
    for last in pages:
        merge(merged, last.data)
    return Answer(last.outcome, merged, last.code, last.message, keeps, last.gone)
