"""Principals as the policy engine knows them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from weightguard.access.aws.identities.accounts import Realm
from weightguard.access.aws.identities.groups import ANYTHING
from weightguard.access.aws.identities.policy_texts import compiled, document_of
from weightguard.access.aws.identities.readings import reading
from weightguard.estate.fact import Known
from weightguard.estate.model import Principal, PrincipalKind
from weightguard.memory import Memory
from weightguard.policy.aws import Bounds, PolicyKind, parse_principal
from weightguard.policy.aws import Principal as Caller


def has_long_term_credentials(principal: Principal) -> bool:
    """Whether it is a user known to have an access key in use, whose requests say nothing of a second factor.

    Source: IAM User Guide, "AWS global condition context keys", aws:MultiFactorAuthPresent ("not present in requests made using
    long-term credentials").
    """
    keys = principal.credentials
    return isinstance(keys, Known) and any(key.active for key in keys.value)


def caller_of(principal: Principal, realm: Realm, memory: Memory) -> Caller:
    """The principal as the engine knows it."""
    tags = principal.tags.value if isinstance(principal.tags, Known) else None
    opened = _tagged_by_others(principal, memory) if principal.kind is PrincipalKind.ROLE else ()
    caller = parse_principal(
        principal.id,
        in_management_account=realm.is_management,
        unique_id=principal.unique_id,
        tags=None if _ANY_TAG in opened else tags,
        bounds=Bounds(principal.account, organisations=realm.not_of) if realm.not_of else None,
    )
    return caller if caller.tags is None or not opened else replace(caller, open_tags=opened)


_ANY_TAG: Final = "*"
_PODS: Final = "pods.eks.amazonaws.com"
_OF_PODS: Final = (
    "eks-cluster-arn",
    "eks-cluster-name",
    "kubernetes-namespace",
    "kubernetes-pod-name",
    "kubernetes-pod-uid",
    "kubernetes-service-account",
)


def _tagged_by_others(role: Principal, memory: Memory) -> tuple[str, ...]:
    """The keys of the tags that identity providers and EKS give to sessions of a role, where its trust policy lets them.

    Sources: IAM User Guide, "Pass session tags in AWS STS" (SAML and OIDC; they override the role's tags; IAM Identity Center
    passes its attributes so); Amazon EKS User Guide, "Grant Pods access to AWS resources based on tags".
    """
    policy = role.trust.value if isinstance(role.trust, Known) else None
    document = None if policy is None else document_of(policy)
    if policy is None or document is None or not reading(document, memory).allows("sts:tagsession"):
        return ()
    found: tuple[str, ...] = ()
    for statement in compiled(policy, PolicyKind.TRUST, memory).document.statements:
        element = statement.principals
        if element is None or not statement.allows or not statement.may_apply("sts:tagsession", ANYTHING):
            continue
        if element.federated:
            return (_ANY_TAG,)
        found = _OF_PODS if _PODS in element.service else found
    return found
