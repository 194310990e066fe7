"""Stores of objects, and the access points that lead to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from weightguard.estate.fact import Collection, Fact, Known, Reason, Source, Unknown
from weightguard.estate.model.contents import LAST_CHARACTER, Contents, Wrapped, Wrapping
from weightguard.estate.model.credential import Credential
from weightguard.estate.model.network import NetworkRules
from weightguard.estate.model.policy import NamedPolicy, ScopedPolicy
from weightguard.estate.model.provider import NOT_HERE, Provider
from weightguard.estate.model.public_access import PublicAccess, PublicAccessBlock
from weightguard.estate.model.store_settings import (
    Encryption,
    LifecycleRule,
    ObjectLists,
    Replica,
    Retention,
    Versioning,
)

_NOT_ASKED: Final = Unknown(Reason.NOT_COLLECTED, Source.named("s3", "GetBucketAbac", ""))


_NOTHING_SEEN: Final[Known[tuple[Wrapped, ...]]] = Known((), Source.named("objects", "", ""))


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
    public_access: Fact[PublicAccess | None]  # None: nothing keeps the public out
    policy: Fact[NamedPolicy | None]
    object_lists: Fact[ObjectLists]
    encryption: Fact[Encryption | None]
    versioning: Fact[Versioning]
    retention: Fact[Retention | None]  # None: new objects are not locked
    replicas: Fact[tuple[Replica, ...]]
    log_store: Fact[str | None]  # the id of the store that logs of requests go to
    lifecycle: Fact[tuple[LifecycleRule, ...]]
    public_access_block: Fact[PublicAccessBlock | None]  # AWS: as its decisions ask for it
    acl: Fact[Mapping[str, Any] | None]  # AWS: the raw GetBucketAcl answer; None: no list is in force
    tags: Fact[Mapping[str, str]]
    contents: Fact[Contents]
    container: str | None = None  # id of the one whose policies it inherits. AWS: none
    folder_policies: Fact[tuple[ScopedPolicy, ...]] = NOT_HERE  # of a part of it, see ScopedPolicy.on
    credentials: Fact[tuple[Credential, ...]] = NOT_HERE  # Azure: stored access policies
    networks: Fact[NetworkRules | None] = NOT_HERE  # None: any network
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
