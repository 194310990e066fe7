"""What a reader of one account's records shares with the others: documents, names, and small parsers for ARNs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from weightguard.estate.aws.asked import completed
from weightguard.estate.calls import CallLog
from weightguard.estate.documents import MAXIMUM_TEXT, Documents, check_size
from weightguard.estate.evidence import Record, read, recorded
from weightguard.estate.fact import Fact, Source, Unknown
from weightguard.estate.model import NamedPolicy, PublicAccessBlock
from weightguard.estate.shape import Missing, find, flag, mapping, member, text

Origin = Literal["provider", "customer", "inline"]
ACCOUNT: Final = re.compile(r"\d{12}")
LONGEST: Final[Mapping[str, int]] = {
    "GetBucketPolicy": 20_480,
    "GetAccessPointPolicy": 20_480,
    "GetKeyPolicy": 32_768,
}
"""Read of a policy -> the bytes that the provider takes of it at most: whatever says more was not its answer.

Source: Amazon S3 User Guide, "Bucket policies" and "Access points restrictions and limitations"; AWS KMS Developer Guide,
"Resource quotas".
"""
PROVIDER_POLICY: Final = re.compile(r"arn:[a-z-]+:iam::aws:policy/")


@dataclass(slots=True)
class Scope:
    """One AWS account of one snapshot.

    Attributes:
        records: the records of one service's file, in order; each call reads the file again.
        services: those that have a file.
        calls: what was asked, and what was refused.
        roles: role name -> ARN, filled by the IAM reader for those that follow.
        instance_profiles: instance profile name, ARN or unique id -> role ARNs.
        obstacles: what kept a reader from an attribute that is no fact, by collection name: gaps.
        kinds: kind of record -> the regions in which there is one ("" where a record says none), filled as files are read.
        listed_by: kind of record -> the operation that lists it, and the first such record.
    """

    account: str
    name: str
    records: Callable[[str], Iterable[Record]]
    calls: CallLog
    documents: Documents
    services: tuple[str, ...]
    partition: str = "aws"
    roles: dict[str, str] = field(default_factory=dict)
    instance_profiles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    obstacles: dict[str, list[Unknown]] = field(default_factory=dict)
    kinds: dict[str, set[str]] = field(default_factory=dict)
    listed_by: dict[str, Source] = field(default_factory=dict)

    def file(self, service: str) -> Iterable[Record]:
        """The records of one service's file, each noted as it passes, with the reads that nobody made said to be missing."""
        for record in self.records(service) if service in self.services else ():
            self.kinds.setdefault(record.kind, set()).add(record.region or "")
            if record.kind not in self.listed_by:
                self.listed_by[record.kind] = recorded(record, service, record.operation)
            yield record if self.calls.from_state else completed(record)

    def asked(self, service: str, operation: str, part: str = "") -> Source:
        """What the account was asked, or should have been, as the source of what it did not tell."""
        return Source.asked("aws", self.account, service, operation, part)

    def role_arn(self, written: str) -> str:
        """A role as services name it (ARN, path and name, or name) as its ARN."""
        if written.startswith("arn:"):
            return written
        name = written.rpartition("/")[2]
        return self.roles.get(name) or f"arn:{self.partition}:iam::{self.account}:role/{written.lstrip('/')}"

    def roles_of_profile(self, written: str) -> tuple[str, ...] | None:
        """The roles behind an instance profile named by ARN or by name; None where there is none of that name."""
        found = self.instance_profiles.get(written)
        return found if found is not None else self.instance_profiles.get(written.rpartition("/")[2])

    def gap(self, collection: str, unknown: Unknown) -> None:
        """Note that a collection may be missing something."""
        self.obstacles.setdefault(collection, []).append(unknown)

    def document(self, raw: Any, owner: str, name: str, origin: Origin = "inline") -> NamedPolicy:
        """A resource's own policy or a principal's inline one."""
        return NamedPolicy(f"{owner}#{name}", name, self.documents.policy(raw), origin)

    def policy_read(
        self, record: Record, operation: str, path: str, *, owner: str | None = None, name: str = "policy"
    ) -> Fact[NamedPolicy | None]:
        """The resource policy that `operation` answers under `path`; absent means that there is none."""

        def parse(answer: Any) -> NamedPolicy | None:
            raw = find(mapping(answer), path)
            if isinstance(raw, Missing) or raw == "":
                return None
            check_size(raw, LONGEST.get(operation, MAXIMUM_TEXT))
            return self.document(raw, owner or record.id, name)

        return read(record, operation, parse, absent=None)


def region_of(record: Record, arn: str) -> str | None:
    """The region of a resource: as recorded, else as its ARN says."""
    parts = arn.split(":", 5)
    written = parts[3] if len(parts) == 6 and parts[0] == "arn" else ""
    return record.region or written or None


def account_of(arn: str) -> str | None:
    """The account in an ARN; None where it has none."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and ACCOUNT.fullmatch(parts[4]) else None


def last_name(identifier: str) -> str:
    """The name that a person knows a resource by: what follows the last ``/`` or ``:`` of its ARN or id."""
    return re.split(r"[/:]", identifier)[-1] or identifier


def public_access_block(configuration: Any) -> PublicAccessBlock:
    """``PublicAccessBlockConfiguration`` as S3, S3 Control and access points write it."""
    body = mapping(configuration)
    return PublicAccessBlock(
        block_acls=_switch(body, "BlockPublicAcls"),
        ignore_acls=_switch(body, "IgnorePublicAcls"),
        block_policy=_switch(body, "BlockPublicPolicy"),
        restrict_buckets=_switch(body, "RestrictPublicBuckets"),
    )


def _switch(body: Mapping[str, Any], name: str) -> bool:
    return flag(body[name]) if body.get(name) is not None else False


def status(record: Record, operation: str, path: str) -> Fact[str]:
    """A required word in an answer."""
    return read(record, operation, lambda answer: text(member(answer, path)))


def origin_of(arn: str) -> Origin:
    """Who manages a managed policy."""
    return "provider" if PROVIDER_POLICY.match(arn) else "customer"
