"""Have S3 replicate a bucket elsewhere, with a role that reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from weightguard.access.aws.identities.decisions import Decisions
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.stores.s3_requests import ask_key, store_context, store_layers
from weightguard.access.aws.stores.store_policies import StoreSurface
from weightguard.access.grant import Grant
from weightguard.access.links import Step
from weightguard.policy.aws import Layers, Principal

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
    group: PrincipalGroup
    caller: Principal
    trust: Grant


def replicating(
    decisions: Decisions, roles: Sequence[Replicator], place: StoreSurface, caller: Principal, own: Layers
) -> tuple[Step, ...] | None:
    """The steps of a caller who has the store replicated; None when it cannot."""
    if place.account is None or caller.account != place.account:
        return None
    context = store_context(decisions, place)
    layers = store_layers(decisions, place, own)
    configure = decisions.ask(caller, _CONFIGURE, place.id, layers, owner=place.account, context=context)
    for one in roles if configure is not None else ():
        passed = decisions.ask(
            caller, "iam:PassRole", one.role, own, context={"iam:PassedToService": SERVICE}
        )
        reads = (
            _reads(decisions, one, place)
            if passed is not None and one.group.account == caller.account
            else None
        )
        if reads is not None and passed is not None and configure is not None:
            how = f"iam:PassRole + {_CONFIGURE}"
            return (
                Step(how, configure.and_also(passed).and_also(one.trust), one.role),
                Step(reads[0], reads[1], place.id, by=one.role),
            )
    return None


def _reads(decisions: Decisions, one: Replicator, place: StoreSurface) -> tuple[str, Grant] | None:
    layers = store_layers(decisions, place, one.group.layers)
    context = store_context(decisions, place)
    key = Grant()
    if place.key is not None and not place.key.provider_managed:
        used = ask_key(decisions, "kms:Decrypt", place, place.key, one.caller, one.group.layers)
        if used is None:
            return None
        key = used
    for action in _READS:
        grant = decisions.ask(one.caller, action, place.objects, layers, owner=place.account, context=context)
        if grant is not None:
            return action, grant.and_also(key)
    return None
