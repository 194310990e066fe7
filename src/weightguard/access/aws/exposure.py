"""Whom AWS policies speak of, as checks of exposure ask it."""

from __future__ import annotations

from collections.abc import Iterable

from weightguard.access.aws.identities.mentions import mentions
from weightguard.access.provider import Exposure
from weightguard.estate.model import NamedPolicy
from weightguard.memory import Memory
from weightguard.policy.aws import CompiledPolicy, PolicyKind, compile_policy, unread_policy


def exposure(policies: Iterable[NamedPolicy], memory: Memory) -> Exposure:
    """Whom some policies of resources speak of; one whose text is not held speaks of nobody."""
    found = mentions(_compiled(one, memory) for one in policies)
    return Exposure(found.names, found.accounts, found.points, found.everybody)


def _compiled(policy: NamedPolicy, memory: Memory) -> CompiledPolicy:
    if policy.document is None:
        return unread_policy(kind=PolicyKind.RESOURCE, name=policy.name, memory=memory)
    return compile_policy(policy.document, kind=PolicyKind.RESOURCE, name=policy.name, memory=memory)
