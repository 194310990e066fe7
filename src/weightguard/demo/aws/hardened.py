"""Build the hardened lab: an AWS organisation that keeps model weights as the catalogue asks up to level SL3.

`weaknesses` then plants what makes the demonstration lab weak.
"""

from __future__ import annotations

from typing import Any

from weightguard.demo import models
from weightguard.demo.aws.lab import (
    AUDIT_ROLE,
    FOREIGN_ACCOUNT,
    LOG_BUCKET,
    MEMBERS,
    REGION,
    STORES,
    Lab,
    WeightStore,
    create_bucket,
    create_role,
    document,
    put_bucket_policy,
    put_files,
    put_key_policy,
    put_selectors,
)
from weightguard.demo.aws.policies import (
    bucket_policy,
    guardrails,
    key_policy,
    log_bucket_policy,
    log_key_policy,
)


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


def _guardrails(lab: Lab) -> None:
    organizations = lab.client("management", "organizations")
    for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        organizations.enable_policy_type(RootId=lab.root, PolicyType=kind)
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
    policy = document(
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


def _watch(lab: Lab, account: str) -> None:
    """Threat detection, a record of every configuration, and logs of every network's traffic."""
    lab.client(account, "guardduty").create_detector(
        Enable=True,
        Features=[{"Name": name, "Status": "ENABLED"} for name in ("S3_DATA_EVENTS", "RUNTIME_MONITORING")],
    )
    config = lab.client(account, "config")
    config.put_configuration_recorder(
        ConfigurationRecorder={
            "name": "default",
            "roleARN": lab.role_arn(account, "ConfigurationRecorder"),
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
        }
    )
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": LOG_BUCKET})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    ec2 = lab.client(account, "ec2")
    for network in ec2.describe_vpcs()["Vpcs"]:
        ec2.create_flow_logs(
            ResourceIds=[network["VpcId"]],
            ResourceType="VPC",
            TrafficType="ALL",
            LogDestinationType="s3",
            LogDestination=f"arn:aws:s3:::{LOG_BUCKET}",
        )


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


def _store(lab: Lab, store: WeightStore) -> None:
    create_bucket(lab, store.account, store.bucket, lock=True)
    _dress(lab, store.account, store.bucket, lab.keys[store.account], "model-weights")
    put_bucket_policy(lab, store.account, store.bucket, bucket_policy(lab, store))
    put_key_policy(lab, store.account, key_policy(lab, store))


def _dress(lab: Lab, account: str, bucket: str, key: str, sensitivity: str) -> None:
    """Default encryption, labels and expiry of a bucket."""
    s3 = lab.client(account, "s3")
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    labels = {"weightguard:sensitivity": sensitivity, "weightguard:owner": "weights-security@aurora.example"}
    s3.put_bucket_tagging(
        Bucket=bucket, Tagging={"TagSet": [{"Key": name, "Value": value} for name, value in labels.items()]}
    )
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=_lifecycle())


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


def _weights(lab: Lab) -> None:
    held = models.lab_files()
    for store in STORES:
        put_files(lab, store.account, store.bucket, "", held[store.bucket])


def _logs(lab: Lab) -> None:
    create_bucket(lab, "log-archive", LOG_BUCKET, lock=True)
    kms = lab.client("log-archive", "kms")
    key = kms.create_key(Description="audit logs")["KeyMetadata"]["Arn"]
    kms.enable_key_rotation(KeyId=key)
    kms.create_alias(AliasName="alias/audit-logs", TargetKeyId=key)
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document(*log_key_policy(lab)))
    _dress(lab, "log-archive", LOG_BUCKET, key, "audit-logs")
    put_bucket_policy(lab, "log-archive", LOG_BUCKET, log_bucket_policy(lab, LOG_BUCKET, key))
    # The emulator looks for the destination inside the trail's own account, so the organisation's trail lives with its bucket.
    trail = lab.client("log-archive", "cloudtrail")
    trail.create_trail(
        Name="organisation",
        S3BucketName=LOG_BUCKET,
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
        IsOrganizationTrail=True,
        IncludeGlobalServiceEvents=True,
        KmsKeyId=key,
    )
    put_selectors(lab, exclude=())
    trail.start_logging(Name="organisation")


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
    for account in MEMBERS:
        _watch(lab, account)
    _weights(lab)
    _guardrails(lab)
    return lab
