"""SUP: which build pipelines read weights."""

from __future__ import annotations

from weightguard.access.model import AccessKind
from weightguard.checks.aws.identity import is_open_subject
from weightguard.checks.relations import workloads_of
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import refs
from weightguard.estate.model import Store


def pipelines_bound(store: Store, context: Context) -> Verdict:
    """A build pipeline reads these weights as one exact repository and branch, or not at all."""
    answer = context.access.who_can(AccessKind.READ, store.id)
    builds = [one.id for one in workloads_of(frozenset({"build_project"}), context)]
    readers = {one.principal for one in answer.answers}
    open_ones = [
        name
        for name in readers
        if "#" in name and "saml-provider" not in name and is_open_subject(name.partition("#")[2])
    ]
    open_ones += [
        name for name in builds if name in readers and name not in context.parameters["approved_projects"]
    ]
    if open_ones:
        return Verdict.failed(
            "build pipelines that are not bound to one repository and branch read these weights: {open_ones}",
            open_ones=refs(open_ones),
        )
    context.require((*answer.gaps, *context.estate.workloads.gaps))
    return Verdict.passed("no unbound build pipeline reads these weights")
