"""Print what a decision hangs on: "only through VPC endpoint vpce-1 and only with MFA"."""

from __future__ import annotations

from weightguard.policy.formula import AllOf, Condition, Formula, sort_key

_PHRASES = {
    "aws:sourcevpce": ("only through VPC endpoint {}", "not through VPC endpoint {}"),
    "aws:sourcevpc": ("only from VPC {}", "not from VPC {}"),
    "aws:sourceip": ("only from {}", "not from {}"),
    "aws:vpcsourceip": ("only from {} inside a VPC", "not from {} inside a VPC"),
    "aws:principalorgid": ("only by principals of organization {}", "not by principals of organization {}"),
    "aws:principalorgpaths": (
        "only by principals in organization path {}",
        "not by principals in organization path {}",
    ),
    "aws:principalaccount": ("only by principals of account {}", "not by principals of account {}"),
    "aws:principalarn": ("only by {}", "not by {}"),
    "aws:requestedregion": ("only in region {}", "not in region {}"),
    "aws:sourceaccount": ("only on behalf of account {}", "not on behalf of account {}"),
    "aws:sourcearn": ("only on behalf of {}", "not on behalf of {}"),
    "aws:resourceaccount": ("only for resources of account {}", "not for resources of account {}"),
    "aws:calledvia": ("only called through {}", "not called through {}"),
    "kms:viaservice": ("only through service {}", "not through service {}"),
    "kms:calleraccount": ("only by callers of account {}", "not by callers of account {}"),
    "sts:externalid": ("only with external id {}", "not with external id {}"),
    "sts:rolesessionname": ("only with role session name {}", "not with role session name {}"),
    "ec2:sourceinstancearn": ("only from instance {}", "not from instance {}"),
}

_TRUTHS = {
    "aws:securetransport": ("only over TLS", "only without TLS"),
    "aws:viaawsservice": ("only through an AWS service", "not through an AWS service"),
    "aws:principalisawsservice": ("only by an AWS service itself", "not by an AWS service itself"),
}

_MFA = {
    (True, False): "only with MFA",
    (True, True): "unless the session says that it was made without MFA",
    (False, False): "only in a session that says that it was made without MFA",
    (False, True): "not in a session with MFA",
}
"""By whether MFA is wanted, and whether the absent key of long-term credentials meets the test."""

_MATCHING = frozenset({"StringEquals", "StringLike", "StringEqualsIgnoreCase", "ArnLike", "IpAddress"})

_OPERATORS = {
    "StringEquals": "is",
    "StringEqualsIgnoreCase": "is (in any case)",
    "StringLike": "matches",
    "ArnLike": "matches",
    "IpAddress": "is in",
    "BinaryEquals": "is",
    "Bool": "is",
    "NumericEquals": "equals",
    "NumericLessThan": "is less than",
    "NumericLessThanEquals": "is at most",
    "NumericGreaterThan": "is more than",
    "NumericGreaterThanEquals": "is at least",
    "DateEquals": "is exactly",
    "DateLessThan": "is before",
    "DateLessThanEquals": "is at or before",
    "DateGreaterThan": "is after",
    "DateGreaterThanEquals": "is at or after",
}


_UNREAD = {"allow": ("allows", "does not allow"), "deny": ("denies", "does not deny")}
_UNCLEAR = {"Unread": "which could not be read", "Unclear": "which cannot be understood"}


def in_words(formula: Formula) -> str:
    """The formula as a phrase that completes "can read it, ...": "always", "never", or what must hold."""
    if isinstance(formula, Condition):
        return _condition(formula)
    phrases = [_nested(part) for part in sorted(formula.parts, key=sort_key)]
    if isinstance(formula, AllOf):
        return " and ".join(phrases) if phrases else "always"
    return "either " + " or ".join(phrases) if phrases else "never"


def _nested(formula: Formula) -> str:
    text = in_words(formula)
    return text if isinstance(formula, Condition) else f"({text})"


def _condition(condition: Condition) -> str:
    if condition.operator == "Null":
        absent = (condition.values == ("true",)) is not condition.negated
        return f"only if {condition.key} is {'absent' if absent else 'present'}"
    if condition.operator in _UNCLEAR:
        effect = _UNREAD[condition.values[0]][1 if condition.negated else 0]
        return f"only if {condition.key}, {_UNCLEAR[condition.operator]}, {effect} it"
    if condition.operator == "ResourceLike":
        verb = "does not match" if condition.negated else "matches"
        return f"only where the resource {verb} {_listed(condition.values)}"
    return _truth(condition) or _phrase(condition) or _plain(condition)


def _truth(condition: Condition) -> str | None:
    """A test of a key that is true or false.

    Negation and suffix together say whether an absent key meets it: "not false" holds where the key is absent, "not (false or
    absent)" does not. The keys of `_TRUTHS` are never absent.
    """
    if condition.operator not in {"Bool", "BoolIfExists", "StringEquals", "StringEqualsIfExists"}:
        return None
    if condition.values not in {("true",), ("false",)}:
        return None
    wanted = (condition.values == ("true",)) is not condition.negated
    key = condition.key.lower()
    if key == "aws:multifactorauthpresent":
        return _MFA[wanted, condition.operator.endswith("IfExists") is not condition.negated]
    phrases = _TRUTHS.get(key)
    return None if phrases is None else phrases[0 if wanted else 1]


def _phrase(condition: Condition) -> str | None:
    phrases = _PHRASES.get(condition.key.lower())
    operator = condition.operator.removeprefix("ForAnyValue:")
    if phrases is None or operator not in _MATCHING:
        return None
    return phrases[1 if condition.negated else 0].format(_listed(condition.values))


def _plain(condition: Condition) -> str:
    operator = condition.operator
    subject = condition.key
    if operator.startswith("ForAllValues:"):
        operator, subject = operator.removeprefix("ForAllValues:"), f"every value of {condition.key}"
    elif operator.startswith("ForAnyValue:"):
        operator, subject = operator.removeprefix("ForAnyValue:"), f"some value of {condition.key}"
    optional = operator.endswith("IfExists")
    verb = _OPERATORS.get(operator.removesuffix("IfExists"), operator)
    test = f"{subject} {verb} {_listed(condition.values)}"
    if optional:
        test += " or is absent"
    return f"only if it is not so that {test}" if condition.negated else f"only if {test}"


def _listed(values: tuple[str, ...]) -> str:
    if len(values) <= 1:
        return values[0] if values else "nothing"
    return ", ".join(values[:-1]) + " or " + values[-1]
