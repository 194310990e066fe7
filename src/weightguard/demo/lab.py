"""Build the hardened lab: an AWS organisation in which model weights are kept as the catalogue asks up to level SL3.

`weaknesses` then plants what makes the demonstration lab weak. Everything goes through boto3 over HTTP, as on the real thing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from weightguard.demo import models
from weightguard.errors import InputError

REGION = "us-east-1"
AUDIT_ROLE = "WeightguardAudit"
FOREIGN_ACCOUNT = "999999999999"
MEMBERS = ("training", "serving", "log-archive", "research")
# The emulator applies a bucket policy's Deny without looking at its condition, but compares actions by case, which AWS does not.
_ANY = "S3:*"
_PUT = "S3:PutObject"
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


def _document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def bucket_policy(lab: Lab, store: WeightStore) -> list[dict[str, Any]]:
    """The statements of a hardened weight bucket: TLS only, this organisation only, one network, one key, one signature kind."""
    resources = [f"arn:aws:s3:::{store.bucket}", f"arn:aws:s3:::{store.bucket}/*"]
    deny = {"Effect": "Deny", "Principal": "*", "Action": _ANY, "Resource": resources}
    put = deny | {"Action": _PUT, "Resource": resources[1]}
    key = lab.keys[store.account]
    by_service = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    audit = f"arn:aws:iam::*:role/{AUDIT_ROLE}"
    return [
        deny | {"Sid": "EncryptedTransportOnly", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        deny | {"Sid": "ModernTlsOnly", "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
        deny
        | {
            "Sid": "ThisOrganisationOnly",
            "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": lab.organisation}} | by_service,
        },
        deny
        | {
            "Sid": "ThisNetworkOnly",
            "Action": ["S3:GetObject*", "S3:PutObject*", "S3:DeleteObject*"],
            "Condition": {
                "StringNotEqualsIfExists": {"aws:SourceVpce": lab.endpoints[store.account]},
                "ArnNotLikeIfExists": {"aws:PrincipalArn": audit},
            }
            | by_service,
        },
        deny | {"Sid": "NoSignedUrls", "Condition": {"StringNotEquals": {"s3:authType": "REST-HEADER"}}},
        deny | {"Sid": "NoOldSignatures", "Condition": {"NumericGreaterThan": {"s3:signatureAge": "600000"}}},
        put
        | {
            "Sid": "NoOtherAlgorithm",
            "Condition": {"StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption": "aws:kms"}},
        },
        put
        | {
            "Sid": "NoOtherKey",
            "Condition": {"StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key}},
        },
        put
        | {
            "Sid": "NoCustomerProvidedKeys",
            "Condition": {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}},
        },
    ]


def key_policy(lab: Lab, store: WeightStore) -> list[dict[str, Any]]:
    """The statements of a weight key: administration and use apart, use only through S3 for this bucket."""
    account = lab.accounts[store.account]
    users = sorted({lab.role_arn(store.account, store.reader), lab.role_arn(store.account, store.writer)})
    return [
        {
            "Sid": "Administration",
            "Effect": "Allow",
            "Principal": {"AWS": lab.role_arn(store.account, "KeyAdministrator")},
            "Action": [
                "kms:Describe*",
                "kms:Get*",
                "kms:List*",
                "kms:EnableKeyRotation",
                "kms:TagResource",
                "kms:UpdateKeyDescription",
                "kms:CancelKeyDeletion",
            ],
            "Resource": "*",
        },
        {
            "Sid": "ReadOnlyAudit",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:role/{AUDIT_ROLE}"},
            "Action": ["kms:Describe*", "kms:Get*", "kms:List*"],
            "Resource": "*",
        },
        {
            "Sid": "UseThroughStorageOnly",
            "Effect": "Allow",
            "Principal": {"AWS": users},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "*",
            "Condition": {
                "StringEquals": {
                    "kms:ViaService": f"s3.{REGION}.amazonaws.com",
                    "kms:CallerAccount": account,
                },
                "StringLike": {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{store.bucket}*"},
            },
        },
    ]


def put_bucket_policy(lab: Lab, account: str, bucket: str, statements: list[dict[str, Any]]) -> None:
    """Replace a bucket's policy."""
    lab.client(account, "s3").put_bucket_policy(Bucket=bucket, Policy=_document(*statements))


def put_key_policy(lab: Lab, account: str, statements: list[dict[str, Any]]) -> None:
    """Replace the policy of an account's weight key."""
    lab.client(account, "kms").put_key_policy(
        KeyId=lab.keys[account], PolicyName="default", Policy=_document(*statements)
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
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(statement), **extra)
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName=f"{name}Access", PolicyDocument=_document(*statements))


def _organisation(lab: Lab) -> None:
    organizations = lab.client("management", "organizations")
    lab.organisation = organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    lab.accounts["management"] = lab.client("management", "sts").get_caller_identity()["Account"]
    lab.accounts["foreign"] = FOREIGN_ACCOUNT
    lab.root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=lab.root, Name="Models")["OrganizationalUnit"][
        "Id"
    ]
    for name in MEMBERS:
        status = organizations.create_account(AccountName=name, Email=f"{name}@aurora.example")[
            "CreateAccountStatus"
        ]
        lab.accounts[name] = status["AccountId"]
        organizations.move_account(
            AccountId=status["AccountId"], SourceParentId=lab.root, DestinationParentId=unit
        )


def guardrails(lab: Lab) -> tuple[str, str]:
    """The service control policy and the resource control policy of the organisation, as documents."""
    protected = [
        "cloudtrail:StopLogging",
        "cloudtrail:DeleteTrail",
        "cloudtrail:UpdateTrail",
        "cloudtrail:PutEventSelectors",
        "organizations:LeaveOrganization",
        "s3:PutAccountPublicAccessBlock",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutReplicationConfiguration",
        "kms:ScheduleKeyDeletion",
        "kms:DisableKey",
        "kms:PutKeyPolicy",
        "kms:CreateGrant",
        "guardduty:DeleteDetector",
        "guardduty:UpdateDetector",
        "config:StopConfigurationRecorder",
        "config:DeleteConfigurationRecorder",
        "ec2:DisableEbsEncryptionByDefault",
        "ec2:DisableSnapshotBlockPublicAccess",
        "ec2:DisableImageBlockPublicAccess",
        "datasync:Create*",
        "iam:CreateUser",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
    ]
    service = _document(
        {"Sid": "KeepTheGuardrails", "Effect": "Deny", "Action": protected, "Resource": "*"},
        {
            "Sid": "NoRootUser",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}},
        },
        {
            "Sid": "ApprovedRegionsOnly",
            "Effect": "Deny",
            "NotAction": [
                "iam:*",
                "organizations:*",
                "sts:*",
                "s3:ListAllMyBuckets",
                "support:*",
                "kms:*",
                "cloudtrail:*",
            ],
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": [REGION]}},
        },
    )
    resource = _document(
        {
            "Sid": "ThisOrganisationOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:*", "kms:*", "secretsmanager:*", "sts:AssumeRole"],
            "Resource": "*",
            "Condition": {
                "StringNotEqualsIfExists": {"aws:PrincipalOrgID": lab.organisation},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
        },
        {
            "Sid": "EncryptedTransportOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:*", "kms:*"],
            "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}},
        },
    )
    return service, resource


def _guardrails(lab: Lab) -> None:
    organizations = lab.client("management", "organizations")
    organizations.enable_policy_type(RootId=lab.root, PolicyType="RESOURCE_CONTROL_POLICY")
    service, resource = guardrails(lab)
    for name, kind, content in (
        ("weight-guardrails", "SERVICE_CONTROL_POLICY", service),
        ("weight-perimeter", "RESOURCE_CONTROL_POLICY", resource),
    ):
        policy = organizations.create_policy(
            Name=name, Type=kind, Content=content, Description="protects model weights"
        )
        organizations.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=lab.root)


def _account_defaults(lab: Lab) -> None:
    switches = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    auditor = {"AWS": f"arn:aws:iam::{lab.accounts['management']}:root"}
    for account in ("management", *MEMBERS):
        lab.client(account, "s3control").put_public_access_block(
            AccountId=lab.accounts[account], PublicAccessBlockConfiguration=switches
        )
        lab.client(account, "iam").update_account_password_policy(
            MinimumPasswordLength=16,
            RequireSymbols=True,
            RequireNumbers=True,
            RequireUppercaseCharacters=True,
            RequireLowercaseCharacters=True,
            MaxPasswordAge=90,
            PasswordReusePrevention=24,
        )
        create_role(
            lab,
            account,
            AUDIT_ROLE,
            auditor,
            [],
            condition={"StringEquals": {"sts:ExternalId": "weightguard"}},
        )
        lab.client(account, "iam").attach_role_policy(
            RoleName=AUDIT_ROLE, PolicyArn="arn:aws:iam::aws:policy/SecurityAudit"
        )


def _network(lab: Lab, account: str) -> None:
    ec2 = lab.client(account, "ec2")
    network = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    buckets = [store.bucket for store in STORES]
    policy = _document(
        {
            "Sid": "OwnWeightsOnly",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [
                arn for bucket in buckets for arn in (f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*")
            ],
            "Condition": {
                "StringEquals": {
                    "aws:ResourceOrgID": lab.organisation,
                    "aws:PrincipalOrgID": lab.organisation,
                }
            },
        }
    )
    endpoint = ec2.create_vpc_endpoint(
        VpcId=network,
        ServiceName=f"com.amazonaws.{REGION}.s3",
        VpcEndpointType="Gateway",
        PolicyDocument=policy,
    )
    lab.endpoints[account] = endpoint["VpcEndpoint"]["VpcEndpointId"]


def _key(lab: Lab, store: WeightStore) -> None:
    kms = lab.client(store.account, "kms")
    created = kms.create_key(
        Description=f"weights in {store.bucket}",
        Tags=[{"TagKey": "weightguard:sensitivity", "TagValue": "model-weights"}],
    )
    lab.keys[store.account] = created["KeyMetadata"]["Arn"]
    kms.enable_key_rotation(KeyId=lab.keys[store.account])
    kms.create_alias(AliasName=f"alias/{store.bucket}", TargetKeyId=lab.keys[store.account])


def _roles(lab: Lab, store: WeightStore) -> None:
    objects, bucket = f"arn:aws:s3:::{store.bucket}/*", f"arn:aws:s3:::{store.bucket}"
    key = lab.keys[store.account]
    read = [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": objects},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket},
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key},
    ]
    write = [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": objects},
        {"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": key},
    ]
    machine = {"Service": "ec2.amazonaws.com"}
    iam = lab.client(store.account, "iam")
    create_role(
        lab, store.account, store.reader, machine, read + (write if store.writer == store.reader else [])
    )
    iam.create_instance_profile(InstanceProfileName=store.reader)
    iam.add_role_to_instance_profile(InstanceProfileName=store.reader, RoleName=store.reader)
    if store.writer == "ReleasePublisher":
        _release_publisher(lab, write)
    elif store.writer != store.reader:
        create_role(lab, store.account, store.writer, {"Service": "s3.amazonaws.com"}, write)
    create_role(
        lab,
        store.account,
        "KeyAdministrator",
        {"AWS": f"arn:aws:iam::{lab.accounts['management']}:root"},
        [{"Effect": "Allow", "Action": ["kms:Describe*", "kms:Get*", "kms:List*"], "Resource": "*"}],
        condition={
            "Bool": {"aws:MultiFactorAuthPresent": "true"},
            "StringEquals": {"sts:ExternalId": "key-ceremony"},
        },
    )


def _release_publisher(lab: Lab, write: list[dict[str, Any]]) -> None:
    provider = lab.client("serving", "iam").create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com",
        ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=["6938fd4d98bab03faadb97b34396831e3780aea1"],
    )["OpenIDConnectProviderArn"]
    subject = "repo:aurora/release:environment:production"
    issuer = "token.actions.githubusercontent.com"
    create_role(
        lab,
        "serving",
        "ReleasePublisher",
        {"Federated": provider},
        write,
        condition={"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": subject}},
    )


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


def _store(lab: Lab, store: WeightStore) -> None:
    create_bucket(lab, store.account, store.bucket, lock=True)
    s3 = lab.client(store.account, "s3")
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": lab.keys[store.account]}
    s3.put_bucket_encryption(
        Bucket=store.bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
        },
    )
    s3.put_bucket_tagging(
        Bucket=store.bucket,
        Tagging={
            "TagSet": [
                {"Key": "weightguard:sensitivity", "Value": "model-weights"},
                {"Key": "weightguard:owner", "Value": "weights-security@aurora.example"},
            ]
        },
    )
    s3.put_bucket_lifecycle_configuration(Bucket=store.bucket, LifecycleConfiguration=_lifecycle())
    put_bucket_policy(lab, store.account, store.bucket, bucket_policy(lab, store))
    put_key_policy(lab, store.account, key_policy(lab, store))


def _lifecycle() -> dict[str, Any]:
    return {
        "Rules": [
            {
                "ID": "expire-old-copies",
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "Expiration": {"Days": 365},
                "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
            }
        ]
    }


def put_files(lab: Lab, account: str, bucket: str, prefix: str, files: Mapping[str, bytes]) -> None:
    """Upload files under a prefix, encrypted as the bucket's default says."""
    s3 = lab.client(account, "s3")
    for name, content in files.items():
        extra: dict[str, str] = {}
        if account in lab.keys:
            extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": lab.keys[account]}
        s3.put_object(Bucket=bucket, Key=f"{prefix}{name}", Body=content, **extra)


def _weights(lab: Lab) -> None:
    config = {"config.json": b'{"architectures": ["AuroraForCausalLM"], "hidden_size": 32}'}
    aurora = models.transformer_shards(layers=4, width=32, shards=2)
    put_files(lab, "serving", "aurora-release", "aurora-1/", aurora | config)
    put_files(
        lab,
        "serving",
        "aurora-release",
        "aurora-1-mini/",
        {"aurora-1-mini-f32.gguf": models.gguf("aurora-1-mini")},
    )
    checkpoint = {"encoder.weight": (64, 32), "decoder.weight": (32, 64)}
    put_files(
        lab, "training", "aurora-checkpoints", "run-17/step-1000/", {"model.pt": models.pytorch(checkpoint)}
    )
    put_files(
        lab,
        "research",
        "aurora-eval",
        "probe/",
        {"probe.npz": models.npz({"layer_0.weight": (16, 16), "layer_0.bias": (16,)})},
    )
    put_files(lab, "log-archive", "aurora-backup", "aurora-1/", aurora)


def _logs(lab: Lab) -> None:
    create_bucket(lab, "log-archive", LOG_BUCKET, lock=True)
    resources = [f"arn:aws:s3:::{LOG_BUCKET}", f"arn:aws:s3:::{LOG_BUCKET}/*"]
    put_bucket_policy(
        lab,
        "log-archive",
        LOG_BUCKET,
        [
            {
                "Sid": "TrailMayWrite",
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": ["s3:PutObject", "s3:GetBucketAcl"],
                "Resource": resources,
                "Condition": {"StringEquals": {"aws:SourceOrgID": lab.organisation}},
            },
            {
                "Sid": "EncryptedTransportOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": _ANY,
                "Resource": resources,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    )
    # The emulator looks for the destination inside the trail's own account, so the organisation's trail lives with its bucket.
    trail = lab.client("log-archive", "cloudtrail")
    trail.create_trail(
        Name="organisation",
        S3BucketName=LOG_BUCKET,
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
        IsOrganizationTrail=True,
        IncludeGlobalServiceEvents=True,
    )
    put_selectors(lab, exclude=())
    trail.start_logging(Name="organisation")


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


def build(url: str) -> Lab:
    """Build the hardened lab on the emulator at `url` (loopback only)."""
    lab = Lab(url)
    _organisation(lab)
    _account_defaults(lab)
    for account in MEMBERS:
        _network(lab, account)
    for store in STORES:
        _key(lab, store)
        _roles(lab, store)
    _logs(lab)
    for store in STORES:
        _store(lab, store)
    _weights(lab)
    _guardrails(lab)
    return lab
