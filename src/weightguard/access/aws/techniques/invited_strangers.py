"""Whom outside a workload's or a stored credential's own policy lets in: across accounts that policy has to allow every step.

Source: AWS Lambda Developer Guide, "Granting Lambda function access to other accounts"; AWS Secrets Manager User Guide,
"Permissions to AWS Secrets Manager secrets for users in a different account" (such a secret needs a key of one's own).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.mentions import mentions
from weightguard.access.aws.identities.strangers import Stranger, Strangers, limits_of
from weightguard.access.aws.permissions import how_of
from weightguard.access.aws.technique_data.schema import Need, OnWorkload
from weightguard.access.condition import besides
from weightguard.access.grant import Grant
from weightguard.access.links import Link, Node, Step
from weightguard.estate.aws.partition import partition_of
from weightguard.estate.model import Workload
from weightguard.policy.aws import CompiledPolicy, ContextValue, PrincipalType

_NEVER: Final = (PrincipalType.SERVICE, PrincipalType.CANONICAL_USER)
"""Services do what they are made for with a function; canonical users are S3's alone."""


class InvitedStrangers:
    """Asks for strangers whom a resource's own policy may mean.

    Args:
        context: what techniques may ask.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._strangers = Strangers(context.population)

    def to(self, resource: str, account: str, policy: CompiledPolicy | None) -> Iterator[Stranger]:
        """Those whom a resource's policy speaks of."""
        if policy is None:
            return
        mentioned = mentions((policy,)) | limits_of(self._context.population, account)
        for stranger in self._strangers.of(mentioned, partition_of(resource), account):
            if stranger.caller.type not in _NEVER and stranger.caller.account != account:
                yield stranger

    def running(
        self,
        entry: OnWorkload,
        workload: Workload,
        policy: CompiledPolicy,
        tags: Mapping[str, ContextValue],
        known: Grant,
        hub: Node,
    ) -> Iterator[Link]:
        """Links from strangers who may run code of their own on a workload by a technique, to what it runs as.

        Args:
            known: what the technique hangs on besides permissions.
        """
        if any(need.resource != "target" for need in entry.needs):
            return
        for stranger in self.to(workload.id, workload.account, policy):

            def may(needs: tuple[Need, ...], stranger: Stranger = stranger) -> Grant | None:
                actions = (need.action for need in needs)
                return self.all(stranger, actions, workload.id, workload.account, policy, tags)

            grant = may(entry.needs)
            if grant is None:
                continue
            grant = grant.and_also(known)
            if entry.conditional is not None and not any(may(needs) for needs in entry.settled_by):
                grant = grant.provided(besides(entry.conditional))
            for name in stranger.names:
                yield Link(name, hub, (Step(how_of(need.action for need in entry.needs), grant),))

    def all(
        self,
        stranger: Stranger,
        actions: Iterable[str],
        resource: str,
        account: str,
        policy: CompiledPolicy,
        context: Mapping[str, ContextValue],
    ) -> Grant | None:
        """Whether a stranger may do all of some things with a resource."""
        rcp = self._context.population.realm(account).rcp
        layers = stranger.layers.replace(resource=(policy,), rcp=rcp or None)
        found = Grant().provided(*stranger.conditions)
        for action in actions:
            grant = self._context.decisions.ask(
                stranger.caller, action, resource, layers, owner=account, context=context
            )
            if grant is None:
                return None
            found = found.and_also(grant)
        return found
