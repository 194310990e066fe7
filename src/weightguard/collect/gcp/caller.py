"""The only way to Google Cloud: what its APIs answer, as answers that `weightguard.collect.calls` guards and records."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from weightguard.collect.calls.answer import MALFORMED, Answer, plain
from weightguard.collect.calls.breaker import Breaker
from weightguard.collect.calls.calls import Ask, Calls, Check, Question, joined
from weightguard.collect.calls.operation import Operation
from weightguard.collect.calls.paging import Tokens
from weightguard.collect.calls.shape import checked
from weightguard.collect.gcp.codes import CODES, DISABLED, UNREACHABLE, fault
from weightguard.collect.gcp.method import Method
from weightguard.collect.gcp.transport import Oversized, Reply, Transport, Unanswered
from weightguard.errors import CredentialsError
from weightguard.snapshot import Call

Take = Callable[[Reply], None]
"""Takes an object's bytes; raises ValueError where they are not what was asked for."""


class Caller:
    """Calls the APIs for one scope. Safe to share between threads.

    Args:
        scope: ``gcp/<project id>``, as calls.jsonl names it.
        declared: the operations that may be called.
        record: takes each call; called from any thread.
    """

    def __init__(
        self,
        transport: Transport,
        scope: str,
        declared: frozenset[Operation],
        record: Callable[[Call], None],
    ) -> None:
        self.transport = transport
        self.scope = scope
        self._calls = Calls(scope, declared, record, Breaker(UNREACHABLE))
        self._off: dict[str, Answer] = {}
        self._lock = threading.Lock()

    def ask(self, method: Method, *, about: str | None = None, **parameters: Any) -> Answer:
        """Make a call; of a paged one, every page, its lists joined.

        Args:
            about: the name of the thing that the call is about, for calls.jsonl; None for listings.
            parameters: the API's own parameters, those of its path among them.
        """
        if method.operation.paged:
            return joined(self.pages(method, about=about, **parameters), method.operation.keeps)
        off = self._is_off(method)
        if off is not None:
            return off
        question = Question(method.operation, None, about)
        return self._noted(method, self._calls.ask(question, self._request(method, question, parameters)))

    def pages(
        self, method: Method, *, about: str | None = None, check: Check | None = None, **parameters: Any
    ) -> Iterator[Answer]:
        """The pages of a listing one by one. The last is not ok when the listing broke off."""
        off = self._is_off(method)
        if off is not None:
            yield off
            return
        question = Question(method.operation, None, about)
        read = Tokens(method.operation.entries, "nextPageToken", "pageToken").read
        for page in self._calls.pages(question, self._request(method, question, parameters), read, check):
            yield self._noted(method, page)

    def fetch(self, method: Method, take: Take, length: int, *, about: str, **parameters: Any) -> Answer:
        """Read a part of an object's bytes.

        Args:
            take: is handed the answer that holds them.
            length: bytes to read at most.
        """
        question = Question(method.operation, None, about)

        def ask(more: Mapping[str, Any]) -> tuple[Answer, int]:
            return self._once(method, question, parameters, length, lambda reply: _taken(take, reply))

        return self._calls.ask(question, ask)

    def distrust(self, method: Method, why: str) -> None:
        """Note that a listing that seemed answered is not complete after all."""
        self._calls.distrust(Question(method.operation), why)

    def _request(self, method: Method, question: Question, parameters: Mapping[str, Any]) -> Ask:
        def ask(more: Mapping[str, Any]) -> tuple[Answer, int]:
            return self._once(
                method, question, {**parameters, **more}, None, lambda reply: _read(method.operation, reply)
            )

        return ask

    def _once(
        self,
        method: Method,
        question: Question,
        parameters: Mapping[str, Any],
        length: int | None,
        read: Callable[[Reply], Answer],
    ) -> tuple[Answer, int]:
        try:
            reply = self.transport.send(method, parameters, length)
        except Unanswered as error:
            return Answer("failed", code=error.name, message=plain(error)), error.attempts
        except Oversized:
            return Answer("failed", code=MALFORMED, message="the answer is too long"), 1
        if reply.status < 300:
            return read(reply), reply.attempts
        told = fault(reply.status, reply.body)
        if reply.status == 401:
            raise CredentialsError(
                "Google Cloud does not accept the credentials", fix="sign in again, or name others",
                where=f"{method.id}: {plain(told.message or told.code)}",
            )  # fmt: skip
        return CODES.answer(method.operation, told, about=question.resource), reply.attempts

    def _is_off(self, method: Method) -> Answer | None:
        """The answer of an API that is known to be off here: it would answer the same to everything, and one gap says so."""
        return self._off.get(method.operation.service)

    def _noted(self, method: Method, answer: Answer) -> Answer:
        if answer.code in DISABLED:
            with self._lock:
                self._off.setdefault(method.operation.service, answer)
        return answer


def _read(operation: Operation, reply: Reply) -> Answer:
    """An answer in JSON; a page meant for a browser, or one cut short, is none."""
    try:
        data = json.loads(reply.body)
    except (ValueError, RecursionError):
        return Answer("failed", code=MALFORMED, message="the answer is no JSON")
    if not isinstance(data, dict) or not _lists(operation, data):
        return Answer("failed", code=MALFORMED, message="the answer is not shaped as documented")
    return checked(operation, data)


def _lists(operation: Operation, data: Mapping[str, Any]) -> bool:
    """Whether what should be a list of entries is one. Google leaves out lists that are empty."""
    return all(isinstance(data.get(name, []), list) for name in operation.entries)


def _taken(take: Take, reply: Reply) -> Answer:
    try:
        take(reply)
    except ValueError as error:
        return Answer("failed", code=MALFORMED, message=plain(error))
    return Answer("ok")
