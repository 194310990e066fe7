"""How each weakness of the demonstration lab is made: one change to the hardened lab, in the cloud's own calls."""

from __future__ import annotations

import json
from typing import Any

from weightguard.demo import models
from weightguard.demo.aws.lab import (
    LOG_BUCKET,
    STORES,
    Lab,
    WeightStore,
    create_bucket,
    create_role,
    put_bucket_policy,
    put_files,
    put_key_policy,
    put_selectors,
)

_BY_BUCKET = {store.bucket: store for store in STORES}
RELEASE, CHECKPOINTS, EVAL, BACKUP = (
    _BY_BUCKET[name] for name in ("aurora-release", "aurora-checkpoints", "aurora-eval", "aurora-backup")
)


def _edit(
    lab: Lab, store: WeightStore, *, drop: tuple[str, ...] = (), add: dict[str, Any] | None = None
) -> None:
    """Take statements out of a bucket's policy by Sid, and put one in."""
    policy = json.loads(lab.client(store.account, "s3").get_bucket_policy(Bucket=store.bucket)["Policy"])
    statements = [statement for statement in policy["Statement"] if statement["Sid"] not in drop]
    put_bucket_policy(lab, store.account, store.bucket, [*([add] if add else []), *statements])


def _edit_key(lab: Lab, store: WeightStore, add: dict[str, Any]) -> None:
    """Put a statement into the policy of the key that protects a bucket."""
    kms = lab.client(store.account, "kms")
    policy = json.loads(kms.get_key_policy(KeyId=lab.keys[store.account], PolicyName="default")["Policy"])
    put_key_policy(lab, store.account, [*policy["Statement"], add])


def public_bucket(lab: Lab) -> None:
    statement = {
        "Sid": "ShareWithReviewers",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{EVAL.bucket}/*",
    }
    _edit(lab, EVAL, drop=("ThisOrganisationOnly", "ThisNetworkOnly", "NoSignedUrls"), add=statement)


def no_bucket_block(lab: Lab) -> None:
    lab.client("research", "s3").delete_public_access_block(Bucket=EVAL.bucket)


def no_account_block(lab: Lab) -> None:
    lab.client("research", "s3control").delete_public_access_block(AccountId=lab.accounts["research"])


def provider_key(lab: Lab) -> None:
    default = {"SSEAlgorithm": "AES256"}
    lab.client("research", "s3").put_bucket_encryption(
        Bucket=EVAL.bucket,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
    )
    probe = lab.client("research", "s3").get_object(Bucket=EVAL.bucket, Key="probe/probe.npz")["Body"].read()
    lab.client("research", "s3").put_object(
        Bucket=EVAL.bucket, Key="probe/probe.npz", Body=probe, ServerSideEncryption="AES256"
    )


def acls(lab: Lab) -> None:
    s3 = lab.client("training", "s3")
    s3.put_bucket_ownership_controls(
        Bucket=CHECKPOINTS.bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )


def plain_transport(lab: Lab) -> None:
    _edit(lab, CHECKPOINTS, drop=("EncryptedTransportOnly", "ModernTlsOnly"))


def any_encryption(lab: Lab) -> None:
    _edit(lab, CHECKPOINTS, drop=("NoOtherAlgorithm", "NoOtherKey", "NoCustomerProvidedKeys"))


def foreign_reader(lab: Lab) -> None:
    statement = {
        "Sid": "PartnerEvaluation",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{lab.accounts['foreign']}:root"},
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{RELEASE.bucket}", f"arn:aws:s3:::{RELEASE.bucket}/*"],
    }
    _edit(lab, RELEASE, add=statement)


def open_perimeter(lab: Lab) -> None:
    _edit(lab, RELEASE, drop=("ThisOrganisationOnly", "ThisNetworkOnly"))
    _detach(lab, "RESOURCE_CONTROL_POLICY", "weight-perimeter")


def _detach(lab: Lab, kind: str, name: str) -> None:
    organizations = lab.client("management", "organizations")
    for policy in organizations.list_policies(Filter=kind)["Policies"]:
        if policy["Name"] == name:
            organizations.detach_policy(PolicyId=policy["Id"], TargetId=lab.root)


def foreign_grant(lab: Lab) -> None:
    lab.client("serving", "kms").create_grant(
        KeyId=lab.keys["serving"],
        GranteePrincipal=f"arn:aws:iam::{lab.accounts['foreign']}:root",
        Operations=["Decrypt"],
        Name="partner-evaluation",
    )


def wildcard_key(lab: Lab) -> None:
    statement = {
        "Sid": "JustMakeItWork",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "kms:*",
        "Resource": "*",
    }
    _edit_key(lab, CHECKPOINTS, statement)


def no_rotation(lab: Lab) -> None:
    lab.client("research", "kms").disable_key_rotation(KeyId=lab.keys["research"])


def unlogged_reads(lab: Lab) -> None:
    put_selectors(lab, exclude=(CHECKPOINTS.bucket,))


def weak_trail(lab: Lab) -> None:
    lab.client("log-archive", "cloudtrail").update_trail(Name="organisation", EnableLogFileValidation=False)


def erasable_logs(lab: Lab) -> None:
    lab.client("log-archive", "s3").put_object_lock_configuration(
        Bucket=LOG_BUCKET, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
    )


def plain_backup(lab: Lab) -> None:
    name = "aurora-cold-copy"
    create_bucket(lab, "log-archive", name, lock=False)
    s3 = lab.client("log-archive", "s3")
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    put_files(lab, "log-archive", name, "2026-05/", models.transformer_shards(layers=4, width=32, shards=2))


def replicate_abroad(lab: Lab) -> None:
    foreign = lab.client("foreign", "s3")
    foreign.create_bucket(Bucket="partner-mirror")
    foreign.put_bucket_versioning(Bucket="partner-mirror", VersioningConfiguration={"Status": "Enabled"})
    lab.client("training", "s3").put_bucket_replication(
        Bucket=CHECKPOINTS.bucket,
        ReplicationConfiguration={
            "Role": lab.role_arn("training", "TrainingNode"),
            "Rules": [
                {
                    "ID": "mirror",
                    "Status": "Enabled",
                    "Priority": 1,
                    "Filter": {"Prefix": ""},
                    "DeleteMarkerReplication": {"Status": "Disabled"},
                    "Destination": {
                        "Bucket": "arn:aws:s3:::partner-mirror",
                        "Account": lab.accounts["foreign"],
                    },
                }
            ],
        },
    )


def open_endpoint(lab: Lab) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    lab.client("training", "ec2").modify_vpc_endpoint(
        VpcEndpointId=lab.endpoints["training"],
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def any_pipeline(lab: Lab) -> None:
    issuer = "token.actions.githubusercontent.com"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{lab.accounts['serving']}:oidc-provider/{issuer}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com"}},
            }
        ],
    }
    iam = lab.client("serving", "iam")
    iam.create_role(RoleName="ReleaseSmokeTest", AssumeRolePolicyDocument=json.dumps(trust))
    _allow_read(lab, RELEASE, "ReleaseSmokeTest")


def _allow_read(lab: Lab, store: WeightStore, role: str) -> None:
    statement = [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{store.bucket}/*"},
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": lab.keys[store.account]},
    ]
    lab.client(store.account, "iam").put_role_policy(
        RoleName=role,
        PolicyName="read",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}),
    )
    use = {
        "Sid": f"{role}MayDecrypt",
        "Effect": "Allow",
        "Principal": {"AWS": lab.role_arn(store.account, role)},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }
    _edit_key(lab, store, use)


def long_lived_user(lab: Lab) -> None:
    iam = lab.client("training", "iam")
    iam.create_user(UserName="dana")
    iam.create_login_profile(UserName="dana", Password="correct-Horse-7-battery")  # noqa: S106 - never leaves the emulator
    iam.create_access_key(UserName="dana")
    statement = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{CHECKPOINTS.bucket}", f"arn:aws:s3:::{CHECKPOINTS.bucket}/*"],
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_user_policy(UserName="dana", PolicyName="debugging", PolicyDocument=json.dumps(document))


def administrator(lab: Lab) -> None:
    create_role(
        lab,
        "research",
        "BreakGlass",
        {"AWS": f"arn:aws:iam::{lab.accounts['management']}:root"},
        [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    )


def pass_role(lab: Lab) -> None:
    create_role(
        lab,
        "training",
        "NightlyReports",
        {"Service": "lambda.amazonaws.com"},
        [
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{CHECKPOINTS.bucket}/*",
            },
            {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"},
        ],
    )
    iam = lab.client("training", "iam")
    iam.create_user(UserName="ci-deployer")
    statement = {
        "Effect": "Allow",
        "Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
        "Resource": "*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_user_policy(UserName="ci-deployer", PolicyName="deploy", PolicyDocument=json.dumps(document))


def forgotten_copy(lab: Lab) -> None:
    create_bucket(lab, "research", "scratch-jo", lock=False)
    shard = models.transformer_shards(layers=4, width=32, shards=2)["model-00001-of-00002.safetensors"]
    put_files(lab, "research", "scratch-jo", "holiday-photos/", {"IMG_2041.jpg": shard})


def no_detection(lab: Lab) -> None:
    guardduty = lab.client("training", "guardduty")
    for detector in guardduty.list_detectors()["DetectorIds"]:
        guardduty.delete_detector(DetectorId=detector)


def no_flow_logs(lab: Lab) -> None:
    ec2 = lab.client("training", "ec2")
    ec2.delete_flow_logs(FlowLogIds=[log["FlowLogId"] for log in ec2.describe_flow_logs()["FlowLogs"]])


def nothing(lab: Lab) -> None:
    """The emulator was started so."""


def executable_format(lab: Lab) -> None:
    checkpoint = models.pytorch({"encoder.weight": (64, 32), "decoder.weight": (32, 64)})
    put_files(lab, "training", CHECKPOINTS.bucket, "run-17/step-2000/", {"model.pt": checkpoint})


def endless_checkpoints(lab: Lab) -> None:
    lab.client("training", "s3").delete_bucket_lifecycle(Bucket=CHECKPOINTS.bucket)


def unlabelled(lab: Lab) -> None:
    lab.client("log-archive", "s3").delete_bucket_tagging(Bucket=BACKUP.bucket)


def no_guardrails(lab: Lab) -> None:
    _detach(lab, "SERVICE_CONTROL_POLICY", "weight-guardrails")


def replicated_key(lab: Lab) -> None:
    kms = lab.client("log-archive", "kms")
    key = kms.create_key(Description="backup of weights", MultiRegion=True)["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    lab.client("log-archive", "s3").put_bucket_encryption(
        Bucket=BACKUP.bucket,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
    )
