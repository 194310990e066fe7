"""What a collection has to be granted: a role of Azure's and permissions of Microsoft Graph, read from what it calls."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any, Final

from weightguard.collect.azure import services
from weightguard.collect.azure.route import Route
from weightguard.collect.calls.operation import Operation

ROLE: Final = "weightguard collector"
_DATA: Final = frozenset({"blob", "vault"})


@cache
def routes() -> tuple[Route, ...]:
    """Everything that may be asked, sorted by id."""
    found: set[Route] = set()
    for module in pkgutil.iter_modules(services.__path__):
        found.update(importlib.import_module(f"{services.__name__}.{module.name}").ROUTES)
    return tuple(sorted(found, key=lambda route: route.operation.id))


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation that a service module declares, sorted by id: those of routes, and the kinds that Resource Graph tells of."""
    found: set[Operation] = set()
    for module in pkgutil.iter_modules(services.__path__):
        found.update(importlib.import_module(f"{services.__name__}.{module.name}").OPERATIONS)
    return tuple(sorted(found, key=lambda operation: operation.id))


def permissions() -> dict[str, Any]:
    """The least privilege for `collect`; the same on every run.

    ``role`` is a custom role as ``az role definition create --role-definition`` takes it; ``graph`` names application permissions
    of Microsoft Graph. Reading headers of blobs is a data action that cannot be limited to a blob's beginning: whoever leaves
    ``DataActions`` out still gets an audit, which then knows no weights.
    """
    graph = {route.operation for route in routes() if route.at == "graph"}
    data = {route.operation for route in routes() if route.at in _DATA}
    return {
        "role": {
            "Name": ROLE,
            "IsCustom": True,
            "Description": "Read what weightguard audits: configuration, and headers of blobs.",
            "Actions": _of(set(operations()) - graph - data),
            "NotActions": [],
            "DataActions": _of(data),
            "NotDataActions": [],
            "AssignableScopes": ["/subscriptions/SUBSCRIPTION"],
        },
        "graph": _of(graph),
    }


def _of(found: set[Operation]) -> list[str]:
    return sorted({permission for operation in found for permission in operation.permissions})
