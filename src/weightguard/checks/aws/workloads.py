"""CON and IFC: what the machines that hold plaintext weights are made of, and by which doors one comes into them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weightguard.access.model import AccessKind
from weightguard.checks.aws.resources import field
from weightguard.checks.relations import missing, unknown_roles, workloads_of
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import refs, some
from weightguard.estate.aws.trust import services_trusted
from weightguard.estate.fact import Reason, Source, Unknown
from weightguard.estate.model import Principal, Store, Workload


def _stated(workload: Workload, name: str, context: Context) -> Any:
    fact = workload.attributes.get(name)
    if fact is None:
        missing(Source.named("ec2", "DescribeInstances", f"{name} of {workload.id}"))
    return context.read(fact, f"workload.{name}")


def memory_encrypted(workload: Workload, context: Context) -> Verdict:
    """Plaintext weights stay in an enclave or in encrypted memory."""
    if workload.kind != "instance":
        return Verdict.not_applicable("not a virtual machine")
    if (_stated(workload, "EnclaveOptions", context) or {}).get("Enabled") is True:
        return Verdict.passed("the machine runs enclaves")
    if (_stated(workload, "CpuOptions", context) or {}).get("AmdSevSnp") == "enabled":
        return Verdict.passed("the machine's memory is encrypted by the processor")
    return Verdict.failed("the machine holds plaintext weights in ordinary memory")


def boot_measured(workload: Workload, context: Context) -> Verdict:
    """The machine boots through UEFI with a trusted platform module that records what was started."""
    if workload.kind != "instance":
        return Verdict.not_applicable("not a virtual machine")
    mode = _stated(workload, "CurrentInstanceBootMode", context) or _stated(workload, "BootMode", context)
    if mode not in ("uefi", "uefi-preferred"):
        return Verdict.failed("the machine does not boot securely (mode {mode})", mode=mode or "legacy-bios")
    if _stated(workload, "TpmSupport", context) != "v2.0":
        return Verdict.failed("the machine has no trusted platform module: nothing measures what it boots")
    return Verdict.passed("the machine boots through UEFI with a trusted platform module")


def single_tenant(workload: Workload, context: Context) -> Verdict:
    """The physical machine serves nobody else."""
    if workload.kind != "instance":
        return Verdict.not_applicable("not a virtual machine")
    tenancy = (_stated(workload, "Placement", context) or {}).get("Tenancy", "default")
    if tenancy not in ("dedicated", "host"):
        return Verdict.failed("the machine shares its hardware with other customers of the provider")
    return Verdict.passed("the hardware serves nobody else ({tenancy})", tenancy=tenancy)


SANDBOXES = frozenset({"code_interpreter", "browser", "agent_runtime", "agent"})
SANDBOX_LISTINGS = {
    "bedrock": ("bedrock-agent", "ListAgents"),
    "bedrock-agentcore": ("bedrock-agentcore-control", "ListCodeInterpreters"),
}
"""Service whose sandboxes run as a role -> the service and the operation that list them."""
JOBS = frozenset({"training_job", "processing_job", "model"})


def no_side_door(workload: Workload, context: Context) -> Verdict:
    """No shell, no root, no open network beside the interface."""
    doors = []
    if workload.kind == "notebook" and field(workload, "RootAccess", context) != "Disabled":
        doors.append("users of the notebook are root")
    if workload.service == "ecs" and field(workload, "enableExecuteCommand", context) is True:
        doors.append("a shell can be opened in its containers")
    if workload.kind == "instance" and field(workload, "KeyName", context):
        doors.append("it accepts an SSH key")
    if doors:
        return Verdict.failed("there is a way in past the interface: {doors}", doors=some(doors))
    return Verdict.passed("no way in past the interface was found")


def sandboxes_apart(store: Store, context: Context) -> Verdict:
    """Code that a model writes runs where these weights cannot be read."""
    answer = context.access.who_can(AccessKind.READ, store.id)
    readers = {one.principal for one in answer.answers}
    sandboxes = workloads_of(SANDBOXES, context)
    able = [one.id for one in sandboxes if {one.id, *one.known_roles} & readers]
    if able:
        return Verdict.failed("code that a model wrote can read these weights: {able}", able=refs(able))
    unseen = (*unknown_roles(sandboxes), *_unlisted_sandboxes(readers, context))
    context.require((*answer.gaps, *context.estate.workloads.gaps, *unseen))
    return Verdict.passed("no sandbox for model-written code reads these weights")


def _unlisted_sandboxes(readers: set[str], context: Context) -> Iterator[Unknown]:
    """A sandbox may run as any role that its service may take: the collector does not list the sandboxes themselves."""
    able: tuple[tuple[Principal, list[str]], ...] = context.once(
        "roles for sandboxes", lambda: tuple(_for_sandboxes(context))
    )
    for role, services in able:
        if role.id in readers:
            for service in services:
                source = Source.asked(role.provider, role.account, *SANDBOX_LISTINGS[service], role.id)
                yield Unknown(Reason.NOT_COLLECTED, source)


def _for_sandboxes(context: Context) -> Iterator[tuple[Principal, list[str]]]:
    """The roles that a service for sandboxes may take, with these services."""
    for role in context.estate.principals:
        services = sorted(services_trusted(role) & SANDBOX_LISTINGS.keys())
        if services:
            yield role, services


def job_isolated(workload: Workload, context: Context) -> Verdict:
    """A managed job with weights has no network but the one it needs."""
    if workload.kind not in JOBS:
        return Verdict.not_applicable("not a managed training, processing or serving job")
    isolated = field(workload, "EnableNetworkIsolation", context)
    if isolated is None and workload.kind == "processing_job":
        isolated = (field(workload, "NetworkConfig", context) or {}).get("EnableNetworkIsolation")
    if isolated is not True:
        return Verdict.failed("the job's containers may call out: network isolation is off")
    return Verdict.passed("the job's containers cannot call out")
