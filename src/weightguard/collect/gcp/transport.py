"""One request to a Google API, tried again where that may help: too many, a server's own trouble, a connection that broke."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from weightguard.collect.gcp.method import Method
from weightguard.collect.gcp.sessions import Session

CONNECT_TIMEOUT: Final = 5
READ_TIMEOUT: Final = 60
_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})
_LONGEST_PAUSE: Final = 30.0
_MORE_WHERE_TOO_OFTEN: Final = 3
_MOST_BYTES: Final = 64 << 20
"""Of one answer; a page of a listing has a hundredth of that."""
_POLICY: Final = {"options": {"requestedPolicyVersion": 3}}
"""Without it, bindings with conditions are left out (IAM, "Policy versions")."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer.

    Attributes:
        body: its bytes as they were sent, decompressed where a proxy compressed JSON; of an object, the range.
        attempts: requests that it took.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    attempts: int


class Unanswered(Exception):
    """Nobody answered, at the last try.

    Args:
        name: the name of what `requests` raised.
    """

    def __init__(self, name: str, said: str, attempts: int) -> None:
        super().__init__(said)
        self.name = name
        self.attempts = attempts


class Oversized(Exception):
    """An answer longer than any that the APIs give."""


@dataclass(frozen=True, slots=True)
class Transport:
    """Sends requests. Safe to share between threads.

    Attributes:
        pause: waits some seconds.
    """

    session: Session
    pause: Callable[[float], None] = field(default=time.sleep)

    def send(self, method: Method, parameters: Mapping[str, Any], length: int | None = None) -> Reply:
        """The answer, whatever its status.

        Args:
            length: of an object's bytes, how many to read at most; ``Range`` then stands in the parameters.

        Raises:
            Unanswered: no connection, or none that lasted.
            CredentialsError: no token is given any more.
        """
        given = dict(parameters)
        headers = {"Range": given.pop("Range")} if "Range" in given else {}
        if length is not None:
            headers["Accept-Encoding"] = "gzip"  # an object that is stored compressed is sent as it is stored
        path, query = method.url(given)
        url = f"{self.session.base(method.operation.service)}/{path}"
        asked = {
            "params": query,
            "headers": headers,
            "json": _POLICY if method.verb == "POST" and not method.query else None,
        }
        return self._tried(method.verb, url, asked, length)

    def _tried(self, verb: str, url: str, asked: Mapping[str, Any], length: int | None) -> Reply:
        attempt = 0
        while True:
            attempt += 1
            try:
                reply = self._once(verb, url, asked, length, attempt)
            except Unanswered:
                if attempt >= self.session.options.max_attempts:
                    raise
                self.pause(_backoff(attempt))
                continue
            if reply.status not in _AGAIN or attempt >= self._most(reply):
                return reply
            self.pause(_asked_pause(reply.headers) or _backoff(attempt))

    def _most(self, reply: Reply) -> int:
        """How often a call is tried. Quotas are counted by the minute: what is too often now is worth waiting that long for."""
        more = _MORE_WHERE_TOO_OFTEN if reply.status == 429 else 0
        return self.session.options.max_attempts + more

    def _once(self, verb: str, url: str, asked: Mapping[str, Any], length: int | None, attempt: int) -> Reply:
        import requests
        from google.auth.exceptions import TransportError
        from urllib3.exceptions import HTTPError

        try:
            with self.session.http.request(
                verb,
                url,
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                **asked,
            ) as answer:
                raw = length is not None and answer.status_code < 400
                body = answer.raw.read(length if raw else _MOST_BYTES + 1, decode_content=not raw)
                if not raw and len(body) > _MOST_BYTES:
                    raise Oversized
                return Reply(answer.status_code, answer.headers, body, attempt)
        except (requests.RequestException, TransportError, HTTPError) as error:
            raise Unanswered(type(error).__name__, str(error), attempt) from error


def _backoff(attempt: int) -> float:
    """Longer each time, and not the same for all threads."""
    return min(_LONGEST_PAUSE, 0.5 * float(2**attempt) * (0.5 + random.random() / 2))  # noqa: S311 - no secret


def _asked_pause(headers: Mapping[str, str]) -> float | None:
    """What ``Retry-After`` asks for, in seconds; a date there, or nothing, asks for none."""
    written = headers.get("Retry-After", "")
    return min(_LONGEST_PAUSE, float(written)) if written.isdigit() else None
