"""The one place that knows which provider is collected by which package. Packages load on use: their SDKs are heavy.

Adding a provider is a package beside `aws/` and a line in the table here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from weightguard.collect.package import Package
from weightguard.errors import InputError

TITLES: Final[Mapping[str, str]] = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure"}
"""The providers in words."""


def _aws() -> Package:
    from weightguard.collect.aws.package import PACKAGE

    return PACKAGE


_PACKAGES: dict[str, Callable[[], Package]] = {"aws": _aws}


def collected() -> tuple[str, ...]:
    """The providers that this version collects from."""
    return tuple(name for name in TITLES if name in _PACKAGES)


def package(provider: str) -> Package:
    """The package that collects from a provider.

    Raises:
        InputError: this version has none.
    """
    load = _PACKAGES.get(provider)
    if load is None:
        raise InputError(
            f"this version does not collect from {TITLES[provider]}",
            fix=f"scan {' or '.join(collected())}, or collect from files",
        )
    return load()
