"""CON: what the machines that hold plaintext weights are made of."""

from __future__ import annotations

from typing import Any

from weightguard.checks.relations import missing
from weightguard.controls.judge import Context, Verdict
from weightguard.estate.fact import Source
from weightguard.estate.model import Workload


def _field(workload: Workload, name: str, context: Context) -> Any:
    fact = workload.attributes.get(name)
    if fact is None:
        missing(Source.named("ec2", "DescribeInstances", f"{name} of {workload.id}"))
    return context.read(fact, f"workload.{name}")


def memory_encrypted(workload: Workload, context: Context) -> Verdict:
    """Plaintext weights stay in an enclave or in encrypted memory."""
    if workload.kind != "instance":
        return Verdict.not_applicable("not a virtual machine")
    if (_field(workload, "EnclaveOptions", context) or {}).get("Enabled") is True:
        return Verdict.passed("the machine runs enclaves")
    if (_field(workload, "CpuOptions", context) or {}).get("AmdSevSnp") == "enabled":
        return Verdict.passed("the machine's memory is encrypted by the processor")
    return Verdict.failed("the machine holds plaintext weights in ordinary memory")


def boot_measured(workload: Workload, context: Context) -> Verdict:
    """The machine boots through UEFI with a trusted platform module that records what was started."""
    if workload.kind != "instance":
        return Verdict.not_applicable("not a virtual machine")
    mode = _field(workload, "CurrentInstanceBootMode", context) or _field(workload, "BootMode", context)
    if mode not in ("uefi", "uefi-preferred"):
        return Verdict.failed("the machine does not boot securely (mode {mode})", mode=mode or "legacy-bios")
    if _field(workload, "TpmSupport", context) != "v2.0":
        return Verdict.failed("the machine has no trusted platform module: nothing measures what it boots")
    return Verdict.passed("the machine boots through UEFI with a trusted platform module")


def single_tenant(workload: Workload, context: Context) -> Verdict:
    """The physical machine serves nobody else."""
    if workload.kind != "instance":
        return Verdict.not_applicable("not a virtual machine")
    tenancy = (_field(workload, "Placement", context) or {}).get("Tenancy", "default")
    if tenancy not in ("dedicated", "host"):
        return Verdict.failed("the machine shares its hardware with other customers of the provider")
    return Verdict.passed("the hardware serves nobody else ({tenancy})", tenancy=tenancy)
