"""How long judging takes: the whole catalogue over an estate of many stores, with the real access graph.

    python benchmarks/bench_assess.py [STORES [SHARE]]

STORES is how many stores there are (10,000), SHARE how many in a hundred hold weights (10). Prints wall and
processor time, peak memory, results and bytes of report.json; twice, at a tenth and at full size, to show how
it grows. Bound: 20 s and 1 GB at 10,000.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Mapping
from typing import Any

from weightguard.access import build
from weightguard.assess.assessment import assess
from weightguard.assess.serialise import to_json
from weightguard.config import Config
from weightguard.controls.catalogue import load_catalogue
from weightguard.estate.fact import Collection, Known, Source
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
    Principal,
    PrincipalKind,
    PublicAccess,
    PublicAccessBlock,
    Store,
    Versioning,
)
from weightguard.weights import WeightFile, WeightSet

ACCOUNT = "111111111111"
ROLES = 200
KEYS = 100


def known(value: Any, call: str, line: int) -> Known[Any]:
    service, operation = call.split(":")
    return Known(value, Source("aws", ACCOUNT, service, operation, f"records/aws/{ACCOUNT}/s3.jsonl:{line}"))


def policy(name: str, *statements: Mapping[str, Any]) -> NamedPolicy:
    return NamedPolicy(name, name, {"Version": "2012-10-17", "Statement": list(statements)}, "inline")


def own_key(name: str) -> Encryption:
    return Encryption(EncryptionKind.NAMED, name, reader_needs_key=True)


def store(number: int) -> Store:
    arn = f"arn:aws:s3:::store-{number}"
    transport = {
        "Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }  # fmt: skip
    every = number % 7 != 0
    return Store(
        id=arn, provider="aws", account=ACCOUNT, region="us-east-1", name=f"store-{number}", created=None,
        public_access=known(PublicAccess(every), "s3:GetPublicAccessBlock", number),
        public_access_block=known(PublicAccessBlock(every, every, every, every), "s3:GetPublicAccessBlock", number),
        policy=known(policy(f"{arn}#policy", transport), "s3:GetBucketPolicy", number),
        object_lists=known(ObjectLists(False, "BucketOwnerEnforced"), "s3:GetBucketOwnershipControls", number),
        acl=known(None, "s3:GetBucketAcl", number),
        encryption=known(own_key(key_arn(number % KEYS)), "s3:GetBucketEncryption", number),
        versioning=known(Versioning(True, True), "s3:GetBucketVersioning", number),
        retention=known(None, "s3:GetObjectLockConfiguration", number),
        replicas=known((), "s3:GetBucketReplication", number),
        log_store=known(None, "s3:GetBucketLogging", number),
        lifecycle=known((), "s3:GetBucketLifecycleConfiguration", number),
        tags=known({"classification": "weights"}, "s3:GetBucketTagging", number),
        contents=known(Contents(3, 3000, 0), "s3:ListObjectsV2", number),
    )  # fmt: skip


def key_arn(number: int) -> str:
    return f"arn:aws:kms:us-east-1:{ACCOUNT}:key/key-{number}"


def key(number: int) -> Key:
    root = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return Key(
        id=key_arn(number), provider="aws", account=ACCOUNT, region="us-east-1",
        aliases=known((), "kms:ListAliases", number), customer_managed=known(True, "kms:DescribeKey", number),
        state=known(KeyState.ENABLED, "kms:DescribeKey", number),
        material=known(KeyMaterial(KeyProtection.SHARED_HSM, "AWS_KMS"), "kms:DescribeKey", number),
        other_regions=known(None, "kms:DescribeKey", number), rotation=known(True, "kms:GetKeyRotationStatus", number),
        policy=known(policy("default", root), "kms:GetKeyPolicy", number), grants=known((), "kms:ListGrants", number),
        tags=known({}, "kms:ListResourceTags", number), deletion_date=known(None, "kms:DescribeKey", number),
    )  # fmt: skip


def role(number: int) -> Principal:
    read = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "kms:Decrypt"],
        "Resource": [f"arn:aws:s3:::store-{number}*/*", "*"][number % 2],
    }
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    arn = f"arn:aws:iam::{ACCOUNT}:role/role-{number}"
    call = "iam:GetAccountAuthorizationDetails"
    own = (
        policy(f"{arn}#read", read)
        if number < 20
        else policy(f"{arn}#none", {**read, "Action": "ec2:DescribeInstances"})
    )
    return Principal(
        id=arn, unique_id=None, provider="aws", account=ACCOUNT, kind=PrincipalKind.ROLE, name=f"role-{number}", path="/",
        created=None, groups=known((), call, number), policies=known((own,), call, number), boundary=known(None, call, number),
        trust=known(policy(f"{arn}#trust", trust), call, number), tags=known({}, call, number), service_linked=False,
        last_used=known(None, call, number), console_password=known(False, call, number),
        mfa_active=known(False, call, number), credentials=known((), call, number),
    )  # fmt: skip


def weight_set(number: int) -> WeightSet:
    arn = f"arn:aws:s3:::store-{number}"
    file = WeightFile("model/model.safetensors", 1000, "safetensors", "header")
    return WeightSet(
        id=f"{arn}/model/", name=f"model-{number}", store=arn, prefix="model/", format="safetensors", shards=1,
        file_count=1, bytes=1000, parameters=None, confidence="header", note=None, files=(file,),
    )  # fmt: skip


def account() -> Account:
    call = "iam:GetAccountSummary"
    return Account(
        id=ACCOUNT, provider="aws", name="training", organisation=None, is_management=False, collected=True,
        guardrails=known(None, "organizations:ListPolicies", 1), resource_guardrails=known(None, "organizations:ListPolicies", 1),
        public_access=known(PublicAccess(True), "s3control:GetPublicAccessBlock", 1),
        public_access_block=known(PublicAccessBlock(True, True, True, True), "s3control:GetPublicAccessBlock", 1),
        root_mfa=known(True, call, 1), root_access_keys=known(0, call, 1),
        password_policy=known(None, "iam:GetAccountPasswordPolicy", 1),
    )  # fmt: skip


def estate(stores: int, share: int) -> Estate:
    def sorted_by_id(things: list[Any]) -> Collection[Any]:
        return Collection(tuple(sorted(things, key=lambda one: one.id)))

    return Estate(
        collected_at="2026-11-01T00:00:00Z",
        accounts=Collection((account(),)),
        stores=sorted_by_id([store(number) for number in range(stores)]),
        keys=sorted_by_id([key(number) for number in range(KEYS)]),
        principals=sorted_by_id([role(number) for number in range(ROLES)]),
        weight_sets=sorted_by_id([weight_set(number) for number in range(stores) if number % 100 < share]),
    )


def measure(stores: int, share: int) -> None:
    catalogue = load_catalogue()
    made = estate(stores, share)
    wall, processor = time.perf_counter(), time.process_time()
    report = assess(made, build(made), catalogue, Config())
    judged = time.perf_counter() - wall
    size = len(to_json(report))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(catalogue.controls)} controls x {stores:,} stores ({len(made.weight_sets):,} with weights): "
        f"judged in {judged:.1f} s, written in {time.perf_counter() - wall - judged:.1f} s, "
        f"processor {time.process_time() - processor:.1f} s, peak {peak:,.0f} MB, "
        f"{len(report.results):,} results, {size / 1e6:.1f} MB"
    )


if __name__ == "__main__":
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    portion = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    for size in (most // 10, most):
        # A process each: the peak of one does not hide that of the other.
        worker = multiprocessing.get_context("spawn").Process(target=measure, args=(size, portion))
        worker.start()
        worker.join()
