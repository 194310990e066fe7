"""What a provider's package of collection offers: plain functions, that commands call without knowing the provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.operation import Operation
from weightguard.collect.runner import RunSummary
from weightguard.sources import Source

_Options = TypeVar("_Options")


def made(options: Callable[..., _Options], settings: Source, **renamed: object) -> _Options:
    """A provider's options from its section: what nobody set keeps the options' own default.

    Args:
        options: takes the section's settings by their names.
        renamed: settings that the options call otherwise, or have as something else; None: nobody set it.

    Raises:
        InputError: one of them cannot be used.
    """
    told = {name: getattr(settings, name) for name in type(settings).model_fields} | renamed
    if settings.ca_bundle is not None:
        told["ca_bundle"] = str(settings.ca_bundle)
    return options(**{name: value for name, value in told.items() if value not in (None, (), {})})


class Entry(Protocol):
    """Credentials that were tried: the way in, and what tells it from others."""

    @property
    def place(self) -> str:
        """Where they lead, in words: ``account 111111111111, region eu-west-1``."""

    def source(self) -> dict[str, Any]:
        """What the manifest says of how the snapshot was taken, and of whom: a resumed run must say the same."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A read that was tried before a scan.

    Attributes:
        scope: ``aws/111111111111``.
    """

    scope: str
    operation: Operation
    answer: Answer


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a collection has to be granted.

    Attributes:
        document: as the provider's own tools take it.
        remark: what whoever grants it has to know besides; None: nothing.
        terraform: the same as Terraform takes it; None: it is written for the provider's own tools alone.
    """

    document: Mapping[str, Any]
    remark: str | None = None
    terraform: str | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A provider's package.

    Attributes:
        options: from its section of the configuration (`weightguard.sources`), with what the command line says laid over it, to
            the options that `connect` takes. Raises InputError for one that cannot be used.
        connect: tries the credentials, before anything is written. Raises CredentialsError, InputError.
        collect: reads everything into a snapshot: ``collect(entry, writer, progress=..., again=...)``.
        permissions: the least privilege that it needs.
        probe: tries a few reads in every scope that a scan would read, and writes nothing.
        services: the names by which ``--endpoint`` knows the services.
    """

    options: Callable[[Any], Any]
    connect: Callable[[Any], Entry]
    collect: Callable[..., RunSummary]
    permissions: Callable[[], Permissions]
    probe: Callable[[Any], Iterator[Tried]]
    services: Callable[[], frozenset[str]]
