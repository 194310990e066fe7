"""Somebody of whom only part is known: what a test of the caller's identity can still come to, and which tests fit together.

"May somebody of that account?" is no question about one made-up role. Name, type, id and tags of the caller stay open, and so does
its account where nothing fixes it; a test of them stays a condition, unless no such caller can meet it.

Source: IAM User Guide, "AWS global condition context keys" (aws:PrincipalArn, aws:PrincipalAccount, aws:PrincipalOrgID,
aws:PrincipalOrgPaths, aws:PrincipalType, aws:username, aws:userid) and the table of principal key values in "IAM policy elements:
Variables and tags".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from weightguard.policy.aws.arn import is_account, parse_arn
from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, all_of, alternatives, any_of
from weightguard.policy.pattern import glob, is_pattern

ACCOUNT, ARN, ORGANISATION, ORG_PATHS = (
    "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths",
)  # fmt: skip
TYPE, USER_NAME, USER_ID, CALLER_ACCOUNT = (
    "aws:principaltype", "aws:username", "aws:userid", "kms:calleraccount",
)  # fmt: skip
POINT_ARN, POINT_ACCOUNT, POINT_ORIGIN = (
    "s3:dataaccesspointarn", "s3:dataaccesspointaccount", "s3:accesspointnetworkorigin",
)  # fmt: skip
_OF_POINTS: Final = frozenset({POINT_ARN, POINT_ACCOUNT, POINT_ORIGIN})
TYPES: Final = frozenset({"User", "AssumedRole", "FederatedUser", "Account"})
_ALWAYS_THERE: Final = frozenset({ACCOUNT, ARN, TYPE, USER_ID, CALLER_ACCOUNT})
_SHAPES: Final = {
    "User": ("arn:*:iam::*:user/*", "AIDA*"),
    "AssumedRole": ("arn:*:iam::*:role/*", "AROA*:*"),
    "FederatedUser": ("arn:*:sts::*:federated-user/*", "????????????:*"),
    "Account": ("arn:*:iam::*:root", "????????????"),
}
"""What the ARN and the user id of a caller of each type look like."""
_OPERATORS: Final = frozenset(
    {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnLike", "ArnEquals"}
)
_LIKE: Final = frozenset({"StringLike", "ArnLike", "ArnEquals"})


@dataclass(frozen=True, slots=True)
class Bounds:
    """What somebody is known to be, or known not to be.

    Attributes:
        account: the account; None where it may be any but those of `accounts`.
        accounts: accounts that it is not of.
        organisations: organisations that it is not of.
        ids: unique ids (AIDA..., AROA...) of others.
        organisation: the organisation that it is of, where that is known and the account is not.
        points: the account in which an access point is made for it, ``*`` for any account; None where it comes through none. Who
            makes an access point chooses its name, its region and its network.
    """

    account: str | None = None
    accounts: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    organisation: str | None = None
    points: str | None = None

    def may_be(self, key: str, value: str) -> bool:
        """Whether a key (lower-case) may have a value that a policy's value takes."""
        test = _TESTS.get(key)
        return test is None or "${" in value or test(self, value)

    def is_of(self, account: str) -> bool:
        """Whether it may be of an account, which may be written as a pattern."""
        if self.account is not None:
            return glob(account).matches(self.account)
        return is_pattern(account) or (is_account(account) and account not in self.accounts)


def narrowed(bounds: Bounds, condition: Condition) -> Formula:
    """A test of the caller without the values that this caller cannot have."""
    key = condition.key.lower()
    if bounds.points is not None and key in _OF_POINTS:
        return ALWAYS if _is_choosable(bounds.points, condition) else NEVER
    if condition.operator == "Null":
        return _presence(key, condition)
    name = condition.operator.rpartition(":")[2]
    operator = name.removesuffix("IfExists")
    if operator not in _OPERATORS or condition.needs not in ((), (condition.key,)):
        return condition
    left = tuple(value for value in condition.values if bounds.may_be(key, value))
    if len(left) == len(condition.values):
        return condition
    if left:
        return replace(condition, values=left)
    absent_will_do = name != operator or condition.operator.startswith("ForAllValues:")
    if not absent_will_do or key in _ALWAYS_THERE:
        return ALWAYS if condition.negated else NEVER
    return replace(condition, operator="Null", values=("true",))


def _presence(key: str, condition: Condition) -> Formula:
    """A test of whether a key is there at all; those that every caller of an account has are."""
    if key not in _ALWAYS_THERE:
        return condition
    asks_absence = (condition.values == ("true",)) is not condition.negated
    return NEVER if asks_absence else ALWAYS


def _is_choosable(account: str, condition: Condition) -> bool:
    """Whether some access point of an account, or one of some account, meets a test."""
    key = condition.key.lower()
    if condition.operator == "Null":
        return (condition.values == ("true",)) is condition.negated
    if key == POINT_ORIGIN:
        return True
    own = glob(account if key == POINT_ACCOUNT else f"arn:aws*:s3:*:{account}:accesspoint/*")
    values = [glob(value) for value in condition.values]
    if condition.negated:
        return not any(value.covers(own) for value in values)
    return any(value.overlaps(own) for value in values)


def _may_have_arn(bounds: Bounds, value: str) -> bool:
    if value == "*" or value.startswith("*"):
        return True
    arn = parse_arn(value)
    return arn is not None and bounds.is_of(arn.account or "*")


def _may_have_id(bounds: Bounds, value: str) -> bool:
    own = value.partition(":")[0]
    if is_account(own):
        return bounds.is_of(own)
    return own not in bounds.ids


def _may_have_type(bounds: Bounds, value: str) -> bool:
    return any(glob(value).matches(one) for one in TYPES)


def _may_be_of_organisation(bounds: Bounds, value: str) -> bool:
    return value.partition("/")[0] not in bounds.organisations


_TESTS: Final[dict[str, Callable[[Bounds, str], bool]]] = {
    ACCOUNT: Bounds.is_of,
    CALLER_ACCOUNT: Bounds.is_of,
    ARN: _may_have_arn,
    USER_ID: _may_have_id,
    TYPE: _may_have_type,
    ORGANISATION: _may_be_of_organisation,
    ORG_PATHS: _may_be_of_organisation,
}


def consistent(formula: Formula, types: frozenset[str] = TYPES) -> Formula:
    """The formula without alternatives that no caller of one type meets: a user whose ARN is a role's, say."""
    rows = alternatives(formula)
    if rows is None:
        return formula
    kept = [row for row in rows if any(_fits(row, one) for one in types)]
    return formula if len(kept) == len(rows) else any_of(all_of(row) for row in kept)


def _fits(row: Iterable[Condition], kind: str) -> bool:
    return all(_allows(condition, kind) for condition in row)


def _allows(condition: Condition, kind: str) -> bool:
    """Whether a caller of a type may meet a condition; conditions that do not look at the type are met by any."""
    key = condition.key.lower()
    if condition.operator == "Null":
        absent = (condition.values == ("true",)) is not condition.negated
        return key != USER_NAME or absent is (kind != "User")
    if condition.operator not in _OPERATORS or condition.needs not in ((), (condition.key,)):
        return True
    if key == USER_NAME:
        return condition.negated or kind == "User"
    if key == TYPE:
        met = any(glob(value).matches(kind) for value in condition.values)
        return met is not condition.negated
    if key not in (ARN, USER_ID) or condition.negated:
        return True
    shape = _SHAPES[kind][0 if key == ARN else 1]
    return any(_overlap(condition.operator, value, shape) for value in condition.values)


def _overlap(operator: str, value: str, shape: str) -> bool:
    """Whether a policy's value takes something of a shape; ARNs are compared by their six parts."""
    if operator not in _LIKE:
        return glob(shape).matches(value)
    one, other = parse_arn(value), parse_arn(shape)
    if operator == "StringLike" or one is None or other is None:
        return glob(value).overlaps(glob(shape))
    return all(
        glob(left).overlaps(glob(right))
        for left, right in (
            (one.service, other.service),
            (one.account, other.account),
            (one.resource, other.resource),
        )
    )
