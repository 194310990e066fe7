"""A small builder of ``terraform show -json`` documents: one account, its people, roles, workloads and a bucket of weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

HOME = "111111111111"
REGION = "us-east-1"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
SSM_CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
SSM_CORE_ACTIONS = (
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
    "ec2messages:GetMessages",
)

Statement = dict[str, Any]


def allow(actions: str | Sequence[str], resources: str | Sequence[str] = "*", **more: Any) -> Statement:
    named = actions if isinstance(actions, str) else list(actions)
    return {
        "Sid": "RequiredForExploitation",
        "Effect": "Allow",
        "Action": named,
        "Resource": resources,
        **more,
    }


def deny(actions: str | Sequence[str], resources: str | Sequence[str] = "*", **more: Any) -> Statement:
    return {**allow(actions, resources, **more), "Sid": "Stopped", "Effect": "Deny"}


def policy(*statements: Mapping[str, Any]) -> str:
    """A policy's text as Terraform's ``jsonencode`` writes it."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


def trusting(*principals: str, **more: Any) -> Statement:
    """A trust statement for services (names with a dot), or for ARNs and accounts."""
    services = [name for name in principals if name.endswith(".amazonaws.com")]
    others = [name for name in principals if name not in services]
    named: dict[str, Any] = {}
    if services:
        named["Service"] = services[0] if len(services) == 1 else services
    if others:
        named["AWS"] = others[0] if len(others) == 1 else others
    return {"Effect": "Allow", "Principal": named, "Action": "sts:AssumeRole", **more}


class Lab:
    """One account's state.

    Args:
        account: its id.
        nested: keep everything but the root's data sources in a child module, as a lab of many scenarios does.
    """

    def __init__(self, account: str = HOME, *, nested: bool = False) -> None:
        self.account = account
        self.weights = f"arn:aws:s3:::frontier-weights-{account}"
        self._nested = nested
        self._resources: list[dict[str, Any]] = []
        self.bucket(f"frontier-weights-{account}", resource="weights")
        self.add(
            "aws_s3_object",
            "shard",
            bucket=f"frontier-weights-{account}",
            key="model-00001-of-00002.safetensors",
        )
        self.user("bystander", allow("iam:ListUsers"))

    def arn(self, service: str, resource: str, region: str = REGION) -> str:
        return f"arn:aws:{service}:{region}:{self.account}:{resource}"

    def iam(self, resource: str) -> str:
        return f"arn:aws:iam::{self.account}:{resource}"

    def add(self, type_: str, name: str, /, *, mode: str = "managed", **values: Any) -> dict[str, Any]:
        """One resource; attributes that the provider would compute have to be given."""
        prefix = "data." if mode == "data" else ""
        entry = {
            "address": f"{prefix}{type_}.{name}",
            "mode": mode,
            "type": type_,
            "name": name,
            "provider_name": "registry.example.com/hashicorp/aws",
            "schema_version": 0,
            "values": values,
            "sensitive_values": {},
        }
        self._resources.append(entry)
        return values

    # Identities

    def user(
        self,
        name: str,
        *statements: Statement,
        attached: Iterable[str] = (),
        groups: Sequence[str] = (),
        boundary: str = "",
        keys: int = 0,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        arn = self.iam(f"user/{name}")
        self.add(
            "aws_iam_user", name, arn=arn, id=name, name=name, path="/", force_destroy=False,
            permissions_boundary=boundary, tags=tags, tags_all=tags or {}, unique_id=f"AIDA{_hash(arn)}",
        )  # fmt: skip
        if statements:
            self.add(
                "aws_iam_user_policy",
                name,
                id=f"{name}:own",
                name="own",
                user=name,
                policy=policy(*statements),
            )
        for number, attached_arn in enumerate(attached):
            self.add(
                "aws_iam_user_policy_attachment",
                f"{name}-{number}",
                id=f"{name}-{number}",
                user=name,
                policy_arn=attached_arn,
            )
        if groups:
            self.add(
                "aws_iam_user_group_membership", name, id=f"{name}-groups", user=name, groups=list(groups)
            )
        for number in range(keys):
            self.key(name, number)
        return arn

    def key(self, user: str, number: int = 0) -> tuple[str, str]:
        """An access key of a user: its id and its secret."""
        identifier, secret = (
            f"AKIA{_hash(f'{user}{number}')[:16].upper()}",
            f"canary/{_hash(f'secret {user}{number}')}",
        )
        self.add(
            "aws_iam_access_key", f"{user}-{number}", id=identifier, user=user, secret=secret, status="Active",
            create_date="2025-01-01T00:00:00Z",
        )  # fmt: skip
        return identifier, secret

    def role(
        self,
        name: str,
        trust: Statement | Sequence[Statement],
        *statements: Statement,
        attached: Iterable[str] = (),
        profile: bool = False,
        boundary: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> str:
        arn = self.iam(f"role/{name}")
        trusted = [trust] if isinstance(trust, dict) else list(trust)
        self.add(
            "aws_iam_role", name, arn=arn, id=name, name=name, path="/", assume_role_policy=policy(*trusted),
            permissions_boundary=boundary, tags=tags, tags_all=tags or {}, unique_id=f"AROA{_hash(arn)}",
            max_session_duration=3600, managed_policy_arns=[], inline_policy=[],
        )  # fmt: skip
        if statements:
            self.add(
                "aws_iam_role_policy",
                name,
                id=f"{name}:own",
                name="own",
                role=name,
                policy=policy(*statements),
            )
        for number, attached_arn in enumerate(attached):
            self.add(
                "aws_iam_role_policy_attachment",
                f"{name}-{number}",
                id=f"{name}-{number}",
                role=name,
                policy_arn=attached_arn,
            )
        if profile:
            self.profile(name)
        return arn

    def profile(self, role: str) -> str:
        name = f"{role}-profile"
        arn = self.iam(f"instance-profile/{name}")
        self.add("aws_iam_instance_profile", name, arn=arn, id=name, name=name, path="/", role=role)
        return name

    def group(self, name: str, *statements: Statement, attached: Iterable[str] = ()) -> str:
        arn = self.iam(f"group/{name}")
        self.add("aws_iam_group", name, arn=arn, id=name, name=name, path="/", unique_id=f"AGPA{_hash(arn)}")
        if statements:
            self.add(
                "aws_iam_group_policy",
                name,
                id=f"{name}:own",
                name="own",
                group=name,
                policy=policy(*statements),
            )
        for number, attached_arn in enumerate(attached):
            self.add(
                "aws_iam_group_policy_attachment",
                f"{name}-{number}",
                id=f"{name}-{number}",
                group=name,
                policy_arn=attached_arn,
            )
        return arn

    def policy(self, name: str, *statements: Statement) -> str:
        """A managed policy of the customer's own."""
        arn = self.iam(f"policy/{name}")
        self.add(
            "aws_iam_policy",
            name,
            arn=arn,
            id=arn,
            name=name,
            path="/",
            policy=policy(*statements),
            policy_id=f"ANPA{_hash(arn)}",
        )
        return arn

    def admin_role(self, *trusted: str, name: str = "target-role", **more: Any) -> str:
        return self.role(name, trusting(*trusted), attached=[ADMINISTRATOR], **more)

    def admin_user(self, name: str = "target-user", **more: Any) -> str:
        return self.user(name, attached=[ADMINISTRATOR], **more)

    # Storage

    def bucket(
        self, name: str, *statements: Statement, key: str = "", blocked: bool = True, resource: str = ""
    ) -> str:
        arn = f"arn:aws:s3:::{name}"
        encrypted = {"sse_algorithm": "aws:kms" if key else "AES256", "kms_master_key_id": key}
        rule = {"apply_server_side_encryption_by_default": [encrypted], "bucket_key_enabled": bool(key)}
        here = resource or name
        self.add(
            "aws_s3_bucket", here, arn=arn, id=name, bucket=name, region=REGION, policy="", force_destroy=False,
            server_side_encryption_configuration=[{"rule": [rule]}], versioning=[{"enabled": False, "mfa_delete": False}],
        )  # fmt: skip
        self.add(
            "aws_s3_bucket_server_side_encryption_configuration", here, bucket=name, id=name, rule=[rule]
        )
        switches = dict.fromkeys(
            ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"),
            blocked,
        )
        self.add("aws_s3_bucket_public_access_block", here, bucket=name, id=name, **switches)
        if statements:
            self.add("aws_s3_bucket_policy", here, bucket=name, id=name, policy=policy(*statements))
        return arn

    def kms_key(self, name: str, *statements: Statement) -> str:
        arn = self.arn("kms", f"key/{_uuid(name)}")
        self.add(
            "aws_kms_key", name, arn=arn, id=_uuid(name), key_id=_uuid(name), is_enabled=True, enable_key_rotation=True,
            key_usage="ENCRYPT_DECRYPT", customer_master_key_spec="SYMMETRIC_DEFAULT", multi_region=False,
            policy=policy(*statements),
        )  # fmt: skip
        return arn

    # The file

    def document(self) -> dict[str, Any]:
        """The whole state."""
        data = [
            _data(
                "aws_caller_identity",
                "current",
                account_id=self.account,
                id=self.account,
                arn=self.iam("user/terraform"),
            ),
            _data("aws_region", "current", name=REGION, id=REGION),
            _data_policy("AdministratorAccess", ADMINISTRATOR, "*"),
            _data_policy("AmazonSSMManagedInstanceCore", SSM_CORE, list(SSM_CORE_ACTIONS)),
        ]
        module: dict[str, Any] = {"resources": data}
        if self._nested:
            module["child_modules"] = [{"address": "module.scenario[0]", "resources": self._resources}]
        else:
            module["resources"] = [*self._resources, *data]
        return {"format_version": "1.0", "terraform_version": "1.9.8", "values": {"root_module": module}}

    def write(self, folder: Path) -> Path:
        path = folder / f"state-{self.account}.json"
        path.write_text(json.dumps(self.document()))
        return path


def _data(type_: str, name: str, /, **values: Any) -> dict[str, Any]:
    address = f"data.{type_}.{name}"
    return {"address": address, "mode": "data", "type": type_, "name": name, "values": values}


def _data_policy(name: str, arn: str, actions: Any) -> dict[str, Any]:
    text = policy({"Effect": "Allow", "Action": actions, "Resource": "*"})
    return _data("aws_iam_policy", name, arn=arn, id=arn, name=name, path="/", policy=text)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _uuid(text: str) -> str:
    digits = hashlib.sha256(text.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"
