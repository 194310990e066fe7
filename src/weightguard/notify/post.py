"""One POST over HTTP, with patience and without leaks.

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
_SECONDS = 20.0
_LONGEST_WAIT = 30.0
_AGAIN = {429, 500, 502, 503, 504}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """None: the answer counts as an error."""
        return


def check_address(url: str, what: str) -> str:
    """The host of an address that may be posted to, for messages that must not show the address.

    Raises:
        ConfigError: it is no http(s) address, or plain http to another machine.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not url.isprintable() or parts.scheme not in ("http", "https"):
        raise ConfigError(
            f"the {what} has no https address", where="notify:", fix="give it as https://host/path"
        )
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
    request = urllib.request.Request(  # noqa: S310 - `check_address` has seen to the scheme
        url, data=body, headers={"Content-Type": "application/json", "User-Agent": "weightguard", **headers}
    )
    for attempt in range(1, ATTEMPTS + 1):
        problem, wait = _attempt(request, ca_bundle)
        if problem is None:
            return
        if wait is None or attempt == ATTEMPTS:
            hidden = without(problem, (*parts_of(url), *secrets))
            raise WeightguardError(f"{what} was not told", where=visible(hidden, 300))
        (pause or time.sleep)(min(wait or float(2**attempt), _LONGEST_WAIT))


def _attempt(request: urllib.request.Request, ca_bundle: Path | None) -> tuple[str | None, float | None]:
    """What went wrong, None for nothing; and how long to wait before another attempt, 0 for as long as usual, None for never."""
    try:
        context = ssl.create_default_context()
        if ca_bundle is not None:
            context.load_verify_locations(ca_bundle)
        opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPSHandler(context=context))
        with opener.open(request, timeout=_SECONDS) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(_SAID).decode("utf-8", "replace")
            again = error.headers.get("Retry-After", "")
        wait = float(again) if again.isdecimal() else 0.0
        return f"HTTP status {error.code}: {said}", wait if error.code in _AGAIN else None
    except (OSError, HTTPException, ValueError) as error:
        # A certificate that does not hold will not hold in two seconds.
        reason = getattr(error, "reason", error)
        return f"{type(error).__name__}: {reason}", None if isinstance(
            reason, ssl.SSLError | ValueError
        ) else 0.0
    return None, None
