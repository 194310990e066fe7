"""Become whoever somebody else vouches for: an identity provider, a stored credential, IAM Identity Center, an organisation.

Each of these reaches principals without touching them: by changing the provider that roles trust, by reading a secret, by
assigning a permission set, by taking an organisation's policies off an account.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from weightguard.access.aws.identities.actors import Able, Actors
from weightguard.access.aws.identities.groups import Group
from weightguard.access.aws.identities.named_principals import administrator
from weightguard.access.aws.identities.policy_texts import compiled, document_of
from weightguard.access.aws.identities.sensitivity import sensitivity
from weightguard.access.aws.keys import Keys
from weightguard.access.aws.permissions import Needs, how_of
from weightguard.access.aws.technique_data.schema import (
    Federation,
    Guardrails,
    PermissionSet,
    ReadSecret,
    techniques,
)
from weightguard.access.aws.techniques.invited_strangers import Invited
from weightguard.access.condition import UNREAD_KEY_USE, Condition, ConditionKind, Matter, besides
from weightguard.access.grant import Grant
from weightguard.access.links import Graph, Link, Node, Step
from weightguard.estate.fact import Known
from weightguard.estate.model import Principal, PrincipalKind, Secret
from weightguard.policy.aws import CompiledPolicy, Layers, PolicyKind
from weightguard.policy.aws import Principal as Caller

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph

SSO_PATH: Final = ":role/aws-reserved/sso.amazonaws.com/"
_PERMISSION_SETS: Final = "sso-admin.permission_set"


class Vouching:
    """Works out the links that lead through providers, secrets and the organisation.

    Args:
        owner: the graph.
        needs: decides what techniques need.
    """

    def __init__(self, owner: AccessGraph, needs: Needs) -> None:
        self._owner = owner
        self._needs = needs
        self._keys = Keys(owner.estate)
        self._invited = Invited(owner)

    def by_provider(self, graph: Graph, actors: Actors) -> Iterator[Link]:
        """From those of some groups that may change an identity provider, to the subjects of it that roles trust."""
        subjects: dict[str, list[str]] = {}
        for links in list(graph.into.values()):
            for link in links:
                if isinstance(link.origin, str) and "#" in link.origin:
                    subjects.setdefault(link.origin.partition("#")[0], []).append(link.origin)
        held = {one.id: one for one in self._owner.estate.federated_providers}
        for name in sorted(subjects.keys() & held.keys()):
            provider = held[name]
            for entry in techniques():
                if isinstance(entry, Federation) and entry.provider == provider.kind:
                    yield from self._changing_provider(
                        entry,
                        provider.id,
                        actors.able(provider.account, entry.needs[0].action),
                        sorted(set(subjects[name])),
                    )

    def _changing_provider(
        self, entry: Federation, provider: str, able: Able, subjects: list[str]
    ) -> Iterator[Link]:
        action = entry.needs[0].action
        for group in able:
            grant = self._needs.on(group, action, provider)
            if grant is None:
                continue
            if entry.conditional is not None:
                grant = grant.provided(besides(entry.conditional))
            for subject in subjects:
                yield Link(group, subject, (Step(action, grant, provider),))

    def by_secret(self, actors: Actors) -> Iterator[Link]:
        """From those of some groups that may read a stored credential, to the principal that it belongs to."""
        kinds: dict[str, list[ReadSecret]] = {}
        for entry in techniques():
            if isinstance(entry, ReadSecret):
                kinds.setdefault(entry.secret, []).append(entry)
        for secret in self._owner.estate.secrets:
            owners = [name for name in secret.unlocks if name in self._owner.population.group_of]
            for entry in kinds.get(secret.kind, ()) if owners else ():
                for node, step in self._secret_readers(entry, secret, actors):
                    for name in owners:
                        if node != name:
                            yield Link(node, name, (step,))

    def _secret_readers(
        self, entry: ReadSecret, secret: Secret, actors: Actors
    ) -> Iterator[tuple[Node, Step]]:
        if secret.kind == "object":
            return self._object_readers(secret, actors)
        return self._readers(entry, secret, actors)

    def _object_readers(self, secret: Secret, actors: Actors) -> Iterator[tuple[Node, Step]]:
        from weightguard.access.model import AccessKind

        bucket, _, key = secret.id.partition("/")
        place = self._owner.place(bucket, key)
        for link in self._owner.direct.links(AccessKind.READ, place, actors):
            how = how_of(step.how for step in link.steps)
            grant = Grant()
            for step in link.steps:
                grant = grant.and_also(step.grant)
            yield link.origin, Step(how, grant, secret.id)

    def _readers(self, entry: ReadSecret, secret: Secret, actors: Actors) -> Iterator[tuple[Node, Step]]:
        policy = secret.policy.value if isinstance(secret.policy, Known) else None
        document = None if policy is None else compiled(policy, PolicyKind.RESOURCE)
        names = self._owner.named.names(document) if document is not None else frozenset[str]()
        looks = sensitivity(None if policy is None else document_of(policy))
        action = entry.needs[0].action
        resource = secret.id if entry.needs[0].resource == "target" else entry.needs[0].resource
        for group in self._actors(actors, action, secret.account, names):
            for caller, nodes in self._owner.named.apart(group, names, looks):
                grant = self._needs.on(
                    group, action, resource, caller=caller, policy=document, owner=secret.account
                )
                key = self._unwrapping(caller, group.layers, secret)
                if grant is not None and key is not None:
                    for node in nodes:
                        yield node, Step(action, grant.and_also(key), secret.id)
        yield from self._invited_to(action, secret, document)

    def _actors(self, actors: Actors, action: str, account: str, names: frozenset[str]) -> list[Group]:
        found: dict[Group, None] = {}
        for other in dict.fromkeys([account, *self._owner.named.accounts_in(names)]):
            found.update(dict.fromkeys(actors.cohorts(other, (action, "kms:Decrypt"), (action,))))
        for name in self._owner.named.meant(names):
            named = self._owner.population.group_of[name]
            if named in actors and not any(named in group.parts for group in found):
                found[named] = None
        return list(found)

    def _invited_to(
        self, action: str, secret: Secret, policy: CompiledPolicy | None
    ) -> Iterator[tuple[Node, Step]]:
        """Strangers whom the secret's own policy, and its key's, let read it."""
        for stranger in self._invited.to(secret.id, secret.account, policy):
            grant = None
            if policy is not None:
                grant = self._invited.all(stranger, (action,), secret.id, secret.account, policy, {})
            key = self._unwrapping(stranger.caller, stranger.layers, secret)
            if grant is not None and key is not None:
                for name in stranger.names:
                    yield name, Step(action, grant.and_also(key), secret.id)

    def _unwrapping(self, caller: Caller, layers: Layers, secret: Secret) -> Grant | None:
        """The use of the key that wraps a secret: by the provider's own key it is free in the account, and closed to others."""
        name = secret.key.value if isinstance(secret.key, Known) else None
        surface = None if name is None else self._keys.named(name, secret.account, secret.region)
        if surface is None or surface.provider_managed or "alias/aws/" in (name or ""):
            return Grant() if caller.account == secret.account else None
        if surface.policy is None or surface.arn is None:
            return Grant(conditions=(UNREAD_KEY_USE,))
        whole = layers.replace(resource=(surface.policy,), kms_grants=surface.grants)
        return self._owner.asker.ask(caller, "kms:Decrypt", surface.arn, whole, owner=surface.account)

    def by_permission_set(self, actors: Actors) -> Iterator[Link]:
        """From those of some groups that run Identity Center, to an administrator of every account of the organisation."""
        homes = {item.account for item in self._owner.estate.resources_of(_PERMISSION_SETS)}
        for realm in list(self._owner.population.realms.values()):
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
        realm = self._owner.population.realm(account)
        if (homes and account not in homes) or (not homes and not realm.is_management):
            return []
        realms = self._owner.population.realms.values()
        return [
            one.id
            for one in realms
            if one.id == account or (one.organisation and one.organisation == realm.organisation)
        ]

    def _assigners(self, actors: Actors, account: str, *, known: bool) -> Iterator[tuple[Group, Step]]:
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
            self._owner.population.principals[name]
            for group in self._owner.population.in_account(account)
            for name in group.members
        )
        return next((role for role in roles if role.kind is PrincipalKind.ROLE and SSO_PATH in role.id), None)

    def _administrator(self, account: str, example: Principal) -> Group:
        realm = self._owner.population.realm(account)
        for group in self._owner.population.changed(account):
            if group.change == ("permission set",):
                return group
        policy = administrator("a permission set of the actor's own")
        layers = Layers(identity=(policy,), scp=realm.scp or None)
        caller = self._owner.population.callers[example.id]
        group = Group(
            account,
            example.kind,
            caller,
            layers,
            (policy,),
            frozenset({"*"}),
            example,
            change=("permission set",),
        )
        self._owner.population.add_changed(group)
        return group

    def unguarded(self, actors: Actors) -> Iterator[tuple[Group, Step]]:
        """Those of some groups that may take the organisation's policies off an account."""
        for realm in self._owner.population.realms.values():
            if not realm.is_management:
                continue
            for entry in techniques():
                if not isinstance(entry, Guardrails):
                    continue
                actions = [need.action for need in entry.needs]
                for group in actors.cohorts(realm.id, actions, actions[:1]):
                    grant = self._needs.all_chosen(group, entry.needs)
                    if grant is not None:
                        yield group, Step(how_of(need.action for need in entry.needs), grant)
