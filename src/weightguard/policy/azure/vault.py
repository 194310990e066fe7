"""What key vaults add: access policies, which count where roles do not decide, and only there.

Source: Key Vault documentation, "Azure RBAC vs. access policies" and "Assign a Key Vault access policy"; Azure RBAC documentation,
"Azure permissions for Security", Microsoft.KeyVault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from weightguard.policy.azure.model import Vault

_DATA: Final = re.compile(r"microsoft\.keyvault/vaults/(secrets|keys|certificates|storageaccounts)/(.+)")
_NAMES: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("secrets", "getsecret/action"): ("get",),
    ("secrets", "setsecret/action"): ("set",),
    ("secrets", "readmetadata/action"): ("list",),
    ("secrets", "update/action"): ("set",),
    ("keys", "read"): ("get", "list"),
    ("keys", "wrap/action"): ("wrapkey",),
    ("keys", "unwrap/action"): ("unwrapkey",),
    ("certificates", "read"): ("get", "list"),
    ("keys", "rotationpolicy/read"): ("getrotationpolicy",),
    ("keys", "rotationpolicy/write"): ("setrotationpolicy",),
}
"""Data action -> the permissions of access policies of which one is enough, where their names differ."""


def permission(action: str) -> tuple[str, tuple[str, ...]] | None:
    """The kind and the permissions of an access policy that a data action asks for; None where policies have none for it."""
    found = _DATA.fullmatch(action.lower())
    if found is None:
        return None
    kind, what = found[1], found[2]
    names = _NAMES.get((kind, what)) or (what.removesuffix("/action"),)
    return kind, names


def by_policy(action: str, principals: frozenset[str], vault: Vault) -> str | None:
    """The principal whose access policy permits a data action: the asking one, or a group of it."""
    wanted = permission(action)
    if wanted is None or vault.by_role:
        return None
    kind, names = wanted
    for principal, permitted in vault.policies:
        held = {one.lower() for one in permitted.get(kind, ())}
        if principal.lower() in principals and held & {*names, "all"}:
            return principal
    return None
