"""What one layer of AWS policies says about a request, where more than allow and deny is to be told apart."""

from __future__ import annotations

from dataclasses import dataclass, field

from weightguard.policy.aws.principal import Naming, Principal
from weightguard.policy.aws.statement import Statement
from weightguard.policy.decision import Verdict

Named = tuple[Naming, str | None]
"""How a statement names a principal; with the session's name where that is left open."""


@dataclass(frozen=True, slots=True, eq=False)
class ResourceVerdict:
    """A resource policy's answer, by how it names the principal. Compared by identity.

    Args:
        direct: names the principal itself: no implicit deny elsewhere in the account limits it.
        limited: names the role (or the user behind a federated session): boundary and session policies limit it.
        account: names the principal's account, which delegates to the account's own policies.
        anyhow: all of these together, with what it denies.
    """

    direct: Verdict
    limited: Verdict
    account: Verdict
    anyhow: Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """The statements of a layer that concern one action on one resource, and what they said so far.

    Args:
        settled: what those without conditions, variables and principals say.
        pending: (policy name, statement) of the others.
        keys: the context keys that the others look at; the answer follows from their values (and the principal's naming).
        said: answers by the values of `keys`.
        named: how `pending` name a principal.
        said_of_resource: answers of layers that name principals, by how they name the principal and the values of `keys`.
    """

    settled: Verdict
    pending: tuple[tuple[str, Statement], ...]
    keys: tuple[str, ...]
    said: dict[object, Verdict] = field(default_factory=dict)
    named: dict[Principal, tuple[Named, ...]] = field(default_factory=dict)
    said_of_resource: dict[object, ResourceVerdict] = field(default_factory=dict)
