"""How long a snapshot takes to become an estate: many stores and principals, whose policies repeat as in real accounts.

    python benchmarks/bench_estate.py [STORES [PRINCIPALS]]

STORES is how many stores there are (10,000), PRINCIPALS how many users and roles (20,000). Prints wall and processor time, peak
memory above that of an empty process, and bytes of the snapshot; at a tenth and at full size, to show how it grows.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from weightguard.estate.read import read_estate
from weightguard.snapshot import Call, SnapshotWriter, open_snapshot

ACCOUNT = "111111111111"
SCOPE = f"aws/{ACCOUNT}"
WHEN = "2026-01-01T00:00:00.000Z"
DISTINCT = 200
"""Distinct policy documents: teams copy them."""


def document(number: int) -> dict[str, Any]:
    statements = [
        {
            "Sid": f"s{index}",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": f"arn:aws:s3:::b-{number}-{index}/*",
        }
        for index in range(5)
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def answered(data: Any) -> dict[str, Any]:
    return {"outcome": "ok", "data": data}


ABSENT = {"outcome": "absent", "code": "NotConfigured"}


def store(writer: SnapshotWriter, number: int) -> None:
    arn = f"arn:aws:s3:::store-{number}"
    block = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    default = {
        "ApplyServerSideEncryptionByDefault": {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": f"key-{number % 50}",
        }
    }
    reads = {
        "ListObjectsV2": answered({"KeyCount": 3}),
        "GetBucketPolicy": answered({"Policy": json.dumps(document(number % DISTINCT))}),
        "GetPublicAccessBlock": answered({"PublicAccessBlockConfiguration": block}),
        "GetBucketOwnershipControls": answered(
            {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}
        ),
        "GetBucketAcl": {"outcome": "skipped", "why": "ACLs are disabled by the ownership setting"},
        "GetBucketEncryption": answered({"ServerSideEncryptionConfiguration": {"Rules": [default]}}),
        "GetBucketVersioning": answered({"Status": "Enabled"}),
        "GetBucketLogging": answered({}),
        "GetBucketTagging": answered({"TagSet": [{"Key": "team", "Value": f"team-{number % 20}"}]}),
        **dict.fromkeys(
            ("GetObjectLockConfiguration", "GetBucketReplication", "GetBucketLifecycleConfiguration"), ABSENT
        ),
    }
    data = {"Name": f"store-{number}", "CreationDate": WHEN, "BucketRegion": "us-east-1"}
    writer.record(
        SCOPE,
        "s3",
        kind="s3.bucket",
        id=arn,
        region="us-east-1",
        operation="ListBuckets",
        data=data,
        reads=reads,
    )
    for operation in reads:
        writer.call(Call("s3", operation, SCOPE, "ok", WHEN, "us-east-1", arn))


def principal(writer: SnapshotWriter, number: int) -> None:
    role = number % 2 == 0
    arn = f"arn:aws:iam::{ACCOUNT}:{'role' if role else 'user'}/p{number}"
    name = "Role" if role else "User"
    data: dict[str, Any] = {
        "Arn": arn,
        f"{name}Name": f"p{number}",
        f"{name}Id": f"A{number:020}",
        "Path": "/",
        "CreateDate": WHEN,
        f"{name}PolicyList": [{"PolicyName": "own", "PolicyDocument": document(number % DISTINCT)}],
        "AttachedManagedPolicies": [
            {"PolicyName": "m", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/m{number % 100}"}
        ],
        "Tags": [{"Key": "team", "Value": f"team-{number % 20}"}],
    }
    if role:
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        }
        data |= {
            "AssumeRolePolicyDocument": {"Statement": [trust]},
            "RoleLastUsed": {},
            "InstanceProfileList": [],
        }
    kind = "iam.role" if role else "iam.user"
    writer.record(
        SCOPE, "iam", kind=kind, id=arn, region=None, operation="GetAccountAuthorizationDetails", data=data
    )


def write(folder: Path, stores: int, principals: int) -> None:
    writer = SnapshotWriter.create(folder, "0", source={"name": "benchmark"})
    for number in range(stores):
        store(writer, number)
    for number in range(principals):
        principal(writer, number)
    for number in range(100):
        arn = f"arn:aws:iam::{ACCOUNT}:policy/m{number}"
        version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": document(number)}
        data = {
            "Arn": arn,
            "PolicyName": f"m{number}",
            "DefaultVersionId": "v1",
            "PolicyVersionList": [version],
        }
        writer.record(
            SCOPE,
            "iam",
            kind="iam.policy",
            id=arn,
            region=None,
            operation="GetAccountAuthorizationDetails",
            data=data,
        )
    writer.seal()


def measure(folder: str, answer: Any) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open_snapshot(folder) as snapshot:
        start, began = time.perf_counter(), time.process_time()
        estate = read_estate([snapshot])
        wall, busy = time.perf_counter() - start, time.process_time() - began
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    answer.put((wall, busy, memory, len(estate.stores), len(estate.principals)))


def main(stores: int, principals: int) -> None:
    before = 0.0
    for share in (10, 1):
        folder = Path(tempfile.mkdtemp(prefix="bench-estate"))
        try:
            write(folder / "snapshot", stores // share, principals // share)
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
            context = multiprocessing.get_context("spawn")
            queue = context.Queue()
            process = context.Process(target=measure, args=(str(folder / "snapshot"), queue))
            process.start()
            wall, busy, memory, found, people = queue.get()
            process.join()
        finally:
            shutil.rmtree(folder)
        growth = f", {busy / before:.1f} times the processor time for 10 times the size" if before else ""
        before = busy
        times = f"{wall:.2f} s wall, {busy:.2f} s processor"
        print(f"{found} stores, {people} principals, {size:.0f} MB: {times}, {memory:.0f} MB{growth}")


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:3]]
    main(arguments[0] if arguments else 10_000, arguments[1] if len(arguments) > 1 else 20_000)
