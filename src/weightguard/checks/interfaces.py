"""IFC: by which doors people and programs come near the weights."""

from __future__ import annotations

from weightguard.access.model import AccessKind
from weightguard.checks.relations import counted
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import refs
from weightguard.estate.model import Store, Workload


def no_person_reads(store: Store, context: Context) -> Verdict:
    """No person reads the bytes, by whatever path."""
    answer = context.access.who_can(AccessKind.READ, store.id)
    people = [one.principal for one in answer.answers if one.kind == "person"]
    if people:
        return Verdict.failed(
            "{count} can fetch the raw weights: {people}",
            count=counted(len(people), "person", "people"),
            people=refs(people),
        )
    context.require(answer.gaps)
    return Verdict.passed("no person can fetch the raw weights")


def not_publicly_invocable(workload: Workload, context: Context) -> Verdict:
    """Strangers cannot run code that holds access to weights."""
    if context.read(workload.public):
        return Verdict.failed("anybody on the internet can invoke it, and it reaches weights")
    return Verdict.passed("strangers cannot invoke it")
