"""The decision: every layer in its place, for one account and across accounts.

Sources: IAM User Guide, "How AWS enforcement code logic evaluates requests to allow or deny access", "Evaluation for
requests within a single account", "Cross-account policy evaluation logic"; AWS Organizations User Guide, "SCP
evaluation", "RCP evaluation"; AWS KMS Developer Guide, "Key policies in AWS KMS", "Grants in AWS KMS"; Amazon S3 User Guide,
"Blocking public access to your Amazon S3 storage".
"""

from __future__ import annotations

from weightguard.policy.aws import provider
from weightguard.policy.aws.formula import ALWAYS, NEVER, Formula, any_of, negation
from weightguard.policy.aws.layer import ask, ask_resource, both, either
from weightguard.policy.aws.model import Decision, Layers, Outcome, PolicySet, Request
from weightguard.policy.aws.principal import Naming, PrincipalType
from weightguard.policy.aws.question import Question
from weightguard.policy.aws.tables import services_with_resource_control_policies
from weightguard.policy.aws.verdict import Reason, ResourceVerdict, Verdict

_NOTHING = Verdict()
_EVERYTHING = Verdict(allow=ALWAYS)
_NO_RESOURCE_POLICY = ResourceVerdict(_NOTHING, _NOTHING, _NOTHING, NEVER, ())
_TRUST_ACTIONS = frozenset(
    {
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:tagsession",
        "sts:setsourceidentity",
    }
)


def decide(request: Request, layers: Layers) -> Decision:
    """Decide one request.

    Args:
        request: who asks for what, and what is known of the circumstances.
        layers: the policies that bear on it.

    Returns:
        The decision; never raises for what policies hold.
    """
    question = Question(request)
    if provider.always_allowed(question):
        return Decision(
            Outcome.ALLOWED, (Reason("provider", "AWS", "sts:GetCallerIdentity needs no permission"),)
        )
    return _Evaluation(question, layers).decision()


class _Evaluation:
    """One decision in the making: what every layer says, and what follows from it."""

    __slots__ = (
        "acl",
        "boundary",
        "identity",
        "layers",
        "limits",
        "question",
        "resource",
        "session",
        "steps",
    )

    def __init__(self, question: Question, layers: Layers) -> None:
        self.question = question
        self.layers = layers
        self.steps: list[tuple[str, Verdict]] = []
        self._ask_all()

    def _ask_all(self) -> None:
        """Ask every layer that applies, in the documentation's order."""
        question, layers = self.question, self.layers
        self.limits: list[tuple[str, Verdict]] = []
        if layers.rcp and _rcps_apply(question):
            self._ask_limits("rcp", layers.rcp)
        if layers.scp and _scps_apply(question):
            self._ask_limits("scp", layers.scp)
        if layers.vpc_endpoint is not None:
            self._ask_endpoint(layers.vpc_endpoint)
        self.resource = self._ask_resource()
        self.acl = self._ask_acl()
        self.identity = self._ask_identity()
        self.boundary = self._ask_ceiling("boundary", layers.boundary)
        self.session = self._ask_ceiling("session", layers.session)

    def _ask_limits(self, layer: str, levels: tuple[PolicySet, ...]) -> None:
        for level in levels:
            verdict = (
                _named_at_all(ask_resource(level, layer, self.question, has_boundary=False))
                if layer == "rcp"
                else ask(level, layer, self.question)
            )
            self.limits.append((layer, verdict))
            self.steps.append((layer, verdict))

    def _ask_endpoint(self, policies: PolicySet) -> None:
        has_boundary = self.layers.boundary is not None
        verdict = _named_at_all(
            ask_resource(policies, "vpc_endpoint", self.question, has_boundary=has_boundary)
        )
        self.limits.append(("vpc_endpoint", verdict))
        self.steps.append(("vpc_endpoint", verdict))

    def _ask_resource(self) -> ResourceVerdict:
        policies = self.layers.resource
        if policies is None:
            return _NO_RESOURCE_POLICY
        has_boundary = self.layers.boundary is not None
        found = ask_resource(policies, "resource", self.question, has_boundary=has_boundary)
        if self._is_restricted(policies):
            found = ResourceVerdict(_NOTHING, _NOTHING, _NOTHING, found.deny, found.denied_by)
        self.steps.append(("resource", _named_at_all(found)))
        return found

    def _is_restricted(self, policies: PolicySet) -> bool:
        """Whether RestrictPublicBuckets cuts this principal off from what the bucket policy grants."""
        s3 = self.layers.s3
        if s3 is None or not s3.block.restrict_public_buckets:
            return False
        if self.question.same_account or self.question.principal.type is PrincipalType.SERVICE:
            return False
        return any(policy.is_public for policy in policies)

    def _ask_identity(self) -> Verdict:
        principal = self.question.principal
        if not principal.has_identity_policies:
            return _NOTHING
        if principal.type is PrincipalType.ROOT:
            # "... with the exception of the AWS account root user, which has full access."
            self.steps.append(("identity", _EVERYTHING))
            return _EVERYTHING
        verdict = ask(self.layers.identity, "identity", self.question)
        self.steps.append(("identity", verdict))
        return verdict

    def _ask_ceiling(self, layer: str, policies: PolicySet | None) -> Verdict:
        if policies is None:
            is_federated = self.question.principal.type is PrincipalType.FEDERATED_USER
            # "If there is no session policy ... and the principal is not a role session, the request is implicitly
            # denied": a federated user's session has the permissions of its session policy or none.
            return _NOTHING if layer == "session" and is_federated else _EVERYTHING
        verdict = ask(policies, layer, self.question)
        self.steps.append((layer, verdict))
        return verdict

    def decision(self) -> Decision:
        """Put the layers together."""
        denied = self._denied()
        if denied is ALWAYS:
            return self._explicit()
        refused = provider.refusal(self.question)
        if refused is not None:
            return self._implicit((f"provider: {refused}",))
        granted, by = self._granted()
        for _, verdict in self.limits:
            granted = both(granted, verdict.allow)
        if granted is NEVER:
            return self._implicit(self._lacking())
        access = both(granted, negation(denied)) if denied is not NEVER else granted
        if access is NEVER:
            return self._explicit()
        outcome = Outcome.ALLOWED if access is ALWAYS else Outcome.UNKNOWN
        return Decision(outcome, by, access, (), tuple(self.steps))

    def _denied(self) -> Formula:
        found = [self.resource.deny] if self.resource.deny is not NEVER else []
        for layer, verdict in self.steps:
            if verdict.deny is ALWAYS:
                return ALWAYS
            if verdict.deny is not NEVER and layer != "resource":
                found.append(verdict.deny)
        return any_of(found) if found else NEVER

    def _explicit(self) -> Decision:
        settled = [
            reason for _, verdict in self.steps if verdict.deny is ALWAYS for reason in verdict.denied_by
        ]
        reasons = settled or [reason for _, verdict in self.steps for reason in verdict.denied_by]
        return Decision(Outcome.DENIED_EXPLICITLY, tuple(reasons), NEVER, (), tuple(self.steps))

    def _implicit(self, lacking: tuple[str, ...]) -> Decision:
        return Decision(Outcome.DENIED_IMPLICITLY, (), NEVER, lacking, tuple(self.steps))

    def _granted(self) -> tuple[Formula, tuple[Reason, ...]]:
        """When some layer grants the request, before SCPs, RCPs and endpoint policies; and who says so."""
        paths = [
            *self._own_grants(),
            *(self._same_account() if self.question.same_account else self._across()),
        ]
        granted: Formula = NEVER
        for formula, _ in paths:
            granted = either(granted, formula)
        chosen = [
            reason
            for formula, reasons in paths
            if formula is ALWAYS or (granted is not ALWAYS and formula is not NEVER)
            for reason in reasons
        ]
        return granted, tuple(dict.fromkeys(chosen))

    def _same_account(self) -> list[tuple[Formula, tuple[Reason, ...]]]:
        resource, identity = self.resource, self.identity
        ceiling = both(self.boundary.allow, self.session.allow)
        by_identity = both(identity.allow, ceiling)
        reasons = identity.allowed_by
        if _needs_delegation(self.question, self.layers):
            by_identity = both(by_identity, resource.account.allow)
            reasons = (*reasons, *resource.account.allowed_by)
        return [
            (by_identity, reasons),
            (resource.direct.allow, resource.direct.allowed_by),
            (both(resource.limited.allow, ceiling), resource.limited.allowed_by),
        ]

    def _across(self) -> list[tuple[Formula, tuple[Reason, ...]]]:
        """Both accounts must allow; principals that are in no account need only the resource's."""
        named = _named_at_all(self.resource)
        if not self.question.principal.has_identity_policies:
            return [(named.allow, named.allowed_by)]
        own_side = both(self.identity.allow, both(self.boundary.allow, self.session.allow))
        theirs = [named, *(verdict for naming, verdict in self.acl if naming is Naming.ACCOUNT)]
        return [
            (both(own_side, verdict.allow), (*self.identity.allowed_by, *verdict.allowed_by))
            for verdict in theirs
        ]

    def _own_grants(self) -> list[tuple[Formula, tuple[Reason, ...]]]:
        """The layers that grant by themselves, in one account and across: KMS grants and ACLs."""
        question, layers = self.question, self.layers
        found: list[tuple[Formula, tuple[Reason, ...]]] = []
        for grant in layers.kms_grants:
            formula = grant.formula(question.principal, question.action, question.context)
            if formula is not NEVER:
                reason = Reason("kms_grants", grant.id, grant.grantee)
                found.append((formula, (reason,)))
                self.steps.append(("kms_grants", Verdict(allow=formula, allowed_by=(reason,))))
        return found + [
            (ALWAYS, verdict.allowed_by) for naming, verdict in self.acl if naming is Naming.DIRECT
        ]

    def _ask_acl(self) -> list[tuple[Naming, Verdict]]:
        if self.layers.s3 is None:
            return []
        found: list[tuple[Naming, Verdict]] = []
        for naming, grant in self.layers.s3.acl_grants(self.question.principal, self.question.action):
            reason = Reason("s3_acl", grant.grantee, grant.permission)
            found.append((naming, Verdict(allow=ALWAYS, allowed_by=(reason,))))
            self.steps.append(("s3_acl", found[-1][1]))
        return found

    def _lacking(self) -> tuple[str, ...]:
        """The layers whose missing allow denies the request."""
        lacking = [layer for layer, verdict in self.limits if verdict.allow is NEVER]
        if self._granted()[0] is not NEVER:
            return tuple(dict.fromkeys(lacking))
        principal = self.question.principal
        if principal.has_identity_policies and self.identity.allow is NEVER:
            lacking.append("identity")
        if self._lacks_resource():
            lacking.append("resource")
        lacking.extend(layer for layer in ("boundary", "session") if getattr(self, layer).allow is NEVER)
        return tuple(dict.fromkeys(lacking))

    def _lacks_resource(self) -> bool:
        if self.question.same_account:
            needed = _needs_delegation(self.question, self.layers)
            return needed and self.resource.account.allow is NEVER
        return _named_at_all(self.resource).allow is NEVER


def _named_at_all(verdict: ResourceVerdict) -> Verdict:
    """A resource policy's answer, however it names the principal."""
    allow = either(verdict.direct.allow, either(verdict.limited.allow, verdict.account.allow))
    reasons = (*verdict.direct.allowed_by, *verdict.limited.allowed_by, *verdict.account.allowed_by)
    return Verdict(allow, verdict.deny, tuple(dict.fromkeys(reasons)), verdict.denied_by)


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
