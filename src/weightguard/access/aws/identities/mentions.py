"""Of whom policies speak: the principals, services and accounts that they name, in Principal elements and in conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from weightguard.policy.aws import CompiledPolicy
from weightguard.policy.aws.arn import account_of, is_account, parse_arn
from weightguard.policy.aws.conditions import Test
from weightguard.policy.aws.statement import Statement
from weightguard.policy.pattern import is_pattern

EVERYBODY: Final = "*"
_ACCOUNT_KEYS: Final = frozenset({"aws:principalaccount", "kms:calleraccount"})
_POINT_KEYS: Final = frozenset({"s3:dataaccesspointaccount", "s3:dataaccesspointarn"})
_SERVICE_NAMES: Final = frozenset({"aws:principalservicename", "aws:principalservicenameslist"})
_SERVICE_KEYS: Final = _SERVICE_NAMES | {
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:principalisawsservice",
}
ANY_SERVICE: Final = "*.amazonaws.com"
"""What stands for whichever service a statement for everybody may mean."""
_OWN_ACCOUNT: Final = "${aws:principalaccount}"
_NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mentions:
    """Of whom policies speak.

    Attributes:
        names: principals and services by name, in statements that allow and in those that deny.
        canonical: canonical user ids.
        accounts: accounts that a Principal element or a test of the caller speaks of.
        named: those of the accounts that a Principal element speaks of.
        points: accounts whose access points a test speaks of; ``*`` for those of whatever account.
        everybody: whether some statement allows something without naming who.
        bare: whether one does so with a bare ``*``, which means services as well.
        services: services that a test speaks of, by name or by what they act for; `ANY_SERVICE` where it says no more.
        by_account: whether some test or resource tells callers of one account from those of another by a pattern.
    """

    names: frozenset[str] = _NOBODY
    canonical: frozenset[str] = _NOBODY
    accounts: frozenset[str] = _NOBODY
    named: frozenset[str] = _NOBODY
    points: frozenset[str] = _NOBODY
    everybody: bool = False
    bare: bool = False
    services: frozenset[str] = _NOBODY
    by_account: bool = False

    def __or__(self, other: Mentions) -> Mentions:
        return Mentions(
            self.names | other.names,
            self.canonical | other.canonical,
            self.accounts | other.accounts,
            self.named | other.named,
            self.points | other.points,
            self.everybody or other.everybody,
            self.bare or other.bare,
            self.services | other.services,
            self.by_account or other.by_account,
        )


def mentions(policies: Iterable[CompiledPolicy], names: Iterable[str] = ()) -> Mentions:
    """Of whom policies speak; with more names, such as those of a key's grantees."""
    found = _of_names(frozenset(names))
    for policy in policies:
        found |= policy.memory.once(_of_policy, policy)
    return found


def _of_policy(policy: CompiledPolicy) -> Mentions:
    found = Mentions()
    for statement in policy.document.statements:
        found |= _of_statement(statement)
    return found


def _of_names(names: frozenset[str]) -> Mentions:
    found = (name if is_account(name) else account_of(name) for name in names)
    accounts = frozenset(account for account in found if account is not None)
    return Mentions(names=names - {EVERYBODY}, accounts=accounts, named=accounts)


def _of_statement(statement: Statement) -> Mentions:
    found = Mentions()
    element = statement.principals
    if element is not None:
        bare = element.everybody or statement.not_principal
        everybody = bare or EVERYBODY in element.aws
        found = _of_names(element.aws | element.service)
        found |= Mentions(
            canonical=element.canonical,
            everybody=statement.allows and everybody,
            bare=statement.allows and bare,
        )
    for test in statement.tests:
        if isinstance(test, Test):
            found |= _of_test(test)
    if statement.has_resource_variables and "aws:principalaccount" in {key.lower() for key in statement.keys}:
        found |= Mentions(by_account=True)
    return found


def _of_test(test: Test) -> Mentions:
    key = test.key.lower()
    told = Mentions(by_account=any(_OWN_ACCOUNT in value.lower() for value in test.sources))
    if key in _SERVICE_KEYS:
        return told | Mentions(services=frozenset(_services(key, test.sources)))
    if key in _POINT_KEYS:
        return told | Mentions(points=frozenset(map(_account_or_any, test.sources)))
    if key in _ACCOUNT_KEYS:
        return told | _of_accounts(test.sources)
    if key == "aws:principalarn":
        return told | _of_accounts(value.split(":", 5)[4] for value in test.sources if value.count(":") >= 5)
    if key == "aws:userid":
        return told | _of_accounts(value.partition(":")[0] for value in test.sources)
    return told


def _services(key: str, values: Iterable[str]) -> Iterator[str]:
    """The services that a test of what only services' requests have may mean."""
    for value in values:
        name = value if key in _SERVICE_NAMES else None
        if key == "aws:sourcearn":
            arn = parse_arn(value)
            name = None if arn is None else f"{arn.service}.amazonaws.com"
        yield ANY_SERVICE if name is None or is_pattern(name) else name


def _of_accounts(values: Iterable[str]) -> Mentions:
    given = frozenset(values)
    return Mentions(
        accounts=frozenset(filter(is_account, given)),
        by_account=any(is_pattern(value) and value != EVERYBODY for value in given),
    )


def _account_or_any(value: str) -> str:
    """The account of an access point that a test's value names; ``*`` where it leaves the account open."""
    account = value if is_account(value) else account_of(value)
    return account if account is not None else EVERYBODY
