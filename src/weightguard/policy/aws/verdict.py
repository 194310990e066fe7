"""What one layer of policies says about a request."""

from __future__ import annotations

from dataclasses import dataclass

from weightguard.policy.aws.formula import NEVER, Formula
from weightguard.policy.aws.statement import Statement


@dataclass(frozen=True, slots=True)
class Reason:
    """The statement that decides.

    Args:
        layer: identity, boundary, session, scp, rcp, resource, vpc_endpoint, kms_grants, s3_acl or provider.
        policy: the policy's name.
        statement: the statement's Sid, or its index where it has none.
    """

    layer: str
    policy: str
    statement: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One layer's answer.

    Args:
        allow: when it allows.
        deny: when it explicitly denies.
        allowed_by: the statements that allow, or that may.
        denied_by: the statements that deny, or that may.
    """

    allow: Formula = NEVER
    deny: Formula = NEVER
    allowed_by: tuple[Reason, ...] = ()
    denied_by: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class ResourceVerdict:
    """A resource policy's answer, by how it names the principal.

    Args:
        direct: names the principal itself: no implicit deny elsewhere in the account limits it.
        limited: names the role (or the user behind a federated session): boundary and session policies limit it.
        account: names the principal's account, which delegates to the account's own policies.
        deny: when it explicitly denies.
    """

    direct: Verdict
    limited: Verdict
    account: Verdict
    deny: Formula
    denied_by: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """The statements of a layer that concern one action on one resource.

    Args:
        settled: what those without conditions, variables and principals say.
        pending: (policy name, statement) of the others.
    """

    settled: Verdict
    pending: tuple[tuple[str, Statement], ...]
