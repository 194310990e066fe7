"""What a store is set to, in words that every provider's settings come down to: what controls ask about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EncryptionKind(StrEnum):
    """Whose key new objects are encrypted with."""

    PROVIDER = "provider"  # the store's own service has it; whoever may read an object needs no other right
    SERVICE = "service"  # AWS: aws/s3, which the provider manages in the account's key service
    NAMED = "named"  # one that the store names: see Encryption.key


@dataclass(frozen=True, slots=True)
class Encryption:
    """How new objects are encrypted when the writer says nothing.

    Attributes:
        key: the key's name as configured: ARN, resource name, URL, id or alias; None: the setting names none.
        reader_needs_key: whether who reads an object needs the right to use its key. AWS: yes for KMS keys. Google Cloud and
            Azure: no, the service's agent or the account's identity decrypts (Cloud Storage, "Customer-managed encryption
            keys"; Azure Storage, "Customer-managed keys").
        caller_keys_refused: whether objects cannot come under a key that the writer sends along. AWS: BlockedEncryptionTypes
            lists SSE-C. Google Cloud: customerSuppliedEncryptionEnforcementConfig is FullyRestricted.
        provider_key_refused: whether objects cannot come under the service's own key. Google Cloud:
            googleManagedEncryptionEnforcementConfig is FullyRestricted.
        bucket_key: AWS: an S3 Bucket Key stands between the key and the objects, so that the key sees the bucket's name alone.
    """

    kind: EncryptionKind
    key: str | None = None
    reader_needs_key: bool = False
    caller_keys_refused: bool = False
    provider_key_refused: bool = False
    bucket_key: bool = False


@dataclass(frozen=True, slots=True)
class ObjectLists:
    """Whether access control lists of the store and of single objects grant anything beside its policies.

    Attributes:
        in_force: AWS: any ownership but BucketOwnerEnforced. Google Cloud: no uniform bucket-level access. Azure: a
            hierarchical namespace, whose lists are asked where no role assignment allows.
        stated: the provider's own word for it.
    """

    in_force: bool
    stated: str


@dataclass(frozen=True, slots=True)
class Versioning:
    """Whether what is overwritten or deleted can be had back.

    Attributes:
        on: whether older versions are kept from now on.
        was_on: whether older versions may lie there: it is on, or was.
        soft_delete_days: how long deleted objects can be had back where there is such a setting. Google Cloud and Azure: soft
            delete.
    """

    on: bool
    was_on: bool
    soft_delete_days: int | None = None


class RetentionMode(StrEnum):
    """Who may end a retention early."""

    COMPLIANCE = "compliance"  # nobody. Google Cloud: a locked policy. Azure: a locked immutability policy
    GOVERNANCE = "governance"  # whoever has the right to. Google Cloud, Azure: a policy that is not locked


@dataclass(frozen=True, slots=True)
class Retention:
    """How long new objects can neither be overwritten nor deleted.

    Attributes:
        legal_hold: whether they are held until somebody lifts it. Azure: a container's legal hold. Google Cloud: a default
            event-based hold.
    """

    mode: RetentionMode
    days: int
    legal_hold: bool = False


@dataclass(frozen=True, slots=True)
class Replica:
    """Another store that new objects are copied to.

    Attributes:
        store: its id; None where the rule names none.
        account: its owner, where the rule says so.
        active: whether the rule is on.
    """

    store: str | None
    account: str | None
    active: bool


@dataclass(frozen=True, slots=True)
class LifecycleRule:
    """What is deleted of itself; rules that are off are not told.

    Attributes:
        prefix: of the names that it applies to.
        narrowed: whether it applies to some of those names only, by tags or sizes.
        expires_days: after how many days objects are deleted; None: never.
        old_versions_days: the same of older versions.
        unfinished_uploads_days: the same of uploads that were never completed.
    """

    prefix: str = ""
    narrowed: bool = False
    expires_days: int | None = None
    old_versions_days: int | None = None
    unfinished_uploads_days: int | None = None
