"""Principals as they would be at best: what nobody becomes, and what tells whether changing them is worth anything."""

from __future__ import annotations

from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.named_principals import NamedPrincipals, administrator
from weightguard.access.aws.identities.principals import Population
from weightguard.policy.aws import Layers


class Ideals:
    """Principals as they would be if they might do anything but what guardrails keep from them.

    Args:
        population: everybody.
        named: whom policies tell apart by name.
    """

    def __init__(self, population: Population, named: NamedPrincipals) -> None:
        self._found: dict[object, PrincipalGroup] = {}
        self._of: dict[str, PrincipalGroup] = {}
        policy = administrator("anything", population.memory)
        for name, group in population.group_of.items():
            caller = population.callers[name]
            apart = name if name in named.kept_apart else None
            told = named.looked_at.signature(name, caller.known_tags, population.is_long_term(name))
            key = (group.account, group.kind, apart, told)
            ideal = self._found.get(key)
            if ideal is None:
                ideal = self._found[key] = PrincipalGroup(
                    group.account,
                    group.kind,
                    caller,
                    Layers(identity=(policy,), scp=group.layers.scp or None),
                    (policy,),
                    frozenset("*"),
                    population.principals[name],
                    change=("ideal",),
                )
            self._of[name] = ideal

        self._all = frozenset(self._found.values())
        guardrails = [realm.sensitivity for realm in population.realms.values()]
        self.may_be_tagged = any(looks.tags for looks in (named.looked_at, *guardrails))
        """Whether tags, which may be changed as well, decide whom policies outside let in."""

    @property
    def groups(self) -> list[PrincipalGroup]:
        """All of them."""
        return list(self._found.values())

    def __contains__(self, node: object) -> bool:
        """Whether a node is one of them."""
        return node in self._all

    def of(self, name: str) -> PrincipalGroup:
        """That of a principal."""
        return self._of[name]
