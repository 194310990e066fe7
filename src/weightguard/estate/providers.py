"""The one place that knows which provider's records are read by which package. Adding a provider is a line in the table."""

from __future__ import annotations

from collections.abc import Callable

from weightguard.estate.share import Reader


def _aws() -> Reader:
    from weightguard.estate.aws.reader import read

    return read


_READERS: dict[str, Callable[[], Reader]] = {"aws": _aws}


def reader(provider: str) -> Reader | None:
    """The reader of a provider's scopes; None where there is none: what is in them is then not known."""
    load = _READERS.get(provider)
    return load() if load else None
