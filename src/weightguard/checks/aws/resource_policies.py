"""Who outside is let in by the policies of resources other than stores and keys: repositories, secrets, vaults, functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from weightguard.checks.aws.decisions import compiled, first_granted
from weightguard.checks.aws.outsiders import outsiders_named
from weightguard.controls.judge import Context
from weightguard.estate.fact import Fact
from weightguard.estate.model import Account, NamedPolicy
from weightguard.policy.aws import Layers, PolicyKind


class HasPolicy(Protocol):
    """A resource with a resource policy."""

    @property
    def id(self) -> str:
        """Its ARN."""
        ...

    @property
    def policy(self) -> Fact[NamedPolicy | None]:
        """Its resource policy."""
        ...


def outside_grants(
    things: Iterable[HasPolicy], actions: Iterable[str], account: Account, context: Context
) -> list[str]:
    """Ids of those of `things` whose policy grants one of `actions` to an outsider, under conditions at least.

    Raises:
        UnknownFact: none that could be read does, and the policy of another could not be read.
    """
    asked = tuple(actions)
    opened, unread = [], []
    for thing in things:
        policy = context.peek(thing.policy, "resource.policy")
        if not hasattr(policy, "value"):
            unread.append(policy)
        elif policy.value is not None and _grants(policy.value, thing.id, asked, account, context):
            opened.append(thing.id)
    if not opened:
        context.require(unread)
    return opened


def _grants(
    policy: NamedPolicy, resource: str, actions: tuple[str, ...], account: Account, context: Context
) -> bool:
    layers = Layers(resource=[compiled(policy, PolicyKind.RESOURCE, context.estate.memory)])
    asks = [(action, resource) for action in actions]
    outsiders = outsiders_named([policy], context)
    return any(first_granted(one, asks, account.id, layers, {}) for one in outsiders)
