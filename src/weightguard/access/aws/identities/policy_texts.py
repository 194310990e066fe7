"""The texts of policies: where they are packaged with the tool, compiled, and which there are that nobody carries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from weightguard.access.aws.identities.compiled import understood
from weightguard.estate.fact import Fact, Known
from weightguard.estate.model import Estate, NamedPolicy
from weightguard.memory import Memory
from weightguard.policy.aws import CompiledPolicy, PolicyKind, managed_policy, unread_policy

Document = Mapping[str, Any] | str


def document_of(policy: NamedPolicy) -> Document | None:
    """The policy's text; AWS managed policies that a snapshot only names come from the packaged table. None: not known."""
    if policy.document is None and policy.origin == "provider":
        return managed_policy(policy.id)
    return policy.document


def compiled(
    policy: NamedPolicy, kind: PolicyKind, memory: Memory, name: str | None = None
) -> CompiledPolicy:
    """The policy, compiled under its id or the given name; unread where its text is not known."""
    return memory.of(_compiled, policy, kind, name or policy.id, memory)


def _compiled(policy: NamedPolicy, kind: PolicyKind, name: str, memory: Memory) -> CompiledPolicy:
    document = document_of(policy)
    if document is None:
        return unread_policy(kind=kind, name=name, memory=memory)
    return understood(document, kind, name, memory)


def policies_of_resources(estate: Estate) -> Iterator[tuple[NamedPolicy, PolicyKind]]:
    """The policies that nobody carries: of roles, stores, access points, keys, workloads, secrets, and the guardrails."""
    facts: list[Fact[NamedPolicy | None]] = []
    for store in estate.stores:
        facts += [store.policy, *(point.policy for point in store.access_points)]
    facts += [one.policy for one in (*estate.keys, *estate.workloads, *estate.secrets)]
    kinds = [(fact, PolicyKind.RESOURCE) for fact in facts]
    kinds += [(one.trust, PolicyKind.TRUST) for one in estate.principals]
    for fact, kind in kinds:
        if isinstance(fact, Known) and fact.value is not None:
            yield fact.value, kind
    for account in estate.accounts:
        for levels, kind in (
            (account.guardrails, PolicyKind.SCP),
            (account.resource_guardrails, PolicyKind.RCP),
        ):
            for level in (levels.value if isinstance(levels, Known) else None) or ():
                yield from ((policy, kind) for policy in level)
