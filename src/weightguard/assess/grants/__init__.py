"""What has to be granted for a read that was refused: a table per provider, as each names permissions its own way."""

from __future__ import annotations

from collections.abc import Callable

Permission = Callable[[str, str], str]
"""From a service and its operation to the permission that allows it."""


def _aws() -> Permission:
    from weightguard.assess.grants.aws import permission

    return permission


_PERMISSIONS: dict[str, Callable[[], Permission]] = {"aws": _aws}


def permission(provider: str | None, service: str, operation: str) -> str:
    """``s3:ListAllMyBuckets`` for (``aws``, ``s3``, ``ListBuckets``); the call itself where a provider's names are not known."""
    named = _PERMISSIONS.get(provider or "")
    return named()(service, operation) if named else f"{service}:{operation}"
