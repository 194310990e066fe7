"""Azure's access decisions.

    decide(request, policies) -> Decision

`model` has the shapes of a request and of everything that bears on it; `conditions` decides the conditions of role assignments
three-valued; `roles` knows what the built-in roles permit.
"""

from __future__ import annotations

from weightguard.policy.azure.decide import decide
from weightguard.policy.azure.model import (
    Assignment,
    Denial,
    Lock,
    Network,
    Permission,
    Policies,
    Request,
    Storage,
    Vault,
)

__all__ = [
    "Assignment",
    "Denial",
    "Lock",
    "Network",
    "Permission",
    "Policies",
    "Request",
    "Storage",
    "Vault",
    "decide",
]
