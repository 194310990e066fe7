"""The one place that knows which provider's records are read by which package. Adding a provider is a line in the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from weightguard.estate.fact import Source
from weightguard.estate.limit import Limit
from weightguard.estate.model import Estate
from weightguard.estate.share import Reader
from weightguard.estate.vocabulary import Vocabulary


def _aws() -> Reader:
    from weightguard.estate.aws.reader import read

    return read


def _gcp() -> Reader:
    from weightguard.estate.gcp.reader import read

    return read


def _azure() -> Reader:
    from weightguard.estate.azure.reader import read

    return read


_READERS: dict[str, Callable[[], Reader]] = {"aws": _aws, "gcp": _gcp, "azure": _azure}


def _aws_vocabulary() -> Vocabulary:
    from weightguard.estate.aws.vocabulary import VOCABULARY

    return VOCABULARY


def _gcp_vocabulary() -> Vocabulary:
    from weightguard.estate.gcp.vocabulary import VOCABULARY

    return VOCABULARY


def _azure_vocabulary() -> Vocabulary:
    from weightguard.estate.azure.vocabulary import VOCABULARY

    return VOCABULARY


_VOCABULARIES: dict[str, Callable[[], Vocabulary]] = {
    "aws": _aws_vocabulary,
    "gcp": _gcp_vocabulary,
    "azure": _azure_vocabulary,
}


def vocabulary(provider: str | None) -> Vocabulary | None:
    """A provider's own names; None where nothing tells them yet."""
    load = _VOCABULARIES.get(provider or "")
    return load() if load else None


def whole_accounts(name: str) -> Iterator[tuple[str, Source]]:
    """The account that a principal's name stands for as a whole, and what would tell of its principals; nothing where it stands
    for less.
    """
    for provider, load in _VOCABULARIES.items():
        named = load()
        account = named.whole_account(name)
        if account is not None:
            yield account, Source.asked(provider, account, *named.principals)


def key_sources(name: str) -> Iterator[Source]:
    """What would tell of a key that is known by its name alone, of each provider whose name it may be."""
    for provider, load in _VOCABULARIES.items():
        named = load()
        account = named.key_in(name)
        if account is not None:
            yield Source.named(*named.keys, name, provider=provider, scope=account or None)


def bare_store(estate: Estate, name: str) -> str:
    """The id of a store that is named by its name alone: a provider's that names stores so."""
    named = (load().bare_store for load in _VOCABULARIES.values())
    return next((of(estate, name) for of in named if of is not None), name)


def assumed() -> tuple[str, ...]:
    """The calls by which somebody takes up an identity that trusts them to, on whatever provider."""
    return tuple(call for load in _VOCABULARIES.values() for call in load().assumed)


def _aws_limits() -> Detecting:
    from weightguard.estate.aws.limits import limits as found

    return found


def _gcp_limits() -> Detecting:
    from weightguard.estate.gcp.limits import limits as found

    return found


def _azure_limits() -> Detecting:
    from weightguard.estate.azure.limits import limits as found

    return found


Detecting = Callable[[Estate], Iterable[Limit]]
"""The limits of our own that a provider's part of an estate meets."""
_LIMITS: dict[str, Callable[[], Detecting]] = {"aws": _aws_limits, "gcp": _gcp_limits, "azure": _azure_limits}


def limits(estate: Estate) -> Iterator[Limit]:
    """The limits of our own that concern what only one provider has."""
    for detecting in _LIMITS.values():
        yield from detecting()(estate)


def reader(provider: str) -> Reader | None:
    """The reader of a provider's scopes; None where there is none: what is in them is then not known."""
    load = _READERS.get(provider)
    return load() if load else None
