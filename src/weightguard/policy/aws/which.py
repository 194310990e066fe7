"""Which of these actions may a principal do on which of these places: one call instead of a question each.

Places are resources or patterns of them (a bucket, all objects under a prefix, a key), each with the layers that hang on it.
What a policy set says about an action on a place is worked out once and shared by every principal that has the same set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from weightguard.policy.aws.context import ContextValue
from weightguard.policy.aws.decide import decide
from weightguard.policy.aws.kms import KmsGrant
from weightguard.policy.aws.model import Layers, PolicySet, Request
from weightguard.policy.aws.principal import Principal
from weightguard.policy.aws.s3 import S3Access
from weightguard.policy.decision import Decision


@dataclass(frozen=True, slots=True)
class Place:
    """A resource, or a pattern of resources, with what hangs on it.

    Args:
        resource: an ARN, possibly with wildcards: ``arn:aws:s3:::bucket/prefix/*``.
        actions: the actions to ask about.
        account: the account that owns it.
        policy: its resource policy; None when it has none.
        rcp: resource control policies of its account, level by level.
        kms_grants: the grants of a key.
        s3: Block Public Access and ACLs of a bucket.
        vpc_endpoint: the endpoint policy that a request to it passes.
        in_management_account: RCPs do not limit it then.
    """

    resource: str
    actions: tuple[str, ...]
    account: str | None = None
    policy: PolicySet | None = None
    rcp: tuple[PolicySet, ...] = ()
    kms_grants: tuple[KmsGrant, ...] = ()
    s3: S3Access | None = None
    vpc_endpoint: PolicySet | None = None
    in_management_account: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that the principal may do, perhaps under conditions.

    Args:
        place: where.
        action: what.
        decision: allowed, or unknown with its conditions.
    """

    place: Place
    action: str
    decision: Decision = field(compare=False)


def which(
    principal: Principal,
    layers: Layers,
    places: Iterable[Place],
    *,
    context: Mapping[str, ContextValue] | None = None,
    assume_unknown: bool = True,
) -> Iterator[Answer]:
    """What the principal may do, of the actions asked about.

    Args:
        principal: who.
        layers: the principal's own layers: identity, boundary, session and SCPs. What hangs on a place comes from the place.
        places: where, and which actions there.
        context: what is known of the requests' context.
        assume_unknown: whether a context key that is not given is unknown rather than absent.

    Yields:
        The answers that are not denials, in the order asked.
    """
    known = context or {}
    for place in places:
        there = layers.replace(
            resource=place.policy,
            rcp=place.rcp,
            kms_grants=place.kms_grants,
            s3=place.s3,
            vpc_endpoint=place.vpc_endpoint,
        )
        for action in place.actions:
            request = Request(
                principal,
                action,
                place.resource,
                place.account,
                known,
                assume_unknown,
                place.in_management_account,
            )
            decision = decide(request, there)
            if decision.may_be_allowed:
                yield Answer(place, action, decision)
