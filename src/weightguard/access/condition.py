"""What a step hangs on, as values: what kind of thing has to hold, of which key, with which values.

Decisions compare these values; `weightguard.access.wording` alone makes sentences of them, when an answer is printed.

    Condition(ConditionKind.NETWORK, "aws:SourceVpce", ("vpce-1",), "StringEquals", provider="aws")
    Condition(ConditionKind.UNREAD, Matter.BUCKET_POLICY)

A condition that comes from the policy engine has a context key and an operator, or, where several tests hang together in more ways
than one, the engine's whole formula. One that comes from the tool's own knowledge has a `Matter` for a key.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from weightguard.policy.formula import Formula


class ConditionKind(StrEnum):
    """What has to hold."""

    NETWORK = "network"
    """Where the request comes from, or which network it passes."""
    IDENTITY = "identity"
    """Who asks."""
    SESSION = "session"
    """How the caller's session came to be: with a second factor, under a name."""
    TIME = "time"
    CLAIM = "claim"
    """What an identity provider says of whom it vouches for."""
    SERVICE = "service"
    """Through which service, or on whose behalf a service asks."""
    TAG = "tag"
    RESOURCE = "resource"
    """What is asked for."""
    REQUEST = "request"
    """Anything else that the request says."""
    SEVERAL = "several"
    """A formula over tests of several kinds."""
    UNREAD = "unread"
    """A policy exists, and nobody could read it."""
    NOT_HELD = "not_held"
    """The snapshot does not hold the thing at all."""
    STATE = "state"
    """A setting of what is acted on, which the snapshot does not say."""
    CIRCUMSTANCE = "circumstance"
    """What a technique asks beside permissions, as its entry words it."""
    ACTIVATION = "activation"
    """A right that has to be activated first."""


class Matter(StrEnum):
    """What a condition of the tool's own is about."""

    SIGNED_IN = "signed in"
    MEMBER = "member of an organisation"
    ACCOUNT_POLICIES = "policies of an account"
    ACCESS_POINT_OF = "access point of another account"
    ANOTHER_ACCOUNT = "another account"
    ACCESS_POINT_NETWORK = "access point network"
    BUCKET_POLICY = "bucket policy"
    KEY_DELEGATION = "key policy, delegation"
    KEY_USE = "key policy, use"
    EARLIER_VERSION = "earlier policy version"
    STORE = "store"
    CONSOLE_LOGIN = "console login"
    WORKLOAD_SETTING = "workload setting"
    SSH = "ssh"
    OTHER_NAME = "other name"
    IDENTITY_CENTER = "identity center"
    TECHNIQUE = "technique"
    HANDS_OUT = "hands out"
    PERIMETER = "service perimeter"
    ACCESS_LEVEL = "access level"
    ADDRESSES = "addresses"
    DEFAULT_LIST = "default object list"
    ACTIVATION = "activation"


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that has to hold.

    Attributes:
        kind: what kind of thing.
        key: a context key as the provider spells it, or a `Matter`.
        values: what the key is compared with, sorted where the order says nothing.
        operator: how, as the policy engine names it: ``StringEquals``, ``ForAnyValue:StringLike``; empty for a `Matter`.
        negated: whether the comparison must fail.
        formula: for SEVERAL, the engine's formula.
        provider: whose policy engine it comes from; empty for a `Matter`.
    """

    kind: ConditionKind
    key: str = ""
    values: tuple[str, ...] = ()
    operator: str = ""
    negated: bool = False
    formula: Formula | None = None
    provider: str = ""


SIGNED_IN: Final = Condition(ConditionKind.IDENTITY, Matter.SIGNED_IN)
"""What everybody but the anonymous may do."""
UNREAD_BUCKET_POLICY: Final = Condition(ConditionKind.UNREAD, Matter.BUCKET_POLICY)
UNREAD_KEY_DELEGATION: Final = Condition(ConditionKind.UNREAD, Matter.KEY_DELEGATION)
UNREAD_KEY_USE: Final = Condition(ConditionKind.UNREAD, Matter.KEY_USE)
STORE_NOT_HELD: Final = Condition(ConditionKind.NOT_HELD, Matter.STORE)


def besides(sentence: str) -> Condition:
    """What a technique asks beside permissions, in the words of its entry."""
    return Condition(ConditionKind.CIRCUMSTANCE, Matter.TECHNIQUE, (sentence,))
