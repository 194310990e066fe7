"""IAM: every user, group, role and policy in one paged call; the credential report; identity providers; the account's state."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from weightguard.collect.aws.account import Account, Row, row
from weightguard.collect.aws.connections import Malformed
from weightguard.collect.aws.resource import settings_row
from weightguard.collect.aws.trust import Trusted
from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.operation import Operation
from weightguard.collect.runner import Unit

GET_DETAILS = Operation(
    service="iam",
    name="GetAccountAuthorizationDetails",
    permissions=("iam:GetAccountAuthorizationDetails",),
    hides="every user, role and policy, and so everybody who may read weights",
    required=("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"),
    entries=("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"),
    identity=("Arn",),
    paged=True,
    page_size=1000,
    keeps=(
        "Arn",
        "Path",
        "CreateDate",
        "UserName",
        "UserId",
        "GroupName",
        "GroupId",
        "RoleName",
        "RoleId",
        "GroupList",
        "AssumeRolePolicyDocument.*",
        "UserPolicyList.PolicyName",
        "UserPolicyList.PolicyDocument.*",
        "GroupPolicyList.PolicyName",
        "GroupPolicyList.PolicyDocument.*",
        "RolePolicyList.PolicyName",
        "RolePolicyList.PolicyDocument.*",
        "AttachedManagedPolicies.PolicyName",
        "AttachedManagedPolicies.PolicyArn",
        "PermissionsBoundary.PermissionsBoundaryType",
        "PermissionsBoundary.PermissionsBoundaryArn",
        "InstanceProfileList.Arn",
        "InstanceProfileList.InstanceProfileName",
        "InstanceProfileList.InstanceProfileId",
        "RoleLastUsed.LastUsedDate",
        "RoleLastUsed.Region",
        "PolicyName",
        "PolicyId",
        "DefaultVersionId",
        "AttachmentCount",
        "IsAttachable",
        "PolicyVersionList.VersionId",
        "PolicyVersionList.IsDefaultVersion",
        "PolicyVersionList.CreateDate",
        "PolicyVersionList.Document.*",
        "Tags.*",
    ),
)
GENERATE_REPORT = Operation(
    service="iam",
    name="GenerateCredentialReport",
    permissions=("iam:GenerateCredentialReport",),
    hides="passwords, access keys and second factors of every user",
    required=("State",),
    reads_only=False,
)
GET_REPORT = Operation(
    service="iam",
    name="GetCredentialReport",
    permissions=("iam:GetCredentialReport",),
    hides="passwords, access keys and second factors of every user",
    required=("Content",),
    keeps=(
        "user",
        "arn",
        "user_creation_time",
        "password_enabled",
        "password_last_used",
        "password_last_changed",
        "mfa_active",
        "access_key_1_active",
        "access_key_1_last_rotated",
        "access_key_1_last_used_date",
        "access_key_1_last_used_region",
        "access_key_1_last_used_service",
        "access_key_2_active",
        "access_key_2_last_rotated",
        "access_key_2_last_used_date",
        "access_key_2_last_used_region",
        "access_key_2_last_used_service",
        "cert_1_active",
        "cert_2_active",
    ),
)
LIST_ACCESS_KEYS = Operation(
    service="iam",
    name="ListAccessKeys",
    permissions=("iam:ListAccessKeys",),
    hides="long-lived keys of a user",
    required=("AccessKeyMetadata",),
    entries=("AccessKeyMetadata",),
    identity=("AccessKeyId", "UserName"),
    paged=True,
    keeps=("UserName", "AccessKeyId", "Status", "CreateDate"),
)
GET_ACCESS_KEY_LAST_USED = Operation(
    service="iam",
    name="GetAccessKeyLastUsed",
    permissions=("iam:GetAccessKeyLastUsed",),
    hides="a forgotten key that somebody still uses",
    required=("AccessKeyLastUsed",),
    keeps=(
        "UserName",
        "AccessKeyLastUsed.LastUsedDate",
        "AccessKeyLastUsed.ServiceName",
        "AccessKeyLastUsed.Region",
    ),
)
LIST_OIDC = Operation(
    service="iam",
    name="ListOpenIDConnectProviders",
    permissions=("iam:ListOpenIDConnectProviders",),
    hides="outside identity providers whose tokens become roles",
    required=("OpenIDConnectProviderList",),
    entries=("OpenIDConnectProviderList",),
    identity=("Arn",),
    keeps=("Arn",),
)
GET_OIDC = Operation(
    service="iam",
    name="GetOpenIDConnectProvider",
    permissions=("iam:GetOpenIDConnectProvider",),
    hides="who issues the tokens, and for which audiences",
    required=("Url",),
    keeps=("Url", "ClientIDList", "ThumbprintList", "CreateDate", "Tags.*"),
)
LIST_SAML = Operation(
    service="iam",
    name="ListSAMLProviders",
    permissions=("iam:ListSAMLProviders",),
    hides="outside identity providers whose assertions become roles",
    required=("SAMLProviderList",),
    entries=("SAMLProviderList",),
    identity=("Arn",),
    keeps=("Arn", "CreateDate", "ValidUntil"),
)
GET_SUMMARY = Operation(
    service="iam",
    name="GetAccountSummary",
    permissions=("iam:GetAccountSummary",),
    hides="access keys and a missing second factor of the root user",
    required=("SummaryMap",),
    keeps=("SummaryMap.*",),
)
GET_PASSWORD_POLICY = Operation(
    service="iam",
    name="GetAccountPasswordPolicy",
    permissions=("iam:GetAccountPasswordPolicy",),
    hides="a weak password policy",
    absent=frozenset({"NoSuchEntity"}),
    required=("PasswordPolicy",),
    keeps=("PasswordPolicy.*",),
)
ORGANIZATION_FEATURES = Operation(
    service="iam",
    name="ListOrganizationsFeatures",
    permissions=("iam:ListOrganizationsFeatures",),
    hides="root users of member accounts that keep credentials of their own",
    absent=frozenset({"OrganizationNotInAllFeaturesModeException", "ServiceAccessNotEnabledException"}),
    required=("OrganizationId",),
    keeps=("OrganizationId", "EnabledFeatures"),
)
OPERATIONS = (
    GET_DETAILS,
    GENERATE_REPORT,
    GET_REPORT,
    LIST_ACCESS_KEYS,
    GET_ACCESS_KEY_LAST_USED,
    LIST_OIDC,
    GET_OIDC,
    LIST_SAML,
    GET_SUMMARY,
    GET_PASSWORD_POLICY,
    ORGANIZATION_FEATURES,
)
_DETAILS = (("UserDetailList", "iam.user"), ("GroupDetailList", "iam.group"), ("RoleDetailList", "iam.role"))
_MANAGED_BY_AWS = ":iam::aws:policy/"
_REPORT_POLLS = 10
_REPORT_WAIT = 0.25  # seconds before the second look; doubled up to two seconds


def units(account: Account) -> Iterator[Unit]:
    """All of IAM but for `details`; it has no regions."""
    yield account.unit("iam/credentials", GET_REPORT, partial(_credentials, account))
    yield account.unit("iam/providers", LIST_OIDC, partial(_providers, account))
    yield account.unit("iam/account", GET_SUMMARY, partial(_account, account))


def details(account: Account, trusted: Trusted) -> Iterator[Row]:
    """Users, groups, roles and policies as they come; AWS's own policies once it is known which are in use.

    Unfiltered, the call also gives AWS managed policies. Those that nobody has are left out: the catalogue of a thousand of
    them says nothing about this account.

    Args:
        trusted: takes in what the roles trust.
    """
    used: set[str] = set()
    managed: dict[str, Mapping[str, Any]] = {}
    page = Answer("ok")
    for page in account.caller.pages(GET_DETAILS):
        for entry in page.data.get("RoleDetailList", []):
            trusted.take(entry.get("AssumeRolePolicyDocument"))
        for member, kind in _DETAILS:
            for entry in page.data.get(member, []):
                used.update(_policies_of(entry))
                yield row(kind, entry["Arn"], GET_DETAILS, entry)
        for entry in page.data.get("Policies", []):
            if _MANAGED_BY_AWS in entry["Arn"]:
                managed[entry["Arn"]] = entry
            else:
                yield row("iam.policy", entry["Arn"], GET_DETAILS, entry)
    trusted.everything = trusted.everything or not page.ok
    for arn in sorted(used & managed.keys()):
        yield row("iam.policy", arn, GET_DETAILS, managed[arn])


def _policies_of(entry: Mapping[str, Any]) -> Iterator[str]:
    for attached in entry.get("AttachedManagedPolicies", []):
        yield attached.get("PolicyArn", "")
    yield entry.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")


def _credentials(account: Account) -> Iterator[Row]:
    """The rows of the credential report; where it could not be had, the access keys of each user, asked one by one."""
    report = _report(account)
    if report.ok:
        yield from _report_rows(report)
        return
    users = account.caller.ask(GET_DETAILS, Filter=["User"]).data.get("UserDetailList", [])
    for user in users:
        listed = account.caller.list(LIST_ACCESS_KEYS, resource=user["Arn"], UserName=user["UserName"])
        for key in listed:
            used = account.caller.ask(
                GET_ACCESS_KEY_LAST_USED, resource=user["Arn"], AccessKeyId=key["AccessKeyId"]
            )
            yield row(
                "iam.access_key",
                key["AccessKeyId"],
                LIST_ACCESS_KEYS,
                key,
                reads={GET_ACCESS_KEY_LAST_USED.name: used},
            )


def _report(account: Account) -> Answer:
    """The credential report, once it is made. IAM makes one at most every four hours and gives the last one meanwhile."""
    wait = _REPORT_WAIT
    for _ in range(_REPORT_POLLS):
        made = account.caller.ask(GENERATE_REPORT)
        if not made.ok:
            break
        if made.data["State"] == "COMPLETE":
            break
        time.sleep(wait)
        wait = min(2.0, wait * 2)
    # An older report may be there although a new one could not be asked for.
    return account.caller.ask(GET_REPORT, transform=_parsed)


def _parsed(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The report's CSV as rows; raises `Malformed` when it is not the documented table."""
    try:
        table = csv.DictReader(io.StringIO(raw["Content"].decode("utf-8")), strict=True)
        rows = list(table)
    except (csv.Error, UnicodeDecodeError) as error:
        raise Malformed(f"the credential report is no CSV, {error}") from error
    if not {"user", "arn", "mfa_active"} <= set(table.fieldnames or ()):
        raise Malformed("the credential report lacks its columns")
    if any(None in entry or None in entry.values() for entry in rows):
        raise Malformed("the credential report is cut short")
    return {"Content": rows}


def _report_rows(report: Answer) -> Iterator[Row]:
    for entry in report.data["Content"]:
        yield row("iam.credential", entry["arn"], GET_REPORT, entry)


def _providers(account: Account) -> Iterator[Row]:
    for entry in account.caller.list(LIST_OIDC):
        arn = entry["Arn"]
        read = account.caller.ask(GET_OIDC, resource=arn, OpenIDConnectProviderArn=arn)
        yield row("iam.oidc_provider", arn, LIST_OIDC, entry, reads={GET_OIDC.name: read})
    for entry in account.caller.list(LIST_SAML):
        yield row("iam.saml_provider", entry["Arn"], LIST_SAML, entry)


def organisation_features(account: Account) -> Iterator[Row]:
    """What the organisation manages for its members; the management account alone may ask."""
    yield settings_row(account, "iam", (ORGANIZATION_FEATURES,), None)


def _account(account: Account) -> Iterator[Row]:
    for kind, operation in (
        ("iam.account_summary", GET_SUMMARY),
        ("iam.password_policy", GET_PASSWORD_POLICY),
    ):
        answer = account.caller.ask(operation)
        yield row(
            kind, account.id, operation, answer.data if answer.ok else {}, reads={operation.name: answer}
        )
