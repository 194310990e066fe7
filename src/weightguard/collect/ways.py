"""Ways to a provider's services that a user names: endpoints, and whose certificates to trust; checked before the first call."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from weightguard.errors import InputError


def check_ways(endpoint_url: str | None, endpoints: Mapping[str, str], ca_bundle: str | None) -> None:
    """Refuse what is no URL, and a bundle that is no file.

    Raises:
        InputError: naming it.
    """
    for url in (endpoint_url, *endpoints.values()):
        if url is not None:
            _check_url(url)
    if ca_bundle is not None and not Path(ca_bundle).is_file():
        raise InputError("the CA bundle is not a file", where=ca_bundle)


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    try:
        good = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:  # a port that is no number
        good = False
    if not good:
        raise InputError(f"{url!r} is not an endpoint", fix="write a URL such as http://127.0.0.1:5000")


def check_bundle(path: str | None, named_by: str) -> None:
    """Refuse a file of trusted CAs that is none: nothing could be trusted, and no endpoint would seem to answer.

    Args:
        named_by: the option and the variables that name it, for whoever has to mend it.

    Raises:
        InputError: it cannot be read, or holds no certificate.
    """
    if not path:
        return
    try:
        ssl.create_default_context().load_verify_locations(cafile=path)
    except OSError as error:  # an SSLError is one
        raise InputError(
            "the CA bundle cannot be used",
            where=f"{path}: {error.strerror or error}",
            fix=f"name a file of PEM certificates ({named_by})",
        ) from error


def check_endpoints(endpoints: Iterable[str], known: frozenset[str]) -> None:
    """Refuse an endpoint for a service that is never called.

    Args:
        known: the services that operations are declared of.

    Raises:
        InputError: naming it.
    """
    for name in endpoints:
        if name not in known:
            line = f"an endpoint is named for {name!r}, which is no service that is read"
            raise unknown_name(line, name, known)


def unknown_name(line: str, name: str, known: frozenset[str]) -> InputError:
    """An error about a name that is none of the known ones; it asks whether the nearest was meant."""
    close = get_close_matches(name, known, n=1)
    fix = f"did you mean {close[0]!r}?" if close else f"choose from {', '.join(sorted(known))}"
    return InputError(line, fix=fix)
