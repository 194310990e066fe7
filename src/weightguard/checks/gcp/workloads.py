"""CON, IAM and IFC: what machines that hold plaintext weights are made of, and by which doors one comes into them.

Sources: Compute Engine REST reference, `Instance` (confidentialInstanceConfig, shieldedInstanceConfig, scheduling.nodeAffinities);
Compute Engine documentation, "About VM metadata" (the header that every request needs), "Set up OS Login" and "Troubleshooting
using the serial console"; GKE documentation, "Use Workload Identity Federation for GKE"; Vertex AI Workbench documentation,
"Instance metadata"; Cloud Run documentation, "Allow public access" and "Restrict network ingress".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from weightguard.access.model import AccessKind
from weightguard.checks.gcp.decisions import gaps, granted, is_unread, kind_of, prepared
from weightguard.checks.gcp.resources import attribute
from weightguard.checks.relations import missing, unknown_roles, workloads_of
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, refs, said, some
from weightguard.estate.fact import Source, Unknown
from weightguard.estate.model import Store, Workload

_ON: Final = ("true", "1", "y", "yes")
_GROUPS: Final = ("compute.googleapis.com/node-group-name", "compute.googleapis.com/node-name")
_SANDBOXES: Final = frozenset({"agent_runtime"})
_EVERYBODY: Final = ("allUsers", "allAuthenticatedUsers")
_INVOKED: Final = {"service": "run.routes.invoke", "function": "cloudfunctions.functions.invoke"}
_INSIDE: Final = frozenset(
    {
        "internal",
        "INGRESS_TRAFFIC_INTERNAL_ONLY",
        "ALLOW_INTERNAL_ONLY",
    }
)
"""Settings under which requests from the internet do not arrive."""


def memory_encrypted(workload: Workload, context: Context) -> Verdict:
    """Plaintext weights stay in memory that the processor encrypts."""
    if workload.kind != "instance":
        return Verdict.not_applicable("not a virtual machine")
    stated = attribute(workload, "confidentialInstanceConfig", context) or {}
    kind = stated.get("confidentialInstanceType")
    if stated.get("enableConfidentialCompute") is True or kind in ("SEV", "SEV_SNP", "TDX"):
        return Verdict.passed(
            "the machine's memory is encrypted by the processor ({kind})", kind=kind or "SEV"
        )
    return Verdict.failed("the machine holds plaintext weights in ordinary memory")


def boot_measured(workload: Workload, context: Context) -> Verdict:
    """The machine starts signed software alone, and a virtual module measures what it starts."""
    if workload.kind != "instance":
        return Verdict.not_applicable("not a virtual machine")
    stated = attribute(workload, "shieldedInstanceConfig", context) or {}
    switches = {
        "enableSecureBoot": "unsigned software may start",
        "enableVtpm": "nothing measures what it boots",
        "enableIntegrityMonitoring": "nobody compares the measurements",
    }
    problems = [words for name, words in switches.items() if stated.get(name) is not True]
    if problems:
        return Verdict.failed("the machine's boot is not measured: {problems}", problems=some(problems))
    return Verdict.passed("the machine boots through UEFI with a trusted platform module")


def single_tenant(workload: Workload, context: Context) -> Verdict:
    """The physical machine serves nobody else."""
    if workload.kind != "instance":
        return Verdict.not_applicable("not a virtual machine")
    for one in attribute(workload, "scheduling.nodeAffinities", context) or ():
        if one.get("operator") == "IN" and one.get("key") in _GROUPS and one.get("values"):
            return Verdict.passed("the hardware serves nobody else (a sole-tenant node)")
    return Verdict.failed("the machine shares its hardware with other customers of the provider")


def metadata_hardened(workload: Workload, context: Context) -> Verdict:
    """No pod reaches the credentials of its node; a machine's own server asks for a header, and answers the machine alone."""
    if workload.kind == "cluster" and workload.service == "container":
        if attribute(workload, "node_metadata_open", context):
            return Verdict.failed("every pod can fetch the credentials of its node's service account")
        return Verdict.passed("pods are kept from the credentials of their nodes")
    if workload.kind != "instance":
        return Verdict.not_applicable("neither a virtual machine nor a cluster of them")
    context.read(workload.metadata)
    return Verdict.passed("the metadata server asks for a header and answers the machine alone")


def no_side_door(workload: Workload, context: Context) -> Verdict:
    """No shell, no root, no key of an old colleague beside the interface."""
    doors: list[Value] = [*_doors(workload, context)]
    if workload.kind == "cluster" and workload.service == "container":
        doors += _shells(workload, context)
    if doors:
        return Verdict.failed("there is a way in past the interface: {doors}", doors=some(doors))
    return Verdict.passed("no way in past the interface was found")


def _doors(workload: Workload, context: Context) -> Iterator[Value]:
    if workload.kind == "instance":
        if _is_on(workload, "serial-port-enable", context):
            yield "its serial console takes sessions"
        if not _is_on(workload, "enable-oslogin", context):
            yield "it accepts SSH keys out of metadata"
    if workload.kind == "notebook" and workload.service == "notebooks":
        for name, words in (
            ("root", "users of the notebook are root"),
            ("terminal", "the notebook opens terminals"),
        ):
            key = f"notebook-disable-{name}"
            if not any(_is_on(workload, f"{place}metadata.{key}", context) for place in ("gceSetup.", "")):
                yield words


def _is_on(workload: Workload, name: str, context: Context) -> bool:
    return str(attribute(workload, name, context) or "").lower() in _ON


def _shells(cluster: Workload, context: Context) -> list[Value]:
    """People who may open a shell in a cluster's containers.

    Raises:
        UnknownFact: nobody, as far as is known, and not every policy is.
    """
    name = prepared(context).source.named(cluster.id)
    found = granted(name, ("container.pods.exec",), context)
    people = [
        member
        for member, rights in found.items()
        if kind_of(member, context) in ("person", "external", "anonymous")
        and not all(map(is_unread, rights.values()))
    ]
    if not people:
        context.require(gaps(name, context))
    return [said("{who} may open a shell in its containers", who=Ref(one)) for one in sorted(people)]


def sandboxes_apart(store: Store, context: Context) -> Verdict:
    """Code that a model writes runs where these weights cannot be read."""
    answer = context.access.who_can(AccessKind.READ, store.id)
    readers = {one.principal for one in answer.answers}
    sandboxes = workloads_of(_SANDBOXES, context)
    able = [one.id for one in sandboxes if {one.id, *one.known_roles} & readers]
    if able:
        return Verdict.failed("code that a model wrote can read these weights: {able}", able=refs(able))
    context.require((*answer.gaps, *context.estate.workloads.gaps, *unknown_roles(sandboxes)))
    return Verdict.passed("no sandbox for model-written code reads these weights")


def not_publicly_invocable(workload: Workload, context: Context) -> Verdict:
    """Strangers cannot run code that holds access to weights."""
    if workload.service == "appengine":
        missing(Source.named("appengine", "ListIngressRules", workload.id, provider="gcp"))
    permission = _INVOKED.get(workload.kind)
    if permission is None:
        return Verdict.not_applicable("requests from the internet do not run it")
    for name in ("ingress", "ingressSettings", "serviceConfig.ingressSettings"):
        if attribute(workload, name, context) in _INSIDE:
            return Verdict.passed("requests from the internet do not arrive at it")
    target = _target(workload, context)
    found = granted(target, ("run.routes.invoke" if "/services/" in target else permission,), context)
    if {*found} & {*_EVERYBODY}:
        return Verdict.failed("anybody on the internet can invoke it, and it reaches weights")
    own = context.peek(workload.policy)
    context.require((*((own,) if isinstance(own, Unknown) else ()), *gaps(target, context)))
    return Verdict.passed("strangers cannot invoke it")


def _target(workload: Workload, context: Context) -> str:
    """Whose policy decides who invokes: of a function of the second generation, that of the service that it is."""
    service: Any = attribute(workload, "serviceConfig.service", context)
    named = prepared(context).source.named
    return named(str(service) if service else workload.id)
