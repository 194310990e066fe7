"""Google Cloud's access decisions.

    decide(request, policies) -> Decision

`model` has the shapes of a request and of everything that bears on it; `conditions` decides the expressions of IAM Conditions
three-valued; `roles` knows what the predefined roles permit.
"""

from __future__ import annotations

from weightguard.policy.gcp.decide import Question, decide
from weightguard.policy.gcp.groups import Groups
from weightguard.policy.gcp.model import (
    Binding,
    Boundary,
    Bucket,
    Constraint,
    DenyPolicy,
    DenyRule,
    Grant,
    Policies,
    Request,
    RoleDefinition,
)

__all__ = [
    "Binding",
    "Boundary",
    "Bucket",
    "Constraint",
    "DenyPolicy",
    "DenyRule",
    "Grant",
    "Groups",
    "Policies",
    "Question",
    "Request",
    "RoleDefinition",
    "decide",
]
