"""Whether a resource policy is public, as S3 Block Public Access means it.

Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", section "The meaning of 'public'": a policy
is assumed public unless it grants access only to fixed values (no wildcard, no policy variable) of certain things.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from weightguard.policy.aws.conditions import Test, Unclear
from weightguard.policy.aws.statement import Statement
from weightguard.policy.pattern import is_pattern

_FIXING_KEYS = frozenset(
    {
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceowner",
        "aws:sourceaccount",
        "aws:userid",
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
_FIXING_OPERATORS = frozenset({"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnLike"})
_ACCESS_POINT_ARN = "s3:dataaccesspointarn"
_WIDEST_IPV4 = 8
_WIDEST_IPV6 = 32
_ARN_PARTS = 6


def is_public(statements: Iterable[Statement], *, of_access_point: bool = False) -> bool:
    """Whether some statement grants access to more than fixed principals under fixed conditions.

    Args:
        statements: those of a bucket policy or an access point policy.
        of_access_point: "an access point policy that grants access to a set of access points using
            s3:DataAccessPointArn is considered public", unlike a bucket policy.
    """
    return any(
        statement.allows and _statement_is_public(statement, of_access_point) for statement in statements
    )


def _statement_is_public(statement: Statement, of_access_point: bool) -> bool:
    principals = statement.principals
    if principals is None:
        return False
    everybody = principals.everybody or "*" in principals.aws or statement.not_principal
    if not everybody and not principals.federated:
        return False
    return not any(_fixes(test, of_access_point) for test in statement.tests)


def _fixes(test: Test | Unclear, of_access_point: bool) -> bool:
    """Whether a condition limits access to fixed values. One with IfExists is met by who leaves the key out."""
    if isinstance(test, Unclear):
        return False
    name = test.name
    if name.negated or name.if_exists or name.set_operator == "ForAllValues":
        return False
    key = test.key.lower()
    if name.operator.name == "IpAddress":
        return key == "aws:sourceip" and all(_is_narrow(value) for value in test.sources)
    if name.operator.name not in _FIXING_OPERATORS or key not in _FIXING_KEYS:
        return False
    if key == _ACCESS_POINT_ARN and of_access_point:
        return False
    like = name.operator.name in {"StringLike", "ArnLike"}
    return all(_is_fixed(key, value, like) for value in test.sources)


def _is_fixed(key: str, value: str, like: bool) -> bool:
    if "${" in value:
        return False
    if not like or not is_pattern(value):
        return True
    if key != _ACCESS_POINT_ARN:
        return False
    # "... can contain a wildcard for the access point name ..., as long as the account id is fixed"
    parts = value.split(":", _ARN_PARTS - 1)
    return len(parts) == _ARN_PARTS and parts[4] != "" and not is_pattern(parts[4])


def _is_narrow(cidr: str) -> bool:
    """Very broad ranges are public: wider than /8 for IPv4, than /32 for IPv6 (private ranges aside)."""
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= (_WIDEST_IPV4 if network.version == 4 else _WIDEST_IPV6)
