"""SUP: which build pipelines read weights.

Sources: Cloud Build documentation, "Cloud Build service account" and "Default service account"; IAM documentation, "Best practices
for using Workload Identity Federation".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.access.model import AccessKind
from weightguard.checks.gcp.resources import attribute
from weightguard.checks.gcp.rights import is_open_set
from weightguard.checks.relations import unknown_roles, workloads_of
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import refs
from weightguard.estate.fact import Known
from weightguard.estate.model import Store, Workload

_BUILDS: Final = frozenset({"build_trigger"})


def pipelines_bound(store: Store, context: Context) -> Verdict:
    """A build pipeline reads these weights as one repository that a trust names, or not at all."""
    answer = context.access.who_can(AccessKind.READ, store.id)
    readers = {one.principal for one in answer.answers}
    builds = workloads_of(_BUILDS, context)
    open_ones = [
        one for one in sorted(readers) if one.startswith("principalSet:") and is_open_set(one, context)
    ]
    open_ones += [
        one.id
        for one in builds
        if {one.id, *_runs_as(one, context)} & readers
        and one.id not in context.parameters["approved_projects"]
        and attribute(one, "disabled", context) is not True
    ]
    if open_ones:
        return Verdict.failed(
            "build pipelines that are not bound to one repository and branch read these weights: {open_ones}",
            open_ones=refs(open_ones),
        )
    context.require((*answer.gaps, *context.estate.workloads.gaps, *unknown_roles(builds)))
    return Verdict.passed("no unbound build pipeline reads these weights")


def _runs_as(build: Workload, context: Context) -> Iterator[str]:
    """Whom a build runs as; where it names nobody, one of the project's two default accounts."""
    yield from build.known_roles
    if build.known_roles:
        return
    for account in context.estate.accounts:
        number = account.settings.get("number")
        if account.id == build.account and isinstance(number, Known):
            yield f"serviceAccount:{number.value}@cloudbuild.gserviceaccount.com"
            yield f"serviceAccount:{number.value}-compute@developer.gserviceaccount.com"
