"""Requests to Azure's interfaces: with a token, tried again where that may help, never led elsewhere.

A token goes to the origin it is for and to no other: redirects are not followed, and a page's link to the next one has to stay at
the page's own origin. What a 401 asks for (a fresh token, further claims) is given once. "Too often" and "not now" are waited out
as the answer says.

Sources: Azure Resource Manager documentation, "Understand how Azure Resource Manager throttles requests"; Microsoft Graph
documentation, "Throttling guidance"; Entra documentation, "Claims challenges, claims requests, and client capabilities".
"""

from __future__ import annotations

import base64
import binascii
import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from weightguard.collect.azure.credentials import Tokens
from weightguard.collect.ways import check_bundle
from weightguard.errors import InputError

if TYPE_CHECKING:
    from requests import Response, Session

TIMEOUTS: Final = (5.0, 60.0)
"""Seconds to connect, and between bytes of an answer."""
MOST_BYTES: Final = 64 << 20
"""Bytes of one answer that are read; Resource Graph's own limit is a quarter of it."""
MOST_WAIT: Final = 60.0
"""Seconds that one "later" is believed."""
_LATER: Final = frozenset({429, 500, 502, 503, 504})
_CLAIMS: Final = re.compile(r'claims="([A-Za-z0-9+/_=-]{1,4096})"')


class Elsewhere(Exception):
    """A link that leads to another origin than the answer that holds it."""


class TooLarge(Exception):
    """An answer that goes on beyond all bounds."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request.

    Attributes:
        audience: the scope of the token that goes with it.
        body: what is sent as JSON; None: nothing.
    """

    method: str
    url: str
    audience: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came.

    Attributes:
        body: as bytes, whole.
        attempts: how many requests it took.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    attempts: int


@dataclass(slots=True)
class Wire:
    """The way to Azure's interfaces. Safe to share between threads.

    Attributes:
        bundle: the file of CA certificates to trust; None: what the environment says. (A session's own is passed over where the
            environment names another.)
        attempts: requests made of one call, the first included.
        wait: sleeps; tests look at for how long.
    """

    session: Session
    tokens: Tokens
    bundle: str | None = None
    attempts: int = 5
    wait: Callable[[float], None] = time.sleep

    def send(self, asked: Asked, most: int = MOST_BYTES) -> Answered:
        """Make a request, and read its answer.

        Raises:
            requests.RequestException: nobody answered. TooLarge: the answer goes on and on.
            CredentialsError: there is no token for it.
        """
        from requests import ConnectionError as Unreachable
        from requests import Timeout
        from requests.exceptions import ChunkedEncodingError

        token = self.tokens.get(asked.audience)
        renewed = False
        attempt = 0
        while True:
            attempt += 1
            last = attempt >= self.attempts
            try:
                found = self._once(asked, token, most)
            except (Unreachable, Timeout, ChunkedEncodingError):
                # A name that nobody knows and a port that nobody has do not come back within a second.
                if last or attempt > 1:
                    raise
                self.wait(0.2)
                continue
            if found.status == 401 and not renewed:
                renewed = True
                claims = _claims(found.headers)
                token = self.tokens.get(asked.audience, stale=token, claims=claims)
                continue
            if found.status not in _LATER or last:
                return Answered(found.status, found.headers, found.body, attempt)
            self.wait(_pause(found.headers, attempt))

    def is_there(self, url: str) -> bool:
        """Whether a page that needs no token is there.

        Raises:
            requests.RequestException: nobody answers.
        """
        found = self.session.get(url, timeout=TIMEOUTS, allow_redirects=False, verify=self.bundle or None)
        return found.status_code < 400

    def _once(self, asked: Asked, token: str, most: int) -> Answered:
        headers = {**asked.headers, "Authorization": f"Bearer {token}"}
        with self.session.request(
            asked.method, asked.url, headers=headers, json=asked.body, timeout=TIMEOUTS, allow_redirects=False, stream=True,
            verify=self.bundle or None,
        ) as answer:  # fmt: skip
            return Answered(answer.status_code, answer.headers, _read(answer, most), 1)


def _read(answer: Response, most: int) -> bytes:
    """The body, whole.

    Raises:
        TooLarge: there is more than that.
    """
    parts: list[bytes] = []
    size = 0
    for part in answer.iter_content(64 << 10):
        size += len(part)
        if size > most:
            raise TooLarge(f"more than {most:,} bytes")
        parts.append(part)
    return b"".join(parts)


def _claims(headers: Mapping[str, str]) -> str | None:
    """What a challenge asks a token to say besides: JSON, in base64."""
    found = _CLAIMS.search(headers.get("WWW-Authenticate", ""))
    if found is None:
        return None
    try:
        text = base64.urlsafe_b64decode(found[1].replace("+", "-").replace("/", "_") + "==").decode()
        json.loads(text)
    except (binascii.Error, ValueError):
        return None
    return text


def _pause(headers: Mapping[str, str], attempt: int) -> float:
    """Seconds to wait: what the answer says, else longer each time, a little by chance."""
    for name, unit in (("x-ms-retry-after-ms", 1000.0), ("retry-after-ms", 1000.0), ("Retry-After", 1.0)):
        said = headers.get(name, "")
        if said.isascii() and said.isdigit():
            return min(int(said) / unit, MOST_WAIT)
    resets = re.fullmatch(r"(\d{1,2}):(\d\d):(\d\d)", headers.get("x-ms-user-quota-resets-after", ""))
    if resets:
        return min(int(resets[1]) * 3600.0 + int(resets[2]) * 60 + int(resets[3]), MOST_WAIT)
    spread = 0.75 + random.random() / 2  # noqa: S311 - nothing secret hangs on it
    return float(min(0.5 * 2**attempt, 16)) * spread


def same_origin(url: str, link: str) -> str:
    """A link, where it leads to the origin of the page that holds it.

    Raises:
        Elsewhere: it does not. Whoever could write it would be handed a token.
    """
    if not isinstance(link, str) or _origin(url) != _origin(link):
        raise Elsewhere(f"the link to the next page leads to {str(link)[:100]}")
    return link


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "", None, None
    return parts.scheme.lower(), parts.hostname, port


def session(threads: int, ca_bundle: str | None) -> Session:
    """A session: no cookies, no credentials of a ``.netrc``; proxies as the environment says.

    Raises:
        InputError: `requests` is not installed, or the CA bundle is none.
    """
    try:
        import requests
        from requests.adapters import HTTPAdapter
    except ImportError as error:
        raise InputError(
            "requests is not installed", fix="install weightguard with its extra: weightguard[azure]"
        ) from error
    found = requests.Session()
    found.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    found.auth = _unchanged
    found.mount("https://", HTTPAdapter(pool_connections=threads, pool_maxsize=threads))
    if ca_bundle:
        check_bundle(ca_bundle, "--ca-bundle")
    return found


def _unchanged(request: Any) -> Any:
    """Stands in for the credentials of a ``.netrc``, that would go in place of a token."""
    return request
