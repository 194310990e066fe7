"""Create a user or role that may do everything, and be it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from weightguard.access.asking import Grant
from weightguard.access.links import Link, Step
from weightguard.access.naming import administrator
from weightguard.access.needs import Needs, how_of
from weightguard.access.population import Group
from weightguard.access.techniques.schema import NewPrincipal, techniques
from weightguard.estate.model import PrincipalKind
from weightguard.policy.aws import ContextValue, Layers, parse_principal

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph


class Creating:
    """Works out who creates an administrator of its account.

    Args:
        owner: the graph.
        needs: chooses names for what is created.
    """

    def __init__(self, owner: AccessGraph, needs: Needs) -> None:
        self._owner = owner
        self._needs = needs
        self._entries = [entry for entry in techniques() if isinstance(entry, NewPrincipal)]
        self._done: set[tuple[Group, Group]] = set()
        self._made: dict[str, Group] = {}

    def links(self, account: str) -> Iterator[Link]:
        """Links to the account's new administrator."""
        for entry in self._entries:
            actions = [need.action for need in entry.needs]
            for group in self._owner.index.cohorts(account, actions, actions[:1]):
                step = self._step(entry, group)
                if step is not None:
                    made = self._administrator(account)
                    for part in group.parts:
                        if part is not made and (part, made) not in self._done:
                            self._done.add((part, made))
                            yield Link(part, made, (step,), named=made.caller.identifier)

    def _step(self, entry: NewPrincipal, group: Group) -> Step | None:
        actions = tuple(need.action for need in entry.needs)
        best: Grant | None = None
        for name in self._needs.names(group, f"arn:{{partition}}:iam::{{account}}:{entry.principal}/*"):
            if name in self._owner.population.principals:
                continue
            grant = self._all(group, actions, name)
            if grant is not None and (best is None or grant.is_certain):
                best = grant
        return None if best is None else Step(how_of(actions), best)

    def _all(self, group: Group, actions: tuple[str, ...], name: str) -> Grant | None:
        found = Grant()
        partition = self._owner.population.realm(group.account).partition
        context: dict[str, ContextValue] = {
            "iam:PermissionsBoundary": None,
            "iam:PolicyARN": f"arn:{partition}:iam::aws:policy/AdministratorAccess",
        }
        for action in actions:
            grant = self._needs.on(group, action, name, context=context)
            if grant is None:
                return None
            found = found.and_also(grant)
        return found

    def _administrator(self, account: str) -> Group:
        made = self._made.get(account)
        if made is None:
            realm = self._owner.population.realm(account)
            name = f"arn:{realm.partition}:iam::{account}:user/(new)"
            caller = parse_principal(name, in_management_account=realm.is_management, tags={})
            policy = administrator("a policy of the actor's own")
            layers = Layers(identity=(policy,), scp=realm.scp or None)
            origin = next(iter(self._owner.population.in_account(account))).origin
            made = Group(
                account,
                PrincipalKind.USER,
                caller,
                layers,
                (policy,),
                frozenset({"*"}),
                origin,
                change=("new",),
            )
            self._made[account] = made
            self._owner.population.add_changed(made)
            self._owner.index.note(made)
            self._owner.index.forget(account)
        return made
