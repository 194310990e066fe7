"""Machines: code on one takes a token of its identity from the metadata service.

Sources are Microsoft's pages, named with each entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.access.azure.techniques.entry import Technique, says, says_not

_VM: Final = "Microsoft.Compute/virtualMachines/"
_SET: Final = "Microsoft.Compute/virtualMachineScaleSets/"
_ARC: Final = "Microsoft.HybridCompute/machines/"
_LOGIN: Final = "the machine has to be set up for signing in with Entra, and to be reached over the network"
_EXTENSIONS: Final = says_not("osProfile.allowExtensionOperations", False)
_AGENT: Final = says_not("agentConfiguration.configMode", "monitor", "Monitor")


def _machines() -> Iterator[Technique]:
    kind = "compute.virtualmachines"
    run = "Run scripts in your VM by using Run Command"
    yield Technique("azure-vm-run-command", kind, (f"{_VM}runCommand/action",), run)
    yield Technique("azure-vm-managed-run-command", kind, (f"{_VM}runCommands/write",), run)
    yield Technique(
        "azure-vm-extension",
        kind,
        (f"{_VM}extensions/write",),
        "Virtual machine extensions overview",
        _EXTENSIONS,
    )
    yield Technique("azure-vm-application", kind, (f"{_VM}write",), "VM Applications overview", _EXTENSIONS)
    yield Technique(
        "azure-vm-guest-configuration", kind,
        ("Microsoft.GuestConfiguration/guestConfigurationAssignments/write",), "Understand Azure Machine Configuration",
    )  # fmt: skip
    signing = "Sign in to a Linux virtual machine in Azure by using Microsoft Entra ID and OpenSSH"
    for name in ("login", "loginAsAdmin"):
        yield Technique(
            f"azure-vm-{name.lower()}", kind, (f"data:{_VM}{name}/action",), signing, conditional=_LOGIN
        )


def _scale_sets() -> Iterator[Technique]:
    kind = "compute.virtualmachinescalesets"
    for id, action in (
        ("run-command", "virtualMachines/runCommand/action"),
        ("managed-run-command", "virtualMachines/runCommands/write"),
        ("extension", "extensions/write"),
        ("instance-extension", "virtualMachines/extensions/write"),
        ("write", "write"),
    ):
        yield Technique(
            f"azure-vmss-{id}", kind, (f"{_SET}{action}",), "Virtual Machine Scale Sets documentation"
        )
    yield Technique(
        "azure-vmss-login",
        kind,
        (f"data:{_VM}login/action",),
        "Sign in to a Linux virtual machine",
        conditional=_LOGIN,
    )


def _arc() -> Iterator[Technique]:
    kind = "hybridcompute.machines"
    page = "Overview of Azure Arc-enabled servers security"
    yield Technique(
        "azure-arc-extension", kind, (f"{_ARC}extensions/write",), page,
        lambda thing: _AGENT(thing) and says_not("agentConfiguration.extensionsEnabled", "false", False)(thing),
    )  # fmt: skip
    yield Technique("azure-arc-run-command", kind, (f"{_ARC}runCommands/write",), page, _AGENT)
    yield Technique(
        "azure-arc-guest-configuration", kind, ("Microsoft.GuestConfiguration/guestConfigurationAssignments/write",), page,
        lambda thing: _AGENT(thing) and says_not("agentConfiguration.guestConfigurationEnabled", "false", False)(thing),
    )  # fmt: skip
    for name in ("login", "loginAsAdmin"):
        needs = (f"data:{_ARC}{name}/action", "Microsoft.HybridConnectivity/endpoints/listCredentials/action")
        yield Technique(
            f"azure-arc-{name.lower()}",
            kind,
            needs,
            "SSH access to Azure Arc-enabled servers",
            conditional=_LOGIN,
        )


def _clusters() -> Iterator[Technique]:
    kind = "containerservice.managedclusters"
    own = "Microsoft.ContainerService/managedClusters/"
    local = says_not("disableLocalAccounts", True)
    page = "Use Azure role-based access control to define access to the Kubernetes configuration file in AKS"

    def without_entra(thing: object) -> bool:
        return says("aadProfile", None)(thing) and local(thing)

    yield Technique(
        "azure-aks-admin-credential", kind, (f"{own}listClusterAdminCredential/action",), page, local
    )
    yield Technique(
        "azure-aks-access-profile", kind, (f"{own}accessProfiles/listCredential/action",), page, local
    )
    yield Technique(
        "azure-aks-user-credential", kind, (f"{own}listClusterUserCredential/action",), page, without_entra
    )
    yield Technique(
        "azure-aks-command-invoke", kind, (f"{own}runCommand/action",), "Use command invoke to access a private AKS cluster",
        lambda thing: says("aadProfile", None)(thing) and says_not("apiServerAccessProfile.disableRunCommand", True)(thing),
    )  # fmt: skip
    yield Technique(
        "azure-aks-write",
        kind,
        (f"{own}write",),
        "Manage local accounts with AKS-managed Microsoft Entra integration",
    )
    for id, action in (("extension", "extensions/write"), ("flux", "fluxConfigurations/write")):
        needs = (f"Microsoft.KubernetesConfiguration/{action}",)
        yield Technique(f"azure-aks-{id}", kind, needs, "Deploy and manage cluster extensions for AKS")
    for action in (
        "pods/write",
        "deployments/write",
        "daemonsets/write",
        "statefulsets/write",
        "jobs/write",
        "cronjobs/write",
    ):
        group = {"pods": "", "jobs": "batch/", "cronjobs": "batch/"}.get(action.partition("/")[0], "apps/")
        yield Technique(
            f"azure-aks-rbac-{action.partition('/')[0]}", kind, (f"data:{own}{group}{action}",),
            "Use Azure role-based access control for Kubernetes authorization", says("aadProfile.enableAzureRBAC", True),
        )  # fmt: skip
    yield Technique(
        "azure-aks-rbac-exec", kind, (f"data:{own}pods/exec/action",),
        "Use Azure role-based access control for Kubernetes authorization", says("aadProfile.enableAzureRBAC", True),
    )  # fmt: skip


TECHNIQUES: Final = (*_machines(), *_scale_sets(), *_arc(), *_clusters())
