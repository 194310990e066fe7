"""CON and IFC: what the machines that hold plaintext weights are made of, and by which doors one comes into them.

Sources: Azure confidential computing documentation, "About Azure confidential VMs"; Trusted launch documentation, "Trusted Launch
for Azure virtual machines"; Azure Dedicated Host documentation; "Azure Serial Console" (needs boot diagnostics); Virtual machines
documentation, "Metadata Security Protocol (MSP)" (requests for credentials carry a signature of the machine's agent); AKS
documentation, "Block pod access to the Azure Instance Metadata Service (IMDS) endpoint". Compute REST reference, `SecurityProfile`
(unset means none of it).
"""

from __future__ import annotations

from typing import Any

from weightguard.access.azure.context import attribute
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import some
from weightguard.estate.model import Workload

_SECURITY = ("securityProfile", "virtualMachineProfile.securityProfile")


def memory_encrypted(workload: Workload, context: Context) -> Verdict:
    """Plaintext weights stay in memory that the processor encrypts."""
    if workload.kind != "instance" or not _is_machine(workload):
        return Verdict.not_applicable("not a virtual machine")
    kind = _security(workload, "securityType", context)
    if str(kind).lower() != "confidentialvm":
        return Verdict.failed("the machine holds plaintext weights in ordinary memory")
    return Verdict.passed("the machine's memory is encrypted by the processor (a confidential machine)")


def boot_measured(workload: Workload, context: Context) -> Verdict:
    """The machine boots securely, with a virtual trusted platform module that records what was started."""
    if workload.kind != "instance" or not _is_machine(workload):
        return Verdict.not_applicable("not a virtual machine")
    settings = _security(workload, "uefiSettings", context)
    on = settings if isinstance(settings, dict) else {}
    lacking = [words for name, words in _BOOT.items() if on.get(name) is not True]
    if lacking:
        return Verdict.failed(
            "nothing measures what the machine boots: {lacking} is off", lacking=some(lacking)
        )
    return Verdict.passed("the machine boots securely, with a virtual trusted platform module")


_BOOT = {"secureBootEnabled": "secure boot", "vTpmEnabled": "the virtual trusted platform module"}


def single_tenant(workload: Workload, context: Context) -> Verdict:
    """The physical machine serves nobody else."""
    if workload.kind != "instance" or not _is_machine(workload):
        return Verdict.not_applicable("not a virtual machine")
    _note(workload, "host", context)
    if attribute(workload, "host.id") or attribute(workload, "hostGroup.id"):
        return Verdict.passed("the machine runs on a dedicated host")
    return Verdict.failed("the machine shares its hardware with other customers of the provider")


def metadata_hardened(workload: Workload, context: Context) -> Verdict:
    """The machine's credentials are given to requests that its own agent signed, and pods do not get at those of their node."""
    if workload.kind == "cluster":
        _note(workload, "networkProfile", context)
        if attribute(workload, "networkProfile.podLinkLocalAccess") != "None":
            return Verdict.failed("every pod can fetch the credentials of its node's identity")
        return Verdict.passed("pods are kept from the credentials of their nodes")
    if workload.kind != "instance" or not _is_machine(workload):
        return Verdict.not_applicable("neither a virtual machine nor a cluster of them")
    settings = _security(workload, "proxyAgentSettings", context)
    told = settings if isinstance(settings, dict) else {}
    service = told.get("imds")
    mode = service.get("mode") if isinstance(service, dict) else told.get("mode")
    if told.get("enabled") is not True or str(mode).lower() != "enforce":
        return Verdict.failed(
            "a forged request of a web application yields the identity's credentials: nothing signs requests for them"
        )
    return Verdict.passed("credentials are given to requests that the machine's own agent signed")


def no_side_door(workload: Workload, context: Context) -> Verdict:
    """No serial console, no SSH key and no open login beside the interface."""
    if workload.kind not in ("instance", "notebook"):
        return Verdict.not_applicable("neither a virtual machine nor a machine for notebooks")
    _note(workload, "diagnosticsProfile", context)
    doors = [words for path, (value, words) in _DOORS.items() if _is(attribute(workload, path), value)]
    if attribute(workload, "osProfile.linuxConfiguration.ssh.publicKeys"):
        doors.append("it accepts an SSH key")
    if doors:
        return Verdict.failed("there is a way in past the interface: {doors}", doors=some(doors))
    return Verdict.passed("no way in past the interface was found")


def _is(found: Any, value: object) -> bool:
    return str(found).lower() == str(value).lower()


_DOORS = {
    "diagnosticsProfile.bootDiagnostics.enabled": (True, "its serial console can be opened"),
    "properties.sshSettings.sshPublicAccess": ("Enabled", "one signs in to it over SSH from everywhere"),
    "properties.remoteLoginPortPublicAccess": ("Enabled", "one signs in to its nodes from everywhere"),
}
"""Setting -> the value by which it opens a way in, and which."""


def _is_machine(workload: Workload) -> bool:
    return workload.service == "compute"


def _security(workload: Workload, name: str, context: Context) -> Any:
    """A setting of a machine's security; None where it is not set."""
    for place in _SECURITY:
        _note(workload, place.partition(".")[0], context)
        found = attribute(workload, f"{place}.{name}")
        if found is not None:
            return found
    return None


def _note(workload: Workload, name: str, context: Context) -> None:
    fact = workload.attributes.get(name, workload.roles)
    context.peek(fact, f"workload.{name}")
