"""NET: which networks and organisations a request may come from, and where weights could leave to."""

from __future__ import annotations

from weightguard.controls.declared import DeclaredModel
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref


def egress_budget_declared(model: DeclaredModel, context: Context) -> Verdict:
    """The yearly budget is small beside what of the model would still be worth having."""
    found = [one for one in context.listed(context.estate.weight_sets) if one.id in model.weight_sets]
    if not found:
        return Verdict.not_applicable("no weights of {model} were found", model=Ref(model.name))
    budget = model.config.egress_budget
    if budget is None:
        return Verdict.failed("no yearly egress budget is declared for {model}", model=Ref(model.name))
    per_parameter = context.parameters["effective_bytes_per_parameter"]
    sizes = [one.parameters * per_parameter if one.parameters else one.bytes * 0.25 for one in found]
    worth = max(sizes) * context.parameters["discount"]
    most = worth * context.parameters["maximum_share"]
    if budget > most:
        return Verdict.failed(
            "{budget} bytes a year may leave, at most {most} keep {model} from being carried out",
            budget=budget,
            most=f"{most:.0f}",
            model=Ref(model.name),
        )
    return Verdict.passed("{budget} bytes a year may leave, below {most}", budget=budget, most=f"{most:.0f}")
