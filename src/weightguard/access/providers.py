"""Which package speaks for which provider. Packages are imported when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from weightguard.access.links import Graph
from weightguard.access.provider import Exposing, Exposure, Port
from weightguard.estate.model import Estate, NamedPolicy
from weightguard.memory import Memory

Reaching = Callable[[Estate, Graph], Port]


def _aws() -> Reaching:
    from weightguard.access.aws.reach import reach

    return reach


def _azure() -> Reaching:
    from weightguard.access.azure.reach import reach

    return reach


def _azure_exposure() -> Exposing:
    from weightguard.access.azure.exposure import exposure as found

    return found


def _aws_exposure() -> Exposing:
    from weightguard.access.aws.exposure import exposure as found

    return found


def _gcp() -> Reaching:
    from weightguard.access.gcp.reach import reach

    return reach


def _gcp_exposure() -> Exposing:
    from weightguard.access.gcp.exposure import exposure as found

    return found


_REACH: dict[str, Callable[[], Reaching]] = {"gcp": _gcp, "azure": _azure, "aws": _aws}
"""Asked in this order whose a name or a store is. AWS comes last: its policies may name anybody, so it answers for every name."""
_EXPOSURE: dict[str, Callable[[], Exposing]] = {
    "aws": _aws_exposure,
    "gcp": _gcp_exposure,
    "azure": _azure_exposure,
}


def ports(estate: Estate, graph: Graph, only: Container[str] | None = None) -> tuple[Port, ...]:
    """What answers for each provider's part of an estate, over one graph: a way may lead from one cloud into another.

    Args:
        only: the providers that the estate is of, where nobody will ask of another one's stores; None: any may be asked of.
    """
    return tuple(
        reaching()(estate, graph) for provider, reaching in _REACH.items() if only is None or provider in only
    )


def exposure(provider: str, policies: Iterable[NamedPolicy], memory: Memory) -> Exposure:
    """Whom policies of a provider speak of; nobody where nothing speaks for the provider yet. The memory is their estate's."""
    found = _EXPOSURE.get(provider)
    return Exposure() if found is None else found()(policies, memory)
