"""The policy that a collection needs: read from the declarations of what it calls, nothing more."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

from weightguard.collect.aws import services
from weightguard.collect.calls.operation import Operation

_KMS_DECRYPT = "kms:Decrypt"
_SIDS = {"s3": "S3", "kms": "Kms", "iam": "Iam", "sts": "Sts", "ec2": "Ec2"}


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation that a service module declares, sorted by id."""
    found: set[Operation] = set()
    for module in pkgutil.iter_modules(services.__path__):
        found.update(importlib.import_module(f"{services.__name__}.{module.name}").OPERATIONS)
    return tuple(sorted(found, key=lambda operation: operation.id))


_FEW = 3
"""Actions of a service that share a statement with those of others: a managed policy has room for 6,144 characters."""


def permissions() -> dict[str, Any]:
    """The least-privilege policy for `collect`, as IAM's JSON; the same on every run.

    Two statements stand apart. Reading headers needs ``s3:GetObject``, which cannot be limited to an object's beginning, and
    for objects under a KMS key ``kms:Decrypt``, limited to use through S3: whoever leaves them out still gets an audit,
    which then knows weights by name alone. ``sts:AssumeRole`` is limited to roles of one name, and serves other accounts alone.
    """
    by_prefix: dict[str, set[str]] = {}
    for operation in operations():
        for permission in operation.permissions:
            by_prefix.setdefault(permission.partition(":")[0], set()).add(permission)
    apart = {"s3:GetObject", _KMS_DECRYPT, "sts:AssumeRole"}
    own = {prefix: actions - apart for prefix, actions in sorted(by_prefix.items()) if actions - apart}
    statements = [
        _statement(f"Read{_sid(prefix)}", sorted(actions))
        for prefix, actions in own.items()
        if len(actions) > _FEW
    ]
    others = sorted(action for actions in own.values() if len(actions) <= _FEW for action in actions)
    statements.append(_statement("ReadOtherServices", others))
    statements.append(_statement("ReadWeightHeaders", ["s3:GetObject"], "arn:*:s3:::*"))
    statements.append(
        _statement("DecryptWeightHeadersThroughS3", [_KMS_DECRYPT])
        | {"Condition": {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com*"}}}
    )
    statements.append(
        _statement("ReadOtherAccounts", ["sts:AssumeRole"], "arn:*:iam::*:role/OrganizationAccountAccessRole")
    )
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(sid: str, actions: list[str], resource: str = "*") -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


def _sid(prefix: str) -> str:
    return _SIDS.get(prefix) or "".join(part.capitalize() for part in prefix.split("-"))
