"""Become the principal that a stored credential belongs to, by reading it: a secret, a parameter, an object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.permissions import Permissions, how_of
from weightguard.access.aws.technique_data.schema import ReadSecret, techniques
from weightguard.access.aws.techniques.invited_strangers import InvitedStrangers
from weightguard.access.aws.techniques.who_may import accounts_meant, asked_apart, own_policy, who_may
from weightguard.access.condition import UNREAD_KEY_USE
from weightguard.access.grant import Grant
from weightguard.access.links import Link, Node, Step
from weightguard.estate.fact import Known
from weightguard.estate.model import Secret
from weightguard.policy.aws import CompiledPolicy, Layers
from weightguard.policy.aws import Principal as Caller

Readers = Callable[[str, str, Actors], Iterable[Link]]


class StoredCredentials:
    """Works out who reads stored credentials.

    Args:
        context: what techniques may ask.
        needs: decides what techniques need.
        readers: who may read objects of a store under a prefix, of some groups.
    """

    def __init__(self, context: Context, needs: Permissions, readers: Readers) -> None:
        self._context = context
        self._needs = needs
        self._readers_of = readers
        self._invited = InvitedStrangers(context)

    def links(self, actors: Actors) -> Iterator[Link]:
        """From those of some groups that may read a stored credential, to the principal that it belongs to."""
        kinds: dict[str, list[ReadSecret]] = {}
        for entry in techniques():
            if isinstance(entry, ReadSecret):
                kinds.setdefault(entry.secret, []).append(entry)
        for secret in self._context.estate.secrets:
            owners = [name for name in secret.unlocks if name in self._context.population.group_of]
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
        bucket, _, key = secret.id.partition("/")
        for link in self._readers_of(bucket, key, actors):
            how = how_of(step.how for step in link.steps)
            grant = Grant()
            for step in link.steps:
                grant = grant.and_also(step.grant)
            yield link.origin, Step(how, grant, secret.id)

    def _readers(self, entry: ReadSecret, secret: Secret, actors: Actors) -> Iterator[tuple[Node, Step]]:
        own = own_policy(self._context, secret.policy)
        action = entry.needs[0].action
        resource = secret.id if entry.needs[0].resource == "target" else entry.needs[0].resource

        def able(account: str) -> Iterable[PrincipalGroup]:
            return actors.cohorts(account, (action, "kms:Decrypt"), (action,))

        accounts = accounts_meant(self._context, own, secret.account)
        for group in who_may(self._context, actors, own, accounts, able):
            decide = partial(self._reads, group, action, resource, secret, own.document)
            yield from asked_apart(self._context, group, own, decide).items()
        yield from self._invited_to(action, secret, own.document)

    def _reads(
        self,
        group: PrincipalGroup,
        action: str,
        resource: str,
        secret: Secret,
        policy: CompiledPolicy | None,
        caller: Caller,
    ) -> Step | None:
        """How somebody of a group reads a secret."""
        grant = self._needs.on(group, action, resource, caller=caller, policy=policy, owner=secret.account)
        key = self._unwrapping(caller, group.layers, secret)
        return None if grant is None or key is None else Step(action, grant.and_also(key), secret.id)

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
        surface = None if name is None else self._context.keys.named(name, secret.account, secret.region)
        if surface is None or surface.provider_managed or "alias/aws/" in (name or ""):
            return Grant() if caller.account == secret.account else None
        if surface.policy is None or surface.arn is None:
            return Grant(conditions=(UNREAD_KEY_USE,))
        whole = layers.replace(resource=(surface.policy,), kms_grants=surface.grants)
        return self._context.decisions.ask(caller, "kms:Decrypt", surface.arn, whole, owner=surface.account)
