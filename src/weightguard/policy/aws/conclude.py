"""Put together what the layers said.

The same answers of the same layers lead to the same decision, so each combination is concluded once: the cost of a
thousand principals with the same policies is that of one, and looking it up (see `decide`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from weightguard.policy.aws.layer import EVERYTHING, NO_RESOURCE_POLICY, both, either
from weightguard.policy.aws.principal import Naming
from weightguard.policy.aws.verdict import ResourceVerdict
from weightguard.policy.decision import Decision, Outcome, Reason, Verdict, Ways
from weightguard.policy.formula import ALWAYS, NEVER, Formula, any_of, negation

_Path = tuple[Formula, tuple[tuple[Reason, ...], ...]]
"""A way to be granted the request: when, and per layer that must agree the statements of which one is enough."""


class OwnGrant(NamedTuple):
    """A grant of a layer that grants by itself.

    Args:
        layer: kms_grants or s3_acl.
        formula: when it holds.
        reason: what to cite.
        naming: for an ACL, whether it names the principal or its account.
    """

    layer: str
    formula: Formula
    reason: Reason
    naming: Naming | None


class Asked(NamedTuple):
    """What the layers said, and the circumstances that decide how their answers combine.

    Args:
        limits: (layer, answer) of each level of RCPs and SCPs, and of the VPC endpoint.
        resource: the resource policy.
        identity: the identity policies.
        boundary: the permissions boundary; None where there is none.
        session: the session policies; None where there are none.
        own_grants: KMS grants and ACLs that reach the principal.
        same_account: whether principal and resource are in one account.
        has_identity: whether identity policies can be attached to the principal.
        needs_delegation: whether identity policies count only where the resource policy names the account.
        refusal: why the provider refuses the request whatever policies say.
    """

    limits: tuple[tuple[str, Verdict], ...]
    resource: ResourceVerdict
    identity: Verdict
    boundary: Verdict | None
    session: Verdict | None
    own_grants: tuple[OwnGrant, ...]
    same_account: bool
    has_identity: bool
    needs_delegation: bool
    refusal: str | None


def conclude(asked: Asked) -> Decision:
    """The decision that follows from what the layers said."""
    steps = tuple(_steps(asked))
    denied = any_of(verdict.deny for _, verdict in steps)
    if denied is ALWAYS:
        return _explicit(steps)
    if asked.refusal is not None:
        return Decision(Outcome.DENIED_IMPLICITLY, (), NEVER, (f"provider: {asked.refusal}",), steps)
    granted, by, ways = _granted(asked)
    limited = granted
    for _, verdict in asked.limits:
        limited = both(limited, verdict.allow)
    if limited is NEVER:
        return Decision(Outcome.DENIED_IMPLICITLY, (), NEVER, _lacking(asked, granted), steps)
    access = both(limited, negation(denied))
    if access is NEVER:
        return _explicit(steps)
    return Decision(Outcome.ALLOWED if access is ALWAYS else Outcome.UNKNOWN, by, access, (), steps, ways)


def _steps(asked: Asked) -> Iterator[tuple[str, Verdict]]:
    """Every layer's answer in the documentation's order."""
    yield from asked.limits
    if asked.resource is not NO_RESOURCE_POLICY:
        yield "resource", asked.resource.anyhow
    for grant in asked.own_grants:
        yield grant.layer, Verdict(allow=grant.formula, allowed_by=(grant.reason,))
    if asked.has_identity:
        yield "identity", asked.identity
    for layer, verdict in (("boundary", asked.boundary), ("session", asked.session)):
        if verdict is not None:
            yield layer, verdict


def _explicit(steps: tuple[tuple[str, Verdict], ...]) -> Decision:
    settled = [reason for _, verdict in steps if verdict.deny is ALWAYS for reason in verdict.denied_by]
    reasons = settled or [reason for _, verdict in steps for reason in verdict.denied_by]
    return Decision(Outcome.DENIED_EXPLICITLY, tuple(reasons), NEVER, (), steps)


def _granted(asked: Asked) -> tuple[Formula, tuple[Reason, ...], Ways]:
    """When some layer grants the request, before SCPs, RCPs and endpoint policies; who says so, and who by every way."""
    paths: list[_Path] = [
        (one.formula, ((one.reason,),)) for one in asked.own_grants if one.naming is not Naming.ACCOUNT
    ]
    paths += _same_account(asked) if asked.same_account else _across(asked)
    granted: Formula = NEVER
    for formula, _ in paths:
        granted = either(granted, formula)
    chosen = [
        reason
        for formula, reasons in paths
        if formula is ALWAYS or (granted is not ALWAYS and formula is not NEVER)
        for part in reasons
        for reason in part
    ]
    ways = tuple(parts for formula, parts in paths if formula is not NEVER)
    return granted, tuple(dict.fromkeys(chosen)), ways


def _ceiling(asked: Asked) -> Formula:
    """What boundary and session policies leave of a grant that they limit."""
    boundary, session = asked.boundary or EVERYTHING, asked.session or EVERYTHING
    return both(boundary.allow, session.allow)


def _same_account(asked: Asked) -> list[_Path]:
    resource, identity, ceiling = asked.resource, asked.identity, _ceiling(asked)
    by_identity = both(identity.allow, ceiling)
    reasons: tuple[tuple[Reason, ...], ...] = (identity.allowed_by,)
    if asked.needs_delegation:
        by_identity = both(by_identity, resource.account.allow)
        reasons = (*reasons, resource.account.allowed_by)
    return [
        (by_identity, reasons),
        (resource.direct.allow, (resource.direct.allowed_by,)),
        (both(resource.limited.allow, ceiling), (resource.limited.allowed_by,)),
    ]


def _across(asked: Asked) -> list[_Path]:
    """Both accounts must allow; principals that are in no account need only the resource's."""
    named = asked.resource.anyhow
    if not asked.has_identity:
        return [(named.allow, (named.allowed_by,))]
    own_side = both(asked.identity.allow, _ceiling(asked))
    theirs = [(named.allow, named.allowed_by)]
    theirs += [(one.formula, (one.reason,)) for one in asked.own_grants if one.naming is Naming.ACCOUNT]
    return [(both(own_side, allow), (asked.identity.allowed_by, reasons)) for allow, reasons in theirs]


def _lacking(asked: Asked, granted: Formula) -> tuple[str, ...]:
    """The layers whose missing allow denies the request."""
    lacking = [layer for layer, verdict in asked.limits if verdict.allow is NEVER]
    if granted is NEVER:
        if asked.has_identity and asked.identity.allow is NEVER:
            lacking.append("identity")
        if _lacks_resource(asked):
            lacking.append("resource")
        ceilings = (("boundary", asked.boundary), ("session", asked.session))
        lacking.extend(layer for layer, verdict in ceilings if (verdict or EVERYTHING).allow is NEVER)
    return tuple(dict.fromkeys(lacking))


def _lacks_resource(asked: Asked) -> bool:
    if asked.same_account:
        return asked.needs_delegation and asked.resource.account.allow is NEVER
    return asked.resource.anyhow.allow is NEVER
