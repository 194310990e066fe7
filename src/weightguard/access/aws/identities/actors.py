"""Who is worth asking about: the groups whose policies speak of an action at all, joined where they say the same.

Nobody is asked whose policies do not allow an action anywhere: the policies that do are looked up, and then who carries them.
Groups whose policies say the same about some actions form a cohort, and are asked about once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.principals import Population
from weightguard.access.aws.identities.readings import Concern, Reading
from weightguard.policy.aws import CompiledPolicy

_ANYWHERE = "*"
Key = tuple[str, tuple[str, ...], tuple[str, ...]]


class Able:
    """The cohorts that may do something somewhere, found by the resources that their policies speak of.

    Args:
        groups: the cohorts.
    """

    __slots__ = ("_anywhere", "_position", "_speaking", "groups")

    def __init__(self, groups: tuple[PrincipalGroup, ...]) -> None:
        self.groups = groups
        self._position = {group: place for place, group in enumerate(groups)}
        self._speaking: dict[str, list[PrincipalGroup]] = {}
        self._anywhere = [group for group in groups if _ANYWHERE in group.reach]
        for group in groups:
            for pattern in group.reach:
                self._speaking.setdefault(pattern, []).append(group)

    def __iter__(self) -> Iterator[PrincipalGroup]:
        return iter(self.groups)

    def speaking_of(self, hits: Iterable[str]) -> list[PrincipalGroup]:
        """Those whose policies speak of a resource, given the patterns that concern it; in the order of all."""
        found = dict.fromkeys(self._anywhere)
        for pattern in hits:
            found.update(dict.fromkeys(self._speaking.get(pattern, ())))
        if len(found) == len(self._anywhere):
            return self._anywhere
        return sorted(found, key=self._position.__getitem__)


class Actors:
    """Some groups of an estate, to be found by what their policies allow.

    Args:
        population: everybody.
        groups: those of them that are meant.
        with_others: whether those are meant as well who are in no group: strangers, the public, services, workloads.
    """

    def __init__(
        self, population: Population, groups: Sequence[PrincipalGroup], *, with_others: bool = False
    ) -> None:
        self._population = population
        self.with_others = with_others
        self._by_account: dict[str, list[PrincipalGroup]] = {}
        self._members = frozenset(groups)
        self._changed: dict[str, list[PrincipalGroup]] = {}
        for group in groups:
            self._by_account.setdefault(group.account, []).append(group)
            if group.change:
                self._changed.setdefault(group.origin.id, []).append(group)
        self._carriers: dict[str, dict[CompiledPolicy, list[int]]] = {}
        self._able: dict[Key, Able] = {}
        self._lower: dict[tuple[str, ...], tuple[str, ...]] = {}

    def __contains__(self, group: PrincipalGroup) -> bool:
        return group in self._members

    def in_account(self, account: str) -> list[PrincipalGroup]:
        """Those of one account."""
        return self._by_account.get(account, [])

    @property
    def any_changed(self) -> bool:
        """Whether principals as changes would leave them are among them."""
        return bool(self._changed)

    def standing_in_for(self, name: str) -> list[PrincipalGroup]:
        """A principal as changes would leave it."""
        return self._changed.get(name, [])

    @property
    def accounts(self) -> list[str]:
        """The accounts that they are in, sorted."""
        return sorted(self._by_account)

    def able(self, account: str, action: str) -> Able:
        """Cohorts of an account whose identity policies allow an action on something, whatever limits them."""
        return self.cohorts(account, (action,))

    def cohorts(self, account: str, actions: Iterable[str], allowing: Iterable[str] | None = None) -> Able:
        """The groups of an account that are allowed one of some actions somewhere, joined where their policies say the same.

        A policy that says nothing about the actions tells nobody apart: two roles with data of their own each, and one shared
        deployment policy, are one when it is about deploying. Nor do two policies that deny the same.

        Args:
            actions: all actions that will be asked about.
            allowing: those of which one must be allowed somewhere; None: any of `actions`.
        """
        wanted = self._spelt(tuple(actions))
        key = (account, wanted, wanted if allowing is None else self._spelt(tuple(allowing)))
        found = self._able.get(key)
        if found is None:
            found = self._able[key] = Able(tuple(self._joined(*key)))
        return found

    def _spelt(self, actions: tuple[str, ...]) -> tuple[str, ...]:
        """Actions in lower case, each once, in order."""
        found = self._lower.get(actions)
        if found is None:
            found = self._lower[actions] = tuple(sorted({action.lower() for action in actions}))
        return found

    def _joined(
        self, account: str, actions: tuple[str, ...], needed: tuple[str, ...]
    ) -> Iterator[PrincipalGroup]:
        together: dict[object, list[PrincipalGroup]] = {}
        relevant_to: dict[object, tuple[CompiledPolicy, ...]] = {}
        for group in self._allowed(account, needed):
            relevant = [
                (policy, concern)
                for policy in group.documents
                if (concern := self._population.reading(policy).about(actions)) is not None
            ]
            likeness = self._likeness(group, relevant, actions)
            together.setdefault(likeness, []).append(group)
            relevant_to.setdefault(likeness, tuple(policy for policy, _ in relevant))
        for likeness, groups in together.items():
            yield self._cohort(groups, relevant_to[likeness], actions, needed)

    def _allowed(self, account: str, needed: tuple[str, ...]) -> list[PrincipalGroup]:
        """The groups that carry a policy which allows one of some actions on something."""
        groups = self.in_account(account)
        carriers = self._carriers.get(account)
        if carriers is None:
            carriers = self._carriers[account] = {}
            for place, group in enumerate(groups):
                for policy in group.documents:
                    carriers.setdefault(policy, []).append(place)
        found: set[int] = set()
        for policy, places in carriers.items():
            concern = self._population.reading(policy).about(needed)
            if concern is not None and concern.allows:
                found.update(places)
        return [groups[place] for place in sorted(found)]

    def _likeness(
        self, group: PrincipalGroup, relevant: list[tuple[CompiledPolicy, Concern]], actions: tuple[str, ...]
    ) -> object:
        """Equal for groups that nothing which bears on some actions tells apart."""
        looks = self._population.realm(group.account).sensitivity
        for policy in group.layers.boundary or ():
            concern = self._population.reading(policy).about(actions)
            looks |= looks if concern is None else concern.looks
        for _, concern in relevant:
            looks |= concern.looks
        return (
            tuple(policy for policy, concern in relevant if concern.denials is None),
            frozenset(concern.denials for _, concern in relevant if concern.denials is not None),
            group.kind,
            group.layers.boundary,
            group.layers.scp,
            group.caller.is_service_linked,
            looks.signature(
                group.caller.identifier,
                group.caller.known_tags,
                self._population.is_long_term(group.caller.identifier),
            ),
        )

    def _cohort(
        self,
        groups: list[PrincipalGroup],
        relevant: tuple[CompiledPolicy, ...],
        actions: tuple[str, ...],
        needed: tuple[str, ...],
    ) -> PrincipalGroup:
        first = groups[0]
        readings = [self._population.reading(policy) for policy in relevant]
        return PrincipalGroup(
            first.account,
            first.kind,
            first.caller,
            first.layers.replace(identity=relevant),
            relevant,
            _spoken(readings, actions),
            first.origin,
            change=first.change if all(group.change for group in groups) else (),
            own=first.own,
            parts=tuple(groups),
            reach=_spoken(readings, needed),
        )


def _spoken(readings: Iterable[Reading], actions: tuple[str, ...]) -> frozenset[str]:
    """The resources that policies speak of where they speak of some actions."""
    concerns = (reading.about(actions) for reading in readings)
    return frozenset[str]().union(*(one.patterns for one in concerns if one is not None))
