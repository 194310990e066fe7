"""The decision: every layer in its place, for one account and across accounts.

Sources: IAM User Guide, "How AWS enforcement code logic evaluates requests to allow or deny access", "Evaluation for
requests within a single account", "Cross-account policy evaluation logic"; AWS Organizations User Guide, "SCP
evaluation", "RCP evaluation"; AWS KMS Developer Guide, "Key policies in AWS KMS", "Grants in AWS KMS"; Amazon S3 User Guide,
"Blocking public access to your Amazon S3 storage".
"""

from __future__ import annotations

from dataclasses import replace

from weightguard.memory import Memory
from weightguard.policy.aws import provider
from weightguard.policy.aws.conclude import Asked, OwnGrant, conclude
from weightguard.policy.aws.layer import NO_RESOURCE_POLICY, NOTHING, ask, ask_resource
from weightguard.policy.aws.model import Layers, PolicySet, Request
from weightguard.policy.aws.principal import PrincipalType
from weightguard.policy.aws.question import Question
from weightguard.policy.aws.somebody import TYPES, consistent
from weightguard.policy.aws.tables import services_with_resource_control_policies
from weightguard.policy.aws.verdict import ResourceVerdict
from weightguard.policy.decision import Decision, Outcome, Reason, Verdict
from weightguard.policy.formula import ALWAYS, NEVER

_TRUST_ACTIONS = frozenset(
    {
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:tagsession",
        "sts:setsourceidentity",
    }
)
# "By default, all requests are implicitly denied with the exception of the AWS account root user, which has full access."
_FULL_ACCESS = Verdict(allow=ALWAYS, allowed_by=(Reason("provider", "AWS", "the root user has full access"),))
_ASSUMING = frozenset({"User", "AssumedRole"})
"""Root users cannot assume roles, and sessions of federated users may call STS for nothing but who they are."""


def decide(request: Request, layers: Layers) -> Decision:
    """Decide one request.

    Args:
        request: who asks for what, and what is known of the circumstances.
        layers: the policies that bear on it.

    Returns:
        The decision; never raises for what policies hold.
    """
    memory = layers.memory
    question = Question(request, memory)
    if provider.always_allowed(question):
        return _unasked(request.action)
    decision = memory.once(
        conclude,
        Asked(
            _limits(question, layers),
            _resource(question, layers),
            _identity(question, layers),
            _ceiling("boundary", layers.boundary, question),
            _ceiling("session", layers.session, question),
            _own_grants(question, layers),
            question.same_account,
            question.principal.has_identity_policies,
            _needs_delegation(question, layers),
            provider.refusal(question),
        ),
    )
    return decision if question.bounds is None else _of_one_caller(decision, question.action, memory)


def _of_one_caller(decision: Decision, action: str, memory: Memory) -> Decision:
    """A decision for somebody without the alternatives that no single caller meets."""
    types = _ASSUMING if action in _TRUST_ACTIONS else TYPES
    left = memory.once(consistent, decision.conditions, types)
    if left is not NEVER or decision.conditions is NEVER:
        return decision if left == decision.conditions else replace(decision, conditions=left)
    return Decision(Outcome.DENIED_IMPLICITLY, (), NEVER, ("resource",), decision.steps)


def _unasked(action: str) -> Decision:
    return Decision(Outcome.ALLOWED, (Reason("provider", "AWS", f"{action} needs no permission"),))


def _limits(question: Question, layers: Layers) -> tuple[tuple[str, Verdict], ...]:
    """What the layers say that limit everybody: RCPs, SCPs and the endpoint's policy."""
    found: list[tuple[str, Verdict]] = []
    if layers.rcp and _rcps_apply(question):
        for level in layers.rcp:
            found.append(("rcp", ask_resource(level, "rcp", question, has_boundary=False).anyhow))
    if layers.scp and _scps_apply(question):
        for level in layers.scp:
            found.append(("scp", ask(level, "scp", question)))
    if layers.vpc_endpoint is not None:
        said = ask_resource(
            layers.vpc_endpoint, "vpc_endpoint", question, has_boundary=layers.boundary is not None
        )
        found.append(("vpc_endpoint", said.anyhow))
    return tuple(found)


def _resource(question: Question, layers: Layers) -> ResourceVerdict:
    policies = layers.resource
    if policies is None:
        return NO_RESOURCE_POLICY
    found = ask_resource(policies, "resource", question, has_boundary=layers.boundary is not None)
    return layers.memory.once(_restricted, found) if _is_restricted(policies, question, layers) else found


def _restricted(verdict: ResourceVerdict) -> ResourceVerdict:
    """The policy's denials without its grants."""
    denials = Verdict(NEVER, verdict.anyhow.deny, (), verdict.anyhow.denied_by)
    return ResourceVerdict(NOTHING, NOTHING, NOTHING, denials)


def _is_restricted(policies: PolicySet, question: Question, layers: Layers) -> bool:
    """Whether RestrictPublicBuckets cuts this principal off from what the bucket policy grants."""
    if layers.s3 is None or not layers.s3.block.restrict_public_buckets:
        return False
    if question.same_account or question.principal.type is PrincipalType.SERVICE:
        return False
    return any(policy.document.is_public(of_access_point=layers.s3.of_access_point) for policy in policies)


def _identity(question: Question, layers: Layers) -> Verdict:
    principal = question.principal
    if not principal.has_identity_policies:
        return NOTHING
    if principal.type is PrincipalType.ROOT:
        return _FULL_ACCESS
    return ask(layers.identity, "identity", question)


def _ceiling(layer: str, policies: PolicySet | None, question: Question) -> Verdict | None:
    """What a boundary or session policy says; None where there is none to limit anything."""
    if policies is not None:
        return ask(policies, layer, question)
    if layer == "session" and question.principal.type is PrincipalType.FEDERATED_USER:
        # "If there is no session policy ... and the principal is not a role session, the request is implicitly
        # denied": a federated user's session has the permissions of its session policy or none.
        return NOTHING
    return None


def _own_grants(question: Question, layers: Layers) -> tuple[OwnGrant, ...]:
    """The layers that grant by themselves, in one account and across: KMS grants and ACLs."""
    found: list[OwnGrant] = []
    for grant in layers.kms_grants:
        formula = grant.formula(question.principal, question.action, question.context)
        if formula is not NEVER:
            found.append(OwnGrant("kms_grants", formula, Reason("kms_grants", grant.id, grant.grantee), None))
    if layers.s3 is not None:
        for naming, acl in layers.s3.acl_grants(question.principal, question.action):
            found.append(OwnGrant("s3_acl", ALWAYS, Reason("s3_acl", acl.grantee, acl.permission), naming))
    return tuple(found)


def _needs_delegation(question: Question, layers: Layers) -> bool:
    """Whether identity policies count only where the resource's policy names the account.

    "IAM role trust policies and KMS key policies are exceptions to this logic, because they must explicitly allow access
    for principals."
    """
    if question.action in _TRUST_ACTIONS:
        return ":role/" in question.target.text or layers.resource is not None
    if question.action.startswith("kms:"):
        return ":key/" in question.target.text or (question.target.is_open and layers.resource is not None)
    return False


def _scps_apply(question: Question) -> bool:
    """SCPs limit the users, roles and root user of member accounts; not service-linked roles, services or strangers."""
    principal = question.principal
    return (
        principal.has_identity_policies
        and not principal.in_management_account
        and not principal.is_service_linked
    )


def _rcps_apply(question: Question) -> bool:
    """RCPs limit the resources of some services in member accounts, for every caller but service-linked roles."""
    if question.request.resource_in_management_account or question.principal.is_service_linked:
        return False
    if question.action == "kms:retiregrant":
        return False
    return question.action.partition(":")[0] in services_with_resource_control_policies()
