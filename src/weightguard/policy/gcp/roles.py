"""What roles permit: those given with the policies, else those that the provider has predefined.

The table is made by scripts/refresh_gcp_data.py; its version and licence are in data/README.md and in `version`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import zstandard

from weightguard.policy.gcp.model import RoleDefinition

_TABLE: Final = Path(__file__).parent / "data" / "roles.json.zst"
_LARGEST: Final = 16 * 1024 * 1024
_DISABLED: Final = "DISABLED"


@cache
def _table() -> Any:
    return json.loads(zstandard.ZstdDecompressor().decompress(_TABLE.read_bytes(), max_output_size=_LARGEST))


def version() -> Mapping[str, str]:
    """The table's source, licence and the day it was made."""
    return dict(_table()["about"])


def predefined(role: str) -> RoleDefinition | None:
    """A role of the provider's own, ``roles/storage.objectViewer``; None where the table does not hold it."""
    return _held(role) if role in _table()["roles"] else None


@cache
def _held(role: str) -> RoleDefinition:
    stage, ranges = _table()["roles"][role]
    names = _table()["permissions"]
    permissions = frozenset(names[at] for first, last in ranges for at in range(first, last + 1))
    return RoleDefinition(permissions, stage == _DISABLED)


def predefined_names() -> tuple[str, ...]:
    """The names of all predefined roles that the table holds, sorted."""
    return tuple(sorted(_table()["roles"]))


def find(role: str, given: Mapping[str, RoleDefinition]) -> RoleDefinition:
    """What a role permits; with permissions that nobody knows where it is not defined anywhere: never an empty role."""
    found = given.get(role)
    if found is None and role.startswith("roles/"):
        found = predefined(role)
    return RoleDefinition(None) if found is None else found
