"""What the organisation's guardrails keep from an administrator of an account, for all families that ask it."""

from __future__ import annotations

from collections.abc import Iterable

from weightguard.checks.aws.decisions import guardrails_refuse
from weightguard.checks.aws.resources import regions_with_weights
from weightguard.checks.logging import covering
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import some
from weightguard.estate.fact import Unknown
from weightguard.estate.model import Account


def transfer_services_denied(account: Account, context: Context) -> Verdict:
    """The organisation refuses services that move data in bulk."""
    return refused_by_organisation(account, context, "bulk transfer")


def refused_by_organisation(account: Account, context: Context, what: str) -> Verdict:
    """Whether guardrails deny every action of the parameter `actions` to an ordinary principal of the account."""
    if account.is_management:
        return Verdict.not_applicable(
            "guardrails do not bind the management account; it must hold no weights"
        )
    left = guardrails_refuse(context, account, _actions(context.parameters["actions"]))
    if left:
        return Verdict.failed(
            "no guardrail of the organisation keeps an administrator of the account from {what}: {left}",
            what=what,
            left=some(left),
        )
    return Verdict.passed("guardrails of the organisation rule out {what}", what=what)


def _actions(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(given)


def guardrails_hold(account: Account, context: Context) -> Verdict:
    """The organisation denies what would undo its protections."""
    return refused_by_organisation(account, context, "undoing the protections of weights")


def approved_regions_only(account: Account, context: Context) -> Verdict:
    """Weights lie in approved regions, and nothing can be created elsewhere."""
    approved = set(context.parameters["approved_regions"])
    held = regions_with_weights(account, context)
    stray = [region for region in held if approved and region not in approved]
    if stray:
        return Verdict.failed("weights lie outside the approved regions: {stray}", stray=some(stray))
    if account.is_management:
        return Verdict.not_applicable(
            "guardrails do not bind the management account; it must hold no weights"
        )
    elsewhere = next(
        one
        for one in ("af-south-1", "ap-east-1", "me-south-1", "eu-south-1")
        if one not in approved and one not in held
    )
    left = guardrails_refuse(
        context, account, ("s3:CreateBucket", "ec2:RunInstances"), **{"aws:RequestedRegion": elsewhere}
    )
    if left:
        return Verdict.failed(
            "no guardrail keeps weights out of regions that nobody approved: {left} is allowed in {elsewhere}",
            left=some(left),
            elsewhere=elsewhere,
        )
    return Verdict.passed("guardrails keep the account to approved regions")


def cannot_be_switched_off(account: Account, context: Context) -> Verdict:
    """The organisation's own trail covers the account, and the account cannot touch it."""
    gaps: list[Unknown] = [*context.estate.trails.gaps]
    active = False
    for trail in covering(account, None, context):
        if trail.multi_region and (trail.organisation_wide or account.organisation is None):
            logging = context.peek(trail.logging, "trail.logging")
            active = active or (not isinstance(logging, Unknown) and logging.value)
            gaps += [logging] if isinstance(logging, Unknown) else []
    if not active:
        context.require(gaps)
        return Verdict.failed("no active organisation-wide trail covers all regions of the account")
    if account.is_management:
        return Verdict.passed(
            "an active organisation-wide trail covers the account; guardrails do not bind the management account"
        )
    left = guardrails_refuse(context, account, tuple(context.parameters["actions"]))
    if left:
        return Verdict.failed(
            "an administrator of the account can switch the trail off: nothing denies {left}", left=some(left)
        )
    return Verdict.passed(
        "an active organisation-wide trail covers the account and cannot be switched off from it"
    )
