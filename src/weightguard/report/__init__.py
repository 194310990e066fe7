"""Reports: one module a format in `weightguard.report.formats`, each with `FILE` and `render(report) -> bytes`.

The module's name is the format's name, with hyphens for its underscores; adding a module adds a format. A format that
shows how the estate did over time says so with `TREND = True`, and its `render` takes the points as ``trend``; one that
needs more than Python looks for it in ``check()``.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Protocol, cast

from weightguard.assess.model import Report
from weightguard.errors import InputError
from weightguard.report import formats

if TYPE_CHECKING:
    from weightguard.report.trend import Point


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
    return tuple(sorted(module.name.replace("_", "-") for module in iter_modules(formats.__path__)))


def find(name: str) -> Format:
    """The format of a name; a hyphen and an underscore are the same.

    Raises:
        InputError: there is no such format.
    """
    if name.replace("_", "-") not in names():
        raise InputError(f"there is no report format {name!r}", fix=f"choose from {', '.join(names())}")
    return cast(Format, import_module(f"{formats.__name__}.{name.replace('-', '_')}"))


def check(name: str) -> None:
    """Look, before a long scan, whether a report can be rendered in a format on this machine.

    Raises:
        InputError: there is no such format, or what it needs is missing.
    """
    form: Any = find(name)
    if hasattr(form, "check"):
        form.check()


def render(name: str, report: Report, trend: Sequence[Point] = ()) -> bytes:
    """A report in a format.

    Args:
        trend: the points of `weightguard.report.trend`, for the formats that show them.

    Raises:
        InputError: there is no such format, or what it needs is missing on this machine.
    """
    form: Any = find(name)
    if trend and getattr(form, "TREND", False):
        return bytes(form.render(report, trend=trend))
    return bytes(form.render(report))
