"""INT, INV and STO: images that run, models that a workspace loads, and file systems that hosts mount.

Sources: Container Registry documentation, "Recommendations for tagging and versioning container images" (a digest names one image
for good; whether a tag can be moved, the registry's own interface alone tells); Azure Machine Learning REST reference, "Model
Versions" (`modelUri`) and "Datastores"; Azure NetApp Files REST reference, `Volume` (exportPolicy, kerberosEnabled, smbEncryption);
Azure Files documentation, "NFS file shares in Azure Files" (nobody is asked for a name); Azure Managed Lustre documentation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from weightguard.access.azure.context import attribute
from weightguard.checks.azure.cards import body, parts
from weightguard.checks.azure.decisions import prepared
from weightguard.checks.azure.places import in_subscription
from weightguard.checks.relations import counted, missing
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, refs, said, some
from weightguard.estate.fact import Source
from weightguard.estate.model import Account, Resource, Workload

_DIGEST: Final = "@sha256:"
_MODELS: Final = "machinelearningservices.workspaces/models/versions"
_VOLUMES: Final = "netapp.netappaccounts/capacitypools/volumes"
_LUSTRE: Final = "storagecache.amlfilesystems"
_SHARES: Final = "storage.storageaccounts/fileservices/shares"
_ACCOUNTS: Final = "storage.storageaccounts"
_DOMAIN: Final = "core.windows.net"
_WEAK: Final = tuple(f"kerberos5{sort}{mode}" for sort in ("", "i") for mode in ("ReadOnly", "ReadWrite"))


def image_tags_immutable(account: Account, context: Context) -> Verdict:
    """Whatever runs in containers names its images by digest: no tag that is moved leads it to another one."""
    here = in_subscription(context.glance(context.estate.workloads), "workloads", account, context)
    images = [(one.name, image) for one in here for image in _images(one)]
    loose = sorted({image for _, image in images if _DIGEST not in image})
    if loose:
        return Verdict.failed(
            "images are run by tags, which can be moved to others: {loose}", loose=refs(loose)
        )
    _require_images(here, images, account)
    context.require(context.estate.workloads.gaps)
    if not images:
        return Verdict.not_applicable("the subscription runs no containers, and has no registry of images")
    return Verdict.passed("{count} that run, all named by digest", count=counted(len(images), "image"))


def _require_images(here: Sequence[Workload], images: list[tuple[str, str]], account: Account) -> None:
    """Stops where images run that nobody saw: those of pods, and whatever else comes out of a registry.

    Raises:
        UnknownFact: some do.
    """
    pods = [one.id for one in here if one.kind == "cluster"]
    if pods:
        missing(Source.named("containerservice", "pods", pods[0], provider="azure", scope=account.id))
    registries = [one.id for one in here if one.kind == "registry"]
    if registries and not images:
        missing(
            Source.named(
                "containerregistry", "repositories", registries[0], provider="azure", scope=account.id
            )
        )


def _images(workload: Workload) -> Iterator[str]:
    for one in parts(attribute(workload, "template.containers")):
        yield str(one.get("image"))
    for one in parts(attribute(workload, "containers")):
        yield str(body(one).get("image"))


def managed_models_declared(account: Account, context: Context) -> Verdict:
    """Each model of a workspace loads from a container of declared weights."""
    listed = context.listed(context.estate.resources_of(_MODELS), _MODELS)
    here = in_subscription(listed, _MODELS, account, context)
    models = [one for one in here if attribute(one, "isArchived") is not True]
    if not models:
        return Verdict.not_applicable("the subscription has no models in workspaces")
    declared = _declared(context)
    strays = [
        said("{model} ({address})", model=Ref(_called(one)), address=Ref(address))
        for one in models
        if (address := _store_of(one, context)) not in declared
    ]
    if strays:
        return Verdict.failed("models load weights from undeclared places: {strays}", strays=some(strays))
    return Verdict.passed("all {count} models load from containers of declared weights", count=len(models))


def _called(version: Resource) -> str:
    """``name:version`` of a version of a model."""
    name, _, number = version.id.rpartition("/models/")[2].partition("/versions/")
    return f"{name}:{number}"


def _declared(context: Context) -> set[str]:
    """Containers in which declared weights lie, or are said to lie."""
    held = {one.store for one in context.estate.weight_sets if context.declarations.of(one) is not None}
    places = {place for model in context.models for place in model.config.locations}
    return {_container(one) for one in held | places}


def _container(address: str) -> str:
    """The container of an address: ``https://account.blob.core.windows.net/container``."""
    return "/".join(address.split("/")[:4]).lower()


def _store_of(version: Resource, context: Context) -> str:
    """The container that a model is loaded from; its address, where that is none.

    Raises:
        UnknownFact: it is in a datastore that was not seen, or nothing says where it is.
    """
    address = attribute(version, "modelUri")
    if not isinstance(address, str) or not address:
        missing(
            Source.named(
                "machinelearningservices", "workspaces/models/versions", version.id, provider="azure"
            )
        )
    if address.startswith("https://"):
        return _container(address)
    _, within, rest = address.partition("/datastores/")
    if not within:
        return address
    workspace = version.id.lower().partition("/models/")[0]
    id = f"{workspace}/datastores/{rest.partition('/')[0]}".lower()
    store = prepared(context).resources.get(id)
    if store is None:
        missing(Source.named("machinelearningservices", "workspaces/datastores", id, provider="azure"))
    name = attribute(store, "containerName") or attribute(store, "filesystem")
    domain = attribute(store, "endpoint") or _DOMAIN
    return f"https://{attribute(store, 'accountName')}.blob.{domain}/{name}".lower()


def file_systems_require_identity(account: Account, context: Context) -> Verdict:
    """No network file system mounts for whoever reaches it."""
    volumes, lustre, shares = (_here(kind, account, context) for kind in (_VOLUMES, _LUSTRE, _SHARES))
    mounted = [one for one in _here(_ACCOUNTS, account, context) if attribute(one, "isNfsV3Enabled") is True]
    opened = [one.name for one in (*lustre, *mounted)]
    opened += [one.name for one in shares if _is_nfs(one)]
    opened += [one.name for one in volumes if not _asks_who(one)]
    if opened:
        return Verdict.failed(
            "whoever reaches the network can mount {opened} without an identity, or in the clear",
            opened=refs(sorted(opened)),
        )
    for kind in (_VOLUMES, _LUSTRE, _SHARES):
        context.require(context.estate.resources_of(kind).gaps)
    if not volumes and not shares:
        return Verdict.not_applicable("the subscription has no network file systems")
    count = counted(len(volumes) + len(shares), "file system")
    return Verdict.passed("{count}, each asks for an identity", count=count)


def _here(kind: str, account: Account, context: Context) -> tuple[Resource, ...]:
    listed = context.glance(context.estate.resources_of(kind), f"estate.{kind}")
    return in_subscription(listed, kind, account, context)


def _is_nfs(share: Resource) -> bool:
    return str(attribute(share, "enabledProtocols") or "SMB").upper() == "NFS"


def _asks_who(volume: Resource) -> bool:
    """Whether a volume takes Kerberos with encryption alone, or SMB with encryption."""
    protocols = {str(one).upper() for one in attribute(volume, "protocolTypes") or ["NFSv3"]}
    if "NFSV3" in protocols or ("CIFS" in protocols and attribute(volume, "smbEncryption") is not True):
        return False
    if "NFSV4.1" not in protocols:
        return True
    rules: Any = parts(attribute(volume, "exportPolicy.rules"))
    in_clear = any(one.get(name) is True for one in rules for name in _WEAK)
    return attribute(volume, "kerberosEnabled") is True and not in_clear
