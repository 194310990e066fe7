"""Rules of the provider that no policy states.

Sources: AWS STS API Reference, GetCallerIdentity ("No permissions are required ... even if an administrator adds a policy
that explicitly denies access"), GetSessionToken ("No permissions are required for users to perform this operation ... You cannot
use policies to control authentication operations"; it takes long-term credentials only) and AssumeRole
("You cannot use AWS account root user credentials to call AssumeRole");
IAM User Guide, "Managed policies and inline policies" ("You cannot change the permissions defined in AWS managed
policies"), "Using service-linked roles"; IAM Identity Center User Guide, "Referencing permission sets in resource policies"
(roles under /aws-reserved/ cannot be modified); AWS KMS Developer Guide, "About aliases" (alias/aws/ is reserved).
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from weightguard.policy.aws.principal import PrincipalType
from weightguard.policy.aws.question import Question
from weightguard.policy.pattern import Glob, glob

_MANAGED_POLICY = frozenset(
    {
        "iam:createpolicy",
        "iam:createpolicyversion",
        "iam:deletepolicy",
        "iam:deletepolicyversion",
        "iam:setdefaultpolicyversion",
        "iam:tagpolicy",
        "iam:untagpolicy",
    }
)
_ROLE = frozenset(
    {
        "iam:attachrolepolicy",
        "iam:createrole",
        "iam:deleterole",
        "iam:deleterolepermissionsboundary",
        "iam:deleterolepolicy",
        "iam:detachrolepolicy",
        "iam:putrolepermissionsboundary",
        "iam:putrolepolicy",
        "iam:updateassumerolepolicy",
    }
)
_RESERVED_ROLE = _ROLE | {"iam:tagrole", "iam:untagrole", "iam:updaterole", "iam:updateroledescription"}
_ALIAS = frozenset({"kms:createalias", "kms:deletealias", "kms:updatealias"})

_UNCHANGEABLE: tuple[tuple[frozenset[str], Glob, str], ...] = (
    (_MANAGED_POLICY, glob("arn:*:iam::aws:policy/*"), "AWS managed policies cannot be changed"),
    (_RESERVED_ROLE, glob("arn:*:iam::*:role/aws-reserved/*"), "roles under aws-reserved cannot be changed"),
    (_ROLE, glob("arn:*:iam::*:role/aws-service-role/*"), "service-linked roles cannot be changed"),
    (_ALIAS, glob("arn:*:kms:*:*:alias/aws/*"), "aliases under alias/aws/ cannot be changed"),
)
_PROTECTED: Mapping[str, tuple[tuple[Glob, str], ...]] = {
    action: tuple((protected, why) for changing, protected, why in _UNCHANGEABLE if action in changing)
    for action in frozenset[str]().union(*(changing for changing, _, _ in _UNCHANGEABLE))
}
"""What each action cannot change, and why."""


_ALWAYS_ALLOWED: Mapping[str, Container[PrincipalType]] = {
    "sts:getcalleridentity": frozenset(PrincipalType) - {PrincipalType.ANONYMOUS},
    "sts:getsessiontoken": frozenset({PrincipalType.USER, PrincipalType.ROOT}),
}


def always_allowed(question: Question) -> bool:
    """Whether the provider allows the action to this sort of caller, whatever policies say."""
    return question.principal.type in _ALWAYS_ALLOWED.get(question.action, ())


def refusal(question: Question) -> str | None:
    """Why the provider refuses the request whatever policies allow; None when it does not."""
    if question.action == "sts:assumerole" and question.principal.type is PrincipalType.ROOT:
        return "root user credentials cannot assume roles"
    if question.action == "sts:getsessiontoken":
        return "only long-term credentials get a session token"
    for protected, why in _PROTECTED.get(question.action, ()):
        if protected.covers(glob(question.request.resource)):
            return why
    return None
