"""The only way to Azure: what its interfaces answer, as answers that `weightguard.collect.calls` guards and records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from weightguard.collect.azure.codes import ALONE, CODES, UNREACHABLE
from weightguard.collect.azure.credentials import claim
from weightguard.collect.azure.options import AzureOptions
from weightguard.collect.azure.route import At, Route
from weightguard.collect.azure.wire import Answered, Asked, Elsewhere, TooLarge, Wire, same_origin
from weightguard.collect.calls.answer import MALFORMED, Answer, plain
from weightguard.collect.calls.breaker import Breaker
from weightguard.collect.calls.calls import Ask, Calls, Question, joined
from weightguard.collect.calls.codes import Fault
from weightguard.collect.calls.operation import Operation
from weightguard.collect.calls.shape import checked, shaped
from weightguard.errors import CredentialsError
from weightguard.json_text import OddJson, whole
from weightguard.snapshot import Call

Parse = Callable[[Answered], Mapping[str, Any]]
UNSIGNED: Final = "NoToken"
"""The code of a call for which the sign-in gives no token: the identity may not use that service at all."""
_PER_HOST: Final = frozenset({"vault", "blob"})
_AGENT: Final = {"Accept": "application/json", "User-Agent": "weightguard"}


class Malformed(ValueError):
    """An answer that is not what its interface documents."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a call is about.

    Attributes:
        names: what to fill into the route's path.
        host: the address of a vault or of an account's blobs; None: the service's own.
        resource: the id of the thing, for the log of calls; None for listings of a whole scope.
    """

    names: Mapping[str, str]
    host: str | None = None
    resource: str | None = None


NOWHERE: Final = Place({})


class Caller:
    """Calls Azure's interfaces for one scope.

    Args:
        scope: ``azure/<subscription or tenant id>``, as calls.jsonl names it.
        declared: the operations that may be called.
        record: takes each call; called from any thread.
    """

    def __init__(
        self,
        wire: Wire,
        options: AzureOptions,
        scope: str,
        declared: frozenset[Operation],
        record: Callable[[Call], None],
    ) -> None:
        self.wire = wire
        self.options = options
        self.scope = scope
        self._calls = Calls(scope, declared, record, Breaker(UNREACHABLE))

    def ask(self, route: Route, place: Place = NOWHERE, *, parse: Parse | None = None, headers: Mapping[str, str] | None = None,
            most: int | None = None) -> Answer:  # fmt: skip
        """Make a call; of a listing, every page, joined.

        Args:
            parse: turns the answer into what is kept, where it is no JSON.
            most: bytes that are read of the answer.
        """
        if route.operation.paged:
            return joined(self.pages(route, place, parse=parse, headers=headers), route.operation.keeps)
        question = Question(route.operation, None, place.resource)
        return self._calls.ask(question, self._request(route, place, None, parse, headers or {}, most))

    def pages(
        self,
        route: Route,
        place: Place = NOWHERE,
        *,
        body: Mapping[str, Any] | None = None,
        parse: Parse | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[Answer]:
        """The pages of a listing one by one. The last is not ok when the listing broke off.

        Args:
            body: what is sent with each request; how it goes on is added to its ``options``.
        """
        question = Question(route.operation, None, place.resource)
        return self._calls.pages(
            question, self._request(route, place, body, parse, headers or {}, None), route.read
        )

    def at_host(self, at: At, address: str) -> str | None:
        """The endpoint for a vault or an account that says its own address; None where that is no host of the cloud's.

        A token for all vaults goes there: an address of anywhere else would be handed it. What stands in for all of them takes
        the first part of the host as the first of the path, as Azurite does.
        """
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
        instead = self.options.endpoint(at)
        if instead is not None:
            return f"{instead}/{host.partition('.')[0]}" if host else None
        domain = self.options.of.vault if at == "vault" else self.options.of.blob
        known = parts.scheme == "https" and (host.endswith(f".{domain}") or _is_zoned(host, at, domain))
        return f"https://{host}" if known else None

    def principal(self) -> str | None:
        """The id of the identity that calls, as its token says; None where that says nothing."""
        return claim(self.wire.tokens.get(self.options.of.audience("management")), "oid")

    def note(self, operation: Operation, answer: Answer, resource: str | None = None) -> None:
        """Write down what is known of an operation without asking: that there was nothing to ask, or that it would be in vain."""
        self._calls.note(Question(operation, None, resource), answer, 0)

    def _request(
        self, route: Route, place: Place, body: Mapping[str, Any] | None, parse: Parse | None, headers: Mapping[str, str],
        most: int | None,
    ) -> Ask:  # fmt: skip
        def ask(more: Mapping[str, Any]) -> tuple[Answer, int]:
            asked = Asked(
                route.method, self._url(route, place, more), self.options.of.audience(route.at),
                None if body is None else _continued(body, more), {**_AGENT, **headers},
            )  # fmt: skip
            return self._once(route, place, asked, parse, most)

        return ask

    def _url(self, route: Route, place: Place, more: Mapping[str, Any]) -> str:
        link = more.get("next")
        if link is not None:
            return str(link)
        path = route.path.format(**{name: quote(value, safe="/") for name, value in place.names.items()})
        query = [(name, value.format(**place.names)) for name, value in route.query]
        query += [("marker", str(more["marker"]))] if "marker" in more else []
        base = place.host or self._base(route)
        return base + path + (f"?{urlencode(query, quote_via=quote, safe='$(),')}" if query else "")

    def _base(self, route: Route) -> str:
        cloud = self.options.of
        return (
            self.options.endpoint(route.at)
            or {"management": cloud.management, "graph": cloud.graph}[route.at]
        )

    def _once(
        self, route: Route, place: Place, asked: Asked, parse: Parse | None, most: int | None
    ) -> tuple[Answer, int]:
        from requests import RequestException

        try:
            found = self.wire.send(asked, most) if most is not None else self.wire.send(asked)
        except CredentialsError as error:
            if route.at == "management":
                raise
            return Answer("denied", code=UNSIGNED, message=plain(error.where or error.what)), 1
        except TooLarge as error:
            return Answer("failed", code="TooLarge", message=plain(error)), 1
        except RequestException as error:
            code = type(error).__name__
            if code in UNREACHABLE and route.at in _PER_HOST:
                code = ALONE
            return Answer("failed", code=code, message=plain(error)), self.wire.attempts
        if found.status >= 300:
            answer = CODES.answer(route.operation, _fault(found), about=place.resource)
            return answer, found.attempts
        try:
            page = (parse or _json)(found)
            _checked_link(route, asked.url, page)
            # What came as JSON is taken as it is.
            read = shaped(route.operation, page) if parse else checked(route.operation, dict(page))
            return read, found.attempts
        except Elsewhere as error:
            return Answer("failed", code="PagingElsewhere", message=plain(error)), found.attempts
        except (Malformed, TypeError, ValueError, AttributeError) as error:
            return Answer("failed", code=MALFORMED, message=plain(error)), found.attempts


def _is_zoned(host: str, at: At, domain: str) -> bool:
    """Whether a host is of an account with a DNS zone: ``name.z01.blob.storage.azure.net`` (Storage documentation, "Azure DNS
    zone endpoints").
    """
    return (
        at == "blob" and domain.startswith("blob.core.windows") and host.endswith(".blob.storage.azure.net")
    )


def _checked_link(route: Route, url: str, page: Mapping[str, Any]) -> None:
    """Elsewhere where the page sends whoever follows it to another origin."""
    if route.operation.paged:
        link = route.read(page).next.get("next")
        if link is not None:
            same_origin(url, link)


def _continued(body: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    return {**body, "options": {**body.get("options", {}), **more}}


def _json(found: Answered) -> Mapping[str, Any]:
    """The body as JSON has it.

    Raises:
        Malformed: it is cut short, empty, or no object.
    """
    try:
        document = whole(found.body)
    except OddJson as error:
        raise Malformed(f"the answer {error}") from error
    if not isinstance(document, dict):
        raise Malformed("the answer is no object")
    return document


def _fault(found: Answered) -> Fault:
    """An error as it was told: in the body of Resource Manager, Graph and vaults, in a header of storage."""
    code = found.headers.get("x-ms-error-code")
    message = None
    try:
        error = json.loads(found.body[:1_000_000]).get("error")
    except (ValueError, AttributeError):
        error = None
    if isinstance(error, dict):
        inner = error.get("innererror")
        code = code or error.get("code")
        if isinstance(inner, dict) and code == "Forbidden" and isinstance(inner.get("code"), str):
            code = inner["code"]
        message = error.get("message")
    return Fault(str(code or found.status), found.status, None if message is None else str(message))
