"""What AWS's context keys tell: which kind of condition a test of one is, and whether it ties the caller to a network."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

from weightguard.access.condition import Condition, ConditionKind, Matter
from weightguard.policy.aws import AllOf, Formula, keys_of
from weightguard.policy.aws import Condition as ContextTest
from weightguard.policy.pattern import glob

_KINDS: Final[dict[ConditionKind, tuple[str, ...]]] = {
    ConditionKind.NETWORK: (
        "aws:sourceip",
        "aws:vpcsourceip",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourcevpcarn",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "aws:vpceorgpaths",
        "aws:ec2instancesourcevpc",
        "aws:ec2instancesourceprivateipv4",
        "s3:accesspointnetworkorigin",
    ),
    ConditionKind.IDENTITY: (
        "aws:userid",
        "aws:username",
        "aws:federatedprovider",
        "kms:calleraccount",
        "ec2:sourceinstancearn",
    ),
    ConditionKind.SESSION: (
        "aws:multifactorauthpresent",
        "aws:multifactorauthage",
        "aws:tokenissuetime",
        "aws:sourceidentity",
        "sts:rolesessionname",
        "sts:sourceidentity",
        "sts:externalid",
    ),
    ConditionKind.TIME: ("aws:currenttime", "aws:epochtime"),
    ConditionKind.SERVICE: (
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:viaawsservice",
        "kms:viaservice",
    ),
    ConditionKind.RESOURCE: ("resource", "s3:dataaccesspointarn", "s3:dataaccesspointaccount"),
}


_KIND_OF: Final = {key: kind for kind, keys in _KINDS.items() for key in keys}
_TAGS: Final = frozenset(
    {"principaltag", "resourcetag", "requesttag", "existingobjecttag", "requestobjecttag"}
)


def kind_of_key(key: str) -> ConditionKind:
    """What kind of thing a context key tells. Claims stand under their issuer's host name, or under ``saml``."""
    lowered = key.lower()
    known = _KIND_OF.get(lowered)
    if known is not None:
        return known
    service, _, name = lowered.partition(":")
    if service == "saml" or "." in service:
        return ConditionKind.CLAIM
    if name.partition("/")[0] in _TAGS or name == "tagkeys":
        return ConditionKind.TAG
    if service == "aws" and name.startswith("principal"):
        return ConditionKind.IDENTITY
    if service == "aws" and name.startswith("resource"):
        return ConditionKind.RESOURCE
    return ConditionKind.REQUEST


def of_test(test: ContextTest) -> Condition:
    """One open test of the engine's as a condition."""
    kind = ConditionKind.UNREAD if test.operator in ("Unread", "Unclear") else kind_of_key(test.key)
    return Condition(kind, test.key, test.values, test.operator, test.negated, provider="aws")


def of_formula(formula: Formula) -> Condition:
    """A whole formula of the engine's as one condition; of its tests' kind where they share it."""
    if isinstance(formula, ContextTest):
        return of_test(formula)
    return Condition(ConditionKind.SEVERAL, ", ".join(keys_of(formula)), formula=formula, provider="aws")


_EVERY_NETWORK: Final = ((4, "0.0.0.0/0"), (6, "::/0"))
_WHOLE: Final = {"aws:sourcevpce": "vpce-*", "aws:sourcevpc": "vpc-*"}
_COMPARES_VALUES: Final = frozenset(
    {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnLike", "IpAddress"}
)


def confines(condition: Condition) -> bool:
    """Whether it ties the caller to certain networks, so that reading is not yet taking away.

    A test that only keeps some network out, that any network passes, or that is met without the key confines nobody.
    """
    if condition.formula is not None:
        return _all_confined(condition.formula)
    if condition.kind is not ConditionKind.NETWORK:
        return False
    if condition.key == Matter.ACCESS_POINT_NETWORK:
        return True
    if condition.operator.removeprefix("ForAnyValue:") not in _COMPARES_VALUES or condition.negated:
        return False
    return not takes_every_network(condition.key, condition.operator, condition.values)


def _all_confined(formula: Formula) -> bool:
    """Whether every way to meet the formula is confined."""
    if isinstance(formula, ContextTest):
        return confines(of_test(formula))
    if isinstance(formula, AllOf):
        return any(map(_all_confined, formula.parts))
    return bool(formula.parts) and all(map(_all_confined, formula.parts))


def takes_every_network(key: str, operator: str, values: Iterable[str]) -> bool:
    """Whether a comparison is met from every network of a kind that the caller may choose.

    Every IPv4 address, in one range or in several, is as good as every address: the caller chooses which it comes from.
    """
    if operator.startswith("IpAddress"):
        return _covers_addresses(tuple(values))
    whole = glob(_WHOLE.get(key.lower(), "*"))
    return operator.startswith("StringLike") and any(glob(value).covers(whole) for value in values)


def _covers_addresses(values: tuple[str, ...]) -> bool:
    found: dict[int, list[ipaddress.IPv4Network | ipaddress.IPv6Network]] = {4: [], 6: []}
    for value in values:
        try:
            network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            return False
        found[network.version].append(network)
    return any(
        [str(one) for one in ipaddress.collapse_addresses(found[version])] == [whole]  # type: ignore[type-var]
        for version, whole in _EVERY_NETWORK
    )
