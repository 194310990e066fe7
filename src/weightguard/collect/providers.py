"""The one place that knows which provider is collected by which package. Packages load on use: their SDKs are heavy.

Adding a provider is a package beside `aws/` and a line in the table here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from weightguard.collect.package import Package
from weightguard.errors import InputError

if TYPE_CHECKING:
    from weightguard.snapshot import SnapshotWriter

TITLES: Final[Mapping[str, str]] = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure"}
"""The providers in words."""


def _aws() -> Package:
    from weightguard.collect.aws.package import PACKAGE

    return PACKAGE


def _azure() -> Package:
    from weightguard.collect.azure.package import PACKAGE

    return PACKAGE


def _gcp() -> Package:
    from weightguard.collect.gcp.package import PACKAGE

    return PACKAGE


_PACKAGES: dict[str, Callable[[], Package]] = {"aws": _aws, "gcp": _gcp, "azure": _azure}


Exporting = Callable[[Sequence[Path], "SnapshotWriter"], tuple[str, ...]]
"""Writes what some files say into an open snapshot. Raises InputError for files that are not what they should be."""


def _gaad() -> Exporting:
    from weightguard.collect.exports.aws.gaad import collect

    return collect


def _assets() -> Exporting:
    from weightguard.collect.exports.gcp.assets import collect

    return collect


def _graph_export() -> Exporting:
    from weightguard.collect.exports.azure.graph_export import collect

    return collect


_EXPORTS: dict[str, Callable[[], Exporting]] = {
    "gaad": _gaad,
    "assets": _assets,
    "graph-export": _graph_export,
}
"""What `weightguard collect` calls a kind of export -> the package that reads it."""


def export(kind: str) -> Exporting:
    """What reads a kind of export."""
    return _EXPORTS[kind]()


def _aws_options() -> Callable[..., Any]:
    from weightguard.collect.aws.options import AwsOptions

    return AwsOptions


def _azure_options() -> Callable[..., Any]:
    from weightguard.collect.azure.options import AzureOptions

    return AzureOptions


def _gcp_options() -> Callable[..., Any]:
    from weightguard.collect.gcp.options import GcpOptions

    return GcpOptions


_OPTIONS: dict[str, Callable[[], Callable[..., Any]]] = {
    "aws": _aws_options,
    "gcp": _gcp_options,
    "azure": _azure_options,
}


def options(provider: str, **fields: Any) -> Any:
    """A provider's options by their fields, for notebooks; raises InputError for one that cannot be used."""
    return _OPTIONS[provider]()(**fields)


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
