"""IFC: by which doors people and programs come near the weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weightguard.access.model import AccessKind
from weightguard.checks.relations import counted, workloads_of
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import refs, some
from weightguard.estate.aws.trust import services_trusted
from weightguard.estate.fact import Reason, Source, Unknown
from weightguard.estate.model import Store, Workload

SANDBOXES = frozenset({"code_interpreter", "browser", "agent_runtime", "agent"})
SANDBOX_LISTINGS = {
    "bedrock": ("bedrock-agent", "ListAgents"),
    "bedrock-agentcore": ("bedrock-agentcore-control", "ListCodeInterpreters"),
}
"""Service whose sandboxes run as a role -> the service and the operation that list them."""
JOBS = frozenset({"training_job", "processing_job", "model"})


def _field(workload: Workload, name: str, context: Context) -> Any:
    fact = workload.attributes.get(name)
    return None if fact is None else context.read(fact, f"workload.{name}")


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


def no_side_door(workload: Workload, context: Context) -> Verdict:
    """No shell, no root, no open network beside the interface."""
    doors = []
    if workload.kind == "notebook" and _field(workload, "RootAccess", context) != "Disabled":
        doors.append("users of the notebook are root")
    if workload.service == "ecs" and _field(workload, "enableExecuteCommand", context) is True:
        doors.append("a shell can be opened in its containers")
    if workload.kind == "instance" and _field(workload, "KeyName", context):
        doors.append("it accepts an SSH key")
    if doors:
        return Verdict.failed("there is a way in past the interface: {doors}", doors=some(doors))
    return Verdict.passed("no way in past the interface was found")


def sandboxes_apart(store: Store, context: Context) -> Verdict:
    """Code that a model writes runs where these weights cannot be read."""
    answer = context.access.who_can(AccessKind.READ, store.id)
    readers = {one.principal for one in answer.answers}
    able = [one.id for one in workloads_of(SANDBOXES, context) if {one.id, *one.roles} & readers]
    if able:
        return Verdict.failed("code that a model wrote can read these weights: {able}", able=refs(able))
    context.require((*answer.gaps, *context.estate.workloads.gaps, *_unlisted_sandboxes(readers, context)))
    return Verdict.passed("no sandbox for model-written code reads these weights")


def _unlisted_sandboxes(readers: set[str], context: Context) -> Iterator[Unknown]:
    """A sandbox may run as any role that its service may take: the collector does not list the sandboxes themselves."""
    for role in context.estate.principals:
        if role.id in readers:
            for service in sorted(services_trusted(role) & SANDBOX_LISTINGS.keys()):
                source = Source.asked(role.provider, role.account, *SANDBOX_LISTINGS[service], role.id)
                yield Unknown(Reason.NOT_COLLECTED, source)


def job_isolated(workload: Workload, context: Context) -> Verdict:
    """A managed job with weights has no network but the one it needs."""
    if workload.kind not in JOBS:
        return Verdict.not_applicable("not a managed training, processing or serving job")
    isolated = _field(workload, "EnableNetworkIsolation", context)
    if isolated is None and workload.kind == "processing_job":
        isolated = (_field(workload, "NetworkConfig", context) or {}).get("EnableNetworkIsolation")
    if isolated is not True:
        return Verdict.failed("the job's containers may call out: network isolation is off")
    return Verdict.passed("the job's containers cannot call out")


def not_publicly_invocable(workload: Workload, context: Context) -> Verdict:
    """Strangers cannot run code that holds access to weights."""
    if context.read(workload.public):
        return Verdict.failed("anybody on the internet can invoke it, and it reaches weights")
    return Verdict.passed("strangers cannot invoke it")
