"""IAM in a state, as the entries of GetAccountAuthorizationDetails that it amounts to.

Source: Terraform AWS provider documentation, ``aws_iam_*``; IAM API reference, "GetAccountAuthorizationDetails".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from weightguard.collect.terraform.inventory import (
    UNRESOLVED,
    Inventory,
    Row,
    absent,
    document,
    ok,
    present,
    skipped,
    tags_of,
    tail,
)
from weightguard.collect.terraform.state import Resource

DETAILS: Final = "GetAccountAuthorizationDetails"
HIDDEN: Final = "a data source does not state the policies of a principal"


def rows(inventory: Inventory) -> Iterator[Row]:
    """Everything of IAM."""
    yield from _users(inventory)
    yield from _groups(inventory)
    yield from _roles(inventory)
    yield from _policies(inventory)
    yield from _instance_profiles(inventory)
    yield from _providers(inventory)


def _row(kind: str, arn: str, data: dict[str, Any], operation: str = DETAILS) -> Row:
    return Row("iam", kind, arn, None, operation, data)


def _arn(inventory: Inventory, item: Resource, resource: str) -> str | None:
    """The ARN that the state gives, else the one that the name and path amount to."""
    name = item.text("name")
    path = item.text("path") or "/"
    built = f"arn:{inventory.partition}:iam::{inventory.account}:{resource}{path}{name}" if name else None
    return item.text("arn") or built


def _policy_name(inventory: Inventory, arn: str) -> dict[str, str]:
    return {"PolicyName": tail(arn), "PolicyArn": arn}


# What is attached to a principal


def _attached(inventory: Inventory, kind: str, item: Resource, name: str) -> list[dict[str, str]]:
    """Managed policies from attachments of one principal, from shared attachments, and from the principal's own list."""
    found = set(item.texts("managed_policy_arns"))
    for attachment in inventory.about(f"aws_iam_{kind}_policy_attachment", kind, name):
        found.add(attachment.text("policy_arn") or "")
    for attachment in inventory.of("aws_iam_policy_attachment"):
        if name in map(tail, attachment.texts(f"{kind}s")):
            found.add(attachment.text("policy_arn") or "")
    for exclusive in inventory.about(f"aws_iam_{kind}_policy_attachments_exclusive", f"{kind}_name", name):
        found.update(exclusive.texts("policy_arns"))
    return [_policy_name(inventory, arn) for arn in sorted(found) if arn]


def _inline(inventory: Inventory, kind: str, item: Resource, name: str) -> list[dict[str, Any]]:
    found: dict[str, list[Any]] = {}
    for block in item.blocks("inline_policy"):
        found.setdefault(str(block.get("name")), []).append(block.get("policy"))
    for policy in inventory.about(f"aws_iam_{kind}_policy", kind, name):
        found.setdefault(policy.text("name") or policy.address, []).append(policy.text("policy"))
    return [
        {"PolicyName": policy, "PolicyDocument": _one(found[policy])}
        for policy in sorted(found)
        if any(text != "" for text in found[policy])  # "": how a provider says that there is no inline policy
    ]


def _one(texts: list[Any]) -> Any:
    """The document that all of them say; None, which is not resolved, where they differ."""
    documents = [document(text) for text in texts]
    return documents[0] if all(one == documents[0] for one in documents) else None


def _unresolved(inventory: Inventory, kind: str, data: Mapping[str, Any]) -> bool:
    """Whether some policy of a principal is in the state without its name or its text."""
    title = {"user": "User", "group": "Group", "role": "Role"}[kind]
    inline = any(not entry["PolicyDocument"] for entry in data[f"{title}PolicyList"])
    attachments = inventory.about(f"aws_iam_{kind}_policy_attachment", kind, data[f"{title}Name"])
    return inline or any(attachment.text("policy_arn") is None for attachment in attachments)


def _principal(inventory: Inventory, kind: str, arn: str, data: dict[str, Any]) -> Row:
    row = _row(f"iam.{kind}", arn, data)
    if _unresolved(inventory, kind, data):
        row.reads[f"ListAttached{kind.capitalize()}Policies"] = skipped(UNRESOLVED)
    return row


def _common(inventory: Inventory, kind: str, item: Resource, arn: str, name: str) -> dict[str, Any]:
    title = {"user": "User", "group": "Group", "role": "Role"}[kind]
    boundary = item.text("permissions_boundary")
    data = present(
        Path=item.text("path") or "/",
        Arn=arn,
        CreateDate=item.text("create_date"),
        AttachedManagedPolicies=_attached(inventory, kind, item, name),
        Tags=tags_of(item),
    )
    data |= present(**{f"{title}Name": name, f"{title}Id": item.text("unique_id") or item.text("user_id")})
    data[f"{title}PolicyList"] = _inline(inventory, kind, item, name)
    if boundary is not None:
        data["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": boundary,
        }
    return data


# Principals


def _users(inventory: Inventory) -> Iterator[Row]:
    for item in inventory.of("aws_iam_user"):
        arn, name = _arn(inventory, item, "user"), item.text("name")
        if arn is None or name is None:
            continue
        row = _principal(inventory, "user", arn, _common(inventory, "user", item, arn, name))
        row.data["GroupList"] = sorted(_groups_of(inventory, name))
        row.reads |= _credentials(inventory, name)
        yield row


def _groups_of(inventory: Inventory, user: str) -> set[str]:
    found: set[str] = set()
    for membership in inventory.about("aws_iam_user_group_membership", "user", user):
        found.update(map(tail, membership.texts("groups")))
    for membership in inventory.of("aws_iam_group_membership"):
        group = membership.text("group")
        if group is not None and user in membership.texts("users"):
            found.add(tail(group))
    return found


def _credentials(inventory: Inventory, user: str) -> dict[str, dict[str, Any]]:
    """Access keys without their secrets, whether a console password was made, second factors."""
    keys = [
        present(
            UserName=user,
            AccessKeyId=key.text("id"),
            Status=key.text("status") or "Active",
            CreateDate=key.text("create_date"),
        )
        for key in inventory.about("aws_iam_access_key", "user", user)
        if key.text("id")
    ]
    reads = {"ListAccessKeys": ok({"AccessKeyMetadata": keys}) if keys else absent()}
    profile = inventory.about("aws_iam_user_login_profile", "user", user)
    # Passwords are given by hand as a rule: a state that holds none does not say that there is none.
    by_hand = skipped("a state knows only the passwords that Terraform made")
    reads["GetLoginProfile"] = ok({"LoginProfile": {"UserName": user}}) if profile else by_hand
    devices = [
        {"UserName": user, "SerialNumber": device.text("arn")}
        for device in inventory.about("aws_iam_virtual_mfa_device", "user_name", user)
    ]
    if devices:
        reads["ListMFADevices"] = ok({"MFADevices": devices})
    return reads


def _groups(inventory: Inventory) -> Iterator[Row]:
    for item in inventory.of("aws_iam_group"):
        arn, name = _arn(inventory, item, "group"), item.text("name")
        if arn is not None and name is not None:
            yield _principal(inventory, "group", arn, _common(inventory, "group", item, arn, name))


def _roles(inventory: Inventory) -> Iterator[Row]:
    managed: set[str] = set()
    for item in inventory.of("aws_iam_role", "aws_iam_service_linked_role"):
        arn, name = _arn(inventory, item, "role"), item.text("name")
        if arn is None or name is None:
            continue
        managed.add(arn)
        row = _principal(inventory, "role", arn, _role(inventory, item, arn, name))
        if item.type == "aws_iam_service_linked_role":
            row.reads["ListAttachedRolePolicies"] = skipped(
                "AWS attaches the policies of a service-linked role"
            )
        yield row
    for item in inventory.data("aws_iam_role"):
        arn, name = item.text("arn"), item.text("name")
        if arn is not None and name is not None and arn not in managed and item.account == inventory.account:
            managed.add(arn)
            row = _principal(inventory, "role", arn, _role(inventory, item, arn, name))
            row.reads["ListAttachedRolePolicies"] = skipped(HIDDEN)
            yield row


def _role(inventory: Inventory, item: Resource, arn: str, name: str) -> dict[str, Any]:
    data = _common(inventory, "role", item, arn, name)
    trust = item.text("assume_role_policy")
    service = item.text("aws_service_name")
    if trust is not None:
        data["AssumeRolePolicyDocument"] = document(trust)
    elif service is not None:
        data["AssumeRolePolicyDocument"] = _service_trust(service)
    data["InstanceProfileList"] = [
        present(
            InstanceProfileName=profile.text("name"),
            InstanceProfileId=profile.text("unique_id"),
            Arn=_arn(inventory, profile, "instance-profile"),
            Path=profile.text("path"),
            Roles=[{"RoleName": name, "Arn": arn}],
        )
        for profile in inventory.about("aws_iam_instance_profile", "role", name)
    ]
    return data


def _service_trust(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _instance_profiles(inventory: Inventory) -> Iterator[Row]:
    roles = {
        name: arn
        for item in inventory.of("aws_iam_role")
        if (name := item.text("name")) and (arn := _arn(inventory, item, "role"))
    }
    for item in inventory.of("aws_iam_instance_profile"):
        arn = _arn(inventory, item, "instance-profile")
        if arn is None:
            continue
        role = tail(item.text("role") or "")
        data = present(
            Path=item.text("path"),
            InstanceProfileName=item.text("name"),
            InstanceProfileId=item.text("unique_id"),
            Arn=arn,
            CreateDate=item.text("create_date"),
            Roles=[{"RoleName": role, "Arn": roles[role]}] if role in roles else [],
        )
        yield _row("iam.instance_profile", arn, data, "ListInstanceProfiles")


# Policies and providers


def _policies(inventory: Inventory) -> Iterator[Row]:
    """Policies that the state manages, and those that it looked up: the texts of AWS managed policies come that way."""
    found: dict[str, list[Resource]] = {}
    for item in [*inventory.of("aws_iam_policy"), *inventory.data("aws_iam_policy")]:
        arn = item.text("arn") or item.text("id")
        if arn is not None and item.text("policy") is not None:
            found.setdefault(arn, []).append(item)
    for arn, (item, *others) in found.items():
        text = _one([one.text("policy") for one in (item, *others)])
        version = {"Document": text, "VersionId": "v1", "IsDefaultVersion": True}
        data = present(
            PolicyName=item.text("name") or tail(arn),
            PolicyId=item.text("policy_id"),
            Arn=arn,
            Path=item.text("path"),
            DefaultVersionId="v1",
            AttachmentCount=item.values.get("attachment_count"),
            PolicyVersionList=[] if text is None else [version],
        )
        yield _row("iam.policy", arn, data)


def _providers(inventory: Inventory) -> Iterator[Row]:
    for item in [
        *inventory.of("aws_iam_openid_connect_provider"),
        *inventory.data("aws_iam_openid_connect_provider"),
    ]:
        arn = item.text("arn") or item.text("id")
        if arn is None:
            continue
        row = _row("iam.oidc_provider", arn, {"Arn": arn}, "ListOpenIDConnectProviders")
        url = (item.text("url") or arn.partition("oidc-provider/")[2]).removeprefix("https://")
        answer = present(
            Url=url, ClientIDList=item.texts("client_id_list"), ThumbprintList=item.texts("thumbprint_list")
        )
        row.reads["GetOpenIDConnectProvider"] = ok(answer)
        yield row
    for item in [*inventory.of("aws_iam_saml_provider"), *inventory.data("aws_iam_saml_provider")]:
        arn = item.text("arn") or item.text("id")
        if arn is not None:
            yield _row(
                "iam.saml_provider",
                arn,
                present(Arn=arn, ValidUntil=item.text("valid_until")),
                "ListSAMLProviders",
            )
    yield from _account(inventory)


_PASSWORD_POLICY: Final[Mapping[str, str]] = {
    "MinimumPasswordLength": "minimum_password_length",
    "RequireSymbols": "require_symbols",
    "RequireNumbers": "require_numbers",
    "RequireUppercaseCharacters": "require_uppercase_characters",
    "RequireLowercaseCharacters": "require_lowercase_characters",
    "AllowUsersToChangePassword": "allow_users_to_change_password",
    "ExpirePasswords": "expire_passwords",
    "MaxPasswordAge": "max_password_age",
    "PasswordReusePrevention": "password_reuse_prevention",
    "HardExpiry": "hard_expiry",
}


def _account(inventory: Inventory) -> Iterator[Row]:
    policies: Iterable[Resource] = inventory.of("aws_iam_account_password_policy")
    for item in policies:
        policy = {
            name: item.values[key]
            for name, key in _PASSWORD_POLICY.items()
            if item.values.get(key) is not None
        }
        row = _row("iam.password_policy", inventory.account, {}, "GetAccountPasswordPolicy")
        row.reads["GetAccountPasswordPolicy"] = ok({"PasswordPolicy": policy})
        yield row
    for item in inventory.of("aws_iam_account_alias"):
        alias = item.text("account_alias")
        if alias is not None:
            yield _row("iam.account_alias", inventory.account, {"AccountAlias": alias}, "ListAccountAliases")
