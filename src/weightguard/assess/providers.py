"""Which package tells what an assessment asks of each provider. Packages are imported when they are asked for."""

from __future__ import annotations

from collections.abc import Callable

from weightguard.assess.casting import Casting

Permission = Callable[[str, str], str]
"""From a service and its operation to the permission that allows it."""
Families = Callable[[str], frozenset[str]]
"""From a service to the families of controls that rest on it."""


def _aws_permission() -> Permission:
    from weightguard.assess.aws.grants import permission

    return permission


def _aws_casting() -> Casting:
    from weightguard.assess.aws.casting import CASTING

    return CASTING


def _azure_permission() -> Permission:
    from weightguard.assess.azure.grants import permission

    return permission


def _gcp_permission() -> Permission:
    from weightguard.assess.gcp.grants import permission

    return permission


_PERMISSIONS: dict[str, Callable[[], Permission]] = {
    "aws": _aws_permission,
    "gcp": _gcp_permission,
    "azure": _azure_permission,
}


def _gcp_families() -> Families:
    from weightguard.assess.gcp.grants import families as found

    return found


_FAMILIES: dict[str, Callable[[], Families]] = {"gcp": _gcp_families}
_CASTINGS: dict[str, Callable[[], Casting]] = {"aws": _aws_casting}


def permission(provider: str | None, service: str, operation: str) -> str:
    """What has to be granted for a read that was refused, as the provider names permissions: ``s3:ListAllMyBuckets`` for (``aws``,
    ``s3``, ``ListBuckets``); the call itself where the names are not known.
    """
    named = _PERMISSIONS.get(provider or "")
    return named()(service, operation) if named else f"{service}:{operation}"


def families(provider: str, service: str) -> frozenset[str]:
    """The families of controls that rest on a service, where a provider's controls do not name their calls; else none."""
    named = _FAMILIES.get(provider)
    return named()(service) if named else frozenset()


def casting(provider: str) -> Casting | None:
    """Whom an attacker may start as on a provider; None where nothing tells: then nobody knows whether all were found."""
    load = _CASTINGS.get(provider)
    return load() if load else None
