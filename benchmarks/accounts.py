"""A generator of organisations that grow by accounts alone: every account holds the same, and one of its stores is open to a role
of the next account.

An account has five stores with weights, three keys, and ten roles of the kinds that accounts have: readers, an administrator, a
deployer that becomes a reader, code that runs as a reader and whoever may hand that role to code, a keeper of keys, a visitor of
the account before, an auditor and a monitor. Somebody may not list the grants of one key in each, so that every account has a gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from organisation import (
    ADMINISTRATOR,
    EMPTY,
    NO,
    NO_KEYS,
    NO_TAGS,
    NOTHING,
    ORGANISATION,
    READ_ONLY,
    allow,
    document,
)
from weightguard.assess.assessment import Provenance
from weightguard.assess.gaps import CallGroup
from weightguard.estate.fact import Collection, Known, Reason, Source, Unknown
from weightguard.estate.model import (
    Account,
    Contents,
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
    PublicAccess,
    PublicAccessBlock,
    Store,
    Versioning,
)
from weightguard.weights import WeightFile, WeightSet

REGION = "us-east-1"
NOW = "2026-01-01T00:00:00Z"
STORES, KEYS = 5, 3
SEEN = (
    "s3:GetBucketPolicy", "s3:GetEncryptionConfiguration", "s3:ListObjectsV2", "kms:DescribeKey",
    "iam:GetAccountAuthorizationDetails",
)  # fmt: skip


def organisation_of(accounts: int) -> Estate:
    """The organisation.

    Args:
        accounts: how many accounts, at least one.
    """
    made = [_Maker(number, accounts) for number in range(accounts)]

    def gathered(things: str) -> Collection[Any]:
        found = (thing for one in made for thing in getattr(one, things)())
        return Collection(tuple(sorted(found, key=lambda thing: str(thing.id))))

    return Estate(
        collected_at=NOW,
        organisations=Collection((Organisation(ORGANISATION, "aws", made[0].id, listed=True),)),
        accounts=Collection(tuple(one.account() for one in made)),
        stores=gathered("stores"),
        keys=gathered("keys"),
        principals=gathered("roles"),
        weight_sets=gathered("weights"),
    )


def provenance_of(accounts: int) -> Provenance:
    """The calls that read it: one refused in every account."""
    scopes = [f"aws/{_id(number)}" for number in range(accounts)]
    return Provenance(
        digests=("sha256:" + "0" * 64,),
        scopes=tuple(scopes),
        calls=tuple(
            group
            for scope in scopes
            for group in (
                *(CallGroup(scope, *call.split(":"), "ok", None, STORES) for call in SEEN),
                CallGroup(scope, "kms", "ListGrants", "denied", "AccessDeniedException", 1),
            )
        ),
    )


def _id(number: int) -> str:
    return f"{100_000_000_000 + number}"


class _Maker:
    """Makes what one account holds."""

    def __init__(self, number: int, accounts: int) -> None:
        self.id = _id(number)
        self._number = number
        self._next = _id((number + 1) % accounts)
        self._before = (number - 1) % accounts

    def known(self, value: Any, call: str, line: int = 1) -> Known[Any]:
        """A fact, read from this account's records."""
        return Known(value, self._source(call, line))

    def _source(self, call: str, line: int) -> Source:
        service, operation = call.split(":")
        return Source("aws", self.id, service, operation, f"records/aws/{self.id}/{service}.jsonl:{line}")

    def account(self) -> Account:
        everything = NamedPolicy("p-FullAWSAccess", "FullAWSAccess", document(allow("*")), "provider")
        guardrails = self.known(((everything,), (everything,)), "organizations:ListPoliciesForTarget")
        blocked = PublicAccessBlock(True, True, True, True)
        return Account(
            id=self.id, provider="aws", name=f"account {self._number}", organisation=ORGANISATION,
            is_management=self._number == 0, collected=True, guardrails=guardrails, resource_guardrails=NOTHING,
            public_access=self.known(PublicAccess(True), "s3control:GetPublicAccessBlock"),
            public_access_block=self.known(blocked, "s3control:GetPublicAccessBlock"),
            root_mfa=self.known(self._number % 10 != 0, "iam:GetAccountSummary"),
            root_access_keys=self.known(0, "iam:GetAccountSummary"), password_policy=NOTHING,
        )  # fmt: skip

    def stores(self) -> Iterator[Store]:
        for number in range(STORES):
            arn = self._store(number)
            # The first lies open to a role of the next account, under the provider's key.
            key = self._key(number % KEYS) if number else None
            own = (
                Encryption(EncryptionKind.NAMED, key, reader_needs_key=True)
                if key
                else Encryption(EncryptionKind.PROVIDER)
            )
            blocked = PublicAccessBlock(*(bool(number),) * 4)
            yield Store(
                id=arn, provider="aws", account=self.id, region=REGION, name=arn.rpartition(":")[2], created=None,
                public_access=self.known(PublicAccess(bool(number)), "s3:GetPublicAccessBlock", number),
                public_access_block=self.known(blocked, "s3:GetPublicAccessBlock", number),
                policy=self.known(self._store_policy(arn, number), "s3:GetBucketPolicy", number),
                object_lists=self.known(ObjectLists(False, "BucketOwnerEnforced"), "s3:GetBucketOwnershipControls", number),
                acl=self.known(None, "s3:GetBucketAcl", number),
                encryption=self.known(own, "s3:GetBucketEncryption", number),
                versioning=self.known(Versioning(True, True), "s3:GetBucketVersioning", number),
                retention=self.known(None, "s3:GetObjectLockConfiguration", number),
                replicas=self.known((), "s3:GetBucketReplication", number),
                log_store=self.known(None, "s3:GetBucketLogging", number),
                lifecycle=self.known((), "s3:GetBucketLifecycleConfiguration", number),
                tags=self.known({"classification": "weights"}, "s3:GetBucketTagging", number),
                contents=self.known(Contents(3, 3000, 0), "s3:ListObjectsV2", number),
            )  # fmt: skip

    def _store_policy(self, arn: str, number: int) -> NamedPolicy:
        both = [arn, f"{arn}/*"]
        secure = {"Bool": {"aws:SecureTransport": "false"}}
        statements: list[dict[str, Any]] = [
            {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": both, "Condition": secure}
        ]  # fmt: skip
        if number == 0:
            guest = {"AWS": f"arn:aws:iam::{self._next}:role/visitor"}
            statements.append(allow("s3:GetObject", both, Sid="Next", Principal=guest))
        return NamedPolicy(f"{arn}#bucket policy", "bucket policy", document(*statements), "inline")

    def keys(self) -> Iterator[Key]:
        for number in range(KEYS):
            where = f"records/aws/{self.id}/kms.jsonl:{number}"
            refused = Source("aws", self.id, "kms", "ListGrants", where)
            grants = Unknown(Reason.DENIED, refused, "AccessDeniedException") if number == 0 else EMPTY
            own = {"AWS": f"arn:aws:iam::{self.id}:root"}
            policy = document(allow("kms:*", Sid="Delegate", Principal=own))
            name = self._key(number)
            yield Key(
                id=name, provider="aws", account=self.id, region=REGION, aliases=EMPTY,
                customer_managed=self.known(True, "kms:DescribeKey", number),
                state=self.known(KeyState.ENABLED, "kms:DescribeKey", number),
                material=self.known(KeyMaterial(KeyProtection.SHARED_HSM, "AWS_KMS"), "kms:DescribeKey", number),
                other_regions=NOTHING,
                rotation=self.known(number != 1, "kms:GetKeyRotationStatus", number),
                policy=self.known(NamedPolicy(f"{name}#key policy", "key policy", policy, "inline"), "kms:GetKeyPolicy", number),
                grants=grants, tags=NO_TAGS, deletion_date=NOTHING,
            )  # fmt: skip

    def roles(self) -> Iterator[Principal]:
        own = {"AWS": f"arn:aws:iam::{self.id}:root"}
        code = {"Service": "lambda.amazonaws.com"}
        decrypt = allow("kms:Decrypt", [self._key(number) for number in range(KEYS)])
        yield self._role("reader", own, allow("s3:GetObject", f"{self._store(0)}/*"))
        yield self._role("reader-of-all", own, allow("s3:Get*", "arn:aws:s3:::*"), decrypt)
        yield self._role("admin", own, managed=ADMINISTRATOR)
        yield self._role("deployer", own, allow("sts:AssumeRole", self._name("reader-of-all")))
        yield self._role("serving", code, allow("s3:GetObject", f"{self._store(1)}/*"), decrypt)
        passing = allow("iam:PassRole", self._name("serving"))
        making = allow(["lambda:CreateFunction", "lambda:InvokeFunction"], "*")
        yield self._role("pipeline", {"Service": "codebuild.amazonaws.com"}, passing, making)
        yield self._role("key-keeper", own, allow(["kms:PutKeyPolicy", "kms:DescribeKey"], "*"))
        yield self._role("visitor", own, allow("s3:GetObject", f"{self._store(0, self._before)}/*"))
        yield self._role("auditor", own, managed=READ_ONLY)
        yield self._role("monitor", code, allow(["cloudwatch:GetMetricData", "ec2:DescribeInstances"], "*"))

    def _role(
        self, name: str, trusted: dict[str, str], *own: dict[str, Any], managed: NamedPolicy | None = None
    ) -> Principal:
        arn = self._name(name)
        call = "iam:GetAccountAuthorizationDetails"
        trust = document({"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"})
        policies = (managed,) if managed else (NamedPolicy(f"{arn}#own", "own", document(*own), "inline"),)
        return Principal(
            id=arn, unique_id=None, provider="aws", account=self.id, kind=PrincipalKind.ROLE, name=name, path="/",
            created=None, groups=EMPTY, policies=self.known(policies, call), boundary=NOTHING,
            trust=self.known(NamedPolicy(f"{arn}#trust", "trust", trust, "inline"), call), tags=NO_TAGS,
            service_linked=False, last_used=NOTHING, console_password=NO, mfa_active=NO, credentials=NO_KEYS,
        )  # fmt: skip

    def weights(self) -> Iterator[WeightSet]:
        file = WeightFile("model/model.safetensors", 1000, "safetensors", "header")
        for number in range(STORES):
            arn = self._store(number)
            yield WeightSet(
                id=f"{arn}/model/", name=f"model-{self._number}-{number}", store=arn, prefix="model/", format="safetensors",
                shards=1, file_count=1, bytes=1000, parameters=None, confidence="header", note=None, files=(file,),
            )  # fmt: skip

    def _store(self, number: int, account: int | None = None) -> str:
        return f"arn:aws:s3:::weights-{self._number if account is None else account}-{number}"

    def _key(self, number: int) -> str:
        return f"arn:aws:kms:{REGION}:{self.id}:key/{number:08d}-0000-4000-8000-{self.id}"

    def _name(self, role: str) -> str:
        return f"arn:aws:iam::{self.id}:role/{role}"
