"""Identities that a provider vouches for: which subjects of it a role's trust policy lets in.

A subject stands in the answers as ``<provider ARN>#<subject pattern>``; the pattern is what the trust policy asks of the token's
``sub`` (of the assertion's ``SAML:sub``), ``*`` where it asks nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from weightguard.access.asking import Grant
from weightguard.access.condition import Condition, ConditionKind
from weightguard.access.links import Link, Node, Step
from weightguard.access.model import Because
from weightguard.access.population import document_of
from weightguard.access.understanding import parsed
from weightguard.estate.model import Principal
from weightguard.policy.aws import CompiledPolicy, Layers, parse_principal, statement_labels

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph

OIDC = "sts:AssumeRoleWithWebIdentity"
SAML = "sts:AssumeRoleWithSAML"
_PUBLIC_SUFFIX = ":sub"


def subjects(owner: AccessGraph, role: Principal, trust: CompiledPolicy, hub: Node) -> Iterator[Link]:
    """Links from the subjects that a role trusts."""
    document = getattr(role.trust, "value", None)
    text = None if document is None else document_of(document)
    for label, statement in _statements(parsed(text)):
        for provider in _providers(statement):
            grant = _decide(owner, provider, role, trust)
            if grant is None:
                continue
            own = Grant((Because(trust.name, label),), _open(grant))
            how = SAML if ":saml-provider/" in provider else OIDC
            for subject in _subjects(statement):
                yield Link(f"{provider}#{subject}", hub, (Step(how, own),))


def _open(grant: Grant) -> tuple[Condition, ...]:
    """What the statement asks beyond the token's own claims, which the named subject and audience carry."""
    return tuple(one for one in grant.conditions if one.kind is not ConditionKind.CLAIM)


def _decide(owner: AccessGraph, provider: str, role: Principal, trust: CompiledPolicy) -> Grant | None:
    caller = parse_principal({"federated": provider})
    action = SAML if ":saml-provider/" in provider else OIDC
    rcp = owner.population.realm(role.account).rcp
    return owner.asker.ask(
        caller, action, role.id, Layers(resource=(trust,), rcp=rcp or None), owner=role.account
    )


def _statements(parsed: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The statements that allow, each with its label."""
    found = parsed.get("Statement") if isinstance(parsed, Mapping) else None
    entries = found if isinstance(found, list) else [found]
    for label, entry in zip(statement_labels(entries), entries, strict=True):
        if isinstance(entry, Mapping) and entry.get("Effect") == "Allow":
            yield label, entry


def _providers(statement: Mapping[str, Any]) -> list[str]:
    principal = statement.get("Principal")
    named = principal.get("Federated") if isinstance(principal, Mapping) else None
    return [one for one in (named if isinstance(named, list) else [named]) if isinstance(one, str)]


def _subjects(statement: Mapping[str, Any]) -> list[str]:
    """The patterns that the statement asks of the subject; ``*`` where it asks nothing."""
    found: dict[str, None] = {}
    conditions = statement.get("Condition")
    for operator, tests in conditions.items() if isinstance(conditions, Mapping) else ():
        if "not" in str(operator).lower() or str(operator).lower() == "null":
            continue
        for key, values in tests.items() if isinstance(tests, Mapping) else ():
            if str(key).lower().endswith(_PUBLIC_SUFFIX):
                found.update(
                    (value, None)
                    for value in (values if isinstance(values, list) else [values])
                    if isinstance(value, str)
                )
    return list(found) or ["*"]
