"""Made-up settings in place of the machine's own, for the length of a demonstration."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
"""Hidden too: a lab is on this machine, and what is asked of it shall not go by way of another."""


@contextmanager
def made_up(settings: Mapping[str, str], *, hidden: tuple[str, ...]) -> Iterator[None]:
    """Hide the variables that begin with one of `hidden`, set `settings` instead, and put back what was there afterwards."""
    hidden = (*hidden, *_PROXIES)
    kept = {name: value for name, value in os.environ.items() if name.startswith(hidden)}
    before = {name: os.environ[name] for name in settings if name in os.environ}
    _remove(kept)
    os.environ |= settings
    try:
        yield
    finally:
        _remove({name: "" for name in os.environ if name.startswith(hidden) or name in settings})
        os.environ |= kept | before


def _remove(names: Mapping[str, str]) -> None:
    for name in names:
        del os.environ[name]
