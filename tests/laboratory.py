"""A small estate made by hand, and an access graph that answers what it is told. For what real snapshots
reach too slowly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from weightguard.access.model import AccessKind, Answer, Cut, Paths, WhoCan
from weightguard.controls.catalogue import Catalogue, load_catalogue
from weightguard.estate.aws.event_selectors import recorded
from weightguard.estate.aws.store_settings import public_access
from weightguard.estate.evidence import derived
from weightguard.estate.fact import Collection, Fact, Known, Reason, Source, Unknown
from weightguard.estate.limit import Limit, in_play
from weightguard.estate.model import (
    Account,
    Contents,
    Credential,
    CredentialKind,
    Encryption,
    EncryptionKind,
    Estate,
    Key,
    KeyMaterial,
    KeyProtection,
    KeyState,
    NamedPolicy,
    ObjectLists,
    Organisation,
    Principal,
    PrincipalKind,
    PublicAccessBlock,
    Store,
    Trail,
    Versioning,
)
from weightguard.weights import WeightFile, WeightSet

AS_OF = "2026-11-01T00:00:00Z"
ACCOUNT = "111111111111"
SHUT = PublicAccessBlock(True, True, True, True)
OPEN = PublicAccessBlock(False, False, False, False)
SHIPPED = Path(__file__).parents[1] / "controls"


def known(value: Any, call: str = "s3:GetSomething") -> Known[Any]:
    service, operation = call.split(":")
    return Known(value, Source("aws", ACCOUNT, service, operation, f"records/aws/{ACCOUNT}/s3.jsonl:1"))


def denied(call: str, part: str = "", account: str = ACCOUNT) -> Unknown:
    service, operation = call.split(":")
    return Unknown(Reason.DENIED, Source.asked("aws", account, service, operation, part), "AccessDenied")


def arn(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"


def store(bucket: str, account: str = ACCOUNT, **given: Any) -> Store:
    """A bucket that nothing is wrong with, except what is given."""
    attributes: dict[str, Any] = {
        "public_access_block": known(SHUT, "s3:GetPublicAccessBlock"),
        "policy": known(None, "s3:GetBucketPolicy"),
        "object_lists": known(ObjectLists(False, "BucketOwnerEnforced"), "s3:GetBucketOwnershipControls"),
        "acl": known(None, "s3:GetBucketAcl"),
        "encryption": known(Encryption(EncryptionKind.PROVIDER), "s3:GetBucketEncryption"),
        "versioning": known(Versioning(True, True), "s3:GetBucketVersioning"),
        "retention": known(None, "s3:GetObjectLockConfiguration"),
        "replicas": known((), "s3:GetBucketReplication"),
        "log_store": known(None, "s3:GetBucketLogging"),
        "lifecycle": known((), "s3:GetBucketLifecycleConfiguration"),
        "tags": known({}, "s3:GetBucketTagging"),
        "contents": known(Contents(0, 0, 0), "s3:ListObjectsV2"),
    }
    return Store(
        id=arn(bucket), provider="aws", account=account, region="us-east-1", name=bucket, created=None,
        **derive_public_access({**attributes, **given}),
    )  # fmt: skip


def derive_public_access(given: dict[str, Any]) -> dict[str, Any]:
    """What is given, and what its block of public access comes to, as the reader has it."""
    return {"public_access": derived(given["public_access_block"], public_access), **given}


def key(name: str, account: str = ACCOUNT, **given: Any) -> Key:
    attributes: dict[str, Any] = {
        "aliases": known((f"alias/{name}",), "kms:ListAliases"),
        "customer_managed": known(True, "kms:DescribeKey"),
        "state": known(KeyState.ENABLED, "kms:DescribeKey"),
        "material": known(KeyMaterial(KeyProtection.SHARED_HSM, "AWS_KMS"), "kms:DescribeKey"),
        "other_regions": known(None, "kms:DescribeKey"),
        "rotation": known(True, "kms:GetKeyRotationStatus"),
        "policy": known(None, "kms:GetKeyPolicy"),
        "grants": known((), "kms:ListGrants"),
        "tags": known({}, "kms:ListResourceTags"),
        "deletion_date": known(None, "kms:DescribeKey"),
    }
    return Key(
        id=f"arn:aws:kms:us-east-1:{account}:key/{name}", provider="aws", account=account, region="us-east-1",
        **{**attributes, **given},
    )  # fmt: skip


def account(identifier: str = ACCOUNT, **given: Any) -> Account:
    attributes: dict[str, Any] = {
        "name": "training", "organisation": None, "is_management": False, "collected": True,
        "guardrails": known(None), "resource_guardrails": known(None), "public_access_block": known(SHUT),
        "root_mfa": known(True), "root_access_keys": known(0), "password_policy": known(None),
    }  # fmt: skip
    return Account(id=identifier, provider="aws", **derive_public_access({**attributes, **given}))


def user(name: str, account: str = ACCOUNT, **given: Any) -> Principal:
    attributes: dict[str, Any] = {
        "kind": PrincipalKind.USER, "groups": known(()), "policies": known((), "iam:GetAccountAuthorizationDetails"),
        "boundary": known(None), "trust": known(None), "tags": known({}), "service_linked": False,
        "last_used": known(None), "console_password": known(True), "mfa_active": known(True), "credentials": known(()),
    }  # fmt: skip
    return Principal(
        id=f"arn:aws:iam::{account}:user/{name}", unique_id=None, provider="aws", account=account, name=name, path="/",
        created=None, **{**attributes, **given},
    )  # fmt: skip


def trail(bucket: str, account: str = ACCOUNT, **given: Any) -> Trail:
    attributes: dict[str, Any] = {
        "multi_region": True, "organisation_wide": False, "validates_files": True, "key": None,
        "logging": known(True, "cloudtrail:GetTrailStatus"), "records": known(recorded({}), "cloudtrail:GetEventSelectors"),
    }  # fmt: skip
    return Trail(
        id=f"arn:aws:cloudtrail:us-east-1:{account}:trail/audit", provider="aws", account=account, region="us-east-1",
        name="audit", destination=arn(bucket), **{**attributes, **given},
    )  # fmt: skip


def weights(bucket: str, name: str = "atlas") -> WeightSet:
    file = WeightFile(f"{name}/model.safetensors", 1000, "safetensors", "header")
    return WeightSet(
        id=f"{arn(bucket)}/{name}/", name=name, store=arn(bucket), prefix=f"{name}/", format="safetensors", shards=1,
        file_count=1, bytes=1000, parameters=500, confidence="header", note=None, files=(file,),
    )  # fmt: skip


def estate(**collections: Any) -> Estate:
    """An estate of the given things; a Collection is taken as it is, to carry gaps."""
    given = {
        name: value
        if isinstance(value, Collection)
        else Collection(tuple(sorted(value, key=lambda one: one.id)))
        for name, value in collections.items()
    }
    return Estate(collected_at=AS_OF, **given)


@dataclass
class ToldAccess:
    """An access graph that answers what it was told.

    Attributes:
        answers: (access, store) -> answers.
        gaps: what every answer lacks. limits: what every answer met.
    """

    answers: Mapping[tuple[AccessKind, str], Sequence[Answer]] = field(default_factory=dict)
    gaps: tuple[Unknown, ...] = ()
    asked: list[tuple[AccessKind, str]] = field(default_factory=list)
    limits: tuple[Limit, ...] = ()

    def who_can(self, access: AccessKind, store: str, prefix: str | None = None) -> WhoCan:
        self.asked.append((access, store))
        complete = not self.gaps and not in_play(self.limits)
        answers = tuple(self.answers.get((access, store), ()))
        return WhoCan(access, store, answers, complete, self.gaps, self.limits)

    def paths(self, principal: str, store: str, access: AccessKind = AccessKind.READ) -> Paths:
        return Paths(one.path for one in self.answers.get((access, store), ()) if one.principal == principal)

    def cut(self, store: str, access: AccessKind = AccessKind.READ) -> Cut:
        return Cut(access, store, (), True, ())

    def blast_radius(self, principal: str) -> tuple[str, ...]:
        return ()


def answer(principal: str, kind: Any = "person", direct: bool = True, **given: Any) -> Answer:
    values: dict[str, Any] = {"certainty": "certain", "conditions": (), "path": ()}
    return Answer(principal=principal, kind=kind, direct=direct, **{**values, **given})


SHOWN: dict[str, Any] = {
    "pass": [{}],
    "fail": [{"change": [{"empty": "a"}]}],
    "unknown": [{"deny": "s3:GetPublicAccessBlock"}],
}
"""Examples of a control that a function of Python decides on AWS: without them it is decided nowhere."""


def control(identifier: str, **given: Any) -> dict[str, Any]:
    """A control's YAML as data: automated, SL1, about stores, decided by an expression, unless said
    otherwise.
    """
    return {
        "id": identifier, "family": identifier.split("-")[1], "title": f"Title of {identifier}",
        "statement": f"Statement of {identifier}.", "rationale": "An attacker walks in.", "level": "SL1",
        "level_basis": "derived", "severity": "high", "mode": "automated", "providers": ["aws"], "subject": "store",
        "check": {"cel": "store.public_access_block != null && store.public_access_block.restrict_buckets"},
        "evidence": {"aws": ["s3:GetPublicAccessBlock"]}, "limits": "Nothing else.",
        "remediation": {"aws": {"console": "Click.", "cli": f"aws fix {identifier}", "terraform": "resource {}"}},
        "mappings": {"rand_vectors": ["V4.1"]}, **given,
    }  # fmt: skip


def attested(identifier: str, **given: Any) -> dict[str, Any]:
    """An attested control's YAML as data."""
    return control(
        identifier,
        **{
            "mode": "attested",
            "subject": "estate",
            "check": None,
            "evidence": {},
            "attestation": {"statement": "It is so.", "evidence": "a report"},
            **given,
        },
    )


def catalogue(folder: Path, *controls: dict[str, Any]) -> Catalogue:
    """A catalogue of these controls alone, with the shipped families, levels, vectors and tiers."""
    place = folder / "controls"
    place.mkdir(exist_ok=True)
    for name in ("catalogue.yaml", "vectors.yaml", "tiers.yaml"):
        (place / name).write_text((SHIPPED / name).read_text())
    for one in controls:
        (place / f"{one['id']}.yaml").write_text(yaml.safe_dump(one, sort_keys=False))
    return load_catalogue(directory=place)


__all__ = [
    "ACCOUNT", "AS_OF", "OPEN", "SHOWN", "SHUT", "Credential", "CredentialKind", "Fact", "NamedPolicy", "Organisation",
    "ToldAccess", "account", "answer", "arn", "attested", "catalogue", "control", "denied", "estate", "key", "known", "replace",
    "store", "trail", "user", "weights",
]  # fmt: skip
