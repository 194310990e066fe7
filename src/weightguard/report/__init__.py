"""Reports: one module a format in `weightguard.report.formats`, each with `FILE` and `render(report) -> bytes`.

The module's name is the format's name; adding a module adds a format.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from weightguard.assess.model import Report
from weightguard.errors import InputError
from weightguard.report import formats


class Format(Protocol):
    """What a format's module holds."""

    FILE: str
    """The file's name beside report.json."""

    @staticmethod
    def render(report: Report) -> bytes:
        """The report in this format; the same report gives the same bytes."""
        ...


def names() -> tuple[str, ...]:
    """Every format, sorted."""
    return tuple(sorted(module.name for module in iter_modules(formats.__path__)))


def find(name: str) -> Format:
    """The format of a name.

    Raises:
        InputError: there is no such format.
    """
    if name not in names():
        raise InputError(f"there is no report format {name!r}", fix=f"choose from {', '.join(names())}")
    return cast(Format, import_module(f"{formats.__name__}.{name}"))
