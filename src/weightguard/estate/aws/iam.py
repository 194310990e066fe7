"""IAM: users, groups, roles and what they carry, from the entries of GetAccountAuthorizationDetails.

Source: IAM API reference, "GetAccountAuthorizationDetails"; IAM user guide, "Getting credential reports for your account".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from weightguard.estate.aws import credentials
from weightguard.estate.aws.scope import Scope, last_name, origin_of
from weightguard.estate.evidence import Record, data_of, listing_source, obstacle, read, read_source, stated
from weightguard.estate.fact import Fact, Known, Reason, Unknown
from weightguard.estate.model import FederatedProvider, NamedPolicy, Principal, PrincipalKind
from weightguard.estate.shape import Malformed, mapping, member, objects, tags, text, text_or_none, texts

POLICY_READS = {
    "iam.user": "ListAttachedUserPolicies",
    "iam.group": "ListAttachedGroupPolicies",
    "iam.role": "ListAttachedRolePolicies",
}
"""A source that knows a principal but not its policies says so by these reads; the authorisation details need none."""


@dataclass(slots=True)
class Iam:
    """IAM's records of one account, grouped, and what they refer to by name."""

    by_kind: dict[str, list[Record]] = field(default_factory=dict)
    managed: dict[str, NamedPolicy] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)

    def of(self, kind: str) -> list[Record]:
        """The records of one kind, in the order of the file."""
        return self.by_kind.get(kind, [])


def load(scope: Scope, records: Iterable[Record]) -> Iam:
    """Groups the IAM records of an account and fills the scope's name indexes."""
    iam = Iam()
    for record in records:
        iam.by_kind.setdefault(record.kind, []).append(record)
    for record in iam.of("iam.policy"):
        policy = _managed_policy(scope, record)
        iam.managed[policy.id] = policy
    iam.groups = {_name(record, "GroupName"): record.id for record in iam.of("iam.group")}
    scope.roles.update((_name(record, "RoleName"), record.id) for record in iam.of("iam.role"))
    _index_instance_profiles(scope, iam)
    return iam


def principals(scope: Scope, iam: Iam) -> list[Principal]:
    """Every user, group and role of the account."""
    known = credentials.index(iam.of("iam.credential"), iam.of("iam.access_key"), scope.calls)
    profiles = _profiles_by_role(scope)
    found = [_user(scope, iam, record, known) for record in iam.of("iam.user")]
    found += [_group(scope, iam, record) for record in iam.of("iam.group")]
    found += [_role(scope, iam, record, profiles) for record in iam.of("iam.role")]
    return found


def unattached(iam: Iam, found: Iterable[Principal]) -> list[NamedPolicy]:
    """The managed policies that no principal carries: whoever may attach them gains what they allow."""
    carried = {policy.id for one in found if isinstance(one.policies, Known) for policy in one.policies.value}
    return [policy for name, policy in sorted(iam.managed.items()) if name not in carried]


def federated_providers(scope: Scope, iam: Iam) -> list[FederatedProvider]:
    """OIDC and SAML providers."""
    found = [_oidc(scope, record) for record in iam.of("iam.oidc_provider")]
    return found + [_saml(scope, record) for record in iam.of("iam.saml_provider")]


def trusted_services(found: Iterable[Principal]) -> frozenset[str] | None:
    """The services that roles trust, without their domain (``ecs-tasks``).

    None: a role trusts anybody, or its trust policy is not known.
    """
    names: set[str] = set()
    for role in found:
        if role.kind is not PrincipalKind.ROLE:
            continue
        document = role.trust.value.document if isinstance(role.trust, Known) and role.trust.value else None
        statements = document.get("Statement") if isinstance(document, Mapping) else None
        for statement in statements if isinstance(statements, list) else [statements]:
            principal = statement.get("Principal") if isinstance(statement, Mapping) else None
            if not isinstance(principal, Mapping):
                return None
            services = principal.get("Service", [])
            listed = services if isinstance(services, list) else [services]
            names.update(str(service).partition(".amazonaws.com")[0].lower() for service in listed)
    return frozenset(names)


def _name(record: Record, member_name: str) -> str:
    return text_or_none(data_of(record).get(member_name)) or last_name(record.id)


def _managed_policy(scope: Scope, record: Record) -> NamedPolicy:
    name = _name(record, "PolicyName")
    document: Mapping[str, Any] | str | None = None
    try:
        document = scope.documents.policy(_default_version(data_of(record)))
    except Malformed:
        document = None
    return NamedPolicy(record.id, name, document, origin_of(record.id), _other_versions(scope, record))


def _other_versions(scope: Scope, record: Record) -> tuple[Mapping[str, Any] | str, ...] | None:
    """The documents of the versions that are not the default; a Terraform state knows the default alone."""
    if scope.calls.from_state:
        return None
    data = data_of(record)
    found = []
    try:
        for version in objects(data.get("PolicyVersionList")):
            default = version.get("IsDefaultVersion") is True or version.get("VersionId") == data.get(
                "DefaultVersionId"
            )
            if not default:
                found.append(scope.documents.policy(version.get("Document")))
    except Malformed:
        return None
    return tuple(found)


def _default_version(data: Mapping[str, Any]) -> Any:
    wanted = data.get("DefaultVersionId")
    for version in objects(data.get("PolicyVersionList")):
        if version.get("IsDefaultVersion") is True or (
            wanted is not None and version.get("VersionId") == wanted
        ):
            return version.get("Document")
    raise Malformed("no default version")


def _index_instance_profiles(scope: Scope, iam: Iam) -> None:
    """From the roles' own lists and from ListInstanceProfiles, which also names the profiles that hold no role."""
    for record in iam.of("iam.role"):
        for profile in _lenient_objects(data_of(record).get("InstanceProfileList")):
            _index_profile(scope, profile, (record.id,))
    for record in iam.of("iam.instance_profile"):
        roles = tuple(
            arn
            for role in _lenient_objects(data_of(record).get("Roles"))
            if (arn := text_or_none(role.get("Arn"))) is not None
        )
        _index_profile(scope, {"Arn": record.id, **data_of(record)}, roles)


def _index_profile(scope: Scope, profile: Mapping[str, Any], roles: tuple[str, ...]) -> None:
    for key in ("Arn", "InstanceProfileName", "InstanceProfileId"):
        name = text_or_none(profile.get(key))
        if name is not None:
            scope.instance_profiles[name] = tuple(sorted({*scope.instance_profiles.get(name, ()), *roles}))


def _lenient_objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _profiles_by_role(scope: Scope) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for name, roles in scope.instance_profiles.items():
        if name.startswith("arn:"):
            for role in roles:
                found.setdefault(role, set()).add(name)
    return {role: tuple(sorted(names)) for role, names in found.items()}


def _policies(scope: Scope, iam: Iam, record: Record, inline: str) -> Fact[tuple[NamedPolicy, ...]]:
    hidden = obstacle(record, POLICY_READS[record.kind])
    if hidden is not None:
        return hidden

    def parse(data: Any) -> tuple[NamedPolicy, ...]:
        member(data, "Arn")  # an entry without its own name is no entry of the authorisation details
        own = [
            scope.document(entry.get("PolicyDocument"), record.id, text(entry.get("PolicyName")))
            for entry in objects(mapping(data).get(inline))
        ]
        attached = [
            _attached(iam, text(entry.get("PolicyArn")), text_or_none(entry.get("PolicyName")))
            for entry in objects(mapping(data).get("AttachedManagedPolicies"))
        ]
        return tuple(own + attached)

    return stated(record, parse)


def _attached(iam: Iam, arn: str, name: str | None) -> NamedPolicy:
    found = iam.managed.get(arn)
    if found is None:
        found = iam.managed[arn] = NamedPolicy(arn, name or last_name(arn), None, origin_of(arn))
    return found


def _boundary(iam: Iam, record: Record) -> Fact[NamedPolicy | None]:
    def parse(data: Any) -> NamedPolicy | None:
        written = mapping(data).get("PermissionsBoundary")
        if written is None:
            return None
        return _attached(iam, text(member(written, "PermissionsBoundaryArn")), None)

    return stated(record, parse)


def _tags(record: Record) -> Fact[Mapping[str, str]]:
    return stated(record, lambda data: tags(mapping(data).get("Tags")))


def _user(scope: Scope, iam: Iam, record: Record, known: credentials.Credentials) -> Principal:
    data = data_of(record)
    name = _name(record, "UserName")
    return Principal(
        id=record.id,
        unique_id=text_or_none(data.get("UserId")),
        provider="aws",
        account=scope.account,
        kind=PrincipalKind.USER,
        name=name,
        path=text_or_none(data.get("Path")) or "/",
        created=text_or_none(data.get("CreateDate")),
        groups=_groups_of(iam, record),
        policies=_policies(scope, iam, record, "UserPolicyList"),
        boundary=_boundary(iam, record),
        trust=Known(None, listing_source(record)),
        tags=_tags(record),
        service_linked=False,
        last_used=credentials.last_used(known, record),
        console_password=credentials.console_password(known, record),
        mfa_active=credentials.mfa_active(known, record),
        credentials=credentials.access_keys(known, record, name),
    )


def _groups_of(iam: Iam, record: Record) -> Fact[tuple[str, ...]]:
    base = record.id.partition(":user/")[0]

    def parse(data: Any) -> tuple[str, ...]:
        names = texts(mapping(data).get("GroupList"))
        return tuple(sorted(iam.groups.get(name) or f"{base}:group/{name}" for name in names))

    return stated(record, parse)


def _group(scope: Scope, iam: Iam, record: Record) -> Principal:
    data = data_of(record)
    source = listing_source(record)
    return Principal(
        id=record.id,
        unique_id=text_or_none(data.get("GroupId")),
        provider="aws",
        account=scope.account,
        kind=PrincipalKind.GROUP,
        name=_name(record, "GroupName"),
        path=text_or_none(data.get("Path")) or "/",
        created=text_or_none(data.get("CreateDate")),
        groups=Known((), source),
        policies=_policies(scope, iam, record, "GroupPolicyList"),
        boundary=Known(None, source),
        trust=Known(None, source),
        tags=Known({}, source),
        service_linked=False,
        last_used=Known(None, source),
        console_password=Known(False, source),
        mfa_active=Known(False, source),
        credentials=Known((), source),
    )


def _role(scope: Scope, iam: Iam, record: Record, profiles: Mapping[str, tuple[str, ...]]) -> Principal:
    data = data_of(record)
    source = listing_source(record)
    path = text_or_none(data.get("Path")) or "/"
    return Principal(
        id=record.id,
        unique_id=text_or_none(data.get("RoleId")),
        provider="aws",
        account=scope.account,
        kind=PrincipalKind.ROLE,
        name=_name(record, "RoleName"),
        path=path,
        created=text_or_none(data.get("CreateDate")),
        groups=Known((), source),
        policies=_policies(scope, iam, record, "RolePolicyList"),
        boundary=_boundary(iam, record),
        trust=_trust(scope, record),
        tags=_tags(record),
        service_linked=path.startswith("/aws-service-role/"),
        last_used=_role_last_used(record),
        console_password=Known(False, source),
        mfa_active=Known(False, source),
        credentials=Known((), source),
        instance_profiles=profiles.get(record.id, ()),
    )


def _trust(scope: Scope, record: Record) -> Fact[NamedPolicy | None]:
    def parse(data: Any) -> NamedPolicy | None:
        return scope.document(member(data, "AssumeRolePolicyDocument"), record.id, "trust policy")

    return stated(record, parse)


def _role_last_used(record: Record) -> Fact[str | None]:
    if "RoleLastUsed" not in data_of(record):
        return Unknown(Reason.NOT_COLLECTED, listing_source(record))
    return stated(
        record, lambda data: text_or_none(mapping(mapping(data)["RoleLastUsed"]).get("LastUsedDate"))
    )


def _oidc(scope: Scope, record: Record) -> FederatedProvider:
    operation = "GetOpenIDConnectProvider"
    return FederatedProvider(
        id=record.id,
        provider="aws",
        account=scope.account,
        kind="oidc",
        issuer=read(record, operation, lambda answer: text(member(answer, "Url"))),
        audiences=read(record, operation, lambda answer: texts(mapping(answer).get("ClientIDList"))),
    )


def _saml(scope: Scope, record: Record) -> FederatedProvider:
    source = read_source(record, "GetSAMLProvider")
    return FederatedProvider(
        id=record.id,
        provider="aws",
        account=scope.account,
        kind="saml",
        issuer=Unknown(Reason.NOT_COLLECTED, source),
        audiences=Known(("https://signin.aws.amazon.com/saml",), listing_source(record)),
    )
