"""Identities of one cloud that another one lets in, so that one way crosses clouds.

A cloud is asked twice: what its identities can show elsewhere (`Token`), and whom a token makes of its bearer there (`Door`). No
cloud knows of another one: who signs a token, whom it is about and what else it says is all that either of them sees. A subject
that is nobody's of any cloud (a pipeline's) is one name wherever it may enter, once more than one cloud lets it in.

Sources: IAM User Guide, "Create a role for OpenID Connect federation", "Outbound identity federation"; IAM documentation of Google
Cloud, "Workload Identity Federation"; Microsoft Entra documentation, "Workload identity federation".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from weightguard.access.condition import Condition
from weightguard.access.links import Graph, Link
from weightguard.policy.pattern import Glob


@dataclass(frozen=True, slots=True)
class Token:
    """What somebody can show elsewhere of who they are.

    Attributes:
        bearer: whose it is, as answers name them.
        issuers: the addresses under which it may be signed, without a slash at the end; ``*`` for what no source tells of one.
        subject: whom it is about.
        claims: what else it always says, by name.
        account: the AWS account whose signed request stands in a token's place, with ``arn`` among the claims; None: it is a token.
        conditions: what it hangs on that its bearer gets it.
    """

    bearer: str
    issuers: tuple[str, ...] = ()
    subject: str = ""
    claims: Mapping[str, object] = field(default_factory=dict)
    account: str | None = None
    conditions: tuple[Condition, ...] = ()

    def may_be_of(self, issuer: str) -> bool:
        """Whether an issuer may have signed it, for all that is known."""
        return any(_is_issuer(one, bare(issuer)) for one in self.issuers)


@dataclass(frozen=True, slots=True)
class Outsider:
    """A subject of an issuer that is no cloud's, as a policy names it.

    Attributes:
        issuer: its address, without a slash at the end.
    """

    issuer: str
    subject: str

    @property
    def token(self) -> Token:
        """What it shows."""
        return Token(f"{self.issuer}#{self.subject}", (self.issuer,), self.subject)


Door = Callable[[Token], Iterable[Link]]
"""From the bearer of a token to whomever it makes of them."""


@dataclass(frozen=True, slots=True)
class Abroad:
    """A cloud's part in federation with others.

    Attributes:
        tokens: what its identities can show elsewhere.
        outsiders: the subjects of other issuers that its policies name in full.
        door: whom it lets in; None where it lets in nobody by a token.
    """

    tokens: Callable[[], Iterable[Token]] = tuple
    outsiders: Callable[[], Iterable[Outsider]] = tuple
    door: Callable[[], Door | None] = lambda: None


NOWHERE: Final = Abroad()
"""Of a cloud that has no part in it."""


def connect(clouds: Sequence[Abroad], graph: Graph) -> None:
    """Add the links from the identities of each cloud to what others make of them."""
    doors = [(cloud, door) for cloud in clouds if (door := cloud.door()) is not None]
    for cloud in clouds:
        others = [door for other, door in doors if other is not cloud]
        for token in cloud.tokens() if others else ():
            for door in others:
                graph.extend(door(token))
    if len(doors) < 2:
        return
    for outsider in dict.fromkeys(one for cloud, _ in doors for one in cloud.outsiders()):
        ways = [list(door(outsider.token)) for _, door in doors]
        if sum(map(bool, ways)) > 1:
            graph.extend(chain.from_iterable(ways))


def bare(issuer: str) -> str:
    """An issuer's address as it is compared."""
    return issuer.rstrip("/")


def _is_issuer(known: str, issuer: str) -> bool:
    return Glob.of_stars(known).matches(issuer) if "*" in known else known == issuer
