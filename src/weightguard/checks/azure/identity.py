"""IAM and SUP: standing access, credentials of applications, broad roles, and whom identities trust.

Sources: Microsoft Entra documentation, "Workload identity federation" and "Flexible federated identity credentials"; Azure RBAC
documentation, "Elevate access to manage all Azure subscriptions and management groups", "Understand scope for Azure RBAC".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.access.azure.context import ROOT, Assigned, attribute
from weightguard.access.condition import ConditionKind
from weightguard.access.model import AccessKind, Answer
from weightguard.checks.azure.decisions import gaps, prepared
from weightguard.checks.relations import counted, missing, workloads_of
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, refs, said, some
from weightguard.estate.fact import Known, Source
from weightguard.estate.model import (
    Credential,
    CredentialKind,
    Organisation,
    Principal,
    PrincipalKind,
    Store,
)
from weightguard.policy.azure import roles as known_roles

_CREDENTIALS: Final = frozenset({CredentialKind.CLIENT_SECRET, CredentialKind.CERTIFICATE})
_BROAD: Final = frozenset(
    {
        "*", "microsoft.storage/*", "microsoft.storage/storageaccounts/*", "microsoft.keyvault/*", "microsoft.keyvault/vaults/*",
        "microsoft.authorization/*", "microsoft.managedidentity/*",
        "microsoft.storage/storageaccounts/blobservices/containers/*",
        "microsoft.storage/storageaccounts/blobservices/containers/blobs/*", "microsoft.keyvault/vaults/keys/*",
    }
)  # fmt: skip
"""Patterns that hand over everything, or the whole of the storage, key or identity service."""
_PIPELINES: Final = (
    "token.actions.githubusercontent.com", "vstoken.dev.azure.com", "gitlab", "app.terraform.io", "circleci.com", "bitbucket.org",
    "agent.buildkite.com", "login.microsoftonline.com",
)  # fmt: skip


def no_standing_human_access(principal: Principal, context: Context) -> Verdict:
    """No user holds a right to read weights that need not be activated first."""
    if principal.kind is not PrincipalKind.USER:
        return Verdict.not_applicable("not a user")
    reached = set(context.weights_of(principal.id))
    stores = sorted({one.store for one in context.estate.weight_sets if one.id in reached})
    answers = {store: context.access.who_can(AccessKind.READ, store) for store in stores}
    held = [
        store for store, found in answers.items() if any(_stands(one, principal) for one in found.answers)
    ]
    if held:
        return Verdict.failed("the user holds a permanent right to read {held}", held=refs(held))
    context.require(gap for found in answers.values() for gap in found.gaps)
    return Verdict.passed(
        "the user reads no weights without activating a role first, or becoming somebody else"
    )


def _stands(one: Answer, principal: Principal) -> bool:
    waiting = any(each.kind is ConditionKind.ACTIVATION for each in one.conditions)
    return one.direct and one.principal == principal.id and not waiting


def no_long_lived_credentials(principal: Principal, context: Context) -> Verdict:
    """No secret and no certificate of an application leads to weights."""
    if principal.kind is not PrincipalKind.APPLICATION:
        return Verdict.not_applicable("only applications have secrets and certificates of their own")
    own = (
        str(attribute(principal, "appOwnerOrganizationId") or principal.account).lower()
        == principal.account.lower()
    )
    if "mentioned" in principal.attributes or (own and attribute(principal, "applicationId") is None):
        missing(
            Source.named("graph", "applications", principal.id, provider="azure", scope=principal.account)
        )
    active = [one for one in context.read(principal.credentials) if _is_active(one, context)]
    if not active:
        return Verdict.passed("the application has neither secret nor certificate that is in force")
    if not context.weights_of(principal.id):
        return Verdict.passed("none of the application's credentials leads to weights")
    oldest = min(one.created or "an unknown day" for one in active)[:10]
    return Verdict.failed(
        "weights can be reached with {count}, by whoever made a copy; the oldest was made on {oldest}",
        count=counted(len(active), "secret or certificate", "secrets and certificates"),
        oldest=oldest,
    )


def _is_active(one: Credential, context: Context) -> bool:
    ends = one.expires
    return one.kind in _CREDENTIALS and (ends is None or ends >= context.as_of.strftime("%Y-%m-%dT%H:%M:%S"))


def root_closed(organisation: Organisation, context: Context) -> Verdict:
    """Nobody holds a role over everything: who once elevated his access gave it back."""
    found = [one for one in prepared(context).by_scope.get(ROOT, ()) if not one.eligible]
    if found:
        held = some(said("{who} ({role})", who=Ref(one.principal), role=_name(one, context)) for one in found)
        return Verdict.failed("roles over the whole tenant were never given back: {held}", held=held)
    context.require(gaps((), context))
    return Verdict.passed("nobody holds a role over the whole tenant")


def _name(one: Assigned, context: Context) -> Value:
    own = prepared(context).role_names.get(one.role)
    return Ref(own) if own is not None else known_roles.built_in_name(one.role) or one.role


def no_wildcard_reach(principal: Principal, context: Context) -> Verdict:
    """No role hands over a whole service in a whole subscription, or more."""
    held = prepared(context)
    names = (
        {principal.id, *context.read(principal.groups)}
        if principal.kind is not PrincipalKind.GROUP
        else {principal.id}
    )
    broad = [
        said("{role} on {scope}", role=_name(one, context), scope=Ref(one.scope))
        for one in held.assigned
        if one.principal in names and _is_wide(one.scope) and _is_broad(one.role, context)
    ]
    if broad:
        return Verdict.failed(
            "whole services are handed over in whole subscriptions: {broad}", broad=some(broad)
        )
    context.require(gaps(names, context))
    return Verdict.passed("no role hands over a whole service in a whole subscription")


def _is_wide(scope: str) -> bool:
    """Whether a scope is a subscription, or holds some."""
    return scope == ROOT or scope.startswith("/providers/microsoft.management/") or scope.count("/") == 2


def _is_broad(role: str, context: Context) -> bool:
    permissions = known_roles.find(role, prepared(context).roles) or ()
    return any(
        pattern.lower() in _BROAD for one in permissions for pattern in (*one.actions, *one.data_actions)
    )


def trust_is_exclusive(principal: Principal, context: Context) -> Verdict:
    """An identity that reaches weights trusts exact subjects of other issuers alone."""
    if principal.kind not in (PrincipalKind.SERVICE_ACCOUNT, PrincipalKind.APPLICATION):
        return Verdict.not_applicable("no identity that others are vouched for as")
    context.read(principal.trust)
    loose = [_told(one) for one in _federated(principal) if _is_loose(one)]
    if loose:
        return Verdict.failed(
            "the identity lets in more than those meant to use it: {loose}", loose=some(loose)
        )
    return Verdict.passed("the identity trusts exact subjects alone, or nobody")


def _federated(principal: Principal) -> Iterator[Mapping[str, Any]]:
    trust = principal.trust
    document = trust.value.document if isinstance(trust, Known) and trust.value is not None else None
    if isinstance(document, Mapping):
        yield from document.get("federatedIdentityCredentials") or ()


def _is_loose(one: Mapping[str, Any]) -> bool:
    """Whether more than one exact subject is let in: by an expression, a wildcard, or as any pull request."""
    subject = str(one.get("subject") or "")
    return (
        bool(one.get("claimsMatchingExpression"))
        or not subject
        or "*" in subject
        or subject.endswith(":pull_request")
    )


def _told(one: Mapping[str, Any]) -> Value:
    issuer = str(one.get("issuer") or "?").removeprefix("https://")
    subject = str(one.get("subject") or "")
    if not subject:
        return said("subjects of {issuer} by an expression", issuer=Ref(issuer))
    return said("{subject} of {issuer}", subject=Ref(subject), issuer=Ref(issuer))


def pipelines_bound(store: Store, context: Context) -> Verdict:
    """A build pipeline reads these weights as one exact repository and branch or environment, or not at all."""
    answer = context.access.who_can(AccessKind.READ, store.id)
    readers = {one.principal for one in answer.answers}
    held = prepared(context).principals
    open_ones: list[str] = [
        name
        for name in sorted(readers & held.keys())
        if any(_is_loose(one) and _of_pipeline(one) for one in _federated(held[name]))
    ]
    tasks = [one for one in workloads_of(frozenset({"job"}), context) if one.service == "containerregistry"]
    open_ones += [
        one.id
        for one in tasks
        if {one.id, *one.known_roles} & readers and one.id not in context.parameters["approved_projects"]
    ]
    if open_ones:
        return Verdict.failed(
            "build pipelines that are not bound to one repository and branch read these weights: {open_ones}",
            open_ones=refs(open_ones),
        )
    context.require((*answer.gaps, *context.estate.workloads.gaps, *_untold(readers, context)))
    return Verdict.passed("no unbound build pipeline reads these weights")


def _of_pipeline(one: Mapping[str, Any]) -> bool:
    issuer = str(one.get("issuer") or "").lower()
    return any(name in issuer for name in _PIPELINES)


def _untold(readers: set[str], context: Context) -> Iterator[Any]:
    """Readers of which nobody knows whom they trust."""
    for name in sorted(readers & prepared(context).principals.keys()):
        principal = prepared(context).principals[name]
        if principal.kind in (PrincipalKind.SERVICE_ACCOUNT, PrincipalKind.APPLICATION) and not isinstance(
            principal.trust, Known
        ):
            yield principal.trust
