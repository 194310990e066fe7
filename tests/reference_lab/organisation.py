"""The organisation with its guardrails, and the people and machines of each account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reference_lab.names import (
    ACCOUNTS,
    BACKUP,
    LATELY,
    LONG_AGO,
    MANAGEMENT,
    ORGANISATION,
    REGION,
    RESEARCH,
    ROOT,
    SERVING,
    TRAINING,
    UNIT,
    bucket_arn,
    key_arn,
    ok,
    policy,
    record,
    role_arn,
    text,
)

KEPT = [
    "organizations:LeaveOrganization",
    "s3:PutAccountPublicAccessBlock",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutReplicationConfiguration",
    "cloudtrail:StopLogging",
    "cloudtrail:DeleteTrail",
    "cloudtrail:UpdateTrail",
    "cloudtrail:PutEventSelectors",
    "kms:ScheduleKeyDeletion",
    "guardduty:DeleteDetector",
    "datasync:*",
    "transfer:*",
    "snowball:*",
    "ram:CreateResourceShare",
    "iam:CreateUser",
    "iam:CreateAccessKey",
]
GUARDRAILS = (
    {"Sid": "KeepTheGuards", "Effect": "Deny", "Action": KEPT, "Resource": "*"},
    {
        "Sid": "ApprovedRegionsOnly",
        "Effect": "Deny",
        "NotAction": ["iam:*", "organizations:*", "sts:*", "support:*", "kms:*", "cloudtrail:*"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": [REGION]}},
    },
)
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ISSUER = "token.actions.githubusercontent.com"


def organisation() -> Iterator[dict[str, Any]]:
    described = {"Id": ORGANISATION, "MasterAccountId": MANAGEMENT, "FeatureSet": "ALL"}
    yield _in_management(
        "organization",
        ORGANISATION,
        "DescribeOrganization",
        described,
        DescribeOrganization=ok({"Organization": described}),
    )
    kinds = [
        {"Type": kind, "Status": "ENABLED"} for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
    ]
    root = {
        "Id": ROOT,
        "Arn": f"arn:aws:organizations::{MANAGEMENT}:root/{ORGANISATION}/{ROOT}",
        "Name": "Root",
        "PolicyTypes": kinds,
    }
    unit = {
        "Id": UNIT,
        "Arn": f"arn:aws:organizations::{MANAGEMENT}:ou/{ORGANISATION}/{UNIT}",
        "Name": "Models",
    }
    members = [{"Id": account, "Name": name, "Status": "ACTIVE"} for account, name in ACCOUNTS.items()]
    yield _in_management(
        "root",
        ROOT,
        "ListRoots",
        root,
        ListOrganizationalUnitsForParent=ok({"OrganizationalUnits": [unit]}),
        ListAccountsForParent=ok({"Accounts": members[:1]}),
    )
    yield _in_management(
        "ou",
        UNIT,
        "ListOrganizationalUnitsForParent",
        unit,
        ListOrganizationalUnitsForParent=ok({"OrganizationalUnits": []}),
        ListAccountsForParent=ok({"Accounts": members[1:]}),
    )
    for member in members:
        yield _in_management("account", member["Id"], "ListAccounts", member)
    everywhere = [ROOT, UNIT, *ACCOUNTS]
    yield from _guardrail("p-FullAWSAccess", "SERVICE_CONTROL_POLICY", text(EVERYTHING), everywhere)
    yield from _guardrail("p-weightguards", "SERVICE_CONTROL_POLICY", text(*GUARDRAILS), [ROOT])
    yield from _guardrail(
        "p-RCPFullAWSAccess", "RESOURCE_CONTROL_POLICY", text(EVERYTHING | {"Principal": "*"}), everywhere
    )


def _in_management(resource: str, identifier: str, operation: str, data: Any, **reads: Any) -> dict[str, Any]:
    return record(MANAGEMENT, f"organizations.{resource}", identifier, operation, data, reads)


def _guardrail(identifier: str, kind: str, content: str, targets: list[str]) -> Iterator[dict[str, Any]]:
    summary = {
        "Id": identifier,
        "Name": identifier.removeprefix("p-"),
        "Type": kind,
        "AwsManaged": "Full" in identifier,
    }
    described = ok({"Policy": {"PolicySummary": summary, "Content": content}})
    attached = ok({"Targets": [{"TargetId": target} for target in targets]})
    yield _in_management(
        "policy", identifier, "ListPolicies", summary, DescribePolicy=described, ListTargetsForPolicy=attached
    )


def identities() -> Iterator[dict[str, Any]]:
    for account in ACCOUNTS:
        yield from _account(account)
        if account not in (MANAGEMENT,):
            administer = [
                "kms:Describe*",
                "kms:Get*",
                "kms:List*",
                "kms:EnableKeyRotation",
                "kms:CancelKeyDeletion",
            ]
            yield role(
                account,
                "KeyAdministrator",
                {"AWS": role_arn(MANAGEMENT, "SecurityOperator")},
                [{"Effect": "Allow", "Action": administer, "Resource": "*"}],
                condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            )
    yield role(
        MANAGEMENT,
        "SecurityOperator",
        {"Service": "ssm.amazonaws.com"},
        [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/KeyAdministrator"}],
    )
    yield reader(SERVING, "InferenceNode", "atlas-release", "ec2.amazonaws.com", "sagemaker.amazonaws.com")
    yield reader(TRAINING, "TrainingNode", "atlas-checkpoints", "ec2.amazonaws.com", writes=True)
    yield reader(TRAINING, "TrainingJob", "atlas-checkpoints", "sagemaker.amazonaws.com", writes=True)
    yield reader(RESEARCH, "EvaluationNode", "atlas-eval", "ec2.amazonaws.com")
    yield reader(BACKUP, "RestoreNode", "atlas-backup", "ec2.amazonaws.com")
    yield role(
        TRAINING,
        "Notebook",
        {"Service": "sagemaker.amazonaws.com"},
        [{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}],
    )
    yield role(SERVING, "Sandbox", {"Service": "bedrock-agentcore.amazonaws.com"}, [])
    yield role(
        SERVING,
        "Api",
        {"Service": "lambda.amazonaws.com"},
        [{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}],
    )
    yield from _publisher()
    yield from _person("lee")


def _publisher() -> Iterator[dict[str, Any]]:
    """The release pipeline: one repository's production environment may write, and only write."""
    arn = f"arn:aws:iam::{SERVING}:oidc-provider/{ISSUER}"
    described = {
        "Url": ISSUER,
        "ClientIDList": ["sts.amazonaws.com"],
        "ThumbprintList": ["6938fd4d98bab03faadb97b34396831e3780aea1"],
    }
    yield record(
        SERVING,
        "iam.oidc_provider",
        arn,
        "ListOpenIDConnectProviders",
        {"Arn": arn},
        {"GetOpenIDConnectProvider": ok(described)},
    )
    write = [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{bucket_arn('atlas-release')}/*"},
        {"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": key_arn(SERVING)},
    ]
    bound = {
        "StringEquals": {
            f"{ISSUER}:aud": "sts.amazonaws.com",
            f"{ISSUER}:sub": "repo:atlas/release:environment:production",
        }
    }
    yield role(
        SERVING,
        "ReleasePublisher",
        {"Federated": arn},
        write,
        condition=bound,
        action="sts:AssumeRoleWithWebIdentity",
    )


def _person(name: str) -> Iterator[dict[str, Any]]:
    """A research engineer: a password with a second factor, no access key, no way to weights."""
    arn = f"arn:aws:iam::{RESEARCH}:user/{name}"
    inline = [
        {
            "PolicyName": "tickets",
            "PolicyDocument": policy({"Effect": "Allow", "Action": "support:*", "Resource": "*"}),
        }
    ]
    data = {
        "UserName": name,
        "UserId": "AIDALEE00000000000001",
        "Arn": arn,
        "Path": "/",
        "CreateDate": LONG_AGO,
        "UserPolicyList": inline,
        "GroupList": [],
        "AttachedManagedPolicies": [],
    }
    yield record(RESEARCH, "iam.user", arn, "GetAccountAuthorizationDetails", data)
    yield _credential(RESEARCH, name, arn, password="true", mfa="true")


def _credential(account: str, name: str, arn: str, *, password: str, mfa: str) -> dict[str, Any]:
    row = {
        "user": name,
        "arn": arn,
        "user_creation_time": LONG_AGO,
        "password_enabled": password,
        "password_last_used": LATELY,
        "mfa_active": mfa,
    }
    for number in "12":
        row |= {
            f"access_key_{number}_active": "false",
            f"access_key_{number}_last_rotated": "N/A",
            f"access_key_{number}_last_used_date": "N/A",
        }
    return record(account, "iam.credential", arn, "GetCredentialReport", row)


def _account(account: str) -> Iterator[dict[str, Any]]:
    identity = {
        "Account": account,
        "Arn": f"arn:aws:sts::{account}:assumed-role/WeightguardAudit/audit",
        "UserId": "AROAAUDIT:audit",
    }
    yield record(account, "sts.identity", account, "GetCallerIdentity", identity)
    yield _credential(
        account, "<root_account>", f"arn:aws:iam::{account}:root", password="not_supported", mfa="true"
    )
    summary = {"SummaryMap": {"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0}}
    yield record(
        account,
        "iam.account_summary",
        account,
        "GetAccountSummary",
        summary,
        {"GetAccountSummary": ok(summary)},
    )
    strong = {
        "PasswordPolicy": {
            "MinimumPasswordLength": 16,
            "PasswordReusePrevention": 24,
            "RequireSymbols": True,
            "RequireNumbers": True,
        }
    }
    yield record(
        account,
        "iam.password_policy",
        account,
        "GetAccountPasswordPolicy",
        strong,
        {"GetAccountPasswordPolicy": ok(strong)},
    )
    if account == MANAGEMENT:
        features = {
            "OrganizationId": ORGANISATION,
            "EnabledFeatures": ["RootCredentialsManagement", "RootSessions"],
        }
        yield record(
            account,
            "iam.account",
            account,
            "ListOrganizationsFeatures",
            {},
            {"ListOrganizationsFeatures": ok(features)},
        )


def role(
    account: str,
    name: str,
    trusted: Mapping[str, Any],
    statements: list[dict[str, Any]],
    *,
    condition: Mapping[str, Any] | None = None,
    action: str = "sts:AssumeRole",
) -> dict[str, Any]:
    """A role with one inline policy, used lately."""
    arn = role_arn(account, name)
    trust: dict[str, Any] = {"Sid": "Trust", "Effect": "Allow", "Principal": dict(trusted), "Action": action}
    if condition:
        trust["Condition"] = dict(condition)
    data = {
        "RoleName": name,
        "RoleId": f"AROA{name.upper()[:12]:0<16}",
        "Arn": arn,
        "Path": "/",
        "CreateDate": LONG_AGO,
        "AssumeRolePolicyDocument": policy(trust),
        "AttachedManagedPolicies": [],
        "Tags": [],
        "RolePolicyList": [{"PolicyName": "access", "PolicyDocument": policy(*statements)}]
        if statements
        else [],
        "RoleLastUsed": {"LastUsedDate": LATELY, "Region": REGION},
        "InstanceProfileList": [_profile(account, name, arn)]
        if trusted.get("Service") == "ec2.amazonaws.com"
        else [],
    }
    return record(account, "iam.role", arn, "GetAccountAuthorizationDetails", data)


def _profile(account: str, name: str, role_name: str) -> dict[str, Any]:
    return {
        "InstanceProfileName": name,
        "InstanceProfileId": f"AIPA{name.upper()[:12]:0<16}",
        "Path": "/",
        "Arn": f"arn:aws:iam::{account}:instance-profile/{name}",
        "Roles": [{"RoleName": name, "Arn": role_name}],
    }


def reader(account: str, name: str, bucket: str, *services: str, writes: bool = False) -> dict[str, Any]:
    """A workload's role that reads one bucket with its key."""
    objects = f"{bucket_arn(bucket)}/*"
    statements = [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", *(["s3:PutObject"] if writes else [])],
            "Resource": objects,
        },
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket_arn(bucket)},
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", *(["kms:GenerateDataKey"] if writes else [])],
            "Resource": key_arn(account),
        },
    ]
    return role(account, name, {"Service": [*services]}, statements)
