"""A collection from moto over HTTP: what is found, what is called, what it costs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import emulators
from weightguard.collect.aws import AwsOptions, collect, connect, operations
from weightguard.errors import CredentialsError, InputError
from weightguard.snapshot import Record, Snapshot, SnapshotWriter, open_snapshot

pytestmark = pytest.mark.wire
OWN = f"aws/{emulators.ACCOUNT}"


def by_kind(snapshot: Snapshot, kind: str, scope: str = OWN) -> dict[str, Record]:
    """The records of a kind, by id."""
    return {record.id: record for record in snapshot.records(scope=scope, kind=kind)}


def read(record: Record, operation: str) -> Any:
    """The data of a read that was answered."""
    assert record.reads[operation]["outcome"] == "ok", record.reads[operation]
    return record.reads[operation]["data"]


@pytest.fixture(scope="module")
def found(_moto_server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[emulators.Lab, Snapshot]:
    """The laboratory, collected once."""
    emulators.reset(_moto_server)
    lab = emulators.lab(_moto_server)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        return lab, emulators.collect_from(_moto_server, tmp_path_factory.mktemp("found") / "snapshot")


def test_nothing_is_missing_and_nothing_broke(found: tuple[emulators.Lab, Snapshot]) -> None:
    _, snapshot = found
    snapshot.verify()
    trouble = [call for call in snapshot.calls() if call.outcome not in ("ok", "absent")]
    assert trouble == []
    assert {(call.service, call.operation) for call in snapshot.calls()} <= {
        (o.service, o.name) for o in operations()
    }


def test_every_account_of_the_organisation_is_read(found: tuple[emulators.Lab, Snapshot]) -> None:
    lab, snapshot = found
    assert snapshot.scopes == tuple(sorted([OWN, f"aws/{lab.member}"]))
    member = by_kind(snapshot, "s3.bucket", f"aws/{lab.member}")
    assert list(member) == [f"arn:aws:s3:::{emulators.MEMBER_BUCKET}"]
    assert (
        by_kind(snapshot, "sts.identity", f"aws/{lab.member}")[lab.member]
        .data["Arn"]
        .startswith("arn:aws:sts::")
    )


def test_a_bucket_with_weights_is_read_in_full(found: tuple[emulators.Lab, Snapshot]) -> None:
    lab, snapshot = found
    bucket = by_kind(snapshot, "s3.bucket")[f"arn:aws:s3:::{emulators.WEIGHTS}"]
    assert bucket.region == "us-east-1"
    assert json.loads(read(bucket, "GetBucketPolicy")["Policy"])["Statement"][0]["Sid"] == "ServingReads"
    assert read(bucket, "GetPublicAccessBlock")["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is True
    rule = read(bucket, "GetBucketEncryption")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == lab.key
    assert read(bucket, "GetBucketVersioning")["Status"] == "Enabled"
    assert read(bucket, "GetBucketLogging")["LoggingEnabled"]["TargetBucket"] == emulators.LOGS
    assert read(bucket, "GetBucketTagging")["TagSet"] == [{"Key": "sensitivity", "Value": "weights"}]
    assert bucket.reads["GetBucketAcl"]["outcome"] == "skipped"
    assert bucket.reads["GetBucketReplication"]["outcome"] == "absent"
    assert read(bucket, "ListObjectVersions")["KeyCount"] == 2


def test_a_bucket_without_weights_is_asked_whom_it_lets_in(found: tuple[emulators.Lab, Snapshot]) -> None:
    bucket = by_kind(found[1], "s3.bucket")[f"arn:aws:s3:::{emulators.PLAIN}"]
    assert bucket.reads["GetBucketPolicy"] == bucket.reads["GetBucketPolicy"] | {
        "outcome": "absent",
        "code": "NoSuchBucketPolicy",
    }
    assert read(bucket, "GetBucketAcl")["Grants"]
    assert bucket.reads["GetBucketLogging"] == {"outcome": "skipped", "why": "it holds no weights"}
    closed = {"outcome": "skipped", "why": "it holds no weights, and it lets nobody in"}
    assert bucket.reads["GetPublicAccessBlock"] == bucket.reads["GetBucketOwnershipControls"] == closed
    assert bucket.reads["GetBucketEncryption"]["outcome"] != "skipped", "a key that weights share is seen"


def test_a_bucket_that_lets_somebody_in_is_asked_what_limits_it(
    found: tuple[emulators.Lab, Snapshot],
) -> None:
    bucket = by_kind(found[1], "s3.bucket")[f"arn:aws:s3:::{emulators.SHARED}"]
    assert bucket.reads["GetPublicAccessBlock"]["outcome"] == "absent"
    assert bucket.reads["GetBucketOwnershipControls"]["outcome"] == "absent"
    assert bucket.reads["GetBucketEncryption"]["outcome"] != "skipped"
    assert bucket.reads["GetBucketReplication"]["outcome"] == "skipped"


def test_where_logs_of_weights_go_is_read_in_full(found: tuple[emulators.Lab, Snapshot]) -> None:
    bucket = by_kind(found[1], "s3.bucket")[f"arn:aws:s3:::{emulators.LOGS}"]
    assert bucket.reads["GetObjectLockConfiguration"]["outcome"] == "absent"
    assert "skipped" not in {answer["outcome"] for answer in bucket.reads.values()}


def test_weights_are_found_by_their_headers(found: tuple[emulators.Lab, Snapshot]) -> None:
    lab, snapshot = found
    rows = {row["key"]: row for row in snapshot.object_rows(scope=OWN)}
    weights = rows["models/alpha/model.safetensors"]
    assert (weights["format"], weights["confidence"], weights["parameters"]) == ("safetensors", "header", 64)
    assert (weights["encryption"], weights["kms_key"]) == ("aws:kms", lab.key)
    assert weights["last_modified"].endswith("Z")
    assert rows["table.csv"]["weight_set"] is None
    assert [row["format"] for row in snapshot.object_rows(scope=f"aws/{lab.member}")] == ["safetensors"]


def test_keys_come_with_policy_grants_and_rotation(found: tuple[emulators.Lab, Snapshot]) -> None:
    lab, snapshot = found
    key = by_kind(snapshot, "kms.key")[lab.key]
    assert read(key, "DescribeKey")["KeyMetadata"]["KeyState"] == "Enabled"
    assert (
        read(key, "ListGrants")["Grants"][0]["GranteePrincipal"]
        == f"arn:aws:iam::{emulators.ACCOUNT}:role/serving"
    )
    assert read(key, "GetKeyRotationStatus")["KeyRotationEnabled"] is True
    assert "Statement" in json.loads(read(key, "GetKeyPolicy")["Policy"])
    aliases = by_kind(snapshot, "kms.alias").values()
    assert lab.key.endswith(
        next(alias.data["TargetKeyId"] for alias in aliases if alias.data["AliasName"] == "alias/weights")
    )


def test_identities_come_in_one_piece(found: tuple[emulators.Lab, Snapshot]) -> None:
    _, snapshot = found
    own = f"arn:aws:iam::{emulators.ACCOUNT}"
    assert by_kind(snapshot, "iam.user")[f"{own}:user/ada"].data["GroupList"] == ["research"]
    role = by_kind(snapshot, "iam.role")[f"{own}:role/serving"].data
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "ec2.amazonaws.com"}
    assert role["InstanceProfileList"][0]["InstanceProfileName"] == "serving"
    assert f"{own}:policy/serve" in by_kind(snapshot, "iam.policy")
    assert by_kind(snapshot, "iam.credential")[f"{own}:user/ada"].data["access_key_1_active"] == "true"
    (provider,) = by_kind(snapshot, "iam.oidc_provider").values()
    assert read(provider, "GetOpenIDConnectProvider")["ClientIDList"] == ["sts.amazonaws.com"]
    (policy,) = by_kind(snapshot, "iam.password_policy").values()
    assert read(policy, "GetAccountPasswordPolicy")["PasswordPolicy"]["MinimumPasswordLength"] == 14


def test_the_organisation_comes_with_its_tree_and_guardrails(found: tuple[emulators.Lab, Snapshot]) -> None:
    lab, snapshot = found
    assert set(by_kind(snapshot, "organizations.account")) == {emulators.ACCOUNT, lab.member}
    (unit,) = by_kind(snapshot, "organizations.ou").values()
    assert [account["Id"] for account in read(unit, "ListAccountsForParent")["Accounts"]] == [lab.member]
    guardrails = {
        record.data["Name"]: record for record in by_kind(snapshot, "organizations.policy").values()
    }
    assert "StopLogging" in read(guardrails["keep-logging"], "DescribePolicy")["Policy"]["Content"]
    assert [
        target["TargetId"] for target in read(guardrails["keep-logging"], "ListTargetsForPolicy")["Targets"]
    ] == [unit.id]
    assert by_kind(snapshot, "organizations.organization", f"aws/{lab.member}") == {}


def test_doors_and_watchers(found: tuple[emulators.Lab, Snapshot]) -> None:
    lab, snapshot = found
    (point,) = by_kind(snapshot, "s3control.access_point").values()
    assert read(point, "GetAccessPoint")["NetworkOrigin"] == "Internet"
    assert "serving" in read(point, "GetAccessPointPolicy")["Policy"]
    (block,) = by_kind(snapshot, "s3control.account").values()
    assert (
        read(block, "GetPublicAccessBlock")["PublicAccessBlockConfiguration"]["RestrictPublicBuckets"] is True
    )
    (trail,) = by_kind(snapshot, "cloudtrail.trail").values()
    assert trail.id == lab.trail
    assert read(trail, "GetTrailStatus")["IsLogging"] is True
    assert "TrailARN" in read(trail, "GetEventSelectors")
    (endpoint,) = by_kind(snapshot, "ec2.vpc_endpoint").values()
    assert endpoint.data["ServiceName"] == "com.amazonaws.us-east-1.s3"
    assert endpoint.region == "us-east-1"


def test_no_weight_byte_and_no_secret_enters(found: tuple[emulators.Lab, Snapshot]) -> None:
    _, snapshot = found
    everything = b"".join(path.read_bytes() for path in sorted(snapshot.path.rglob("*.json*")))
    assert b"\\u0000\\u0000" not in everything
    assert b"SecretAccessKey" not in everything
    assert b"SessionToken" not in everything


def test_nothing_is_called_that_is_not_recorded(faults: emulators.Faults, tmp_path: Path) -> None:
    emulators.lab(faults.upstream)
    before = _requests_seen(faults)
    snapshot = emulators.collect_from(faults.url, tmp_path / "snapshot")
    assert _requests_seen(faults) - before == sum(call.attempts for call in snapshot.calls())


def _requests_seen(faults: emulators.Faults) -> int:
    with urllib.request.urlopen(f"{faults.url}/_microburst/health", timeout=10) as answer:
        seen: int = json.load(answer)["requests_seen"]
        return seen


def test_an_empty_account_is_a_snapshot_without_gaps(moto_url: str, tmp_path: Path) -> None:
    snapshot = emulators.collect_from(moto_url, tmp_path / "snapshot")
    assert [call for call in snapshot.calls() if call.outcome not in ("ok", "absent")] == []
    assert by_kind(snapshot, "s3.bucket") == {}
    (organisation,) = by_kind(snapshot, "organizations.organization").values()
    assert organisation.reads["DescribeOrganization"]["outcome"] == "absent"


def test_only_the_regions_asked_for_are_read_but_every_bucket(moto_url: str, tmp_path: Path) -> None:
    client = emulators.clients(moto_url)
    client("kms", "eu-west-1").create_key()
    client("kms", "us-west-2").create_key()
    client("s3", "eu-central-1").create_bucket(
        Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    snapshot = emulators.collect_from(moto_url, tmp_path / "snapshot", regions=("eu-west-1",))
    assert [record.region for record in by_kind(snapshot, "kms.key").values()] == ["eu-west-1"]
    assert [record.region for record in by_kind(snapshot, "s3.bucket").values()] == ["eu-central-1"]
    asked = {call.region for call in snapshot.calls() if call.service in ("kms", "cloudtrail")}
    assert asked == {"eu-west-1"}


def test_every_page_of_every_listing_is_read(moto_url: str, tmp_path: Path) -> None:
    client = emulators.clients(moto_url)
    s3, kms = client("s3"), client("kms")
    s3.create_bucket(Bucket="many")
    for number in range(1_005):
        s3.put_object(Bucket="many", Key=f"{number:05d}", Body=b"")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    for number in range(105):
        kms.create_alias(AliasName=f"alias/{number:03d}", TargetKeyId=key)
        kms.create_grant(
            KeyId=key,
            GranteePrincipal=f"arn:aws:iam::{emulators.ACCOUNT}:role/r{number}",
            Operations=["Decrypt"],
        )
    snapshot = emulators.collect_from(moto_url, tmp_path / "snapshot", regions=("us-east-1",))
    bucket = by_kind(snapshot, "s3.bucket")["arn:aws:s3:::many"]
    assert read(bucket, "ListObjectsV2")["KeyCount"] == 1_005
    assert sum(1 for _ in snapshot.object_rows()) == 1_005
    (found,) = by_kind(snapshot, "kms.key").values()
    assert len(read(found, "ListGrants")["Grants"]) == 105
    assert (
        sum(
            record.data["AliasName"].startswith("alias/0")
            for record in by_kind(snapshot, "kms.alias").values()
        )
        == 100
    )


def test_an_account_whose_role_cannot_be_assumed_is_a_gap(faults: emulators.Faults, tmp_path: Path) -> None:
    lab = emulators.lab(faults.upstream)
    faults.set({"service": "sts", "operation": "AssumeRole", "error": {"code": "AccessDenied"}})
    snapshot = emulators.collect_from(faults.url, tmp_path / "snapshot", regions=("us-east-1",))
    assert f"aws/{lab.member}" in snapshot.scopes
    (refused,) = [call for call in snapshot.calls() if call.outcome == "denied"]
    assert (refused.operation, refused.scope) == ("AssumeRole", f"aws/{lab.member}")
    assert by_kind(snapshot, "s3.bucket")


def test_named_roles_add_their_accounts_and_no_others(moto_url: str, tmp_path: Path) -> None:
    lab = emulators.lab(moto_url)
    role = "arn:aws:iam::999999999999:role/Audit"
    snapshot = emulators.collect_from(moto_url, tmp_path / "a", regions=("us-east-1",), role_arns=(role,))
    assert snapshot.scopes == (OWN, "aws/999999999999")
    snapshot = emulators.collect_from(moto_url, tmp_path / "b", regions=("us-east-1",), org=False)
    assert snapshot.scopes == (OWN,)
    assert lab.member in by_kind(snapshot, "organizations.account")


def test_an_organisation_is_asked_for_that_is_not_there(moto_url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no organisation"):
        emulators.collect_from(moto_url, tmp_path / "snapshot", org=True)


def test_s3_control_answers_at_an_endpoint_of_the_environment(
    moto_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    emulators.clients(moto_url)("s3").create_bucket(Bucket="dotted.name")
    entry = connect(AwsOptions(regions=("us-east-1",)))
    with SnapshotWriter.create_or_resume(tmp_path / "snapshot", "test") as writer:
        collect(entry, writer)
        writer.seal()
    snapshot = open_snapshot(tmp_path / "snapshot")
    assert [call for call in snapshot.calls() if call.outcome not in ("ok", "absent")] == []


def test_s3_control_answers_behind_a_proxy(
    moto_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    monkeypatch.setenv("HTTP_PROXY", moto_url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3_CONTROL", "http://s3-control.us-east-1.amazonaws.com")
    entry = connect(AwsOptions(regions=("us-east-1",)))
    with SnapshotWriter.create_or_resume(tmp_path / "snapshot", "test") as writer:
        collect(entry, writer)
        writer.seal()
    outcomes = {
        call.operation: call.outcome
        for call in open_snapshot(tmp_path / "snapshot").calls()
        if call.service == "s3control"
    }
    assert outcomes["GetPublicAccessBlock"] == "absent"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"regions": ("us-esat-1",)}, "did you mean 'us-"),
        ({"regions": ("mars",)}, "not a region"),
        ({"role_arns": ("audit",)}, "not the ARN of a role"),
        ({"endpoint_url": "127.0.0.1:5000"}, "not an endpoint"),
        ({"ca_bundle": "/no/such/bundle.pem"}, "not a file"),
        ({"profile": "nobody"}, "no AWS profile 'nobody'"),
        ({"endpoint_url": "http://127.0.0.1:9"}, "does not answer"),
    ],
)
def test_bad_input_is_one_clear_line(
    moto_url: str, tmp_path: Path, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InputError, match=problem) as raised:
        entry = connect(AwsOptions(**({"endpoint_url": moto_url, "max_attempts": 1} | options)))
        with SnapshotWriter.create_or_resume(tmp_path / "snapshot", "test") as writer:
            collect(entry, writer)
    assert "\n" not in raised.value.one_line()


def test_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    with pytest.raises(CredentialsError, match="no AWS credentials"):
        connect(AwsOptions(endpoint_url="http://127.0.0.1:9"))


SCRIPT = """
import sys
from weightguard.collect.aws import AwsOptions, collect, connect
from weightguard.snapshot import SnapshotWriter
entry = connect(AwsOptions(endpoint_url=sys.argv[1], regions=("us-east-1",), threads=2))
with SnapshotWriter.create_or_resume(sys.argv[2], "test", source=entry.options.source()) as writer:
    collect(entry, writer)
    writer.seal()
"""


def test_a_killed_collection_goes_on_where_it_stopped(moto_url: str, tmp_path: Path) -> None:
    client = emulators.clients(moto_url)("s3")
    for number in range(60):
        client.create_bucket(Bucket=f"bucket-{number:03d}")
    path = tmp_path / "snapshot"
    command = [sys.executable, "-c", SCRIPT, moto_url, str(path)]
    process = subprocess.Popen(command, env=os.environ.copy())
    journal = path / "collecting" / "journal.jsonl"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and (
        not journal.exists() or journal.read_text().count("/s3/bucket-") < 120
    ):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (path / "manifest.json").exists()
    done = sum(1 for line in journal.read_text().splitlines() if '"unit":"' in line and "/s3/bucket-" in line)
    subprocess.run(command, env=os.environ.copy(), check=True)
    snapshot = open_snapshot(path)
    snapshot.verify()
    assert len(by_kind(snapshot, "s3.bucket")) == 60
    policies = Counter(call.resource for call in snapshot.calls() if call.operation == "GetBucketPolicy")
    assert set(policies.values()) == {1}
    assert done > 0


def test_ctrl_c_leaves_a_snapshot_that_goes_on(moto_url: str, tmp_path: Path) -> None:
    client = emulators.clients(moto_url)("s3")
    for number in range(40):
        client.create_bucket(Bucket=f"bucket-{number:03d}")
    path = tmp_path / "snapshot"
    command = [sys.executable, "-c", SCRIPT, moto_url, str(path)]
    process = subprocess.Popen(command, env=os.environ.copy(), stderr=subprocess.PIPE, text=True)
    journal = path / "collecting" / "journal.jsonl"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and (not journal.exists() or "/s3/bucket-" not in journal.read_text()):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert "weightguard.errors.Interrupted" in errors
    assert not (path / "manifest.json").exists()
    subprocess.run(command, env=os.environ.copy(), check=True)
    assert len(by_kind(open_snapshot(path), "s3.bucket")) == 40
