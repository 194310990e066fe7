"""Tiny estates, written down in a few lines: people, roles, stores and keys as facts that a snapshot would give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from weightguard.estate.aws.store_settings import object_lists, public_access
from weightguard.estate.evidence import derived
from weightguard.estate.fact import Collection, Known, Reason, Source, Unknown
from weightguard.estate.model import (
    AccessPoint,
    Account,
    Credential,
    CredentialKind,
    DiskCopy,
    Encryption,
    EncryptionKind,
    Estate,
    FederatedProvider,
    Key,
    KeyGrant,
    KeyMaterial,
    KeyProtection,
    KeyState,
    NamedPolicy,
    Organisation,
    Principal,
    PrincipalKind,
    PublicAccessBlock,
    Secret,
    Store,
    Versioning,
    Workload,
)

HOME = "111111111111"
STORE = "arn:aws:s3:::weights"
SOURCE = Source.named("test", "Call", "test")
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
NOW = "2026-01-01T00:00:00Z"


def known(value: Any) -> Known[Any]:
    return Known(value, SOURCE)


def allow(actions: str | list[str], resources: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def deny(actions: str | list[str], resources: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": actions, "Resource": resources, **more}


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def arn(kind: str, name: str, account: str = HOME) -> str:
    return f"arn:aws:iam::{account}:{kind}/{name}"


def inline(owner: str, *statements: Mapping[str, Any], name: str = "own") -> NamedPolicy:
    return NamedPolicy(f"{owner}#{name}", name, document(*statements), "inline")


def managed(name: str, *statements: Mapping[str, Any], account: str = HOME) -> NamedPolicy:
    return NamedPolicy(f"arn:aws:iam::{account}:policy/{name}", name, document(*statements), "customer")


def administrator() -> NamedPolicy:
    return NamedPolicy(ADMINISTRATOR, "AdministratorAccess", document(allow("*")), "provider")


def _principal(kind: PrincipalKind, name: str, account: str, **facts: Any) -> Principal:
    given: dict[str, Any] = {
        "unique_id": None,
        "provider": "aws",
        "path": "/",
        "created": None,
        "groups": known(()),
        "policies": known(()),
        "boundary": known(None),
        "trust": known(None),
        "tags": known({}),
        "service_linked": False,
        "last_used": known(None),
        "console_password": known(False),
        "mfa_active": known(False),
        "credentials": known(()),
    }
    given.update(facts)
    return Principal(id=arn(kind.value, name, account), account=account, kind=kind, name=name, **given)


def user(
    name: str,
    *statements: Mapping[str, Any],
    account: str = HOME,
    attached: Iterable[NamedPolicy] = (),
    **facts: Any,
) -> Principal:
    own = (inline(arn("user", name, account), *statements),) if statements else ()
    return _principal(PrincipalKind.USER, name, account, policies=known((*own, *attached)), **facts)


def group(
    name: str, *statements: Mapping[str, Any], account: str = HOME, attached: Iterable[NamedPolicy] = ()
) -> Principal:
    own = (inline(arn("group", name, account), *statements),) if statements else ()
    return _principal(PrincipalKind.GROUP, name, account, policies=known((*own, *attached)))


def trusting(*principals: Mapping[str, Any] | str, **more: Any) -> dict[str, Any]:
    """A trust policy that lets principals assume the role: ARNs, or ``{"Service": ...}``."""
    statements = []
    for one in principals:
        named = {"AWS": one} if isinstance(one, str) else one
        statements.append({"Effect": "Allow", "Principal": named, "Action": "sts:AssumeRole", **more})
    return document(*statements)


def role(
    name: str,
    *statements: Mapping[str, Any],
    trust: Mapping[str, Any] | None = None,
    account: str = HOME,
    attached: Iterable[NamedPolicy] = (),
    **facts: Any,
) -> Principal:
    me = arn("role", name, account)
    own = (inline(me, *statements),) if statements else ()
    policy = NamedPolicy(f"{me}#trust policy", "trust policy", trust or document(), "inline")
    return _principal(
        PrincipalKind.ROLE, name, account, policies=known((*own, *attached)), trust=known(policy), **facts
    )


def boundary(*statements: Mapping[str, Any]) -> Known[NamedPolicy]:
    return known(managed("boundary", *statements))


def keys(count: int) -> Known[tuple[Credential, ...]]:
    return known(
        tuple(
            Credential(f"AKIA{number}", CredentialKind.ACCESS_KEY, True, None, None)
            for number in range(count)
        )
    )


def account(
    id: str = HOME, *scps: Mapping[str, Any], organisation: str | None = None, management: bool = False
) -> Account:
    levels = tuple(
        (NamedPolicy(f"p-{number}", f"scp {number}", one, "customer"),) for number, one in enumerate(scps)
    )
    return Account(
        id=id,
        provider="aws",
        name=id,
        organisation=organisation,
        is_management=management,
        collected=True,
        guardrails=known(levels or None),
        resource_guardrails=known(None),
        public_access=known(None),
        public_access_block=known(None),
        root_mfa=known(True),
        root_access_keys=known(0),
        password_policy=known(None),
    )


def organisation(id: str, *members: str, listed: bool = True) -> Organisation:
    """An organisation; the first member manages it, and all of them hang at its root."""
    parents = dict.fromkeys(members, "r-root") if listed else {}
    return Organisation(id, "aws", members[0], parents, listed)


def store(
    id: str = STORE,
    policy: Mapping[str, Any] | None = None,
    key: str | None = None,
    account: str = HOME,
    **facts: Any,
) -> Store:
    encryption = under(key) if key is not None else Encryption(EncryptionKind.PROVIDER)
    given: dict[str, Any] = {
        "public_access_block": known(None),
        "policy": known(
            None if policy is None else NamedPolicy(f"{id}#bucket policy", "bucket policy", policy, "inline")
        ),
        "object_lists": known(LISTS_OFF),
        "acl": known(None),
        "encryption": known(encryption),
        "versioning": known(Versioning(False, False)),
        "retention": known(None),
        "replicas": known(()),
        "log_store": known(None),
        "lifecycle": known(()),
        "tags": known({}),
        "contents": Unknown(Reason.NOT_COLLECTED, SOURCE),
    }
    given.update(facts)
    given.setdefault("public_access", derived(given["public_access_block"], public_access))
    return Store(
        id=id,
        provider="aws",
        account=account,
        region="us-east-1",
        name=id.rpartition(":")[2],
        created=None,
        **given,
    )


LISTS_OFF, LISTS_ON = object_lists("BucketOwnerEnforced"), object_lists("ObjectWriter")


def under(key: str | None, **more: Any) -> Encryption:
    """An encryption whose readers need the key; None: the key that the provider manages for the service."""
    kind = EncryptionKind.SERVICE if key is None else EncryptionKind.NAMED
    return Encryption(kind, key, reader_needs_key=True, **more)


KEY = f"arn:aws:kms:us-east-1:{HOME}:key/00000000-0000-4000-8000-000000000000"


def key(
    policy: Mapping[str, Any] | None,
    *grants: KeyGrant,
    id: str = KEY,
    account: str = HOME,
    state: str = "Enabled",
    tags: Mapping[str, str] | None = None,
) -> Key:
    named = None if policy is None else NamedPolicy(f"{id}#key policy", "key policy", policy, "inline")
    return Key(
        id=id,
        provider="aws",
        account=account,
        region="us-east-1",
        aliases=known(()),
        customer_managed=known(True),
        state=known(KeyState(state)),
        material=known(KeyMaterial(KeyProtection.SHARED_HSM, "AWS_KMS")),
        other_regions=known(None),
        rotation=known(True),
        policy=known(named),
        grants=known(grants),
        tags=known(dict(tags or {})),
        deletion_date=known(None),
    )


def access_point(
    name: str,
    policy: Mapping[str, Any] | None = None,
    vpc: str | None = None,
    account: str = HOME,
    bucket: str = STORE,
    block: PublicAccessBlock | None = None,
) -> AccessPoint:
    id = f"arn:aws:s3:us-east-1:{account}:accesspoint/{name}"
    named = None if policy is None else NamedPolicy(f"{id}#policy", "access point policy", policy, "inline")
    origin = known("VPC" if vpc else "Internet")
    return AccessPoint(id, bucket, account, "us-east-1", origin, known(vpc), known(block), known(named))


def workload(
    id: str,
    service: str,
    kind: str,
    *roles: str,
    account: str = HOME,
    public: bool = False,
    policy: Mapping[str, Any] | None = None,
    **attributes: Any,
) -> Workload:
    named = (
        None if policy is None else NamedPolicy(f"{id}#resource policy", "resource policy", policy, "inline")
    )
    return Workload(
        id=id,
        provider="aws",
        account=account,
        region="us-east-1",
        kind=kind,
        service=service,
        name=id.rpartition("/")[2].rpartition(":")[2],
        roles=known(roles),
        public=known(public),
        policy=known(named),
        attributes={name: known(value) for name, value in attributes.items()},
    )


def secret(id: str, kind: str, *unlocks: str, policy: Mapping[str, Any] | None = None) -> Secret:
    named = (
        None if policy is None else NamedPolicy(f"{id}#resource policy", "resource policy", policy, "inline")
    )
    return Secret(
        id=id,
        provider="aws",
        account=HOME,
        region="us-east-1",
        kind=kind,
        policy=known(named),
        key=known(None),
        unlocks=unlocks,
    )


def disk(
    id: str, kind: str = "snapshot", key: str | None = None, *shared: str, public: bool = False
) -> DiskCopy:
    return DiskCopy(
        id=id,
        provider="aws",
        account=HOME,
        region="us-east-1",
        kind=kind,  # type: ignore[arg-type]
        public=known(public),
        shared_with=known(shared),
        encrypted=known(key is not None),
        key=known(key),
        tags=known({}),
    )


def provider(id: str, kind: str = "oidc") -> FederatedProvider:
    return FederatedProvider(id, "aws", HOME, kind, known("https://issuer"), known(()))


def estate(*things: Any) -> Estate:
    """An estate of these things; with the home account, unless accounts are given."""
    kinds: dict[str, list[Any]] = {}
    names = {
        Principal: "principals",
        Store: "stores",
        Key: "keys",
        Workload: "workloads",
        DiskCopy: "disk_copies",
        Account: "accounts",
        Secret: "secrets",
        FederatedProvider: "federated_providers",
        Organisation: "organisations",
    }
    for one in things:
        kinds.setdefault(names[type(one)], []).append(one)
    kinds.setdefault("accounts", [account()])
    return Estate(
        collected_at=NOW,
        **{name: Collection(tuple(sorted(found, key=lambda one: one.id))) for name, found in kinds.items()},
    )
