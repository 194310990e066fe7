"""Resources and permissions by name: what lies in what, and what conditions call it.

A resource is written as its relative name (``projects/p1``, ``buckets/b1/objects/model.safetensors``), or in one of the full forms
that inventory, conditions and deny policies use; all forms of one resource have one relative name here.

Sources: Resource Manager documentation, "Resource hierarchy"; Cloud Storage documentation, "Managed folders"; IAM documentation,
"Resource names" and "Resource attributes for IAM Conditions".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote

_MANAGED, _OBJECTS = "/managedFolders/", "/objects/"
_CONTAINERS: Final = {
    "projects": "cloudresourcemanager.googleapis.com/Project",
    "folders": "cloudresourcemanager.googleapis.com/Folder",
    "organizations": "cloudresourcemanager.googleapis.com/Organization",
}
_TYPES: Final = (
    (re.compile(r"projects/[^/]+/zones/[^/]+/instances/[^/]+"), "compute.googleapis.com/Instance"),
    (re.compile(r"projects/[^/]+/zones/[^/]+/disks/[^/]+"), "compute.googleapis.com/Disk"),
    (re.compile(r"projects/[^/]+/global/images/[^/]+"), "compute.googleapis.com/Image"),
    (re.compile(r"projects/[^/]+/global/snapshots/[^/]+"), "compute.googleapis.com/Snapshot"),
    (re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+"), "cloudkms.googleapis.com/KeyRing"),
    (
        re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+"),
        "cloudkms.googleapis.com/CryptoKey",
    ),
    (
        re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+/cryptoKeyVersions/[^/]+"),
        "cloudkms.googleapis.com/CryptoKeyVersion",
    ),
    (re.compile(r"projects/[^/]+/secrets/[^/]+"), "secretmanager.googleapis.com/Secret"),
    (
        re.compile(r"projects/[^/]+/secrets/[^/]+/versions/[^/]+"),
        "secretmanager.googleapis.com/SecretVersion",
    ),
)
_FULL: Final = re.compile(r"//[a-z0-9.-]+\.googleapis\.com/")
_SERVICES: Final = {"cloudresourcemanager": "resourcemanager"}
"""Services whose permissions begin with another word than their address."""


def relative(name: str) -> str:
    """The relative name of a resource, however it is written."""
    found = unquote(name) if "%2F" in name or "%2f" in name else name
    found = _FULL.sub("", found, count=1) if found.startswith("//") else found
    found = found.removeprefix("cloudresourcemanager.googleapis.com/")
    if found.startswith("projects/_/buckets/"):
        found = found.removeprefix("projects/_/")
    elif name.startswith("//storage.googleapis.com/") and not found.startswith("buckets/"):
        found = f"buckets/{found}"
    return found if _OBJECTS in found else found.rstrip("/")


def bucket_of(resource: str) -> str | None:
    """The bucket that a relative name is about or lies in; None for what is no part of Cloud Storage."""
    parts = resource.split("/", 2)
    return parts[1] if parts[0] == "buckets" and len(parts) > 1 else None


def object_of(resource: str) -> str | None:
    """The name of an object in its bucket; None for what is no object."""
    head, mark, name = resource.partition(_OBJECTS)
    return name if mark and head.startswith("buckets/") else None


def lineage(resource: str, parents: Mapping[str, str]) -> Iterator[str]:
    """A resource and everything that it lies in, from itself upwards.

    Args:
        resource: its relative name.
        parents: what lies in what, by relative name.
    """
    seen: set[str] = set()
    at: str | None = resource
    while at is not None and at not in seen:
        seen.add(at)
        yield at
        for folder in _folders(at):
            if folder not in seen:
                seen.add(folder)
                yield folder
        at = parents.get(at) or _parent(at)


def _folders(resource: str) -> Iterator[str]:
    """The managed folders that an object may lie in, the deepest first: they are told by its name alone."""
    name = object_of(resource)
    bucket = bucket_of(resource)
    while name and "/" in name:
        name = name.rpartition("/")[0]
        yield f"buckets/{bucket}{_MANAGED}{name}"


def _parent(resource: str) -> str | None:
    """What a resource lies in by its name alone."""
    if resource.startswith("buckets/"):
        return f"buckets/{bucket_of(resource)}" if resource.count("/") > 1 else None
    parts = resource.split("/", 2)
    return "/".join(parts[:2]) if len(parts) == 3 and parts[0] in _CONTAINERS else None


def attributes(resource: str) -> dict[str, object]:
    """What conditions see of a resource by its name: ``resource.name``, ``resource.type``, ``resource.service``.

    Only what the provider documents is there; for other kinds of resources these attributes are not known.
    """
    kind = _type(resource)
    if kind is None:
        return {}
    name = f"projects/_/{resource}" if resource.startswith("buckets/") else resource
    return {"resource.name": name, "resource.type": kind, "resource.service": kind.partition("/")[0]}


def _type(resource: str) -> str | None:
    if resource.startswith("buckets/"):
        if object_of(resource) is not None:
            return "storage.googleapis.com/Object"
        return f"storage.googleapis.com/{'ManagedFolder' if _MANAGED in resource else 'Bucket'}"
    head, _, rest = resource.partition("/")
    if head in _CONTAINERS and rest and "/" not in rest:
        return _CONTAINERS[head]
    return next((kind for pattern, kind in _TYPES if pattern.fullmatch(resource)), None)


def names_permission(written: str, permission: str) -> bool:
    """Whether a deny rule's ``storage.googleapis.com/objects.get`` (or a wildcard form) is about ``storage.objects.get``.

    Source: IAM documentation, "Permissions supported in deny policies" and "Permission groups": ``SERVICE/*.*``,
    ``SERVICE/RESOURCE.*`` and ``SERVICE/*.VERB``.
    """
    address, slash, rest = written.partition("/")
    if not slash or written == permission:
        return written == permission
    service = address.removesuffix(".googleapis.com")
    service = _SERVICES.get(service, service)
    head, _, asked = permission.partition(".")
    if head != service:
        return False
    kind, _, verb = rest.rpartition(".")
    its_kind, _, its_verb = asked.rpartition(".")
    return kind in ("*", its_kind) and verb in ("*", its_verb)
