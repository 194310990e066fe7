"""A limit: what weightguard does not model, did not try, or did not look at to its end, as a value that answers consult.

A gap (`weightguard.estate.fact.Unknown`) is a read that should have answered and did not. A limit is ours: a technique that is not
modelled, a bound that was met, a region or kind of resource that nobody looked at, a shape that nobody expected. An answer that
rests on one says so; an empty answer is a claim, and whoever makes it asks for limits first.

A limit is *in play* where this input shows that the thing is, or may be, there: it makes the answers that rest on it incomplete.
A *standing* limit is what no source of this kind can ever show: it is told and makes no answer incomplete.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from enum import Enum
from typing import Final

EVERYTHING: Final = "*"
"""What a limit is about that concerns everything."""


class LimitKind(Enum):
    """The limits by id; the value is the id with what it could hide, in words. Adding a limit is one line here.

    Attributes:
        id: stable, lower-case, hyphenated; what `report.json` and the JSON of the questions call it.
        hides: what could be true and would not be seen, as a full clause.
        accesses: the questions about a store that it bears on, as ``who-can`` names them; empty: none (it bears on what there is,
            not on who reaches it).
        calls: operations whose answers would have told more (``s3:ListObjectsV2``): controls that declare one of them rest on it.
    """

    id: str
    hides: str
    accesses: tuple[str, ...]
    calls: tuple[str, ...]

    def __init__(
        self, id: str, hides: str, accesses: tuple[str, ...] = (), calls: tuple[str, ...] = ()
    ) -> None:
        self.id = id
        self.hides = hides
        self.accesses = accesses
        self.calls = calls

    OLD_VERSIONS = (
        "old-object-versions",
        "weights in older versions of objects that are there: only keys that have nothing but older versions were listed",
        (),
        ("s3:ListObjectsV2",),
    )
    UNREAD_OBJECTS = (
        "unread-objects",
        "weights in objects that are large and of no known kind, or that were refused, cut off, packed, sealed or archived",
        (),
        ("s3:ListObjectsV2", "s3:GetObject"),
    )
    OBJECT_ACLS = (
        "object-acls",
        "accounts, or everybody, to whom the access control list of a single object grants it: these lists were not read",
        ("read", "copy", "administer"),
        ("s3:GetBucketAcl", "s3:GetBucketOwnershipControls"),
    )
    MULTI_REGION_ACCESS_POINTS = (
        "multi-region-access-points",
        "principals whom the policy of a multi-region access point lets in: these policies are not decided",
        ("read", "write", "copy", "delete"),
        ("s3control:ListAccessPoints",),
    )
    ACCESS_GRANTS = (
        "s3-access-grants",
        "users and directory identities that get credentials from S3 Access Grants: its grants are not decided",
        ("read", "write", "copy", "delete"),
        (),
    )
    BUCKET_TAGS = (
        "bucket-tags",
        "principals whom a policy lets in by the bucket's tags: whether access control by tags is turned on was not read",
        ("read", "write", "copy", "delete"),
        (),
    )
    OTHER_STORES = (
        "other-stores",
        "weights in S3 table buckets, vector buckets, S3 on Outposts and Lightsail object storage: these are not listed",
        (),
        ("s3:ListBuckets",),
    )
    RESOURCE_SHARES = (
        "resource-shares",
        "accounts that a share of Resource Access Manager lets use a resource: shares are not read",
        (),
        (),
    )
    DISK_CONTENTS = (
        "disk-contents",
        "weights inside disks, file systems, images and backups: what lies in them is not read",
        (),
        ("ec2:DescribeSnapshots", "ec2:DescribeImages", "efs:DescribeFileSystems", "backup:ListBackupVaults"),
    )
    ORGANISATION_FEATURES = (
        "organisation-features",
        "delegated administrators and services with trusted access, which act in every account of the organisation: not read",
        (),
        ("organizations:DescribeOrganization",),
    )
    ENDPOINT_POLICIES = (
        "endpoint-policies",
        "that somebody named here comes through a network endpoint whose policy keeps them out: it is not decided per network",
        (),
        (),
    )
    UNLISTED_WORKLOADS = (
        "unlisted-workloads",
        "jobs, pipelines and other code that a service may run as this role, and who may change them: these are not listed",
        ("read", "write", "copy", "decrypt", "delete", "administer"),
        (
            "sagemaker:DescribeTrainingJob",
            "bedrock-agent:ListAgents",
            "bedrock-agentcore-control:ListCodeInterpreters",
        ),
    )
    UNREAD_TYPES = (
        "unread-resource-types",
        "what Terraform resources of types that are not read do: one that names a store may move what lies in it",
        ("copy",),
        (),
    )

    MANAGED_FOLDERS = (
        "managed-folders",
        "principals whom the policy of a managed folder lets in: these policies were not collected",
        ("read", "write", "copy", "delete"),
        ("storage:ListManagedFolders",),
    )
    UNFINISHED_UPLOADS = (
        "unfinished-uploads",
        "weights in the parts of uploads that were never completed: on Google Cloud they are not listed",
        (),
        (),
    )
    WORKSPACE = (
        "workspace-administrators",
        "administrators of the directory, and accounts that act as any person of the domain by delegation: neither is read",
        ("read", "write", "copy", "delete", "administer"),
        (),
    )
    FORBIDDING_POLICIES = (
        "forbidding-policies",
        "that somebody named here is kept out: not every kind of policy that forbids was given (deny policies, principal access "
        "boundaries, organisation policies, service perimeters)",
        ("read", "write", "copy", "delete", "administer"),
        (),
    )

    JOINT_CHANGES = (
        "joint-changes",
        "somebody whose role another identity in the same hands may change: on Google Cloud such pairs are not joined",
        ("read", "write", "copy", "decrypt", "delete", "administer"),
        (),
    )

    DENIALS_NOT_EXPORTED = (
        "denials-not-exported",
        "that a deny assignment or a lock keeps somebody out who is named here: these were not exported",
        ("read", "write", "copy", "decrypt", "delete", "administer"),
        (),
    )
    IDENTITY_FEDERATION = (
        "identity-federation-not-exported",
        "outside subjects who may become a managed identity: its federated credentials were not exported",
        ("read", "write", "copy", "decrypt", "delete", "administer"),
        (),
    )
    ELIGIBLE_MEMBERS = (
        "eligible-members",
        "whoever may activate a membership of a group, and who is in which administrative unit: AzureHound lists neither",
        ("read", "write", "copy", "decrypt", "delete", "administer"),
        (),
    )
    KEY_ELSEWHERE = (
        "key-vault-not-read",
        "who else may use the key: its vault was not exported, or is a managed HSM, whose own roles no export holds",
        ("decrypt",),
        (),
    )
    SIGNATURES = (
        "shared-access-signatures",
        "whoever was handed a shared access signature: no source shows which were made, nor the policies that they rest on",
        ("read", "write", "copy", "delete"),
        (),
    )
    CONFIGURED_SERVICES = (
        "configured-services",
        "who may have this resource act for them: its kind is not modelled, beside that whoever configures it may",
        ("read", "write", "copy", "decrypt", "delete", "administer"),
        (),
    )
    RETENTION_AGE = (
        "retention-age",
        "that blobs older than the retention period can be deleted: their age was not read",
        ("delete",),
        (),
    )
    UNKNOWN_MEMBERS = (
        "unknown-members",
        "who is in this group: its members were not given",
        ("read", "write", "copy", "decrypt", "delete", "administer"),
        (),
    )
    PARTIAL_POLICIES = (
        "partial-policies",
        "members of policies that Terraform did not put there: a state tells of those alone that it manages",
        ("read", "write", "copy", "delete", "administer"),
        (),
    )

    CUT_BOUND = (
        "cut-bound",
        "readers that are left after the changes: the search for them stopped at its bound",
    )
    CUT_SIZE = ("cut-size", "a smaller set of changes: the search for it stopped at its bound")
    JOIN_BOUND = (
        "join-bound",
        "ways that take several identities at once: the search for them stopped at its bound",
    )
    PATH_BOUND = ("path-bound", "further shortest paths: the listing stopped at its bound")


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit, where it applies.

    Attributes:
        kind: which.
        about: id of what it concerns: a store, an account, a region, a resource type; ``*`` for everything.
        in_play: True where this input shows that the thing is or may be there; False for a standing limit.
        behind: ids of the only principals that it could hide; None: anybody. Where all of them were found, it hides nobody.
    """

    kind: LimitKind
    about: str
    in_play: bool = True
    behind: frozenset[str] | None = None

    def beside(self, found: Set[str]) -> Limit:
        """The limit as it bears on an answer that names some principals."""
        hides = self.behind is None or not self.behind <= found
        return Limit(self.kind, self.about, self.in_play and hides)

    def as_json(self) -> dict[str, object]:
        """As ``limits`` in the public JSON; the controls that lost evidence by it are added where they are known."""
        return {"id": self.kind.id, "about": self.about, "hides": self.kind.hides, "in_play": self.in_play}


def in_play(limits: tuple[Limit, ...]) -> bool:
    """Whether some limit keeps the answers that rest on it from being complete."""
    return any(limit.in_play for limit in limits)
