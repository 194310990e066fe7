"""Accounts as their principals see them: organisation, partition, guardrails."""

from __future__ import annotations

from dataclasses import dataclass

from weightguard.access.aws.identities.membership import Membership
from weightguard.access.aws.identities.policy_texts import compiled, document_of
from weightguard.access.aws.identities.readings import Reading, reading
from weightguard.access.aws.identities.sensitivity import BLIND, Sensitivity, sensitivity
from weightguard.estate.aws.partition import Partitions
from weightguard.estate.fact import Fact, Known, Unknown
from weightguard.estate.model import Account, Estate, NamedPolicy
from weightguard.memory import Memory
from weightguard.policy.aws import CompiledPolicy, PolicyKind


@dataclass(frozen=True, slots=True)
class Realm:
    """An account as its principals see it.

    Attributes:
        id: the account.
        partition: ``aws``, ``aws-cn``...
        organisation: its organisation's id; None where it has none or none is known.
        scp: service control policies per level; empty where none apply or none could be read.
        rcp: resource control policies per level.
        sensitivity: what the guardrails look at in a caller.
        not_of: organisations whose members are all known, and of which it is none.
    """

    id: str
    partition: str
    organisation: str | None
    organisation_known: bool
    is_management: bool
    scp: tuple[tuple[CompiledPolicy, ...], ...]
    rcp: tuple[tuple[CompiledPolicy, ...], ...]
    sensitivity: Sensitivity
    not_of: frozenset[str] = frozenset()


def realms_of(estate: Estate, partitions: Partitions, membership: Membership) -> dict[str, Realm]:
    found = {
        account.id: _realm(account, partitions.of(account.id), membership, estate.memory)
        for account in estate.accounts
        if account.provider == "aws"
    }
    for principal in estate.principals:
        if principal.provider == "aws" and principal.account not in found:
            partition = partitions.of(principal.account)
            found[principal.account] = Realm(principal.account, partition, None, False, False, (), (), BLIND)
    return found


def _realm(account: Account, partition: str, membership: Membership, memory: Memory) -> Realm:
    scp, looks = _levels(account.guardrails, PolicyKind.SCP, memory)
    rcp, also = _levels(account.resource_guardrails, PolicyKind.RCP, memory)
    known = account.organisation is not None or isinstance(account.guardrails, Known)
    not_of = frozenset() if known else membership.known_in_full
    return Realm(
        account.id,
        partition,
        account.organisation,
        known,
        account.is_management,
        scp,
        rcp,
        looks | also,
        not_of,
    )


Levels = tuple[tuple[CompiledPolicy, ...], ...]


def _levels(
    fact: Fact[tuple[tuple[NamedPolicy, ...], ...] | None], kind: PolicyKind, memory: Memory
) -> tuple[Levels, Sensitivity]:
    """Guardrails that could not be read are taken not to limit anybody; the question's gaps name them."""
    if isinstance(fact, Unknown) or fact.value is None:
        return (), BLIND
    looks = BLIND
    for level in fact.value:
        for policy in level:
            looks |= sensitivity(document_of(policy), memory)
    return tuple(tuple(compiled(policy, kind, memory) for policy in level) for level in fact.value), looks


def guardrail_readings(estate: Estate) -> dict[CompiledPolicy, Reading]:
    found: dict[CompiledPolicy, Reading] = {}
    for account in estate.accounts:
        levels = account.guardrails.value if isinstance(account.guardrails, Known) else None
        for policy in (one for level in levels or () for one in level):
            made = compiled(policy, PolicyKind.SCP, estate.memory)
            found[made] = reading(document_of(policy), estate.memory)
    return found
