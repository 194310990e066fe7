"""A lab under construction: its accounts, and the few steps that every part of it is built with.

Everything goes through boto3 over HTTP, as on the real thing; any address but loopback is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from weightguard.errors import InputError

REGION = "us-east-1"
AUDIT_ROLE = "WeightguardAudit"
FOREIGN_ACCOUNT = "999999999999"
MEMBERS = ("training", "serving", "log-archive", "research")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass
class Lab:
    """Handles on a lab under construction.

    Attributes:
        url: the emulator's address; anything but loopback is refused.
        accounts: account name -> number, ``management`` and ``foreign`` included.
        keys: account name -> ARN of the key that protects its weights.
        organisation: the organization's id.
        endpoints: account name -> id of its S3 VPC endpoint.
    """

    url: str
    accounts: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    organisation: str = ""
    root: str = ""
    endpoints: dict[str, str] = field(default_factory=dict)
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    _session: Any = None  # one for all accounts: it keeps the parsed service models

    def __post_init__(self) -> None:
        if urlsplit(self.url).hostname not in _LOOPBACK:
            raise InputError("the lab is only ever built on a loopback address", where=self.url)

    def client(self, account: str, service: str) -> Any:
        """A boto3 client for `service`, acting inside the named account."""
        if (account, service) not in self._clients:
            self._clients[account, service] = self._new_client(account, service)
        return self._clients[account, service]

    def _new_client(self, account: str, service: str) -> Any:
        import boto3
        from botocore.config import Config

        # Made-up credentials: the emulator takes any, and the ones of the machine must not be used.
        credentials = {"aws_access_key_id": "demo", "aws_secret_access_key": "demo"}
        if account != "management":
            role = f"arn:aws:iam::{self.accounts[account]}:role/{AUDIT_ROLE}"
            issued = self.client("management", "sts").assume_role(RoleArn=role, RoleSessionName="demo")[
                "Credentials"
            ]
            credentials = {
                "aws_access_key_id": issued["AccessKeyId"],
                "aws_secret_access_key": issued["SecretAccessKey"],
                "aws_session_token": issued["SessionToken"],
            }
        # S3 Control puts the account number into the host name; sent through the emulator as a proxy, it still arrives there.
        through_proxy = service == "s3control"
        endpoint = f"http://s3-control.{REGION}.amazonaws.com" if through_proxy else self.url
        config = Config(s3={"addressing_style": "path"}, proxies={"http": self.url} if through_proxy else {})
        if self._session is None:
            self._session = boto3.session.Session(region_name=REGION)
        return self._session.client(service, endpoint_url=endpoint, config=config, **credentials)

    def role_arn(self, account: str, name: str) -> str:
        """The ARN of a role by account name."""
        return f"arn:aws:iam::{self.accounts[account]}:role/{name}"


@dataclass(frozen=True)
class WeightStore:
    """A bucket that holds weights in the hardened lab, who reads it, and what lies in it."""

    bucket: str
    account: str
    reader: str  # role of the workload that may read and decrypt
    writer: str  # role that may write


STORES = (
    WeightStore("aurora-release", "serving", "InferenceNode", "ReleasePublisher"),
    WeightStore("aurora-checkpoints", "training", "TrainingNode", "TrainingNode"),
    WeightStore("aurora-eval", "research", "EvaluationJob", "EvaluationImporter"),
    WeightStore("aurora-backup", "log-archive", "RestoreJob", "ReplicationTarget"),
)
LOG_BUCKET = "aurora-organisation-logs"


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def put_bucket_policy(lab: Lab, account: str, bucket: str, statements: list[dict[str, Any]]) -> None:
    """Replace a bucket's policy."""
    lab.client(account, "s3").put_bucket_policy(Bucket=bucket, Policy=document(*statements))


def put_key_policy(lab: Lab, account: str, statements: list[dict[str, Any]]) -> None:
    """Replace the policy of an account's weight key."""
    lab.client(account, "kms").put_key_policy(
        KeyId=lab.keys[account], PolicyName="default", Policy=document(*statements)
    )


def create_role(
    lab: Lab,
    account: str,
    name: str,
    trust: Mapping[str, Any],
    statements: list[dict[str, Any]],
    **extra: Any,
) -> None:
    """A role with one inline policy (none when `statements` is empty). `trust` is the Principal, with an optional Condition."""
    condition = extra.pop("condition", None)
    action = {"Federated": "sts:AssumeRoleWithWebIdentity"}.get(next(iter(trust)), "sts:AssumeRole")
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": dict(trust),
        "Action": extra.pop("action", action),
    }
    if condition:
        statement["Condition"] = condition
    iam = lab.client(account, "iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(statement), **extra)
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName=f"{name}Access", PolicyDocument=document(*statements))


def create_bucket(lab: Lab, account: str, bucket: str, *, lock: bool) -> None:
    """A private bucket with every switch on: ACLs off, versions kept, public access blocked."""
    s3 = lab.client(account, "s3")
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=lock)
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    switches = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=switches)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    if lock:
        s3.put_object_lock_configuration(
            Bucket=bucket,
            ObjectLockConfiguration={
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 400}},
            },
        )


def put_files(lab: Lab, account: str, bucket: str, prefix: str, files: Mapping[str, bytes]) -> None:
    """Upload files under a prefix, encrypted as the bucket's default says."""
    s3 = lab.client(account, "s3")
    for name, content in files.items():
        extra: dict[str, str] = {}
        if account in lab.keys:
            extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": lab.keys[account]}
        s3.put_object(Bucket=bucket, Key=f"{prefix}{name}", Body=content, **extra)


def put_selectors(lab: Lab, exclude: tuple[str, ...]) -> None:
    """Log management events and every object read and write, except in the buckets named in `exclude`."""
    objects = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    ]
    if exclude:
        prefixes = [f"arn:aws:s3:::{bucket}/" for bucket in exclude]
        objects.append({"Field": "resources.ARN", "NotStartsWith": prefixes})
    lab.client("log-archive", "cloudtrail").put_event_selectors(
        TrailName="organisation",
        AdvancedEventSelectors=[
            {"Name": "Management", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]},
            {"Name": "Objects", "FieldSelectors": objects},
        ],
    )
