"""Whom tokens of other clouds make of their bearers: identities with a federated credential of that issuer and subject; and what
identities of the directory show elsewhere.

Issuer and subject are compared as they are written; whom a token is for, its bearer chooses.

Sources: Microsoft Entra documentation, "Workload identity federation", "Access token claims reference" (``sub`` and ``oid`` of a
service principal's token are its object id; ``iss`` differs by the token's version).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Final

from weightguard.access.azure.context import Context, attribute
from weightguard.access.federation import Abroad, Door, Outsider, Token, bare
from weightguard.access.grant import Grant
from weightguard.access.links import Link, Step
from weightguard.access.model import Because
from weightguard.estate.model import PrincipalKind

HOW: Final = "federated identity credential"
_SERVICES: Final = (PrincipalKind.APPLICATION, PrincipalKind.SERVICE_ACCOUNT)
_OWN: Final = ("https://login.microsoftonline.com/", "https://sts.windows.net/")
"""Issuers of the provider's own, whose subjects are principals of a directory."""


def abroad_of(context: Callable[[], Context]) -> Abroad:
    """The part of Azure in federation with other clouds; nothing is worked out before it is asked."""
    found = _Abroad(context)
    return Abroad(
        lambda: _tokens(context()), lambda: found.credentials.outsiders(), lambda: found.credentials.door()
    )


class _Abroad:
    """What is worked out once, when it is asked for."""

    def __init__(self, context: Callable[[], Context]) -> None:
        self._context = context

    @cached_property
    def credentials(self) -> _Credentials:
        """Whom others are let in as."""
        return _Credentials(self._context())


def _tokens(context: Context) -> Iterator[Token]:
    """The tokens of service principals, managed identities among them, of each version."""
    tenant = next((one.id for one in context.estate.organisations if one.provider == "azure"), "")
    tenant = tenant.rpartition("/")[2]
    for name, one in context.principals.items():
        if not tenant or one.kind not in _SERVICES or not one.unique_id or "/" in name:
            continue
        if attribute(one, "accountEnabled") is not False:
            application = str(attribute(one, "appId") or "")
            claims: dict[str, object] = {"oid": one.unique_id, "tid": tenant}
            claims |= {key: application for key in ("appid", "azp") if application}
            issuers = (
                f"https://sts.windows.net/{tenant}",
                f"https://login.microsoftonline.com/{tenant}/v2.0",
            )
            yield Token(name, issuers, one.unique_id, claims)


class _Credentials:
    """The federated credentials of an estate: issuer and subject -> identity and the credential's name."""

    def __init__(self, context: Context) -> None:
        self._held: dict[str, dict[str, list[tuple[str, str]]]] = {}
        for name, one in context.principals.items():
            for credential in context.federated(one):
                issuer, subject = credential.get("issuer"), credential.get("subject")
                if isinstance(issuer, str) and isinstance(subject, str) and subject:
                    named = (name, str(credential.get("name") or subject))
                    self._held.setdefault(bare(issuer), {}).setdefault(subject, []).append(named)

    def door(self) -> Door | None:
        """Whom tokens of other clouds make of their bearers; None where no identity has a federated credential."""
        return self._let_in if self._held else None

    def outsiders(self) -> Iterator[Outsider]:
        """The subjects of issuers that are not the provider's own."""
        for issuer, subjects in self._held.items():
            if not issuer.startswith(_OWN):
                yield from (Outsider(issuer, subject) for subject in subjects)

    def _let_in(self, token: Token) -> Iterator[Link]:
        for written in token.issuers:
            of_it = (written,) if "*" not in written else filter(token.may_be_of, self._held)
            for issuer in of_it:
                yield from _links(token, self._held.get(issuer, {}).get(token.subject, ()))


def _links(token: Token, identities: list[tuple[str, str]] | tuple[()]) -> Iterator[Link]:
    for identity, credential in identities:
        because = Because(f"{identity}#federatedIdentityCredentials", credential)
        yield Link(token.bearer, identity, (Step(HOW, Grant((because,), token.conditions), identity),))
