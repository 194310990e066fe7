"""Attributes of Terraform's google provider in the form of the provider's APIs.

The provider's schema follows the APIs: names are the same but for their spelling, and an object is a list of one block. Where it
does not, the tables beside say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.collect.gcp.fields import camel

_MANY: Final = frozenset(
    {
        "accessConfig", "acl", "allow", "bindings", "conditions", "defaultObjectAcl", "deny", "egressPolicies", "eligibleUsers",
        "exclusions", "ingressPolicies", "items", "ipv6AccessConfig", "lifecycleRule", "methodSelectors", "networkInterface",
        "networks", "nfsExportOptions", "nodeAffinities", "nodePool", "operations", "replicas", "roleBindings", "rule", "rules",
        "serviceAccount", "serviceAccounts", "sources", "vpcNetworkSources",
    }
)  # fmt: skip
"""Blocks of which there may be several: they stay lists."""
_FREE: Final = frozenset({"labels", "attributeMapping", "metadata", "tags"})
"""Maps whose keys are people's own."""


def shaped(value: Any, name: str = "") -> Any:
    """A value as the API writes it."""
    if isinstance(value, list):
        if name not in _MANY and len(value) <= 1 and all(isinstance(one, Mapping) for one in value):
            return shaped(value[0]) if value else None
        return [shaped(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    for key, inner in value.items():
        named = str(next(iter(camel({str(key): None}))))
        found[named] = dict(inner) if named in _FREE and isinstance(inner, Mapping) else shaped(inner, named)
    return {key: inner for key, inner in found.items() if inner not in (None, "")}


def condition_of(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The condition of a binding, where it has one."""
    raw = values.get("condition")
    held = raw[0] if isinstance(raw, list) and raw else raw
    if not isinstance(held, Mapping) or not held.get("expression"):
        return None
    return {"title": str(held.get("title") or ""), "expression": str(held["expression"])}
