"""Decide a technique's needs for a group, each at most once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from weightguard.access.asking import Grant
from weightguard.access.population import Group
from weightguard.access.techniques.schema import Need
from weightguard.policy.aws import CompiledPolicy, ContextValue, Principal

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph

PASSING: Final = "iam:PassRole"


class Needs:
    """Asks for what techniques need.

    Args:
        owner: the graph.
    """

    def __init__(self, owner: AccessGraph) -> None:
        self._owner = owner
        self._own: dict[tuple[Group, str, str], Grant | None] = {}

    def chosen(self, group: Group, need: Need) -> Grant | None:
        """A need on something of the actor's choosing in its own account; no other fact bears on it."""
        resource = self.fill(need.resource, group.account)
        key = (group, need.action, resource)
        if key not in self._own:
            self._own[key] = self._owner.asker.may(group, need.action, resource, owner=group.account)
        return self._own[key]

    def fill(self, resource: str, account: str) -> str:
        """A need's resource with the account's own names filled in."""
        if "{" not in resource:
            return resource
        return resource.format(partition=self._owner.population.realm(account).partition, account=account)

    def all_chosen(self, group: Group, needs: Iterable[Need]) -> Grant | None:
        """Every one of some needs on things of the actor's choosing; None when one is denied."""
        found = Grant()
        for need in needs:
            grant = self.chosen(group, need)
            if grant is None:
                return None
            found = found.and_also(grant)
        return found

    def settles(self, group: Group, settled_by: tuple[tuple[Need, ...], ...]) -> Grant | None:
        """The first set of needs that makes a technique's condition moot."""
        for needs in settled_by:
            grant = self.all_chosen(group, needs)
            if grant is not None and grant.is_certain:
                return grant
        return None

    def on(
        self,
        group: Group,
        action: str,
        resource: str,
        *,
        caller: Principal | None = None,
        policy: CompiledPolicy | None = None,
        owner: str | None = None,
        context: Mapping[str, ContextValue] | None = None,
    ) -> Grant | None:
        """One action on one resource, with the resource's own policy where it has one."""
        layers = None if policy is None else group.layers.replace(resource=(policy,))
        return self._owner.asker.may(
            group,
            action,
            resource,
            caller=caller,
            layers=layers,
            owner=owner or group.account,
            context=context,
        )


def how_of(actions: Iterable[str]) -> str:
    """The actions of a step as its hop says them, each once."""
    return " + ".join(dict.fromkeys(actions))
