"""CLS and GOV: how risky the model is said to be, and what follows from it."""

from __future__ import annotations

from weightguard.checks.relations import missing
from weightguard.controls.declared import DeclaredModel
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, refs, said, some
from weightguard.estate.fact import Source
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
        return Verdict.failed("the tier of {model} rests on no capability evaluation", model=Ref(model.name))
    if model.unknown_capabilities:
        named = refs(model.unknown_capabilities)
        return Verdict.failed(
            "evaluations of {model} name capabilities that the tier table does not know: {named}",
            model=Ref(model.name),
            named=named,
        )
    return Verdict.passed(
        "{model} is in tier {tier} by {count} evaluations",
        model=Ref(model.name),
        tier=model.tier,
        count=len(model.config.evaluations),
    )


def tier_not_understated(weight_set: WeightSet, context: Context) -> Verdict:
    """The declared tier is what the evaluations yield, and was not lowered."""
    model = _owner(weight_set, context)
    if model.understated:
        return Verdict.failed(
            "{model} is declared {tier}, its evaluations yield {evaluated_tier}",
            model=Ref(model.name),
            tier=model.config.tier,
            evaluated_tier=model.evaluated_tier,
        )
    if model.lowered:
        return Verdict.failed(
            "{model} was lowered from tier {previous_tier} to {tier}",
            model=Ref(model.name),
            previous_tier=model.config.previous_tier,
            tier=model.tier,
        )
    return Verdict.passed(
        "tier {tier} of {model} asks for {target_level}",
        tier=model.tier,
        model=Ref(model.name),
        target_level=model.target_level,
    )


def evaluations_fresh(weight_set: WeightSet, context: Context) -> Verdict:
    """The evaluations are recent enough to rest on."""
    model = _owner(weight_set, context)
    if not model.config.evaluations:
        return Verdict.failed("{model} has never been evaluated", model=Ref(model.name))
    if model.stale:
        old = some(
            said("{benchmark} ({date})", benchmark=Ref(one.benchmark), date=str(one.date))
            for one in model.stale
        )
        return Verdict.failed("evaluations of {model} are out of date: {old}", model=Ref(model.name), old=old)
    return Verdict.passed("the evaluations of {model} are in date", model=Ref(model.name))
