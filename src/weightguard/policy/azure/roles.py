"""What roles permit: those given with the policies, else the built-in ones.

The table is made by scripts/refresh_azure_data.py; its version and licence are in data/README.md and in `version`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import zstandard

from weightguard.policy.azure.model import Permission

_TABLE: Final = Path(__file__).parent / "data" / "roles.json.zst"
_LARGEST: Final = 16 * 1024 * 1024


@cache
def _table() -> Any:
    return json.loads(zstandard.ZstdDecompressor().decompress(_TABLE.read_bytes(), max_output_size=_LARGEST))


def version() -> Mapping[str, str]:
    """The table's source, licence and the day it was made."""
    return dict(_table()["about"])


def permission(raw: Mapping[str, Any]) -> Permission:
    """One block of permissions as the provider writes it."""
    wanted, left_out, of_data, left_out_of_data = (
        tuple(raw.get(name) or ()) for name in ("actions", "notActions", "dataActions", "notDataActions")
    )
    return Permission(wanted, left_out, of_data, left_out_of_data, raw.get("condition"))


def built_in(role: str) -> tuple[Permission, ...] | None:
    """What a built-in role permits, by its name or the last part of its id; None where the table does not hold it."""
    table = _table()
    wanted = role.rpartition("/")[2].lower()
    name = table["names"].get(wanted, wanted)
    return _held(name) if name in table["roles"] else None


def built_in_name(role: str) -> str | None:
    """What a built-in role is called, by the last part of its id; None where the table does not hold it."""
    found = _table()["roles"].get(role.rpartition("/")[2].lower())
    return None if found is None else str(found["name"])


@cache
def _held(name: str) -> tuple[Permission, ...]:
    return tuple(map(permission, _table()["roles"][name]["permissions"]))


def built_in_names() -> tuple[str, ...]:
    """The names of all built-in roles that the table holds, sorted."""
    return tuple(sorted(role["name"] for role in _table()["roles"].values()))


def built_in_ids() -> tuple[str, ...]:
    """The ids of all built-in roles that the table holds, sorted."""
    return tuple(sorted(_table()["roles"]))


def find(role: str, given: Mapping[str, tuple[Permission, ...] | None]) -> tuple[Permission, ...] | None:
    """What a role permits; None where nobody defined it: never an empty role."""
    for name in (role, role.rpartition("/")[2]):
        if name in given:
            return given[name]
    return built_in(role)
