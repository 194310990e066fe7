"""Requests through an S3 access point: the access point and the bucket must both permit them.

Source: Amazon S3 User Guide, "Configuring IAM policies for using access points" ("both the access point and the underlying
bucket must permit the request"; "permissions granted in an access point policy are only effective if the underlying bucket
also allows the same access") and "Creating access points restricted to a virtual private cloud".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from weightguard.policy.aws.arn import account_of
from weightguard.policy.aws.context import ContextValue
from weightguard.policy.aws.decide import decide
from weightguard.policy.aws.document import PolicyKind, compile_policy
from weightguard.policy.aws.model import Layers, PolicySet, Request
from weightguard.policy.aws.s3 import NOTHING_BLOCKED, PublicAccessBlock, S3Access
from weightguard.policy.decision import Decision, Outcome, Ways
from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, all_of, any_of

_BUCKET_PARTS = 6
_VPC_KEY = "aws:SourceVpc"
_STAND_IN = "identity policies at the access point"
"""Stands in the bucket's decision for the principal's own policies: no statement of anybody's, and never cited."""


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """An access point of a bucket.

    Args:
        arn: ``arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME``.
        policy: its policy; None when it has none.
        vpc: the VPC that requests must come from; None when it is open to the internet.
        block: its own Block Public Access settings.
    """

    arn: str
    policy: PolicySet | None = None
    vpc: str | None = None
    block: PublicAccessBlock = NOTHING_BLOCKED


def decide_through(request: Request, layers: Layers, point: AccessPoint) -> Decision:
    """Decide a request that goes through an access point.

    The principal's own policies are asked about the access point's ARN, the bucket's about the bucket's.

    Args:
        request: the request as if it were made to the bucket: its resource is the bucket's ARN or an object's.
        layers: the layers of a request to the bucket.
        point: the access point.

    Returns:
        The decision; its steps are those of the access point, then those of the bucket.
    """
    context = _context(request, point)
    at_point = replace(
        request,
        resource=_behind(point, request.resource),
        resource_account=account_of(point.arn),
        context=context,
    )
    at_bucket = replace(request, context=context)
    point_layers = layers.replace(resource=point.policy, s3=_access(point), kms_grants=None)
    first = decide(at_point, point_layers)
    second = _bucket_side(at_bucket, at_point, layers, point_layers)
    conditions = all_of([first.conditions, second.conditions, _network(request, point)])
    return _joined(first, second, conditions)


def _context(request: Request, point: AccessPoint) -> dict[str, ContextValue]:
    added: dict[str, ContextValue] = {
        "s3:DataAccessPointArn": point.arn,
        "s3:DataAccessPointAccount": account_of(point.arn),
        "s3:AccessPointNetworkOrigin": "Internet" if point.vpc is None else "VPC",
    }
    return {**added, **request.context}


def _behind(point: AccessPoint, resource: str) -> str:
    """The access point's name for the bucket or for an object of it."""
    path = resource.split(":", _BUCKET_PARTS - 1)[-1]
    _, slash, key = path.partition("/")
    return f"{point.arn}/object/{key}" if slash else point.arn


def _access(point: AccessPoint) -> S3Access:
    """ "An access point that has a VPC network origin is always considered non-public"."""
    block = point.block if point.vpc is None else replace(point.block, restrict_public_buckets=False)
    return S3Access(block=block, of_access_point=True)


def _bucket_side(at_bucket: Request, at_point: Request, layers: Layers, point_layers: Layers) -> Decision:
    """Whether the bucket permits it: by its own policy, or, for its own account's principals, by theirs.

    What limits the principal has been asked at the access point.
    """
    bare = layers.replace(identity=None, boundary=None, session=None, scp=None)
    anything = compile_policy(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
        kind=PolicyKind.IDENTITY,
        name=_STAND_IN,
        memory=layers.memory,
    )
    own = decide(at_point, point_layers.replace(resource=None))
    by_both = _without_stand_in(decide(at_bucket, bare.with_identity(anything)))
    is_own_account = at_bucket.resource_account in (None, at_bucket.principal.account)
    if not is_own_account:
        return by_both
    by_bucket = decide(at_bucket, bare)
    conditions = any_of([by_bucket.conditions, all_of([own.conditions, by_both.conditions])])
    if conditions is NEVER:
        return by_bucket if by_both.may_be_allowed else by_both
    ways = (*by_bucket.ways, *_both(own.ways, by_both.ways))
    return Decision(_outcome(conditions), by_bucket.by or own.by, conditions, (), by_both.steps, ways)


def _without_stand_in(decision: Decision) -> Decision:
    """A decision as the bucket alone comes to it: the principal's own policies have been asked at the access point."""
    ways = (
        tuple(part for part in way if all(reason.policy != _STAND_IN for reason in part))
        for way in decision.ways
    )
    by = tuple(reason for reason in decision.by if reason.policy != _STAND_IN)
    return replace(decision, by=by, ways=tuple(ways))


def _both(first: Ways, second: Ways) -> Ways:
    """The ways to what two decisions have to permit."""
    return tuple((*one, *other) for one in first for other in second)


def _network(request: Request, point: AccessPoint) -> Formula:
    """An access point of a VPC accepts requests from that VPC alone."""
    if point.vpc is None:
        return ALWAYS
    given = {key.lower(): value for key, value in request.context.items()}.get(_VPC_KEY.lower())
    if given is not None:
        return ALWAYS if given == point.vpc else NEVER
    return (
        Condition(_VPC_KEY, "StringEquals", (point.vpc,), needs=(_VPC_KEY,))
        if request.assume_unknown
        else NEVER
    )


def _outcome(conditions: Formula) -> Outcome:
    if conditions is NEVER:
        return Outcome.DENIED_IMPLICITLY
    return Outcome.ALLOWED if conditions is ALWAYS else Outcome.UNKNOWN


def _joined(first: Decision, second: Decision, conditions: Formula) -> Decision:
    steps = (*first.steps, *second.steps)
    for one in (first, second):
        if one.outcome is Outcome.DENIED_EXPLICITLY:
            return Decision(one.outcome, one.by, NEVER, (), steps)
    outcome = _outcome(conditions)
    if outcome is Outcome.DENIED_IMPLICITLY:
        lacking = first.lacking or second.lacking or ("access point network origin",)
        return Decision(outcome, (), NEVER, lacking, steps)
    by = tuple(dict.fromkeys((*first.by, *second.by)))
    return Decision(outcome, by, conditions, (), steps, _both(first.ways, second.ways))
