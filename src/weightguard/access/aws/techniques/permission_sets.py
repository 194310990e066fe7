"""Become an administrator of member accounts by assigning a permission set of IAM Identity Center."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.named_principals import administrator
from weightguard.access.aws.permissions import Permissions, how_of
from weightguard.access.aws.technique_data.schema import PermissionSet, techniques
from weightguard.access.condition import Condition, ConditionKind, Matter, besides
from weightguard.access.links import Link, Step
from weightguard.estate.model import Principal, PrincipalKind
from weightguard.policy.aws import Layers

SSO_PATH: Final = ":role/aws-reserved/sso.amazonaws.com/"
_PERMISSION_SETS: Final = "sso-admin.permission_set"


class PermissionSets:
    """Works out who assigns permission sets.

    Args:
        context: what techniques may ask.
        needs: decides what techniques need.
    """

    def __init__(self, context: Context, needs: Permissions) -> None:
        self._context = context
        self._needs = needs

    def links(self, actors: Actors) -> Iterator[Link]:
        """From those of some groups that run Identity Center, to an administrator of every account of the organisation."""
        homes = {item.account for item in self._context.estate.resources_of(_PERMISSION_SETS)}
        for realm in list(self._context.population.realms.values()):
            members = self._member_accounts(realm.id, homes)
            if not members:
                continue
            for group, step in self._assigners(actors, realm.id, known=realm.id in homes):
                for account in members:
                    example = self._sso_role(account)
                    if example is not None:
                        yield Link(group, self._administrator(account, example), (step,), named=example.id)

    def _member_accounts(self, account: str, homes: set[str]) -> list[str]:
        """The accounts that Identity Center in `account` hands out; none when it is run elsewhere."""
        realm = self._context.population.realm(account)
        if (homes and account not in homes) or (not homes and not realm.is_management):
            return []
        realms = self._context.population.realms.values()
        return [
            one.id
            for one in realms
            if one.id == account or (one.organisation and one.organisation == realm.organisation)
        ]

    def _assigners(
        self, actors: Actors, account: str, *, known: bool
    ) -> Iterator[tuple[PrincipalGroup, Step]]:
        for entry in techniques():
            if not isinstance(entry, PermissionSet):
                continue
            actions = [need.action for need in entry.needs]
            for group in actors.cohorts(account, actions, actions[:1]):
                grant = self._needs.all_chosen(group, entry.needs)
                if grant is None:
                    continue
                if entry.conditional is not None:
                    grant = grant.provided(besides(entry.conditional))
                if not known:
                    grant = grant.provided(Condition(ConditionKind.STATE, Matter.IDENTITY_CENTER, (account,)))
                yield group, Step(how_of(need.action for need in entry.needs), grant)

    def _sso_role(self, account: str) -> Principal | None:
        roles = (
            self._context.population.principals[name]
            for group in self._context.population.in_account(account)
            for name in group.members
        )
        return next((role for role in roles if role.kind is PrincipalKind.ROLE and SSO_PATH in role.id), None)

    def _administrator(self, account: str, example: Principal) -> PrincipalGroup:
        realm = self._context.population.realm(account)
        for group in self._context.population.changed(account):
            if group.change == ("permission set",):
                return group
        policy = administrator("a permission set of the actor's own", self._context.population.memory)
        layers = Layers(identity=(policy,), scp=realm.scp or None)
        caller = self._context.population.callers[example.id]
        group = PrincipalGroup(
            account,
            example.kind,
            caller,
            layers,
            (policy,),
            frozenset({"*"}),
            example,
            change=("permission set",),
        )
        self._context.population.add_changed(group)
        return group
