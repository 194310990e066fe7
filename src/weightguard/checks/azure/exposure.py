"""STO: who is let in without a name, and who of another tenant.

Sources: Azure Storage documentation, "Overview of remediating anonymous read access for blob data", "Network File System (NFS) 3.0
protocol support for Azure Blob Storage"; Entra External ID documentation, "Properties of a Microsoft Entra B2B collaboration user".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from weightguard.access.azure.decisions import Need
from weightguard.access.condition import ConditionKind
from weightguard.access.model import AccessKind, Answer
from weightguard.checks.azure.decisions import decisions, is_foreign, is_unread
from weightguard.checks.azure.places import holder, is_open
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, said, some
from weightguard.estate.fact import Fact, Known, Unknown
from weightguard.estate.model import NetworkRules, PublicAccess, Store

_ASKED: Final = (AccessKind.READ, AccessKind.WRITE, AccessKind.ADMINISTER)
_DELETING: Final = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete"
_OF_ACCOUNT: Final = "/localusers/"
"""Users that a storage account makes itself: credentials of its own, and nobody of another tenant."""


def not_public(store: Store, context: Context) -> Verdict:
    """Nobody reads or lists without a name, from networks that everybody has."""
    facts = (context.peek(store.public_access), context.peek(store.policy))
    place = holder(store, context)
    answer = context.access.who_can(AccessKind.READ, store.id)
    anonymous = [one for one in answer.answers if one.kind == "anonymous" and one.direct]
    if anonymous:
        return _of_networks(anonymous, context.read(place.networks, "storage_account.networks"))
    if not _is_blocked(facts[0]):
        context.require(one for one in facts if isinstance(one, Unknown))
    return Verdict.passed("nobody gets in without a name")


def _of_networks(anonymous: Iterable[Answer], networks: NetworkRules | None) -> Verdict:
    if not is_open(networks):
        return Verdict.passed(
            "who gives no name gets in from networks that the account lists, and from no other"
        )
    ways = some(one.path[-1].how if one.path else "anonymous read" for one in anonymous)
    return Verdict.failed("anybody can reach this container: {how}", how=ways)


def _is_blocked(access: Fact[PublicAccess | None]) -> bool:
    """Whether no container of the account can be opened at all."""
    return isinstance(access, Known) and access.value is not None and access.value.blocked


def no_outside_account(store: Store, context: Context) -> Verdict:
    """No guest and no application of another tenant is assigned a role, or stands in a list, that bears on the container."""
    holder(store, context)
    found: dict[str, Value] = {}
    gaps: dict[Unknown, None] = {}
    for kind in _ASKED:
        answer = context.access.who_can(kind, store.id)
        gaps.update(dict.fromkeys(answer.gaps))
        for one in outsiders(answer.answers, context):
            found.setdefault(one.principal, _told(one, kind))
    blobs = f"{store.container}/blobServices/default/containers/{store.name}"
    trusted = context.parameters.get("trusted_accounts", ())
    for name, held in decisions(context).each(Need(_DELETING, blobs, is_data=True)).items():
        if is_foreign(name, context) and not is_unread(held.grant) and name not in trusted:
            found.setdefault(name, said("{who} may delete", who=Ref(name)))
    if found:
        return Verdict.failed("outsiders are let in: {found}", found=some(found.values()))
    context.require(gaps)
    return Verdict.passed("no role and no list lets in anybody of another tenant")


def outsiders(answers: Iterable[Answer], context: Context) -> Iterator[Answer]:
    """Those of some answers who are of another tenant, or of none, and get in without changing anything first."""
    trusted = set(context.parameters.get("trusted_accounts", ()))
    for one in answers:
        stranger = one.kind in ("external", "anonymous") and _OF_ACCOUNT not in one.principal.lower()
        if stranger and one.direct and not one.goes_around and one.principal not in trusted:
            yield one


def _told(one: Answer, kind: AccessKind) -> Value:
    who: Value = "anybody" if one.principal == "*" else Ref(one.principal)
    waiting = any(each.kind is ConditionKind.ACTIVATION for each in one.conditions)
    return said(
        "{who} may {verb} (once activated)" if waiting else "{who} may {verb}", who=who, verb=kind.value
    )
