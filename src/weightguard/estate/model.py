"""The provider-neutral model of an estate.

One vocabulary for three clouds; the comments name what fills each attribute on AWS, Google Cloud and Azure. Values are plain
frozen data. Identifiers are the provider's own (an ARN, a full resource name, a resource id). Times are ISO-8601 strings in UTC,
sizes bytes. Policy documents stay as the provider wrote them: deciding what they mean is `weightguard.policy`'s work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal

from weightguard.estate.fact import Collection, Fact, Known, Reason, Source, Unknown
from weightguard.weights import WeightSet

Provider = Literal["aws", "gcp", "azure"]


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy document with the name a person finds it by.

    Attributes:
        id: the managed policy's ARN or resource name, or ``<owner id>#<inline name>``.
        name: the name in the provider's console.
        document: the document as the provider returned it: a mapping, or the text where it could not be parsed. None: the text is
            not in the snapshot; a `provider` policy is then resolved by its id, any other one is not known.
        origin: ``provider`` (managed by the cloud provider), ``customer`` (managed) or ``inline``.
        versions: AWS: the documents of a managed policy's other versions, any of which may be made the default; None: not known.
    """

    id: str
    name: str
    document: Mapping[str, Any] | str | None
    origin: Literal["provider", "customer", "inline"]
    versions: tuple[Mapping[str, Any] | str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PublicAccessBlock:
    """AWS: S3 Block Public Access. Google Cloud: public access prevention sets all four. Azure: allowBlobPublicAccess=false."""

    block_acls: bool
    ignore_acls: bool
    block_policy: bool
    restrict_buckets: bool

    @property
    def complete(self) -> bool:
        """True when all four switches are on."""
        return self.block_acls and self.ignore_acls and self.block_policy and self.restrict_buckets


@dataclass(frozen=True, slots=True)
class Organisation:
    """AWS: an organization. Google Cloud: an organization. Azure: a tenant's root management group."""

    id: str
    provider: Provider
    management_account: str
    features: Fact[
        tuple[str, ...]
    ]  # AWS: enabled policy types (SERVICE_CONTROL_POLICY, RESOURCE_CONTROL_POLICY...)
    parents: Mapping[str, str] = field(default_factory=dict)  # child id -> parent id, accounts and units
    listed: bool = False  # whether its accounts were listed, rather than only its name told


@dataclass(frozen=True, slots=True)
class Account:
    """AWS: an account. Google Cloud: a project. Azure: a subscription."""

    id: str
    provider: Provider
    name: str
    organisation: str | None
    is_management: bool
    collected: bool  # False: known from the organisation's list, a trust or a grant alone
    guardrails: Fact[
        tuple[tuple[NamedPolicy, ...], ...] | None
    ]  # AWS: SCPs per level, root first; None: none apply
    resource_guardrails: Fact[
        tuple[tuple[NamedPolicy, ...], ...] | None
    ]  # AWS: RCPs per level; Google Cloud: deny policies
    public_access_block: Fact[PublicAccessBlock | None]
    root_mfa: Fact[bool]
    root_access_keys: Fact[int]
    password_policy: Fact[Mapping[str, Any] | None]
    settings: Mapping[str, Fact[Any]] = field(
        default_factory=dict
    )  # "guardduty.us-east-1.s3_protection" and the like
    closed: bool = False  # AWS: suspended, which nobody can read any more


class PrincipalKind(StrEnum):
    """What a principal is, before anybody asks whether a person stands behind it."""

    USER = "user"
    ROLE = "role"
    GROUP = "group"
    SERVICE_ACCOUNT = "service_account"
    FEDERATED = "federated"


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A long-lived credential. The secret half is never collected."""

    id: str
    active: bool
    created: str | None
    last_used: str | None


@dataclass(frozen=True, slots=True)
class Principal:
    """AWS: an IAM user, role or group. Google Cloud: a service account. Azure: a service principal or managed identity."""

    id: str
    unique_id: str | None  # AWS: AIDA.../AROA...
    provider: Provider
    account: str
    kind: PrincipalKind
    name: str
    path: str
    created: str | None
    groups: tuple[str, ...]  # ids of the groups a user is in
    policies: Fact[tuple[NamedPolicy, ...]]  # own identity policies, without those of groups
    boundary: Fact[NamedPolicy | None]
    trust: Fact[NamedPolicy | None]  # who may become it; None for users and groups
    tags: Fact[Mapping[str, str]]
    service_linked: bool
    last_used: Fact[str | None]
    console_password: Fact[bool]
    mfa_active: Fact[bool]
    access_keys: Fact[tuple[AccessKey, ...]]
    instance_profiles: tuple[str, ...] = ()  # AWS: ids of the instance profiles that hold this role


@dataclass(frozen=True, slots=True)
class FederatedProvider:
    """AWS: an OIDC or SAML provider. Google Cloud: a workload identity pool provider. Azure: a federated credential."""

    id: str
    provider: Provider
    account: str
    kind: Literal["oidc", "saml"]
    issuer: Fact[str | None]
    audiences: Fact[tuple[str, ...]]
    thumbprints: Fact[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class StoreEncryption:
    """How new objects are encrypted when the writer says nothing."""

    algorithm: str  # AWS: AES256, aws:kms, aws:kms:dsse
    key: str | None  # ARN, id or alias as configured; None: the provider's own key
    bucket_key: bool = False
    blocked_types: tuple[str, ...] = ()  # AWS: BlockedEncryptionTypes (SSE-C)


@dataclass(frozen=True, slots=True)
class UnreadObjects:
    """Objects of one folder that are in no weight set and of which nothing that was read says that they hold no weights.

    Attributes:
        place: key prefix ending in ``/``, empty for the store's root.
        state: how they were left: ``opaque``, ``denied``, ``archived``, ... (column `examined` of the snapshot's objects).
    """

    place: str
    state: str
    objects: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Wrapped:
    """Objects of a store that lie one after another in a listing and are encrypted alike.

    Attributes:
        first: the least of their names.
        last: the greatest.
        key: the key, by any name that the provider gives keys; empty where the provider's own keys encrypt and the reader needs
            no permission for them; None where the listing does not say.
    """

    first: str
    last: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Contents:
    """What a listing of a store found.

    Attributes:
        unexamined: objects that may be weights and of which nothing that was read says that they are none.
        keys: keys that objects were seen to be encrypted with, whatever the store's default is.
        unread: what `unexamined` counts, by folder and reason.
        wrapped: how the objects are encrypted, run by run; where there are too many runs, one for each way over all names.
        old_versions: whether keys of which only old versions are left were listed as well.
    """

    objects: int
    bytes: int
    unexamined: int
    keys: tuple[str, ...] = ()
    unread: tuple[UnreadObjects, ...] = ()
    wrapped: tuple[Wrapped, ...] = ()
    old_versions: bool = False


LAST_CHARACTER: Final = "\U0010ffff"
_NOT_ASKED: Final = Unknown(Reason.NOT_COLLECTED, Source("s3:GetBucketAbac", ""))
_NOTHING_SEEN: Final[Known[tuple[Wrapped, ...]]] = Known((), Source("objects", ""))


@dataclass(frozen=True, slots=True)
class Wrapping:
    """How some objects are encrypted.

    Attributes:
        keys: their keys, as `Wrapped` names them.
        seen: whether some such object is known to be there; else they may all lie elsewhere.
    """

    keys: frozenset[str | None] = frozenset()
    seen: bool = False


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """AWS: an S3 access point."""

    id: str
    store: str
    account: str
    region: str
    network_origin: Fact[str]  # Internet or VPC
    vpc: Fact[str | None]
    public_access_block: Fact[PublicAccessBlock | None]
    policy: Fact[NamedPolicy | None]


@dataclass(frozen=True, slots=True)
class Store:
    """AWS: an S3 bucket. Google Cloud: a bucket. Azure: a blob container."""

    id: str
    provider: Provider
    account: str
    region: str | None
    name: str
    created: str | None
    public_access_block: Fact[PublicAccessBlock | None]
    policy: Fact[NamedPolicy | None]
    ownership: Fact[
        str | None
    ]  # AWS: BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter; None: not set (ObjectWriter)
    acl: Fact[
        Mapping[str, Any] | None
    ]  # AWS: the raw GetBucketAcl answer; None: ACLs are disabled by the ownership setting
    encryption: Fact[StoreEncryption | None]
    versioning: Fact[Mapping[str, Any] | None]  # AWS: {Status, MFADelete}
    object_lock: Fact[Mapping[str, Any] | None]
    replication: Fact[Mapping[str, Any] | None]
    access_logging: Fact[Mapping[str, Any] | None]
    inventory: Fact[tuple[Mapping[str, Any], ...]]
    lifecycle: Fact[Mapping[str, Any] | None]
    tags: Fact[Mapping[str, str]]
    contents: Fact[Contents]
    access_points: Collection[AccessPoint] = field(default_factory=Collection)
    wrapped: Fact[tuple[Wrapped, ...]] = _NOTHING_SEEN  # how the objects that were seen are encrypted
    tags_decide: Fact[bool] = (
        _NOT_ASKED  # AWS: whether attribute-based access control is on: policies then see the tags
    )

    def keys_under(self, prefix: str) -> Wrapping:
        """How the objects are encrypted whose names begin with a prefix, as far as they were seen."""
        beyond = prefix + LAST_CHARACTER
        known = self.wrapped.value if isinstance(self.wrapped, Known) else ()
        runs = [run for run in known if run.last >= prefix and run.first <= beyond]
        seen = any(run.first.startswith(prefix) or run.last.startswith(prefix) for run in runs)
        return Wrapping(frozenset(run.key for run in runs), seen)


@dataclass(frozen=True, slots=True)
class KeyGrant:
    """AWS: a KMS grant."""

    id: str
    grantee: str
    operations: tuple[str, ...]
    constraints: Mapping[str, Any]
    retiring_principal: str | None
    issuing_account: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Key:
    """AWS: a KMS key. Google Cloud: a CryptoKey. Azure: a Key Vault or Managed HSM key."""

    id: str
    provider: Provider
    account: str
    region: str | None
    aliases: Fact[tuple[str, ...]]
    customer_managed: Fact[bool]
    state: Fact[str]  # AWS: Enabled, Disabled, PendingDeletion...
    origin: Fact[str]  # AWS: AWS_KMS, AWS_CLOUDHSM, EXTERNAL, EXTERNAL_KEY_STORE
    spec: Fact[str]
    usage: Fact[str]
    multi_region: Fact[Mapping[str, Any] | None]  # AWS: MultiRegionConfiguration
    rotation: Fact[bool | None]  # None: does not apply (asymmetric, imported, HMAC)
    policy: Fact[NamedPolicy | None]
    grants: Fact[tuple[KeyGrant, ...]]
    tags: Fact[Mapping[str, str]]
    deletion_date: Fact[str | None]


@dataclass(frozen=True, slots=True)
class Trail:
    """AWS: a CloudTrail trail. Google Cloud: a log sink with audit configuration. Azure: a diagnostic setting."""

    id: str
    provider: Provider
    account: str
    region: str | None
    name: str
    multi_region: bool
    organisation_wide: bool
    validates_files: bool
    destination: str | None  # store id
    key: str | None
    logging: Fact[bool]
    selectors: Fact[Mapping[str, Any]]  # AWS: the raw GetEventSelectors answer


@dataclass(frozen=True, slots=True)
class Endpoint:
    """AWS: a VPC endpoint. Google Cloud: Private Service Connect. Azure: a private endpoint."""

    id: str
    provider: Provider
    account: str
    region: str | None
    network: str | None  # VPC id
    service: str  # com.amazonaws.us-east-1.s3
    kind: str  # Gateway, Interface
    policy: Fact[NamedPolicy | None]


@dataclass(frozen=True, slots=True)
class Workload:
    """Code that runs as an identity: an instance, function, task, notebook, build project, stack, job, pod.

    Attributes:
        kind: ``function``, ``instance``, ``task_definition``, ``service``, ``notebook``, ``build_project``, ``stack``...
        service: the provider's service (``lambda``, ``ec2``, ``ecs``, ``sagemaker``, ``codebuild``...).
        roles: ids of the principals it runs as or hands out.
        public: whether anybody on the internet may run or reach it.
        attributes: what a technique or control needs besides, by the provider's own field names.
    """

    id: str
    provider: Provider
    account: str
    region: str | None
    kind: str
    service: str
    name: str
    roles: tuple[str, ...]
    public: Fact[bool]
    policy: Fact[NamedPolicy | None]  # resource policy, e.g. of a function
    attributes: Mapping[str, Fact[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DiskCopy:
    """AWS: an EBS snapshot, AMI or RDS snapshot; a copy of a disk that may hold weights."""

    id: str
    provider: Provider
    account: str
    region: str | None
    kind: Literal["snapshot", "image", "volume", "backup"]
    public: Fact[bool]
    shared_with: Fact[tuple[str, ...]]
    encrypted: Fact[bool]
    key: Fact[str | None]
    tags: Fact[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Secret:
    """A stored credential by name. Its value is never collected.

    Attributes:
        unlocks: ids of principals whose credentials it holds, where its source states that.
    """

    id: str
    provider: Provider
    account: str
    region: str | None
    kind: str  # secretsmanager, parameter, object, or the part of a configuration that holds it
    policy: Fact[NamedPolicy | None]
    key: Fact[str | None]
    unlocks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """Anything else that bears on weights, by the provider's own field names: a repository, a file system, a network.

    Attributes:
        kind: ``<service>.<resource>``, as the snapshot's records name it (``ecr.repository``, ``efs.file_system``).
        policy: its resource policy; Known(None) when it has none or its kind has no such policies.
        attributes: the provider's fields by their own dotted names, each a fact.
    """

    id: str
    provider: Provider
    account: str
    region: str | None
    kind: str
    name: str
    policy: Fact[NamedPolicy | None]
    tags: Fact[Mapping[str, str]]
    attributes: Mapping[str, Fact[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Estate:
    """Everything that one or several snapshots say exists."""

    collected_at: str  # the latest snapshot's time: the "now" of every rule
    organisations: Collection[Organisation] = field(default_factory=Collection)
    accounts: Collection[Account] = field(default_factory=Collection)
    principals: Collection[Principal] = field(default_factory=Collection)
    unattached_policies: Collection[NamedPolicy] = field(
        default_factory=Collection
    )  # managed, carried by nobody so far
    federated_providers: Collection[FederatedProvider] = field(default_factory=Collection)
    stores: Collection[Store] = field(default_factory=Collection)
    keys: Collection[Key] = field(default_factory=Collection)
    trails: Collection[Trail] = field(default_factory=Collection)
    endpoints: Collection[Endpoint] = field(default_factory=Collection)
    workloads: Collection[Workload] = field(default_factory=Collection)
    disk_copies: Collection[DiskCopy] = field(default_factory=Collection)
    secrets: Collection[Secret] = field(default_factory=Collection)
    weight_sets: Collection[WeightSet] = field(default_factory=Collection)
    resources: Mapping[str, Collection[Resource]] = field(default_factory=dict)  # by kind, see Resource

    def resources_of(self, kind: str) -> Collection[Resource]:
        """The other resources of one kind. A kind that no snapshot asked for is not in `resources`, and comes back empty here."""
        return self.resources.get(kind, Collection())
