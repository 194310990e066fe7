"""Which managed policies somebody may choose among, where a condition limits what it may attach or set as a boundary.

What a condition names is offered as it is named. Where it only excludes, or asks for a boundary whichever, those of the provider's
policies are offered that lead to stores, keys or other identities without limits of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.estate.model import NamedPolicy
from weightguard.memory import Memory
from weightguard.policy.aws import Condition, ContextValue, managed_policy
from weightguard.policy.aws import Principal as Caller
from weightguard.policy.aws.tables import managed_policy_arns
from weightguard.policy.formula import conditions_of
from weightguard.policy.pattern import glob, is_pattern

ATTACHED: Final = "iam:PolicyARN"
BOUNDARY: Final = "iam:PermissionsBoundary"
ADMINISTRATOR: Final = "arn:{partition}:iam::aws:policy/AdministratorAccess"
_PROVIDED: Final = "arn:aws:iam::aws:policy/"
_LEADING: Final = (
    "s3:getobject",
    "s3:putobject",
    "s3:putbucketpolicy",
    "kms:decrypt",
    "kms:creategrant",
    "kms:putkeypolicy",
    "sts:assumerole",
    "iam:passrole",
    "iam:createaccesskey",
    "iam:putuserpolicy",
    "iam:putrolepolicy",
    "iam:attachuserpolicy",
    "iam:attachrolepolicy",
    "iam:updateassumerolepolicy",
)
"""Actions that lead to objects, keys or other identities."""
_EACH: Final = 8
"""How many of the provider's policies are offered for each of these."""
_MOST_NAMED: Final = 40


class OfferedPolicies:
    """Finds policies to choose.

    Args:
        context: what techniques may ask.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    def choices(
        self,
        group: PrincipalGroup,
        caller: Caller,
        action: str,
        resource: str,
        key: str,
        context: Mapping[str, ContextValue],
    ) -> list[NamedPolicy]:
        """The policies worth trying as the value of a key; none where nothing tests it, or nothing can satisfy the rest.

        Args:
            key: ``iam:PolicyARN`` or ``iam:PermissionsBoundary``, which `context` leaves open.
        """
        decision = self._context.decisions.decision(
            caller, action, resource, group.layers, owner=group.account, context=context
        )
        if not decision.may_be_allowed:
            return []
        tests = [one for one in conditions_of(decision.conditions) if one.key.lower() == key.lower()]
        found: dict[str, NamedPolicy] = {}
        for test in tests:
            for policy in self._meeting(test, group.account):
                found[policy.id] = policy
        return list(found.values())

    def _meeting(self, test: Condition, account: str) -> Iterator[NamedPolicy]:
        partition = self._context.population.realm(account).partition
        held = {policy.id: policy for policy in self._context.population.managed(account)}
        if test.negated or test.operator.endswith("Null"):
            yield from (provided(name, partition) for name in leading())
            yield from held.values()
            return
        for value in test.values:
            if not is_pattern(value):
                policy = held.get(value) or _packaged(value)
                if policy is not None:
                    yield policy
                continue
            wanted = glob(value)
            yield from (policy for name, policy in held.items() if wanted.matches(name))
            yield from self._context.population.memory.once(_matching, value, partition)


def provided(name: str, partition: str) -> NamedPolicy:
    """One of the provider's policies, by its ARN in the commercial partition, as another partition names it."""
    own = name.replace("arn:aws:", f"arn:{partition}:", 1)
    return NamedPolicy(own, own.rpartition("/")[2], None, "provider")


def _packaged(name: str) -> NamedPolicy | None:
    if managed_policy(name) is None:
        return None
    return NamedPolicy(name, name.rpartition("/")[2], None, "provider")


def _matching(pattern: str, partition: str) -> tuple[NamedPolicy, ...]:
    """The provider's policies of a pattern that lead anywhere; all of them but where they are too many to try."""
    wanted = glob(pattern)
    names = [name for name in managed_policy_arns() if wanted.matches(provided(name, partition).id)]
    if len(names) > _MOST_NAMED:
        names = [name for name in leading() if name in set(names)]
    return tuple(provided(name, partition) for name in names)


@cache
def leading() -> tuple[str, ...]:
    """The provider's policies that lead to stores, keys or identities, AdministratorAccess first, then those with short names."""
    administrator = ADMINISTRATOR.format(partition="aws")
    found: dict[str, None] = {administrator: None}
    given = {name: _wide_of(name) for name in managed_policy_arns()}
    for action in _LEADING:
        allowing = sorted(
            (name for name in given if action in given[name]), key=lambda name: (len(name), name)
        )
        found.update(dict.fromkeys(allowing[:_EACH]))
    return tuple(found)


def wide(policy: NamedPolicy, memory: Memory) -> frozenset[str]:
    """Those of the leading actions that one of the provider's policies allows on whatever, without a condition."""
    return memory.once(_wide_of, policy.id)


def limitless(policy: NamedPolicy | None, memory: Memory) -> bool:
    """Whether it is one of the provider's policies that, as a boundary, keeps nobody from anything that leads anywhere."""
    return policy is not None and wide(policy, memory) == frozenset(_LEADING)


def _wide_of(name: str) -> frozenset[str]:
    return _wide(managed_policy(name) or {})


def _wide(document: Mapping[str, Any]) -> frozenset[str]:
    statements = document.get("Statement", [])
    found: set[str] = set()
    for one in statements if isinstance(statements, list) else [statements]:
        if one.get("Effect") == "Allow" and "Condition" not in one and "*" in _listed(one.get("Resource")):
            for text in _listed(one.get("Action")):
                found.update(_meant(text.lower()))
            if "NotAction" in one:
                but = {action for text in _listed(one["NotAction"]) for action in _meant(text.lower())}
                found.update(action for action in _LEADING if action not in but)
    return frozenset(found)


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


@cache
def _meant(action: str) -> tuple[str, ...]:
    if not is_pattern(action):
        return (action,) if action in _LEADING else ()
    wanted = glob(action)
    return tuple(one for one in _LEADING if wanted.matches(one))
