"""INT: could the weights be swapped, or run code when they are loaded?"""

from __future__ import annotations

from weightguard.access.model import AccessKind, WhoCan
from weightguard.checks.identity import is_root
from weightguard.checks.relations import weights_in
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import refs
from weightguard.estate.model import Store
from weightguard.weights import WeightSet


def format_cannot_run_code(weight_set: WeightSet, context: Context) -> Verdict:
    """The format holds data alone."""
    allowed = context.parameters["allowed_formats"]
    if weight_set.format not in allowed:
        return Verdict.failed(
            "files in {format} format can run code when they are loaded", format=weight_set.format
        )
    return Verdict.passed("the format {format} holds data alone", format=weight_set.format)


def writers_apart_from_readers(store: Store, context: Context) -> Verdict:
    """Whoever serves from a release cannot replace it."""
    exempt = context.parameters["pipelines"]
    place = f"{store.name}/".lower()
    working = context.parameters["working_words"]
    sets = weights_in(store, context)
    if all(any(word in f"{place}{one.prefix}".lower() for word in working) for one in sets):
        return Verdict.not_applicable("the store holds work in progress, no release")
    writers, readers = (
        context.access.who_can(kind, store.id) for kind in (AccessKind.WRITE, AccessKind.READ)
    )
    both = _directly(writers) & _directly(readers)
    named = [one for one in both if not any(pattern in one for pattern in exempt)]
    if named:
        return Verdict.failed("whoever reads this release can also replace it: {named}", named=refs(named))
    context.require((*writers.gaps, *readers.gaps))
    return Verdict.passed("nobody who reads this release can replace it")


def _directly(answer: WhoCan) -> set[str]:
    """Who needs to become nobody else; root users may do anything in their account and are judged by WG-IAM-18."""
    return {one.principal for one in answer.answers if one.direct and not is_root(one)}
