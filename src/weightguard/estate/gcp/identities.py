"""Who acts: service accounts with their keys, groups, the principals that policies name, roles, and pools of federated identities.

Sources: IAM REST reference, `projects.serviceAccounts`, `projects.serviceAccounts.keys`, `organizations.roles`,
`projects.locations.workloadIdentityPools`, `locations.workforcePools`; IAM documentation, "Principal identifiers" and "Service
agents".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from weightguard.estate.evidence import Record, data_of, listing_source, read
from weightguard.estate.fact import Fact, Known, Reason, Source, Unknown
from weightguard.estate.gcp.scope import Records, allow_policy, fact, project_of, relative, told
from weightguard.estate.model import (
    NOT_HERE,
    Credential,
    CredentialKind,
    FederatedProvider,
    PolicyForm,
    Principal,
    PrincipalKind,
    ScopedPolicy,
)
from weightguard.estate.shape import text_or_none

ACCOUNT, KEY, GROUP = "iam.service_account", "iam.service_account_key", "cloudidentity.group"
HMAC_KEY: Final = "storage.hmac_key"
PROVIDERS: Final = ("iam.workload_identity_pool_provider", "iam.workforce_pool_provider")
POOLS: Final = ("iam.workload_identity_pool", "iam.workforce_pool")
_AGENT: Final = re.compile(
    r"[^@]+@(?:gcp-sa-[a-z0-9-]+|(?:cloudservices|cloudbuild|gs-project-accounts|storage-transfer-service|compute-system|"
    r"container-engine-robot|containerregistry|dataflow-service-producer-prod|dataproc-accounts|gcf-admin-robot|serverless-robot-prod|"
    r"cloud-ml|cloud-tpu|gae-api-prod|bigquery-encryption|cloud-filer|cloudcomposer-accounts|firebase-rules|sourcerepo-service-accounts"
    r"))(?:\.google\.com)?(?:\.iam)?\.gserviceaccount\.com"
)
"""Accounts of Google's own, which act for its services in a project."""
_KINDS: Final = {
    "user": PrincipalKind.USER,
    "group": PrincipalKind.GROUP,
    "serviceAccount": PrincipalKind.SERVICE_ACCOUNT,
    "domain": PrincipalKind.DOMAIN,
    "principal": PrincipalKind.FEDERATED,
    "principalSet": PrincipalKind.FEDERATED,
}


def is_agent(email: str) -> bool:
    """Whether an account is a service agent."""
    return _AGENT.fullmatch(email) is not None


def principals(records: Records, documents: Iterable[Mapping[str, Any]]) -> list[Principal]:
    """Service accounts and groups that the sources describe, and everybody else whom a policy names.

    Args:
        documents: every allow policy.
    """
    keys = _keys(records)
    found: dict[str, Principal] = {}
    for record in records.of(ACCOUNT):
        one = _account(records, record, keys)
        if one is not None:
            found[one.id] = one
    for record in records.of(GROUP):
        found[record.id] = _group(record)
    inside = {one for record in records.of(GROUP) for one in map(_lowered, _members(record))}
    for member in sorted(_named(documents) | inside):
        if member not in found and (kind := _kind(member)) is not None:
            found[member] = _by_name(records, member, kind)
    return [found[name] for name in sorted(found)]


def _account(records: Records, record: Record, keys: Mapping[str, list[Credential]]) -> Principal | None:
    email = text_or_none(told(record, "email")) or relative(record.id).rpartition("/")[2]
    if "@" not in email:  # A policy alone, under the account's number: nobody can say whose it is.
        return None
    member = f"serviceAccount:{email.lower()}"
    held = _held(records, record, tuple(keys.get(email.lower(), ())))
    enabled = fact(record, told(record, "disabled") is not True)
    return _principal(
        member, PrincipalKind.SERVICE_ACCOUNT, project_of(record), name=text_or_none(told(record, "displayName")) or email,
        unique_id=text_or_none(told(record, "uniqueId")), trust=allow_policy(record, member), credentials=held, enabled=enabled,
    )  # fmt: skip


def _held(records: Records, record: Record, keys: tuple[Credential, ...]) -> Fact[tuple[Credential, ...]]:
    """The keys of an account, where all of them were told: with all resources, or by a listing of its own."""
    if "ListServiceAccountKeys" in record.reads:
        return read(record, "ListServiceAccountKeys", lambda _: keys)
    if records.tells(record.scope, "RESOURCE") and not records.from_state:
        return Known(keys, listing_source(record))
    return Unknown(Reason.NOT_COLLECTED, listing_source(record))


def _principal(id: str, kind: PrincipalKind, account: str, **more: Any) -> Principal:
    given: dict[str, Any] = {
        "groups": NOT_HERE, "policies": NOT_HERE, "boundary": NOT_HERE, "trust": NOT_HERE, "tags": NOT_HERE,
        "last_used": NOT_HERE, "console_password": NOT_HERE, "mfa_active": NOT_HERE, "credentials": NOT_HERE, "name": id,
        "unique_id": None,
    }  # fmt: skip
    return Principal(
        id=id,
        provider="gcp",
        account=account,
        kind=kind,
        path="",
        created=None,
        service_linked=kind is PrincipalKind.AGENT,
        **{**given, **more},
    )


def _keys(records: Records) -> dict[str, list[Credential]]:
    """E-mail address -> the keys that people made of an account; the provider's own are no credentials that anybody holds."""
    found: dict[str, list[Credential]] = {}
    for record in records.of(KEY):
        path = text_or_none(told(record, "name")) or relative(record.id)
        email = path.partition("/serviceAccounts/")[2].partition("/")[0].lower()
        if told(record, "keyType") == "SYSTEM_MANAGED" or not email:
            continue
        found.setdefault(email, []).append(
            Credential(
                path, CredentialKind.SERVICE_ACCOUNT_KEY, told(record, "disabled") is not True,
                text_or_none(told(record, "validAfterTime")), None, text_or_none(told(record, "validBeforeTime")),
            )
        )  # fmt: skip
    for record in records.of(HMAC_KEY):
        email = (text_or_none(told(record, "serviceAccountEmail")) or "").lower()
        active = told(record, "state") == "ACTIVE"
        id, created = (
            text_or_none(told(record, "accessId")) or record.id,
            text_or_none(told(record, "timeCreated")),
        )
        found.setdefault(email, []).append(
            Credential(id, CredentialKind.HMAC_KEY, active, created, None, None)
        )
    return found


def _group(record: Record) -> Principal:
    return _principal(
        record.id, PrincipalKind.GROUP, "", members=Known(_members(record), listing_source(record))
    )


def _members(record: Record) -> tuple[str, ...]:
    """Whom a group holds, as its source writes them."""
    members = told(record, "members")
    return tuple(sorted(one for one in members if isinstance(one, str))) if isinstance(members, list) else ()


def _named(documents: Iterable[Mapping[str, Any]]) -> set[str]:
    """The members of allow policies, e-mail addresses in lower case."""
    found: set[str] = set()
    for document in documents:
        for binding in document.get("bindings") or ():
            for member in binding.get("members") or ():
                found.add(_lowered(member))
    return found


def _lowered(member: str) -> str:
    """A member with its e-mail address in lower case, as IAM keeps them."""
    kind, colon, name = member.partition(":")
    return f"{kind}:{name.lower()}" if colon and "@" in name and not name.startswith("//") else member


def _kind(member: str) -> PrincipalKind | None:
    if member in ("allUsers", "allAuthenticatedUsers"):
        return PrincipalKind.EVERYBODY
    word, _, name = member.partition(":")
    if word == "serviceAccount" and is_agent(name):
        return PrincipalKind.AGENT
    if word == "serviceAccount" and "[" in name:
        return PrincipalKind.FEDERATED
    return _KINDS.get(word)


def _by_name(records: Records, member: str, kind: PrincipalKind) -> Principal:
    """Somebody whom a policy names and no source describes."""
    source = Source.named("cloudidentity", "ListMemberships", member, provider="gcp")
    match = re.fullmatch(r"serviceAccount:[^@]+@([a-z0-9.-]+)\.iam\.gserviceaccount\.com", member)
    account = match[1] if match and kind is PrincipalKind.SERVICE_ACCOUNT else ""
    members: Fact[tuple[str, ...]] = (
        Unknown(Reason.NOT_COLLECTED, source) if kind is PrincipalKind.GROUP else NOT_HERE
    )
    return _principal(member, kind, account, members=members)


def roles(records: Records) -> list[ScopedPolicy]:
    """The roles that customers made."""
    found: dict[str, ScopedPolicy] = {}
    for record in records.of("iam.role"):
        name = records.named(text_or_none(told(record, "name")) or relative(record.id))
        if not name.startswith("roles/"):
            document = data_of(record) if record.data is not None else None
            title = text_or_none(told(record, "title")) or name
            found[name] = ScopedPolicy(name, title, document, "customer", form=PolicyForm.ROLE)
    return [found[name] for name in sorted(found)]


_ISSUERS: Final = {"aws": "aws.accountId"}
"""Kind of provider -> the member that says whose word it takes, where that is no issuer's address."""


def federated_providers(records: Records) -> list[FederatedProvider]:
    """The providers of pools, by the names that principals of the pools begin with."""
    return [_provider(record) for record in records.of(*PROVIDERS)]


def _provider(record: Record) -> FederatedProvider:
    name = text_or_none(told(record, "name")) or relative(record.id)
    kind = next((one for one in ("aws", "oidc", "saml", "x509") if told(record, one) is not None), "oidc")
    mapped = told(record, "attributeMapping")
    mapping = {str(k): str(v) for k, v in mapped.items()} if isinstance(mapped, Mapping) else {}
    issuer = told(record, _ISSUERS.get(kind, "oidc.issuerUri"))
    audiences = told(record, "oidc.allowedAudiences")
    on = told(record, "disabled") is not True and told(record, "state") in (
        None,
        "ACTIVE",
        "STATE_UNSPECIFIED",
    )
    return FederatedProvider(
        id=name, provider="gcp", account=project_of(record), kind=kind, issuer=fact(record, text_or_none(issuer)),
        audiences=fact(record, tuple(map(str, audiences)) if isinstance(audiences, list) else ()),
        condition=fact(record, text_or_none(told(record, "attributeCondition"))), mapping=fact(record, mapping),
        enabled=fact(record, on),
    )  # fmt: skip


def members_of(documents: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Everybody whom some allow policies name."""
    yield from sorted(_named(documents))
