"""One call over HTTP, with patience and without leaks.

Redirects are not followed: they would carry the secret elsewhere. Plain HTTP is for this machine alone.
"""

from __future__ import annotations

import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from weightguard.errors import ConfigError, WeightguardError
from weightguard.notify.secret import parts_of, without
from weightguard.report.text import visible

ATTEMPTS = 3
_SAID = 4096
"""Bytes of an error page that are looked at: more than are shown, so that no secret is cut in two before it is hidden."""
_MOST = 16 * 1024 * 1024
"""Bytes of an answer that are read: a hundred long comments fit."""
_SECONDS = 20.0
_LONGEST_WAIT = 30.0
_AGAIN = {429, 500, 502, 503, 504}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """None: the answer counts as an error."""
        return


class Refused(Exception):
    """A call that was not answered as hoped.

    Args:
        status: HTTP's; None: there was no answer.
        problem: what was said, secrets and all.
    """

    def __init__(self, status: int | None, problem: str) -> None:
        self.status, self.problem = status, problem
        super().__init__(status)


def check_address(url: str, what: str, where: str = "notify:") -> str:
    """The host of an address that may be posted to, for messages that must not show the address.

    Args:
        where: where the address was given.

    Raises:
        ConfigError: it is no http(s) address, or plain http to another machine.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not url.isprintable() or parts.scheme not in ("http", "https"):
        raise ConfigError(f"the {what} has no https address", where=where, fix="give it as https://host/path")
    if parts.scheme == "http" and not _is_this_machine(host):
        raise ConfigError(f"the {what} would be sent in the clear", where=f"http to {host}", fix="use https")
    return host


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    what: str,
    ca_bundle: Path | None,
    secrets: tuple[str, ...],
    pause: Callable[[float], None] | None,
) -> None:
    """Posts JSON; a busy or failing server is asked again, three times in all.

    Args:
        what: what messages call the receiver.
        secrets: what no message may show, besides the address.

    Raises:
        WeightguardError: it was not taken.
    """
    try:
        call("POST", url, body, headers, ca_bundle=ca_bundle, pause=pause, most=1)
    except Refused as refused:
        hidden = without(refused.problem, (*parts_of(url), *secrets))
        raise WeightguardError(f"{what} was not told", where=visible(hidden, 300)) from None


def call(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    *,
    ca_bundle: Path | None = None,
    pause: Callable[[float], None] | None = None,
    most: int = _MOST,
) -> bytes:
    """The answer to one call with a body of JSON, or with none; a busy or failing server is asked three times in all.

    Args:
        url: one that `check_address` has let through.
        most: bytes of the answer that are read.

    Raises:
        Refused: nothing was answered, or something else than success.
    """
    said = {"User-Agent": "weightguard", **({"Content-Type": "application/json"} if body else {}), **headers}
    request = urllib.request.Request(url, data=body, headers=said, method=method)  # noqa: S310 - see `url`
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _answer(request, ca_bundle, most)
        except _Again as again:
            if attempt == ATTEMPTS:
                raise again.refused from None
            (pause or time.sleep)(min(again.wait or float(2**attempt), _LONGEST_WAIT))
    raise AssertionError("the last attempt either answers or raises")


class _Again(Exception):
    """Refused for now: what to say if it stays so, and how long the server asks to wait, 0 for as long as usual."""

    def __init__(self, refused: Refused, wait: float) -> None:
        self.refused, self.wait = refused, wait
        super().__init__(wait)


def _answer(request: urllib.request.Request, ca_bundle: Path | None, most: int) -> bytes:
    try:
        context = ssl.create_default_context()
        if ca_bundle is not None:
            context.load_verify_locations(ca_bundle)
        opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPSHandler(context=context))
        with opener.open(request, timeout=_SECONDS) as answer:
            return bytes(answer.read(most))
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(_SAID).decode("utf-8", "replace")
            again = error.headers.get("Retry-After", "")
        refused = Refused(error.code, f"HTTP status {error.code}: {said}")
        if error.code not in _AGAIN:
            raise refused from None
        raise _Again(refused, float(again) if again.isdecimal() else 0.0) from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        refused = Refused(None, f"{type(error).__name__}: {reason}")
        # A certificate that does not hold will not hold in two seconds.
        if isinstance(reason, ssl.SSLError | ValueError):
            raise refused from None
        raise _Again(refused, 0.0) from None
