"""What Azure Storage adds to roles: account keys, signatures, anonymous access, lists of the file system, network rules.

A request that is signed with an account key, or comes with a signature made by one, is bound by neither roles nor conditions nor
lists.

Sources: Azure Storage documentation, "Prevent authorization with Shared Key", "Grant limited access with shared access signatures",
"Remediate anonymous read access", "Access control model in Azure Data Lake Storage", "Configure Azure Storage firewalls".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Final

from weightguard.policy.azure.model import Network, Request, Storage
from weightguard.policy.azure.scopes import part
from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula

_BLOBS: Final = "microsoft.storage/storageaccounts/blobservices/containers/blobs/"
_LETTERS: Final[Mapping[str, str]] = {
    "read": "r",
    "write": "wc",
    "add/action": "awc",
    "delete": "d",
    "deleteblobversion/action": "x",
    "permanentdelete/action": "y",
    "move/action": "m",
    "tags/read": "t",
    "tags/write": "t",
    "filter/action": "f",
    "immutablestorage/runassuperuser/action": "i",
}
"""Data action on blobs -> the letters of a signature of which one permits it ("Create a service SAS", permissions)."""
_LIST: Final = "blob.list"
_ON_FILES: Final[Mapping[str, str]] = {"read": "r", "write": "w", "add/action": "w", "tags/read": "r"}
"""Data action -> what is needed on the file itself."""


def verb(request: Request) -> str:
    """What is done to blobs, without the beginning that all such actions share; empty for anything else."""
    action = request.action.lower()
    return action.removeprefix(_BLOBS) if action.startswith(_BLOBS) else ""


def lists(request: Request) -> bool:
    """Whether a request lists blobs: a read with a sub-operation of its own."""
    return verb(request) == "read" and str(request.context.get("suboperation") or "").lower() == _LIST


def signature_permits(request: Request) -> bool:
    """Whether a shared access signature has a letter for what is asked."""
    letters = str(request.context.get("sas_permissions") or "")
    wanted = "l" if lists(request) else _LETTERS.get(verb(request), "")
    return any(letter in letters for letter in wanted)


def is_public(request: Request, storage: Storage) -> bool:
    """Whether a container lets anybody do this: read blobs by name, or list them as well."""
    if not storage.public_blobs or verb(request) != "read":
        return False
    container = part(request.resource, "containers")
    level = storage.containers.get(container, storage.containers.get(None, "none")).lower()
    return level == "container" or (level == "blob" and not lists(request))


def by_lists(request: Request, storage: Storage) -> Formula:
    """What the access control lists of a hierarchical namespace let the asking principal do."""
    if not storage.hierarchical:
        return NEVER
    if storage.lists is None:
        return (
            Condition("adls_acl", "Lists", (request.resource,), needs=("adls_acl",))
            if request.open
            else NEVER
        )
    folders = [held.lower() for name, held in storage.lists if name.endswith("/")]
    files = [held.lower() for name, held in storage.lists if not name.endswith("/")]
    return ALWAYS if folders and _may(request, folders, files[-1] if files else None) else NEVER


def _may(request: Request, folders: list[str], file: str | None) -> bool:
    """Whether the lists of the folders from the root down, and of the file if there is one, allow it.

    Source: the page's table "Common scenarios related to ACL permissions".
    """
    *above, last = folders
    if not all("x" in level for level in above):
        return False
    what = verb(request)
    if lists(request) or (what == "read" and file is None):
        return {"r", "x"} <= set(last)
    if what == "delete" or (file in (None, "n/a") and what in ("write", "add/action")):
        return {"w", "x"} <= set(last)  # The folder is changed; nothing is needed on the file itself.
    return "x" in last and file is not None and _ON_FILES.get(what, "?") in file


def through(network: Network, request: Request) -> Formula:
    """When a request gets through the network rules: by its address, its subnet, or a private endpoint."""
    if network.public and network.allows:
        return ALWAYS
    context = {name.lower(): value for name, value in request.context.items()}
    if _passes(network, context):
        return ALWAYS
    if any(name in context for name in ("client_ip", "subnet", "private_endpoint")):
        return NEVER
    return Condition("client_ip", "Network", (request.resource,), needs=("client_ip",))


def _passes(network: Network, context: Mapping[str, object]) -> bool:
    """Whether something that is known of the request lets it through; addresses and subnets count on the public endpoint alone."""
    if context.get("private_endpoint") or (network.trusts_services and context.get("trusted_service")):
        return True
    if _is_among(context.get("resource_instance"), network.instances):
        return True
    return network.public and (
        _listed(context.get("client_ip"), network) or _is_among(context.get("subnet"), network.subnets)
    )


def _is_among(one: object, others: Iterable[str]) -> bool:
    return isinstance(one, str) and one.lower() in {other.lower() for other in others}


def _listed(address: object, network: Network) -> bool:
    if not isinstance(address, str):
        return False
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(_holds(block, found) for block in network.addresses)


def _holds(block: str, address: object) -> bool:
    try:
        return address in ip_network(block, strict=False)
    except (ValueError, TypeError):
        return False
