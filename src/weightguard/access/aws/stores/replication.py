"""Have S3 replicate a bucket elsewhere, with a role that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from weightguard.access.aws.identities.decisions import Asker, trust_of_service
from weightguard.access.aws.identities.groups import Group
from weightguard.access.aws.stores.s3_requests import ask_key, store_context, store_layers
from weightguard.access.aws.stores.store_policies import StoreSurface
from weightguard.access.aws.techniques.trust_policies import Trusts
from weightguard.access.grant import Grant
from weightguard.access.links import Step
from weightguard.estate.model import PrincipalKind
from weightguard.policy.aws import Layers, Principal

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph

SERVICE: Final = "s3.amazonaws.com"
_CONFIGURE: Final = "s3:PutReplicationConfiguration"
_READS: Final = ("s3:GetObjectVersionForReplication", "s3:GetObject")


@dataclass(frozen=True, slots=True, eq=False)
class Replicator:
    """A role that S3 may replicate with.

    Attributes:
        trust: why S3 may assume it.
    """

    role: str
    group: Group
    caller: Principal
    trust: Grant


def replicators(owner: AccessGraph, trusts: Trusts) -> Iterator[Replicator]:
    """The estate's roles that trust S3."""
    population = owner.population
    for name, group in population.group_of.items():
        role = population.principals[name]
        trust = trusts.of(role) if role.kind is PrincipalKind.ROLE else None
        if trust is None or SERVICE not in owner.named.names(trust):
            continue
        grant = trust_of_service(owner.asker, role, trust, SERVICE)
        if grant is not None:
            yield Replicator(name, group, population.callers[name], grant)


def replicating(
    asker: Asker, roles: list[Replicator], place: StoreSurface, caller: Principal, own: Layers
) -> tuple[Step, ...] | None:
    """The steps of a caller who has the store replicated; None when it cannot."""
    if place.account is None or caller.account != place.account:
        return None
    context = store_context(asker, place)
    layers = store_layers(asker, place, own)
    configure = asker.ask(caller, _CONFIGURE, place.id, layers, owner=place.account, context=context)
    for one in roles if configure is not None else ():
        passed = asker.ask(caller, "iam:PassRole", one.role, own, context={"iam:PassedToService": SERVICE})
        reads = (
            _reads(asker, one, place) if passed is not None and one.group.account == caller.account else None
        )
        if reads is not None and passed is not None and configure is not None:
            how = f"iam:PassRole + {_CONFIGURE}"
            return (
                Step(how, configure.and_also(passed).and_also(one.trust), one.role),
                Step(reads[0], reads[1], place.id, by=one.role),
            )
    return None


def _reads(asker: Asker, one: Replicator, place: StoreSurface) -> tuple[str, Grant] | None:
    layers = store_layers(asker, place, one.group.layers)
    context = store_context(asker, place)
    key = Grant()
    if place.key is not None and not place.key.provider_managed:
        used = ask_key(asker, "kms:Decrypt", place, place.key, one.caller, one.group.layers)
        if used is None:
            return None
        key = used
    for action in _READS:
        grant = asker.ask(one.caller, action, place.objects, layers, owner=place.account, context=context)
        if grant is not None:
            return action, grant.and_also(key)
    return None
