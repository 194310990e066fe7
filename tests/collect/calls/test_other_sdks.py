"""`weightguard.collect.calls` under two SDKs that are nothing like the one of AWS: the same guard, the same record of every call.

One raises exceptions with a reason and pages by tokens, as Google's client libraries do; the other raises an ``HttpResponseError``
with an inner code and gives iterators of pages, as Azure's do. Neither caller needs more of `calls` than that of AWS uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from weightguard.collect.calls.answer import Answer, plain
from weightguard.collect.calls.breaker import IN_A_ROW, Breaker
from weightguard.collect.calls.calls import Calls, Question, Undeclared, joined
from weightguard.collect.calls.codes import Codes, Fault
from weightguard.collect.calls.operation import Operation
from weightguard.collect.calls.paging import Tokens
from weightguard.collect.calls.shape import shaped
from weightguard.errors import CredentialsError
from weightguard.snapshot import Call

# Google: exceptions with a status and a reason, tokens


class GoogleAPICallError(Exception):
    """As google.api_core.exceptions: ``code`` is the HTTP status, ``reason`` the machine-readable word where the error has one."""

    def __init__(self, code: int, reason: str | None, message: str) -> None:
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message


class RetryError(Exception):
    """As google.api_core.exceptions: retried until its deadline, nobody answered."""


GOOGLE = Codes(
    provider="Google Cloud",
    denied=frozenset({"IAM_PERMISSION_DENIED"}),
    throttled=frozenset({"RATE_LIMIT_EXCEEDED"}),
    gone=frozenset({"NOT_FOUND", "404"}),
    unreachable=frozenset({"RetryError"}),
)
BUCKETS = Operation(
    "storage", "buckets.list", ("storage.buckets.list",), "buckets",
    required=("kind",), entries=("items",), identity=("name",), paged=True, keeps=("name",),
)  # fmt: skip
GET_POLICY = Operation(
    "storage", "buckets.getIamPolicy", ("storage.buckets.getIamPolicy",), "grants", keeps=("bindings.*",)
)
ORG_POLICY = Operation(
    "orgpolicy", "policies.get", ("orgpolicy.policy.get",), "rules", absent=frozenset({"NOT_FOUND"})
)


@dataclass
class GoogleCaller:
    """The whole of a caller for such an SDK."""

    calls: Calls
    send: Callable[..., Mapping[str, Any]]

    def ask(self, operation: Operation, resource: str | None = None, **parameters: Any) -> Answer:
        """One call, or all pages of a listing."""
        question = Question(operation, None, resource)

        def once(more: Mapping[str, Any]) -> tuple[Answer, int]:
            try:
                return shaped(operation, self.send(operation.name, **parameters, **more)), 1
            except GoogleAPICallError as error:
                fault = Fault(error.reason or str(error.code), error.code, error.message)
                return GOOGLE.answer(operation, fault, about=resource), 1
            except RetryError as error:
                return Answer("failed", code="RetryError", message=plain(error)), 5

        if not operation.paged:
            return self.calls.ask(question, once)
        read = Tokens(operation.entries, "nextPageToken", "pageToken").read
        return joined(self.calls.pages(question, once, read), operation.keeps)


# Azure: an error object with a code inside, iterators of pages


@dataclass
class ODataError:
    """As azure.core.exceptions.ODataV4Format."""

    code: str


class HttpResponseError(Exception):
    """As azure.core.exceptions: the status, and the body's error where there was one."""

    def __init__(self, status_code: int, error: ODataError | None, message: str) -> None:
        super().__init__(message)
        self.status_code, self.error, self.message = status_code, error, message


@dataclass
class ItemPaged:
    """As azure.core.paging: pages of models, and where the next one is."""

    pages: list[list[dict[str, Any]] | Exception]

    def by_page(self, continuation_token: str | None = None) -> PageIterator:
        """From the beginning, or from where a token says."""
        return PageIterator(self.pages, int(continuation_token or 0))


@dataclass
class PageIterator:
    """The iterator of pages, which knows how to go on once it has given one."""

    pages: list[list[dict[str, Any]] | Exception]
    at: int
    continuation_token: str | None = None

    def __iter__(self) -> Iterator[list[dict[str, Any]]]:
        return self

    def __next__(self) -> list[dict[str, Any]]:
        page = self.pages[self.at]
        if isinstance(page, Exception):
            raise page
        self.at += 1
        self.continuation_token = str(self.at) if self.at < len(self.pages) else None
        return page


AZURE = Codes(
    provider="Azure",
    denied=frozenset({"AuthorizationFailed"}),
    throttled=frozenset({"OperationNotAllowed"}),
    gone=frozenset({"ResourceNotFound"}),
    expired=frozenset({"ExpiredAuthenticationToken"}),
)
ACCOUNTS = Operation(
    "storage", "StorageAccounts_List", ("Microsoft.Storage/storageAccounts/read",), "storage accounts",
    entries=("value",), identity=("id",), paged=True, keeps=("id", "properties.*"),
)  # fmt: skip
LOCKS = Operation("management", "Locks_List", ("Microsoft.Authorization/locks/read",), "locks")


@dataclass
class AzureCaller:
    """The whole of a caller for such an SDK, paged iterators and plain REST (``nextLink``) alike."""

    calls: Calls
    send: Callable[..., Any]

    def ask(self, operation: Operation, resource: str | None = None) -> Answer:
        """One call, or all pages of a listing through the SDK's iterator."""
        question = Question(operation, None, resource)
        if not operation.paged:
            return self.calls.ask(
                question, self._once(operation, resource, lambda _: self.send(operation.name))
            )

        def page(more: Mapping[str, Any]) -> Mapping[str, Any]:
            pages = self.send(operation.name).by_page(**more)
            return {"value": next(pages), "continuation": pages.continuation_token}

        read = Tokens(("value",), "continuation", "continuation_token").read
        found = self.calls.pages(question, self._once(operation, resource, page), read)
        return joined(found, operation.keeps)

    def rest(self, operation: Operation) -> Answer:
        """All pages of a listing by the links that its answers name."""
        request = self._once(operation, None, lambda more: self.send(more.get("url", "https://first")))
        read = Tokens(("value",), "nextLink", "url").read
        return joined(self.calls.pages(Question(operation), request, read), operation.keeps)

    def _once(
        self,
        operation: Operation,
        resource: str | None,
        send: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    ) -> Callable[[Mapping[str, Any]], tuple[Answer, int]]:
        def once(more: Mapping[str, Any]) -> tuple[Answer, int]:
            try:
                return shaped(operation, send(more)), 1
            except HttpResponseError as error:
                code = error.error.code if error.error else str(error.status_code)
                fault = Fault(code, error.status_code, error.message)
                return AZURE.answer(operation, fault, about=resource), 1

        return once


@dataclass
class Journal:
    """The calls that were recorded."""

    calls: list[Call] = field(default_factory=list)

    def of(self, scope: str, codes: Codes, *declared: Operation) -> Calls:
        """Calls of a scope that are recorded here."""
        return Calls(scope, frozenset(declared), self.calls.append, Breaker(codes.unreachable))

    @property
    def told(self) -> list[tuple[str, str, str | None]]:
        """Operation, outcome and code of each."""
        return [(call.operation, call.outcome, call.code) for call in self.calls]


def _google(send: Callable[..., Mapping[str, Any]]) -> tuple[GoogleCaller, Journal]:
    journal = Journal()
    return GoogleCaller(journal.of("gcp/lab", GOOGLE, BUCKETS, GET_POLICY, ORG_POLICY), send), journal


def _azure(send: Callable[..., Any]) -> tuple[AzureCaller, Journal]:
    journal = Journal()
    return AzureCaller(journal.of("azure/lab", AZURE, ACCOUNTS, LOCKS), send), journal


def _raising(error: Exception) -> Callable[..., Any]:
    def send(*_: object, **__: object) -> Any:
        raise error

    return send


def test_google_pages_are_followed_and_each_is_recorded() -> None:
    pages = {
        None: {"kind": "storage#buckets", "items": [{"name": "a", "secret": "x"}], "nextPageToken": "p2"},
        "p2": {"kind": "storage#buckets", "items": [{"name": "b"}], "nextPageToken": ""},
    }
    caller, journal = _google(lambda _, pageToken=None: pages[pageToken])
    answer = caller.ask(BUCKETS)
    assert answer.ok
    assert [item["name"] for item in answer.data["items"]] == ["a", "b"]
    assert journal.told == [("buckets.list", "ok", None)] * 2
    assert {call.scope for call in journal.calls} == {"gcp/lab"}


def test_a_google_listing_that_goes_in_circles_is_no_complete_listing() -> None:
    page = {"kind": "storage#buckets", "items": [{"name": "a"}], "nextPageToken": "again"}
    caller, journal = _google(lambda _, pageToken=None: page)
    answer = caller.ask(BUCKETS)
    assert (answer.outcome, answer.code) == ("failed", "PagingLoop")
    assert journal.told[-1] == ("buckets.list", "failed", "PagingLoop")


@pytest.mark.parametrize(
    ("operation", "error", "outcome", "gone"),
    [
        (GET_POLICY, GoogleAPICallError(403, "IAM_PERMISSION_DENIED", "no"), "denied", False),
        (GET_POLICY, GoogleAPICallError(403, None, "no"), "denied", False),
        (GET_POLICY, GoogleAPICallError(403, "RATE_LIMIT_EXCEEDED", "slower"), "throttled", False),
        (GET_POLICY, GoogleAPICallError(404, None, "deleted meanwhile"), "absent", True),
        (ORG_POLICY, GoogleAPICallError(404, "NOT_FOUND", "not set"), "absent", False),
        (ORG_POLICY, GoogleAPICallError(503, "NOT_FOUND", "broken"), "failed", False),
    ],
)
def test_google_errors_by_their_reason(
    operation: Operation, error: Exception, outcome: str, gone: bool
) -> None:
    caller, journal = _google(_raising(error))
    answer = caller.ask(operation, resource="a")
    assert (answer.outcome, answer.gone) == (outcome, gone)
    assert [call.outcome for call in journal.calls] == [outcome]
    assert journal.calls[0].resource == "a"


def test_an_endpoint_that_nobody_answers_for_is_not_asked_for_ever() -> None:
    asked: list[str] = []

    def send(name: str, **_: object) -> Any:
        asked.append(name)
        raise RetryError("deadline exceeded")

    caller, journal = _google(send)
    answers = [caller.ask(GET_POLICY, resource=str(number)) for number in range(IN_A_ROW + 2)]
    assert len(asked) == IN_A_ROW
    assert {answer.outcome for answer in answers} == {"failed"}
    assert [call.attempts for call in journal.calls] == [5] * IN_A_ROW + [0, 0]


def test_azure_iterators_are_followed_and_what_breaks_off_keeps_what_came_before() -> None:
    whole = ItemPaged([[{"id": "/a"}], [{"id": "/b"}]])
    caller, journal = _azure(lambda _: whole)
    answer = caller.ask(ACCOUNTS)
    assert answer.ok
    assert [item["id"] for item in answer.data["value"]] == ["/a", "/b"]
    refused = HttpResponseError(403, ODataError("AuthorizationFailed"), "no")
    caller, journal = _azure(lambda _: ItemPaged([[{"id": "/a"}], refused]))
    answer = caller.ask(ACCOUNTS)
    assert (answer.outcome, answer.code) == ("denied", "AuthorizationFailed")
    assert [item["id"] for item in answer.data["value"]] == ["/a"]
    assert [told[1] for told in journal.told] == ["ok", "denied"]


def test_azure_links_are_followed() -> None:
    pages = {
        "https://first": {"value": [{"id": "/a"}], "nextLink": "https://second"},
        "https://second": {"value": [{"id": "/b"}, {"name": "nameless"}]},
    }
    caller, journal = _azure(pages.__getitem__)
    answer = caller.rest(ACCOUNTS)
    assert [item["id"] for item in answer.data["value"]] == ["/a", "/b"]
    assert (answer.outcome, answer.code) == ("failed", "Malformed"), "an entry that does not say what it is"
    assert [told[1] for told in journal.told] == ["ok", "failed"]


def test_an_azure_session_that_ended_ends_the_collection() -> None:
    expired = HttpResponseError(401, ODataError("ExpiredAuthenticationToken"), "expired")
    caller, _ = _azure(_raising(expired))
    with pytest.raises(CredentialsError, match="the Azure credentials have expired"):
        caller.ask(LOCKS)


def test_what_nobody_declared_is_not_called() -> None:
    caller, journal = _azure(lambda _: {})
    with pytest.raises(Undeclared):
        caller.calls.ask(Question(GET_POLICY), lambda _: (Answer("ok"), 1))
    assert journal.calls == []
