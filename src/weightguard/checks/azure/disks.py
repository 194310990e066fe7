"""STO: whether disks, their snapshots and images can be carried out.

Sources: Azure managed disks documentation, "Restrict managed disks from being imported or exported" (unset means allowed from all
networks); Azure Compute Gallery documentation, "Share a gallery".
"""

from __future__ import annotations

from typing import Final

from weightguard.access.azure.context import attribute
from weightguard.checks.azure.decisions import prepared
from weightguard.checks.relations import missing
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import refs
from weightguard.estate.fact import Source
from weightguard.estate.model import Account, DiskCopy

_CLOSED: Final = frozenset({"denyall", "allowprivate"})


def disk_copy_not_shared(copy: DiskCopy, context: Context) -> Verdict:
    """Nobody exports a disk or snapshot over public networks, and no image lies in a gallery for others."""
    if copy.kind == "image":
        return _image(copy, context)
    found = prepared(context).resources.get(copy.id.lower())
    if found is None:
        missing(Source.named("compute", "disks", copy.id, provider="azure", scope=copy.account))
    context.peek(copy.public)
    policy = str(attribute(found, "networkAccessPolicy") or "AllowAll").lower()
    off = str(attribute(found, "publicNetworkAccess") or "Enabled").lower() == "disabled"
    if policy in _CLOSED or off:
        return Verdict.passed("the {kind} cannot be exported over public networks", kind=copy.kind)
    return Verdict.failed(
        "whoever makes a link to the {kind} downloads the disk with it from anywhere: export is allowed to all networks",
        kind=copy.kind,
    )


def _image(copy: DiskCopy, context: Context) -> Verdict:
    if context.read(copy.public):
        return Verdict.failed("the gallery of the image is one for everybody: any subscription can start it")
    ours = {one.id for one in context.estate.accounts if one.collected}
    outside = sorted(
        set(context.read(copy.shared_with)) - ours - set(context.parameters.get("trusted_accounts", ()))
    )
    if outside:
        return Verdict.failed(
            "the gallery of the image is shared with others: {outside}", outside=refs(outside)
        )
    return Verdict.passed("the image is shared with nobody outside")


def disk_sharing_blocked(account: Account, context: Context) -> Verdict:
    """Azure Policy keeps disks of the subscription from being exported over public networks."""
    if not context.read(account.settings["disks_closed"], "account.disks_closed"):
        return Verdict.failed(
            "nothing keeps disks of the subscription from being exported over public networks"
        )
    return Verdict.passed("Azure Policy keeps disks from being exported over public networks")
