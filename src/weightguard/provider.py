"""The providers, by name, and the names of their scopes."""

from __future__ import annotations

from typing import Final

PROVIDERS: Final = ("aws", "gcp", "azure")


def scope_parts(scope: str) -> tuple[str, str]:
    """The provider and the id of an account, project or subscription, from a scope's name: ``aws/111111111111``."""
    provider, _, identifier = scope.partition("/")
    return provider, identifier
