"""What makes the demonstration lab weak: each weakness is one change to the hardened lab, with the control that catches it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from weightguard.demo import models
from weightguard.demo.lab import (
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
_RELEASE, _CHECKPOINTS, _EVAL, _BACKUP = (
    _BY_BUCKET[name] for name in ("aurora-release", "aurora-checkpoints", "aurora-eval", "aurora-backup")
)


@dataclass(frozen=True, slots=True)
class Weakness:
    """One planted weakness.

    Attributes:
        name: a short slug.
        control: the id of the control that must fail because of it.
        subject: a text that the failing result's subject contains (a bucket's name, a role's name, an account's name).
        story: what somebody did, and why it matters, in one sentence.
        plant: makes the change on the hardened lab.
    """

    name: str
    control: str
    subject: str
    story: str
    plant: Callable[[Lab], None]


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


def _public_bucket(lab: Lab) -> None:
    statement = {
        "Sid": "ShareWithReviewers",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{_EVAL.bucket}/*",
    }
    _edit(lab, _EVAL, drop=("ThisOrganisationOnly", "ThisNetworkOnly", "NoSignedUrls"), add=statement)


def _no_bucket_block(lab: Lab) -> None:
    lab.client("research", "s3").delete_public_access_block(Bucket=_EVAL.bucket)


def _no_account_block(lab: Lab) -> None:
    lab.client("research", "s3control").delete_public_access_block(AccountId=lab.accounts["research"])


def _provider_key(lab: Lab) -> None:
    default = {"SSEAlgorithm": "AES256"}
    lab.client("research", "s3").put_bucket_encryption(
        Bucket=_EVAL.bucket,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
    )
    probe = lab.client("research", "s3").get_object(Bucket=_EVAL.bucket, Key="probe/probe.npz")["Body"].read()
    lab.client("research", "s3").put_object(
        Bucket=_EVAL.bucket, Key="probe/probe.npz", Body=probe, ServerSideEncryption="AES256"
    )


def _acls(lab: Lab) -> None:
    s3 = lab.client("training", "s3")
    s3.put_bucket_ownership_controls(
        Bucket=_CHECKPOINTS.bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )


def _plain_transport(lab: Lab) -> None:
    _edit(lab, _CHECKPOINTS, drop=("EncryptedTransportOnly", "ModernTlsOnly"))


def _any_encryption(lab: Lab) -> None:
    _edit(lab, _CHECKPOINTS, drop=("NoOtherAlgorithm", "NoOtherKey", "NoCustomerProvidedKeys"))


def _foreign_reader(lab: Lab) -> None:
    statement = {
        "Sid": "PartnerEvaluation",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{lab.accounts['foreign']}:root"},
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{_RELEASE.bucket}", f"arn:aws:s3:::{_RELEASE.bucket}/*"],
    }
    _edit(lab, _RELEASE, add=statement)


def _open_perimeter(lab: Lab) -> None:
    _edit(lab, _RELEASE, drop=("ThisOrganisationOnly", "ThisNetworkOnly"))
    _detach(lab, "RESOURCE_CONTROL_POLICY", "weight-perimeter")


def _detach(lab: Lab, kind: str, name: str) -> None:
    organizations = lab.client("management", "organizations")
    for policy in organizations.list_policies(Filter=kind)["Policies"]:
        if policy["Name"] == name:
            organizations.detach_policy(PolicyId=policy["Id"], TargetId=lab.root)


def _foreign_grant(lab: Lab) -> None:
    lab.client("serving", "kms").create_grant(
        KeyId=lab.keys["serving"],
        GranteePrincipal=f"arn:aws:iam::{lab.accounts['foreign']}:root",
        Operations=["Decrypt"],
        Name="partner-evaluation",
    )


def _wildcard_key(lab: Lab) -> None:
    statement = {
        "Sid": "JustMakeItWork",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "kms:*",
        "Resource": "*",
    }
    _edit_key(lab, _CHECKPOINTS, statement)


def _no_rotation(lab: Lab) -> None:
    lab.client("research", "kms").disable_key_rotation(KeyId=lab.keys["research"])


def _unlogged_reads(lab: Lab) -> None:
    put_selectors(lab, exclude=(_CHECKPOINTS.bucket,))


def _weak_trail(lab: Lab) -> None:
    lab.client("log-archive", "cloudtrail").update_trail(Name="organisation", EnableLogFileValidation=False)


def _erasable_logs(lab: Lab) -> None:
    lab.client("log-archive", "s3").put_object_lock_configuration(
        Bucket=LOG_BUCKET, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
    )


def _plain_backup(lab: Lab) -> None:
    name = "aurora-cold-copy"
    create_bucket(lab, "log-archive", name, lock=False)
    s3 = lab.client("log-archive", "s3")
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    put_files(lab, "log-archive", name, "2026-05/", models.transformer_shards(layers=4, width=32, shards=2))


def _replicate_abroad(lab: Lab) -> None:
    foreign = lab.client("foreign", "s3")
    foreign.create_bucket(Bucket="partner-mirror")
    foreign.put_bucket_versioning(Bucket="partner-mirror", VersioningConfiguration={"Status": "Enabled"})
    lab.client("training", "s3").put_bucket_replication(
        Bucket=_CHECKPOINTS.bucket,
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


def _open_endpoint(lab: Lab) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    lab.client("training", "ec2").modify_vpc_endpoint(
        VpcEndpointId=lab.endpoints["training"],
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def _any_pipeline(lab: Lab) -> None:
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
    _allow_read(lab, _RELEASE, "ReleaseSmokeTest")


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


def _long_lived_user(lab: Lab) -> None:
    iam = lab.client("training", "iam")
    iam.create_user(UserName="dana")
    iam.create_login_profile(UserName="dana", Password="correct-Horse-7-battery")  # noqa: S106 - never leaves the emulator
    iam.create_access_key(UserName="dana")
    statement = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{_CHECKPOINTS.bucket}", f"arn:aws:s3:::{_CHECKPOINTS.bucket}/*"],
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_user_policy(UserName="dana", PolicyName="debugging", PolicyDocument=json.dumps(document))


def _administrator(lab: Lab) -> None:
    create_role(
        lab,
        "research",
        "BreakGlass",
        {"AWS": f"arn:aws:iam::{lab.accounts['management']}:root"},
        [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    )


def _pass_role(lab: Lab) -> None:
    create_role(
        lab,
        "training",
        "NightlyReports",
        {"Service": "lambda.amazonaws.com"},
        [
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{_CHECKPOINTS.bucket}/*",
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


def _forgotten_copy(lab: Lab) -> None:
    create_bucket(lab, "research", "scratch-jo", lock=False)
    shard = models.transformer_shards(layers=4, width=32, shards=2)["model-00001-of-00002.safetensors"]
    put_files(lab, "research", "scratch-jo", "holiday-photos/", {"IMG_2041.jpg": shard})


def _no_detection(lab: Lab) -> None:
    guardduty = lab.client("training", "guardduty")
    for detector in guardduty.list_detectors()["DetectorIds"]:
        guardduty.delete_detector(DetectorId=detector)


def _no_flow_logs(lab: Lab) -> None:
    ec2 = lab.client("training", "ec2")
    ec2.delete_flow_logs(FlowLogIds=[log["FlowLogId"] for log in ec2.describe_flow_logs()["FlowLogs"]])


def _nothing(lab: Lab) -> None:
    """The emulator was started so."""


def _executable_format(lab: Lab) -> None:
    checkpoint = models.pytorch({"encoder.weight": (64, 32), "decoder.weight": (32, 64)})
    put_files(lab, "training", _CHECKPOINTS.bucket, "run-17/step-2000/", {"model.pt": checkpoint})


def _endless_checkpoints(lab: Lab) -> None:
    lab.client("training", "s3").delete_bucket_lifecycle(Bucket=_CHECKPOINTS.bucket)


def _unlabelled(lab: Lab) -> None:
    lab.client("log-archive", "s3").delete_bucket_tagging(Bucket=_BACKUP.bucket)


def _no_guardrails(lab: Lab) -> None:
    _detach(lab, "SERVICE_CONTROL_POLICY", "weight-guardrails")


def _replicated_key(lab: Lab) -> None:
    kms = lab.client("log-archive", "kms")
    key = kms.create_key(Description="backup of weights", MultiRegion=True)["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    lab.client("log-archive", "s3").put_bucket_encryption(
        Bucket=_BACKUP.bucket,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
    )


WEAKNESSES: tuple[Weakness, ...] = (
    Weakness(
        "executable-format",
        "WG-INT-04",
        "pytorch",
        "A checkpoint was saved as a pickle, which runs whatever was put into it when somebody loads it.",
        _executable_format,
    ),
    Weakness(
        "no-root-factor",
        "WG-IAM-18",
        "training",
        "The root users have no second factor.",
        _nothing,
    ),
    Weakness(
        "disks-may-be-shared",
        "WG-STO-17",
        "training",
        "Nothing keeps an account from sharing a snapshot of a training disk with everybody.",
        _nothing,
    ),
    Weakness(
        "nobody-analyses",
        "WG-LOG-14",
        "serving",
        "No analyser watches for access from outside between audits.",
        _nothing,
    ),
    Weakness(
        "no-detection",
        "WG-LOG-06",
        "training",
        "Threat detection was switched off in the training account: nobody notices a thief's unusual reads.",
        _no_detection,
    ),
    Weakness(
        "no-flow-logs",
        "WG-NET-10",
        "training",
        "The training network keeps no record of where its traffic went.",
        _no_flow_logs,
    ),
    Weakness(
        "public-bucket",
        "WG-STO-03",
        _EVAL.bucket,
        "The evaluation bucket was opened to everybody so that reviewers need no account.",
        _public_bucket,
    ),
    Weakness(
        "bucket-block-off",
        "WG-STO-01",
        _EVAL.bucket,
        "Block Public Access was deleted from the evaluation bucket.",
        _no_bucket_block,
    ),
    Weakness(
        "account-block-off",
        "WG-STO-02",
        "research",
        "The research account has no Block Public Access of its own: the next bucket can be opened too.",
        _no_account_block,
    ),
    Weakness(
        "provider-key",
        "WG-STO-05",
        _EVAL.bucket,
        "The evaluation bucket and its probe were moved to Amazon's own key, which separates no reader from any other.",
        _provider_key,
    ),
    Weakness(
        "acls-on",
        "WG-STO-04",
        _CHECKPOINTS.bucket,
        "Object ownership was set back to ObjectWriter: each uploader decides who reads a checkpoint.",
        _acls,
    ),
    Weakness(
        "plain-transport",
        "WG-STO-07",
        _CHECKPOINTS.bucket,
        "The statements that refuse unencrypted transport were lost from the checkpoint bucket's policy.",
        _plain_transport,
    ),
    Weakness(
        "any-encryption",
        "WG-STO-06",
        _CHECKPOINTS.bucket,
        "Nothing holds uploads of checkpoints to the bucket's own key any more.",
        _any_encryption,
    ),
    Weakness(
        "partner-access",
        "WG-IAM-05",
        _RELEASE.bucket,
        "A partner's account may read the release bucket, long after the evaluation ended.",
        _foreign_reader,
    ),
    Weakness(
        "open-perimeter",
        "WG-NET-01",
        _RELEASE.bucket,
        "For the partner's sake the bucket's perimeter was removed, and the organisation's resource control policy detached.",
        _open_perimeter,
    ),
    Weakness(
        "partner-grant",
        "WG-KEY-06",
        "key/",
        "A KMS grant, which no policy review shows, still lets the partner decrypt.",
        _foreign_grant,
    ),
    Weakness(
        "wildcard-key",
        "WG-KEY-02",
        "key/",
        "The checkpoint key's policy lets everybody do everything, administration included.",
        _wildcard_key,
    ),
    Weakness(
        "no-rotation",
        "WG-KEY-07",
        "key/",
        "Rotation of the research key was switched off.",
        _no_rotation,
    ),
    Weakness(
        "replicated-key",
        "WG-KEY-08",
        "key/",
        "The backup moved to a multi-Region key, which can be replicated to where nobody looks.",
        _replicated_key,
    ),
    Weakness(
        "unlogged-reads",
        "WG-LOG-01",
        _CHECKPOINTS.bucket,
        "Reads of checkpoints were excluded from the trail to save money: a theft leaves no trace.",
        _unlogged_reads,
    ),
    Weakness(
        "unvalidated-logs",
        "WG-LOG-03",
        "organisation",
        "Log file validation is off: nobody can show that the logs are whole.",
        _weak_trail,
    ),
    Weakness(
        "erasable-logs",
        "WG-LOG-03",
        LOG_BUCKET,
        "The log bucket lost its default retention: whoever takes it over can erase the traces.",
        _erasable_logs,
    ),
    Weakness(
        "plain-backup",
        "WG-STO-09",
        "aurora-cold-copy",
        "A second, unversioned copy of the release lies in a bucket that nobody declared.",
        _plain_backup,
    ),
    Weakness(
        "replication-abroad",
        "WG-STO-08",
        _CHECKPOINTS.bucket,
        "Every new checkpoint is replicated into a bucket of the partner's account.",
        _replicate_abroad,
    ),
    Weakness(
        "open-endpoint",
        "WG-NET-03",
        "vpce-",
        "The training network's S3 endpoint lets anything through, to anybody's bucket.",
        _open_endpoint,
    ),
    Weakness(
        "any-pipeline",
        "WG-SUP-05",
        _RELEASE.bucket,
        "The smoke-test role trusts every GitHub repository in the world, and reads the release.",
        _any_pipeline,
    ),
    Weakness(
        "long-lived-key",
        "WG-IAM-10",
        "dana",
        "Dana has a password without a second factor and an access key, and reads checkpoints.",
        _long_lived_user,
    ),
    Weakness(
        "administrator",
        "WG-IAM-12",
        "BreakGlass",
        "A break-glass role with all rights was left behind.",
        _administrator,
    ),
    Weakness(
        "passed-role",
        "WG-IAM-04",
        _CHECKPOINTS.bucket,
        "The deployment user may pass a role that reads checkpoints to a function of its own making.",
        _pass_role,
    ),
    Weakness(
        "forgotten-copy",
        "WG-INV-02",
        "scratch-jo",
        "A shard of the release lies in a scratch bucket under the name of a photograph.",
        _forgotten_copy,
    ),
    Weakness(
        "endless-checkpoints",
        "WG-INV-06",
        _CHECKPOINTS.bucket,
        "Checkpoints never expire.",
        _endless_checkpoints,
    ),
    Weakness(
        "unlabelled",
        "WG-INV-04",
        _BACKUP.bucket,
        "The backup lost its label, so no rule that looks for labels protects it.",
        _unlabelled,
    ),
    Weakness(
        "no-guardrails",
        "WG-LOG-05",
        "",
        "The service control policy was detached: an administrator of the account can stop the trail.",
        _no_guardrails,
    ),
)


def plant(lab: Lab) -> None:
    """Plant every weakness on a hardened lab."""
    for weakness in WEAKNESSES:
        weakness.plant(lab)
