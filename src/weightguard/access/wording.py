"""Conditions in words: the one place that makes sentences of them, for whoever prints an answer.

Nothing may be decided by what is written here: decisions compare `Condition` values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from weightguard.access.condition import Condition, Matter
from weightguard.policy.formula import Condition as ContextTest
from weightguard.policy.providers import in_words

_SENTENCES: Final[Mapping[str, str]] = {
    Matter.SIGNED_IN: "only by somebody signed in to an AWS account, whichever it is",
    Matter.MEMBER: "only by a member of organization {0} that no snapshot covers",
    Matter.ACCOUNT_POLICIES: "if a policy of account {0}, which no snapshot holds, allows it",
    Matter.ACCESS_POINT_OF: "only through an access point of account {0} that lets it in",
    Matter.ANOTHER_ACCOUNT: "the reader has to be another account, which the access control list then names",
    Matter.ACCESS_POINT_NETWORK: "only from VPC {0}, through access point {1}",
    Matter.BUCKET_POLICY: "unless the bucket policy, which could not be read, denies it",
    Matter.KEY_DELEGATION: "if the key policy, which is not known, lets the account's own policies decide",
    Matter.KEY_USE: "if the key policy, which is not known, lets the reader use the key",
    Matter.EARLIER_VERSION: "an earlier version of {0} has to allow it",
    Matter.STORE: "the snapshot does not hold the store: its own policy may say otherwise",
    Matter.WORKLOAD_SETTING: "{0} of the {1} must be {2}",
    Matter.SSH: "the network must let SSH through to the instance",
    Matter.OTHER_NAME: "the state holds it as {0}, the policy names {1}",
    Matter.IDENTITY_CENTER: "IAM Identity Center has to be run from account {0}",
    Matter.TECHNIQUE: "{0}",
    Matter.PERIMETER: "only from inside service perimeter {0}",
    Matter.ACCESS_LEVEL: "only where access level {0} holds",
    Matter.ADDRESSES: "only from the networks that {0} takes requests from",
    Matter.DEFAULT_LIST: "if the object still has the list that its bucket gives new objects",
    Matter.ACTIVATION: "once {0} was activated, with whatever its activation asks for",
    Matter.HANDS_OUT: "the workload's own code has to hand out what its role reads",
}
_CONSOLE_LOGIN: Final = "the user must {} have a console password"


def worded(condition: Condition) -> str:
    """The condition as a phrase that completes "can read it, ..."."""
    if condition.formula is not None:
        return in_words(condition.provider, condition.formula)
    if condition.operator:
        test = ContextTest(condition.key, condition.operator, condition.values, condition.negated)
        return in_words(condition.provider, test)
    if condition.key == Matter.CONSOLE_LOGIN:
        return _CONSOLE_LOGIN.format("not yet" if condition.negated else "already")
    return _SENTENCES[condition.key].format(*condition.values)


def all_worded(conditions: Iterable[Condition]) -> tuple[str, ...]:
    """Each condition in words, in their order; two that read alike are said once."""
    return tuple(dict.fromkeys(map(worded, conditions)))
