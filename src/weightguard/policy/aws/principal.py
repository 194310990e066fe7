"""Who makes a request, and whether a Principal element names them.

Source: IAM User Guide, "AWS JSON policy elements: Principal", "... NotPrincipal", "IAM identifiers".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from weightguard.errors import InputError
from weightguard.policy.aws.arn import is_account, parse_arn
from weightguard.policy.aws.somebody import Bounds


class PrincipalType(StrEnum):
    """What kind of identity makes the request."""

    USER = "user"
    ROLE = "role"
    """A role, by some session whose name is open."""
    ROLE_SESSION = "role session"
    FEDERATED_USER = "federated user"
    """A session made with GetFederationToken by an IAM user or the root user."""
    EXTERNAL_IDENTITY = "external identity"
    """An identity of a SAML or OIDC provider, before it has become a role session."""
    SERVICE = "service"
    ROOT = "root"
    CANONICAL_USER = "canonical user"
    ANONYMOUS = "anonymous"
    SOMEBODY = "somebody"
    """Somebody of an account, or of an account that is not known either; see `weightguard.policy.aws.somebody`."""

    # A member is a text and equal to it; Enum's own hash is a call into Python for each of the millions that are looked up.
    __hash__ = str.__hash__


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request.

    Args:
        type: the kind of identity.
        identifier: its ARN; the name of a service or of a non-ARN provider; ``*`` for anonymous.
        account: the account it belongs to; None for services, external identities and anonymous.
        name: user name, role name or federated user name; empty where there is none.
        session_name: the role session's name, where the principal is one.
        role_arn: the ARN of the session's role, with its path where that is known.
        unique_id: AIDA..., AROA...; what policies hold of principals that were deleted and made anew.
        tags: principal tags (with session tags), where known; None leaves ``aws:PrincipalTag/*`` open.
        open_tags: keys of tags that it may have besides, or have otherwise; ``*`` for any.
        in_management_account: SCPs do not limit principals of the organization's management account.
        is_service_linked: neither SCPs nor RCPs limit service-linked roles.
        bounds: of somebody, what is known of who it is and is not.
        has_identity_policies: whether identity-based policies can be attached to it (or to what it is a session of); follows from
            the others.
    """

    type: PrincipalType
    identifier: str
    account: str | None = None
    name: str = ""
    session_name: str | None = None
    role_arn: str | None = None
    unique_id: str | None = None
    tags: tuple[tuple[str, str], ...] | None = None
    open_tags: tuple[str, ...] = ()
    in_management_account: bool = False
    is_service_linked: bool = False
    bounds: Bounds | None = None
    has_identity_policies: bool = field(init=False, repr=False, compare=False, default=False)
    _hash: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        identity = (self.type, self.identifier, self.role_arn, self.unique_id, self.tags)
        object.__setattr__(self, "_hash", hash(identity))
        attachable = self.account is not None and self.type is not PrincipalType.CANONICAL_USER
        object.__setattr__(self, "has_identity_policies", attachable)

    def __hash__(self) -> int:
        return self._hash

    @property
    def known_tags(self) -> dict[str, str] | None:
        """Its tags by key, None where nothing is known of them; an open one has a value that no tag can have."""
        if self.tags is None:
            return None
        return {**dict(self.tags), **dict.fromkeys(self.open_tags, _OPEN)}

    @property
    def is_session(self) -> bool:
        """Whether it acts with temporary credentials that a session policy may limit."""
        return self.type in {PrincipalType.ROLE, PrincipalType.ROLE_SESSION, PrincipalType.FEDERATED_USER}

    @property
    def principal_arn(self) -> str | None:
        """The value of ``aws:PrincipalArn``: for a role session the ARN of the role."""
        if self.type is PrincipalType.ROLE_SESSION:
            return self.role_arn
        if self.type in {
            PrincipalType.USER,
            PrincipalType.ROLE,
            PrincipalType.ROOT,
            PrincipalType.FEDERATED_USER,
        }:
            return self.identifier
        return None


_OPEN = "\N{NULL}"

ANONYMOUS = Principal(PrincipalType.ANONYMOUS, "*")


def somebody(account: str | None, bounds: Bounds, *, partition: str = "aws") -> Principal:
    """Somebody of an account, or (None) of an account that nothing is known of but `bounds`."""
    arn = "*" if account is None else f"arn:{partition}:iam::{account}:root"
    return Principal(PrincipalType.SOMEBODY, arn, account, bounds=bounds)


class Naming(StrEnum):
    """How a Principal element names a principal, which decides what else may limit the grant."""

    NOT = "not"
    ACCOUNT = "account"
    """By its account: the account's own policies must grant it too."""
    LIMITED = "limited"
    """By the role, or the user behind a federated session: boundary and session policies limit the grant."""
    DIRECT = "direct"
    """By its own ARN, as a service, or as everybody: an implicit deny elsewhere does not limit the grant."""
    SESSION_OPEN = "session open"
    """By the ARN of one session of the role, while the request leaves the session's name open."""

    # As with `PrincipalType`.
    __hash__ = str.__hash__


def parse_principal(
    value: str | Mapping[str, object],
    *,
    in_management_account: bool = False,
    unique_id: str | None = None,
    tags: Mapping[str, str] | None = None,
    bounds: Bounds | None = None,
) -> Principal:
    """The principal that a text or a one-key object names.

    Args:
        value: an ARN (user, role, assumed-role, federated-user, root, saml-provider, oidc-provider), an account id, a
            service's or provider's name, ``*``; or ``{"service": ...}``, ``{"federated": ...}``, ``{"aws": ...}``,
            ``{"canonical": ...}``.
        in_management_account: see `Principal`.
        unique_id: see `Principal`.
        tags: see `Principal`.
        bounds: see `Principal`.

    Raises:
        InputError: it names no principal.
    """
    kind, text = _kind_and_text(value)
    extra = {
        "unique_id": unique_id,
        "tags": tuple(sorted(tags.items())) if tags is not None else None,
        "in_management_account": in_management_account,
        "bounds": bounds,
    }
    if text == "*":
        return ANONYMOUS
    if kind in _BY_KIND:
        return Principal(_BY_KIND[kind], text)
    if is_account(text):
        return Principal(PrincipalType.ROOT, f"arn:aws:iam::{text}:root", text, **extra)  # type: ignore[arg-type]
    arn = parse_arn(text)
    if arn is None:
        return _named(text)
    found = _from_arn(text, arn.partition, arn.service, arn.account, arn.resource, extra)
    if found is None:
        raise InputError(
            f"{text!r} is not the ARN of a principal", fix="give a user, role, session or root ARN"
        )
    return found


_BY_KIND = {
    "service": PrincipalType.SERVICE,
    "federated": PrincipalType.EXTERNAL_IDENTITY,
    "canonical": PrincipalType.CANONICAL_USER,
    "canonicaluser": PrincipalType.CANONICAL_USER,
}


def _kind_and_text(value: object) -> tuple[str, str]:
    if isinstance(value, Mapping) and len(value) == 1:
        kind, text = next(iter(value.items()))
        if isinstance(text, str) and text:
            return str(kind).lower(), text
    if isinstance(value, str) and value:
        return "aws", value
    raise InputError(
        "the principal is neither a text nor an object with one of service, federated, aws, canonical",
        fix='give an ARN, "*", or {"service": "name.amazonaws.com"}',
    )


def _named(text: str) -> Principal:
    if (
        text.endswith((".amazonaws.com", ".amazonaws.com.cn", ".aws.internal"))
        and "cognito-identity" not in text
    ):
        return Principal(PrincipalType.SERVICE, text)
    if "." in text and " " not in text:
        return Principal(PrincipalType.EXTERNAL_IDENTITY, text)
    raise InputError(f"{text!r} is not a principal", fix="give an ARN, a service's name or *")


def _from_arn(
    text: str, partition: str, service: str, account: str, resource: str, extra: Mapping[str, object]
) -> Principal | None:
    kind, _, rest = resource.partition("/")
    name = rest.rpartition("/")[2]
    options: dict[str, object] = dict(extra)
    if service == "iam":
        types = {"user": PrincipalType.USER, "role": PrincipalType.ROLE}
        if resource == "root":
            return Principal(PrincipalType.ROOT, text, account, **options)  # type: ignore[arg-type]
        if kind in {"saml-provider", "oidc-provider"}:
            return Principal(PrincipalType.EXTERNAL_IDENTITY, text)
        if kind in types and name:
            options["is_service_linked"] = rest.startswith("aws-service-role/")
            return Principal(types[kind], text, account, name, **options)  # type: ignore[arg-type]
    if service == "sts" and kind == "federated-user" and rest:
        return Principal(PrincipalType.FEDERATED_USER, text, account, rest, **options)  # type: ignore[arg-type]
    if service == "sts" and kind == "assumed-role" and name and "/" in rest:
        role = rest.partition("/")[0]
        options["is_service_linked"] = role.startswith("AWSServiceRoleFor")
        options["role_arn"] = f"arn:{partition}:iam::{account}:role/{role}"
        options["session_name"] = name
        return Principal(PrincipalType.ROLE_SESSION, text, account, role, **options)  # type: ignore[arg-type]
    return None


_NOT_BY_THEIR_ARN = frozenset({PrincipalType.ROLE, PrincipalType.ROOT, PrincipalType.SOMEBODY})


@dataclass(frozen=True, slots=True)
class PrincipalElement:
    """A compiled Principal or NotPrincipal element.

    Args:
        aws: ARNs, account ids, unique ids and ``*`` under the key AWS (or written as a bare text).
        service: service principals.
        federated: SAML and OIDC providers.
        canonical: canonical user ids.
        everybody: whether it is the bare ``"*"``, which also stands for services and external identities.
    """

    aws: frozenset[str]
    service: frozenset[str]
    federated: frozenset[str]
    canonical: frozenset[str]
    everybody: bool

    def names(self, principal: Principal) -> tuple[Naming, str | None]:
        """How the element names a principal; with the session's name when that is left open."""
        if self.everybody:
            return Naming.DIRECT, None
        if principal.type is PrincipalType.SERVICE:
            return _direct(not self.service.isdisjoint(_spellings(principal.identifier)))
        if principal.type is PrincipalType.EXTERNAL_IDENTITY:
            return _direct(
                principal.identifier in self.federated or _provider_url(principal) in self.federated
            )
        if principal.type is PrincipalType.CANONICAL_USER and principal.identifier in self.canonical:
            return Naming.DIRECT, None
        if "*" in self.aws:
            return Naming.DIRECT, None
        return self._names_aws(principal)

    def _names_aws(self, principal: Principal) -> tuple[Naming, str | None]:
        aws = self.aws
        if principal.identifier in aws and principal.type not in _NOT_BY_THEIR_ARN:
            return Naming.DIRECT, None
        if principal.unique_id is not None and principal.unique_id in aws:
            return (Naming.LIMITED if principal.is_session else Naming.DIRECT), None
        if principal.is_session:
            found = self._names_session(principal)
            if found[0] is not Naming.NOT:
                return found
        if principal.account is not None and self.names_account_of(principal):
            return Naming.ACCOUNT, None
        return Naming.NOT, None

    def _names_session(self, principal: Principal) -> tuple[Naming, str | None]:
        if principal.identifier in self.aws or principal.role_arn in self.aws:
            return Naming.LIMITED, None
        behind = _sub_arns(principal)
        for entry in self.aws:
            if not entry.startswith("arn:"):
                continue
            if principal.type is PrincipalType.ROLE and entry.startswith(behind):
                return Naming.SESSION_OPEN, entry.removeprefix(behind)
            if principal.type is PrincipalType.ROLE_SESSION and _same_role(entry, principal):
                return Naming.LIMITED, None
            if principal.type is PrincipalType.FEDERATED_USER and _same_user(entry, principal):
                return Naming.LIMITED, None
        return Naming.NOT, None

    def names_account_of(self, principal: Principal) -> bool:
        """Whether it names the principal's account, by its root ARN or its bare id, or everybody."""
        account = principal.account
        partition = (
            principal.identifier.split(":", 2)[1] if principal.identifier.startswith("arn:") else "aws"
        )
        return (
            account in self.aws
            or f"arn:{partition}:iam::{account}:root" in self.aws
            or "*" in self.aws
            or self.everybody
        )


def _spellings(service: str) -> tuple[str, str]:
    """In the China Regions some services are named under amazonaws.com.cn, some under amazonaws.com, some either way."""
    plain = service.removesuffix(".cn") if service.endswith(".amazonaws.com.cn") else service
    return plain, f"{plain}.cn"


def _direct(named: bool) -> tuple[Naming, str | None]:
    return (Naming.DIRECT if named else Naming.NOT), None


def _provider_url(principal: Principal) -> str:
    """The issuer behind ``arn:aws:iam::111111111111:oidc-provider/ISSUER``; some policies name only that."""
    return principal.identifier.partition(":oidc-provider/")[2]


def _sub_arns(principal: Principal) -> str:
    partition = principal.identifier.split(":", 2)[1] if principal.identifier.startswith("arn:") else "aws"
    return f"arn:{partition}:sts::{principal.account}:assumed-role/{principal.name}/"


def _same_role(entry: str, principal: Principal) -> bool:
    """Role names are unique in an account whatever their path, and a session's ARN leaves the path out."""
    arn = parse_arn(entry)
    return (
        arn is not None
        and arn.service == "iam"
        and arn.account == principal.account
        and arn.resource.startswith("role/")
        and arn.resource.rpartition("/")[2] == principal.name
    )


def _same_user(entry: str, principal: Principal) -> bool:
    arn = parse_arn(entry)
    return (
        arn is not None
        and arn.service == "iam"
        and arn.account == principal.account
        and arn.resource.startswith("user/")
        and arn.resource.rpartition("/")[2] == principal.name
    )
