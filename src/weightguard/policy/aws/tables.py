"""The packaged tables: actions, resource types, condition keys and AWS managed policies.

Refreshed by scripts/refresh_aws_data.py; versions, sources and licences are in data/README.md and in `versions`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import zstandard

_DATA = Path(__file__).parent / "data"
_LARGEST = 64 * 1024 * 1024
_LOOKING = frozenset({"List", "Read"})
"""Access levels of actions that change nothing."""
_NO_SERVICE: Mapping[str, Any] = {"actions": {}, "resources": {}}


@dataclass(frozen=True, slots=True)
class ActionEntry:
    """One action of the Service Authorization Reference.

    Args:
        name: as documented, ``s3:GetObject``.
        access_level: List, Read, Write, Permissions management or Tagging.
        resource_types: names of the resource types it can be limited to; empty when only ``*`` works.
        condition_keys: the service's own keys that apply to it.
    """

    name: str
    access_level: str
    resource_types: tuple[str, ...]
    condition_keys: tuple[str, ...]


@cache
def _load(name: str) -> Any:
    packed = (_DATA / f"{name}.json.zst").read_bytes()
    return json.loads(zstandard.ZstdDecompressor().decompress(packed, max_output_size=_LARGEST))


def _service(name: str) -> Mapping[str, Any]:
    """One service's ``actions`` and ``resources``; both empty for a service that the table does not hold."""
    return _held(name) if name in _load("actions")["services"] else _NO_SERVICE


@cache
def _held(service: str) -> Mapping[str, Any]:
    return dict(json.loads(_load("actions")["services"][service]))


def versions() -> Mapping[str, Mapping[str, str]]:
    """Per table its version, source, licence and the day it was made."""
    return {name: _load(name)["about"] for name in ("actions", "managed_policies")}


def find_action(action: str) -> ActionEntry | None:
    """The table's entry of an action, in any case; None when the table does not hold it."""
    service, _, name = action.lower().partition(":")
    entry = _service(service)["actions"].get(name)
    if entry is None:
        return None
    return ActionEntry(f"{service}:{entry[0]}", entry[1], tuple(entry[2]), tuple(entry[3]))


def condition_keys(service: str) -> frozenset[str]:
    """A service's own condition keys, as documented, that stand beside some action of it."""
    actions = _service(service)["actions"]
    prefix = f"{service}:"
    return frozenset(key for entry in actions.values() for key in entry[3] if key.lower().startswith(prefix))


def changing_actions(service: str) -> tuple[str, ...]:
    """A service's actions that change anything, as documented, sorted; none for a service that the table does not hold."""
    actions = _service(service)["actions"].values()
    return tuple(sorted(f"{service}:{entry[0]}" for entry in actions if entry[1] not in _LOOKING))


def action_exists(action: str) -> bool:
    """Whether the table holds an action, in any case."""
    return find_action(action) is not None


def resource_types(action: str) -> Mapping[str, str]:
    """The resource types of an action with their ARN formats, placeholders as ``${Account}``."""
    entry = find_action(action)
    if entry is None:
        return {}
    formats = _service(action.lower().partition(":")[0])["resources"]
    return {name: formats[name] for name in entry.resource_types if name in formats}


def supports_resource(action: str) -> bool:
    """Whether an action can be limited to resources. An action that the table does not hold is taken to be."""
    entry = find_action(action)
    return entry is None or bool(entry.resource_types)


def has_no_resource_types(action: str) -> bool:
    """Whether an action (in any case) is known to work with ``*`` only."""
    return not supports_resource(action)


@cache
def services_with_resource_control_policies() -> frozenset[str]:
    """Prefixes of the services whose resources RCPs can limit."""
    return frozenset(_load("actions")["rcp_services"])


def managed_policy(arn: str) -> Mapping[str, Any] | None:
    """The document of an AWS managed policy in any partition; None when the table does not hold it."""
    partition, service, rest = arn.partition(":iam::aws:policy/")
    if not service or not partition.startswith("arn:aws"):
        return None
    found = _load("managed_policies")["policies"].get(f"arn:aws{service}{rest}")
    return None if found is None else dict(json.loads(found))


def managed_policy_arns() -> tuple[str, ...]:
    """The ARNs of the AWS managed policies that the table holds, sorted."""
    return tuple(sorted(_load("managed_policies")["policies"]))
