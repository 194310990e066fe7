"""Decide AWS access: pure functions over policies and a request; no network, no graph.

    from weightguard.policy.aws import Layers, PolicyKind, Request, compile_policy, decide, in_words, parse_principal

    admin = compile_policy(document, kind=PolicyKind.IDENTITY, name="admin")
    bucket = compile_policy(bucket_policy, kind=PolicyKind.RESOURCE, name="bucket policy")
    decision = decide(
        Request(parse_principal("arn:aws:iam::111111111111:user/a"), "s3:GetObject", "arn:aws:s3:::b/k",
                resource_account="111111111111", assume_unknown=True),
        Layers(identity=[admin], resource=[bucket]),
    )
    decision.outcome              # allowed | denied_implicitly | denied_explicitly | unknown
    decision.by                   # the statements that decide: Reason(layer, policy, statement)
    decision.lacking              # for an implicit denial, the layers that lack an allow
    in_words(decision.conditions) # "only through VPC endpoint vpce-1"

`Layers.with_identity(policy)` asks "as if this were attached"; `which` asks many resources and actions at once.
"""

from weightguard.policy.aws.access_point import AccessPoint, decide_through
from weightguard.policy.aws.context import ContextValue, Partly
from weightguard.policy.aws.decide import decide
from weightguard.policy.aws.document import (
    CompiledPolicy,
    PolicyKind,
    Problem,
    compile_policy,
    statement_labels,
    unread_policy,
)
from weightguard.policy.aws.explain import explain
from weightguard.policy.aws.kms import KmsGrant, parse_grant
from weightguard.policy.aws.model import Layers, PolicySet, Request, policy_set
from weightguard.policy.aws.principal import ANONYMOUS, Principal, PrincipalType, parse_principal, somebody
from weightguard.policy.aws.s3 import (
    ALL_USERS,
    AUTHENTICATED_USERS,
    AclGrant,
    PublicAccessBlock,
    S3Access,
    effective_block,
)
from weightguard.policy.aws.somebody import Bounds
from weightguard.policy.aws.tables import (
    ActionEntry,
    action_exists,
    find_action,
    managed_policy,
    resource_types,
    supports_resource,
    versions,
)
from weightguard.policy.aws.which import Answer, Place, which
from weightguard.policy.aws.words import in_words
from weightguard.policy.decision import Decision, Outcome, Reason
from weightguard.policy.formula import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Condition,
    Formula,
    all_of,
    alternatives,
    any_of,
    conditions_of,
    keys_of,
    negation,
)

__all__ = [
    "ALL_USERS",
    "ALWAYS",
    "ANONYMOUS",
    "AUTHENTICATED_USERS",
    "NEVER",
    "AccessPoint",
    "AclGrant",
    "ActionEntry",
    "AllOf",
    "Answer",
    "AnyOf",
    "Bounds",
    "CompiledPolicy",
    "Condition",
    "ContextValue",
    "Decision",
    "Formula",
    "KmsGrant",
    "Layers",
    "Outcome",
    "Partly",
    "Place",
    "PolicyKind",
    "PolicySet",
    "Principal",
    "PrincipalType",
    "Problem",
    "PublicAccessBlock",
    "Reason",
    "Request",
    "S3Access",
    "action_exists",
    "all_of",
    "alternatives",
    "any_of",
    "compile_policy",
    "conditions_of",
    "decide",
    "decide_through",
    "effective_block",
    "explain",
    "find_action",
    "in_words",
    "keys_of",
    "managed_policy",
    "negation",
    "parse_grant",
    "parse_principal",
    "policy_set",
    "resource_types",
    "somebody",
    "statement_labels",
    "supports_resource",
    "unread_policy",
    "versions",
    "which",
]
