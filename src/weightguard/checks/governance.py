"""CLS and GOV: how risky the model is said to be, and what follows from it."""

from __future__ import annotations

from weightguard.checks.decisions import guardrails_refuse
from weightguard.checks.relations import missing, regions_with_weights, words
from weightguard.controls.declared import DeclaredModel
from weightguard.controls.judge import Context, Verdict
from weightguard.estate.fact import Source
from weightguard.estate.model import Account
from weightguard.weights import WeightSet


def _owner(weight_set: WeightSet, context: Context) -> DeclaredModel:
    """The declared model of the weights.

    Raises:
        UnknownFact: nobody declared them, so nobody said what they can do.
    """
    owner = context.declarations.of(weight_set)
    if owner is None:
        missing(
            Source.named(
                "configuration",
                "models",
                f"weights in {weight_set.store}/{weight_set.prefix} that no declared model claims",
            )
        )
    return owner


def tier_recorded(weight_set: WeightSet, context: Context) -> Verdict:
    """The tier rests on evaluations of capabilities that the table knows."""
    model = _owner(weight_set, context)
    if not model.config.evaluations:
        return Verdict.failed(f"the tier of {model.name} rests on no capability evaluation")
    if model.unknown_capabilities:
        named = words(model.unknown_capabilities)
        return Verdict.failed(
            f"evaluations of {model.name} name capabilities that the tier table does not know: {named}"
        )
    return Verdict.passed(
        f"{model.name} is in tier {model.tier} by {len(model.config.evaluations)} evaluations"
    )


def tier_not_understated(weight_set: WeightSet, context: Context) -> Verdict:
    """The declared tier is what the evaluations yield, and was not lowered."""
    model = _owner(weight_set, context)
    if model.understated:
        return Verdict.failed(
            f"{model.name} is declared {model.config.tier}, its evaluations yield {model.evaluated_tier}"
        )
    if model.lowered:
        return Verdict.failed(
            f"{model.name} was lowered from tier {model.config.previous_tier} to {model.tier}"
        )
    return Verdict.passed(f"tier {model.tier} of {model.name} asks for {model.target_level}")


def evaluations_fresh(weight_set: WeightSet, context: Context) -> Verdict:
    """The evaluations are recent enough to rest on."""
    model = _owner(weight_set, context)
    if not model.config.evaluations:
        return Verdict.failed(f"{model.name} has never been evaluated")
    if model.stale:
        old = words(f"{one.benchmark} ({one.date})" for one in model.stale)
        return Verdict.failed(f"evaluations of {model.name} are out of date: {old}")
    return Verdict.passed(f"the evaluations of {model.name} are in date")


def approved_regions_only(account: Account, context: Context) -> Verdict:
    """Weights lie in approved regions, and nothing can be created elsewhere."""
    approved = set(context.parameters["approved_regions"])
    held = regions_with_weights(account, context)
    stray = [region for region in held if approved and region not in approved]
    if stray:
        return Verdict.failed(f"weights lie outside the approved regions: {words(stray)}")
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
            f"no guardrail keeps weights out of regions that nobody approved: {words(left)} is allowed in {elsewhere}"
        )
    return Verdict.passed("guardrails keep the account to approved regions")
