"""Short hands for writing policies and asking about them."""

from __future__ import annotations

from typing import Any

from weightguard.policy.aws import (
    CompiledPolicy,
    Decision,
    Layers,
    PolicyKind,
    Request,
    compile_policy,
    decide,
    parse_principal,
)

ACCOUNT = "111111111111"
OTHER = "222222222222"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/monday"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
STRANGER = f"arn:aws:iam::{OTHER}:user/eve"
OBJECT = "arn:aws:s3:::models/llm/weights.safetensors"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
TRUSTED_ROLE = f"arn:aws:iam::{ACCOUNT}:role/trusting"

IDENTITY = PolicyKind.IDENTITY
RESOURCE = PolicyKind.RESOURCE


def statement(effect: str, action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    entry = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return {name: value for name, value in entry.items() if value is not None}


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return statement("Allow", action, resource, **more)


def deny(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return statement("Deny", action, resource, **more)


def document(*statements: Any, version: str | None = "2012-10-17") -> dict[str, Any]:
    entry: dict[str, Any] = {} if version is None else {"Version": version}
    return {**entry, "Statement": list(statements)}


def policy(
    *statements: Any, kind: PolicyKind = IDENTITY, name: str = "p", version: str | None = "2012-10-17"
) -> CompiledPolicy:
    return compile_policy(document(*statements, version=version), kind=kind, name=name)


def layers(
    identity: list[Any] | None = None,
    resource: list[Any] | None = None,
    boundary: list[Any] | None = None,
    session: list[Any] | None = None,
    scp: list[list[Any]] | None = None,
    rcp: list[list[Any]] | None = None,
    vpc_endpoint: list[Any] | None = None,
    trust: bool = False,
    **more: Any,
) -> Layers:
    """Layers from lists of statements; scp and rcp take one list a level."""

    def one(name: str, kind: PolicyKind, statements: list[Any] | None) -> list[CompiledPolicy] | None:
        return None if statements is None else [policy(*statements, kind=kind, name=name)]

    def levels(
        name: str, kind: PolicyKind, given: list[list[Any]] | None
    ) -> list[list[CompiledPolicy]] | None:
        return (
            None
            if given is None
            else [[policy(*level, kind=kind, name=name)] if level else [] for level in given]
        )

    return Layers(
        identity=one("identity", IDENTITY, identity),
        resource=one("resource", PolicyKind.TRUST if trust else RESOURCE, resource),
        boundary=one("boundary", PolicyKind.BOUNDARY, boundary),
        session=one("session", PolicyKind.SESSION, session),
        scp=levels("scp", PolicyKind.SCP, scp),
        rcp=levels("rcp", PolicyKind.RCP, rcp),
        vpc_endpoint=one("vpc_endpoint", PolicyKind.VPC_ENDPOINT, vpc_endpoint),
        **more,
    )


def ask(
    given: Layers,
    principal: Any = USER,
    action: str = "s3:GetObject",
    resource: str = OBJECT,
    account: str | None = ACCOUNT,
    context: dict[str, Any] | None = None,
    unknown: bool = False,
    **more: Any,
) -> Decision:
    who = principal if not isinstance(principal, str | dict) else parse_principal(principal)
    return decide(Request(who, action, resource, account, context or {}, unknown, **more), given)


def outcome(given: Layers, principal: Any = USER, **more: Any) -> str:
    return ask(given, principal, **more).outcome.value


def matches(entry: dict[str, Any], *, version: str | None = "2012-10-17", **more: Any) -> bool:
    """Whether an Allow statement in an identity policy allows the request."""
    given = Layers(identity=[policy(entry, version=version)])
    return ask(given, **more).outcome.value == "allowed"
