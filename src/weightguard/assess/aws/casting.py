"""Whom an attacker may start as on AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from weightguard.assess.casting import Casting
from weightguard.estate.aws.partition import account_root, partitions_of
from weightguard.estate.aws.trust import services_trusted
from weightguard.estate.fact import Known
from weightguard.estate.model import Estate, NamedPolicy, Principal

_RUNNING_SERVICES: Final = frozenset(
    {"ec2", "lambda", "ecs-tasks", "sagemaker", "batch", "eks", "pods", "apprunner", "tasks", "bedrock", "bedrock-agentcore",
     "glue", "elasticmapreduce", "emr-serverless"}
)  # fmt: skip
"""Services whose principals hand a role's credentials to code: the names before ``.amazonaws.com`` (IAM user guide, "AWS services
that work with IAM"; ``pods.eks``, ``tasks.apprunner``)."""
_SIGNED_IN: Final = "/aws-reserved/sso.amazonaws.com/"
_ADMINISTRATOR: Final = ":policy/AdministratorAccess"


def _roots(estate: Estate) -> Callable[[str], str]:
    """The name of an account's root user."""
    partitions = partitions_of(estate)
    return lambda account: account_root(account, partitions.of(account))


def _handed_to_code(role: Principal) -> bool:
    """Whether a role trusts a service that runs code, other than one that builds."""
    names = () if role.service_linked else services_trusted(role)
    return any(name.split(".")[0] in _RUNNING_SERVICES for name in names)


def _signs_in(role: Principal) -> bool:
    return _SIGNED_IN in role.id


def _may_do_anything(principal: Principal) -> bool:
    return isinstance(principal.policies, Known) and any(map(_allows_everything, principal.policies.value))


def _allows_everything(policy: NamedPolicy) -> bool:
    if policy.id.endswith(_ADMINISTRATOR):
        return True
    document = policy.document
    statements = document.get("Statement", ()) if isinstance(document, Mapping) else ()
    return any(
        _is_star(one) for one in ([statements] if isinstance(statements, Mapping) else statements or ())
    )


def _is_star(statement: Any) -> bool:
    if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow" or statement.get("Condition"):
        return False
    return all("*" in _listed(statement.get(key)) for key in ("Action", "Resource"))


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else [value]


CASTING: Final = Casting(_roots, _handed_to_code, _signs_in, _may_do_anything)
