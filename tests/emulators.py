"""Stand-ins for AWS on loopback ports, and a small laboratory to read: shared by every test that talks over a wire."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from weightguard.collect.aws import AwsOptions, collect, connect
from weightguard.snapshot import Snapshot, SnapshotWriter, open_snapshot

ACCOUNT = "123456789012"
"""The account that moto gives to credentials that it does not know."""

Client = Callable[..., Any]


def free_port() -> int:
    """A port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _process(command: list[str], port: int, log: Path, environment: dict[str, str]) -> Iterator[str]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        try:
            _wait(process, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(log.read_text(errors="replace")[-2000:])
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"nothing listens on port {port}")


def _environment(**extra: str) -> dict[str, str]:
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "TMPDIR", "VIRTUAL_ENV", "LANG")
        if name in os.environ
    }
    return kept | extra


@contextmanager
def moto_server(log: Path, *, managed_policies: bool = False) -> Iterator[str]:
    """Run moto's server and yield its URL.

    Args:
        log: takes the server's output.
        managed_policies: with the catalogue of AWS managed policies, which makes a reset slow.
    """
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    extra = {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true"} if managed_policies else {}
    with _process(command, port, log, _environment(**extra)) as url:
        yield url


@contextmanager
def aws_server(folder: Path) -> Iterator[str]:
    """Run moto's server with the overlay for what moto lacks in front, and yield the URL.

    Args:
        folder: takes the logs; moto's is ``moto.log``.
    """
    with moto_server(folder / "moto.log") as upstream:
        port = free_port()
        command = [sys.executable, str(Path(__file__).with_name("overlay.py")), str(port), upstream]
        with _process(command, port, folder / "overlay.log", _environment()) as url:
            yield url


@contextmanager
def fault_proxy(upstream: str, log: Path) -> Iterator[Faults]:
    """Run microburst in front of another endpoint."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "microburst",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--upstream",
        upstream,
    ]
    with _process(command, port, log, _environment()) as url:
        yield Faults(url, upstream)


@dataclass(frozen=True)
class Faults:
    """An endpoint that fails on demand.

    Attributes:
        url: the endpoint.
        upstream: what is behind it, for building.
    """

    url: str
    upstream: str

    def environment(self) -> dict[str, str]:
        """What lets the AWS SDK reach the endpoint so that microburst tells S3 Control from S3: by its host name, as a proxy."""
        return {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_S3_CONTROL": "http://s3-control.us-east-1.amazonaws.com",
            "HTTP_PROXY": self.url,
            "NO_PROXY": "127.0.0.1",
        }

    def set(self, *rules: dict[str, Any]) -> None:
        """Replace all rules; see microburst's documentation for their shape. A service is named by its signing name."""
        self._send("POST", "/_microburst/rules", list(rules))

    def fired(self) -> list[dict[str, Any]]:
        """What the rules have done so far."""
        with urllib.request.urlopen(f"{self.url}/_microburst/fired", timeout=10) as answer:
            found: list[dict[str, Any]] = json.load(answer)
            return found

    def _send(self, method: str, path: str, body: Any) -> None:
        data = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10):
            pass


def reset(url: str) -> None:
    """Empty a moto server."""
    with urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST"), timeout=60):
        pass


def clients(url: str, *, account: str | None = None) -> Client:
    """Makes clients: ``clients(url)("s3", "eu-west-1")``. With an account, as a role of that account."""
    session = boto3.Session(
        aws_access_key_id="testing", aws_secret_access_key="testing", region_name="us-east-1"
    )
    if account is not None:
        role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
        assumed = session.client("sts", endpoint_url=url).assume_role(RoleArn=role, RoleSessionName="lab")[
            "Credentials"
        ]
        session = boto3.Session(
            assumed["AccessKeyId"],
            assumed["SecretAccessKey"],
            assumed["SessionToken"],
            region_name="us-east-1",
        )

    def make(service: str, region: str = "us-east-1") -> Any:
        config = Config(
            inject_host_prefix=False, s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}
        )
        client = session.client(service, region_name=region, endpoint_url=url, config=config)
        if service == "s3control":
            client.meta.events.register("request-created.s3-control", _without_account)
        return client

    return make


def _without_account(request: Any, **_: Any) -> None:
    head, _, host = request.url.partition("://")
    account, _, rest = host.partition(".")
    if account.isdigit() and len(account) == 12:
        request.url = f"{head}://{rest}"


def safetensors(parameters: int = 64) -> bytes:
    """A genuine safetensors file with one tensor of float16 zeros."""
    header = {"model.weight": {"dtype": "F16", "shape": [parameters], "data_offsets": [0, parameters * 2]}}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + bytes(parameters * 2)


def policy(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@dataclass(frozen=True)
class Lab:
    """What `lab` built.

    Attributes:
        key: ARN of the customer's KMS key.
        trail: ARN of the trail.
        member: id of the organisation's other account.
        access_point: name of the access point on the weights bucket.
    """

    key: str
    trail: str
    member: str
    access_point: str


WEIGHTS, PLAIN, LOGS, MEMBER_BUCKET = "lab-weights", "lab-plain", "lab-logs", "lab-member-weights"
SHARED = "lab-shared"
"""Without weights, open to everybody by its ACL."""


def lab(url: str) -> Lab:
    """Build a little of everything that the collector reads: two accounts of an organisation, weights, logs, keys, people."""
    client = clients(url)
    key = _key(client)
    _buckets(client, key)
    trail = client("cloudtrail").create_trail(Name="audit", S3BucketName=LOGS, IsMultiRegionTrail=True)[
        "TrailARN"
    ]
    client("cloudtrail").start_logging(Name=trail)
    _identities(client)
    vpc = client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    client("ec2").create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", VpcEndpointType="Gateway"
    )
    _access_point(client)
    member = _organisation(client)
    stored = clients(url, account=member)("s3")
    stored.create_bucket(Bucket=MEMBER_BUCKET)
    stored.put_object(Bucket=MEMBER_BUCKET, Key="model.safetensors", Body=safetensors())
    return Lab(key=key, trail=trail, member=member, access_point="weights-door")


def _key(client: Client) -> str:
    kms = client("kms")
    key = kms.create_key(Description="weights")["KeyMetadata"]
    kms.create_alias(AliasName="alias/weights", TargetKeyId=key["KeyId"])
    kms.create_grant(
        KeyId=key["KeyId"], GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:role/serving", Operations=["Decrypt"]
    )
    kms.enable_key_rotation(KeyId=key["KeyId"])
    return str(key["Arn"])


def _buckets(client: Client, key: str) -> None:
    s3 = client("s3")
    for bucket in (WEIGHTS, PLAIN, LOGS, SHARED):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_acl(Bucket=SHARED, ACL="public-read")
    s3.put_bucket_versioning(Bucket=WEIGHTS, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_policy(Bucket=WEIGHTS, Policy=policy(_serving_reads(WEIGHTS)))
    s3.put_public_access_block(Bucket=WEIGHTS, PublicAccessBlockConfiguration=_BLOCKED)
    s3.put_bucket_ownership_controls(
        Bucket=WEIGHTS, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    s3.put_bucket_encryption(Bucket=WEIGHTS, ServerSideEncryptionConfiguration=_encrypted_with(key))
    s3.put_bucket_acl(Bucket=LOGS, ACL="log-delivery-write")
    s3.put_bucket_logging(
        Bucket=WEIGHTS,
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": LOGS, "TargetPrefix": "access/"}},
    )
    s3.put_bucket_tagging(Bucket=WEIGHTS, Tagging={"TagSet": [{"Key": "sensitivity", "Value": "weights"}]})
    s3.put_object(Bucket=WEIGHTS, Key="models/alpha/model.safetensors", Body=safetensors())
    s3.put_object(Bucket=WEIGHTS, Key="models/alpha/config.json", Body=b"{}")
    s3.put_object(Bucket=PLAIN, Key="table.csv", Body=b"a,b\n1,2\n" * 10)


_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def _encrypted_with(key: str) -> dict[str, Any]:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}


def _serving_reads(bucket: str) -> dict[str, Any]:
    return {
        "Sid": "ServingReads",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/serving"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }


def _identities(client: Client) -> None:
    iam = client("iam")
    iam.create_user(UserName="ada")
    iam.create_login_profile(UserName="ada", Password="not-a-secret-1A!")
    iam.create_access_key(UserName="ada")
    iam.create_group(GroupName="research")
    iam.add_user_to_group(GroupName="research", UserName="ada")
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{WEIGHTS}/*"}
    iam.put_group_policy(GroupName="research", PolicyName="read", PolicyDocument=policy(allow))
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="serving", AssumeRolePolicyDocument=policy(trust))
    attached = iam.create_policy(PolicyName="serve", PolicyDocument=policy(allow))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="serving", PolicyArn=attached)
    iam.create_instance_profile(InstanceProfileName="serving")
    iam.add_role_to_instance_profile(InstanceProfileName="serving", RoleName="serving")
    iam.create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com",
        ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=["a" * 40],
    )
    iam.update_account_password_policy(MinimumPasswordLength=14)
    client("s3control").put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=_BLOCKED)


def _access_point(client: Client) -> None:
    control = client("s3control")
    control.create_access_point(AccountId=ACCOUNT, Name="weights-door", Bucket=WEIGHTS)
    arn = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/weights-door"
    allow = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/serving"},
        "Action": "s3:GetObject",
        "Resource": f"{arn}/object/*",
    }
    control.put_access_point_policy(AccountId=ACCOUNT, Name="weights-door", Policy=policy(allow))


def _organisation(client: Client) -> str:
    organizations = client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    unit = organizations.create_organizational_unit(ParentId=root, Name="training")["OrganizationalUnit"][
        "Id"
    ]
    created = organizations.create_account(AccountName="training", Email="training@example.com")
    member = str(created["CreateAccountStatus"]["AccountId"])
    organizations.move_account(AccountId=member, SourceParentId=root, DestinationParentId=unit)
    deny = {"Effect": "Deny", "Action": "cloudtrail:StopLogging", "Resource": "*"}
    scp = organizations.create_policy(
        Content=policy(deny), Description="keep logging", Name="keep-logging", Type="SERVICE_CONTROL_POLICY"
    )
    organizations.attach_policy(PolicyId=scp["Policy"]["PolicySummary"]["Id"], TargetId=unit)
    return member


def collect_from(url: str | None, path: Path, **options: Any) -> Snapshot:
    """Collect from an endpoint (None: that of the environment), seal, and open what was collected."""
    entry = connect(AwsOptions(endpoint_url=url, **options))
    with SnapshotWriter.create_or_resume(path, "test", source=entry.options.source()) as writer:
        collect(entry, writer)
        writer.seal()
    return open_snapshot(path)
