"""Who may do something to a thing that has a policy of its own: whom it means, from which accounts, told apart by what it looks at.

Every technique on a thing asks so: the cohorts whose own policies let them, and those whom its own policy names, each once; of a
group those members apart whom the policy names or tells from the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.policy_texts import compiled, document_of
from weightguard.access.aws.identities.sensitivity import BLIND, Sensitivity, sensitivity
from weightguard.access.links import Node
from weightguard.estate.fact import Fact, Known
from weightguard.estate.model import NamedPolicy
from weightguard.policy.aws import CompiledPolicy, PolicyKind
from weightguard.policy.aws import Principal as Caller

EVERYBODY = "*"
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class OwnPolicy:
    """A thing's own policy, as far as it tells callers apart.

    Attributes:
        document: the policy; None where there is none, or it could not be read.
        names: the principals, accounts and services that it lets in or keeps out; `EVERYBODY` where it says so.
        looks: what it looks at in a caller.
    """

    document: CompiledPolicy | None = None
    names: frozenset[str] = frozenset()
    looks: Sensitivity = BLIND


def own_policy(context: Context, fact: Fact[NamedPolicy | None]) -> OwnPolicy:
    """The policy of a resource."""
    policy = fact.value if isinstance(fact, Known) else None
    if policy is None:
        return OwnPolicy()
    memory = context.population.memory
    document = compiled(policy, PolicyKind.RESOURCE, memory)
    return OwnPolicy(document, context.named.names(document), sensitivity(document_of(policy), memory))


def accounts_meant(context: Context, own: OwnPolicy, home: str) -> list[str]:
    """The estate's accounts whose principals may be let in: the thing's own first."""
    return list(dict.fromkeys([home, *context.named.accounts_in(own.names)]))


def who_may(
    context: Context,
    actors: Actors,
    own: OwnPolicy,
    accounts: Iterable[str],
    able: Callable[[str], Iterable[PrincipalGroup]],
) -> list[PrincipalGroup]:
    """Those of some groups to ask about a thing, each once.

    Args:
        accounts: where to look.
        able: of an account, the cohorts whose own policies let them.
    """
    found: dict[PrincipalGroup, None] = {}
    for account in dict.fromkeys(accounts):
        found.update(dict.fromkeys(able(account)))
    for name in context.named.meant(own.names):
        named = context.population.group_of[name]
        if named in actors and not any(named in group.parts for group in found):
            found[named] = None
    return list(found)


def asked_apart(
    context: Context,
    group: PrincipalGroup,
    own: OwnPolicy,
    decide: Callable[[Caller], Found | None],
    but: frozenset[str] = frozenset(),
) -> dict[Node, Found]:
    """What is decided for a group, or for those of it whom the thing's own policy tells apart; without those who may not.

    Args:
        but: names that are not asked about.
    """
    found: dict[Node, Found] = {}
    for caller, nodes in context.named.apart(group, own.names, own.looks):
        wanted = [node for node in nodes if node not in but]
        decided = decide(caller) if wanted else None
        if decided is not None:
            found.update(dict.fromkeys(wanted, decided))
    return found
