"""The way in: credentials that were tried, and the subscriptions that they lead to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from weightguard.collect.azure.caller import Caller
from weightguard.collect.azure.credentials import Tokens, chain, claim
from weightguard.collect.azure.options import GUID, AzureOptions
from weightguard.collect.azure.permissions import operations
from weightguard.collect.azure.services import subscriptions
from weightguard.collect.azure.services.subscriptions import Wanted
from weightguard.collect.azure.wire import Wire, session
from weightguard.errors import CredentialsError
from weightguard.snapshot import Call


@dataclass(frozen=True, slots=True)
class Entry:
    """Credentials that were tried: the tenant they belong to, the subscriptions they see, and the calls that it took to know.

    Attributes:
        tenant: its id, in lower case.
    """

    options: AzureOptions
    wire: Wire
    tenant: str
    wanted: Wanted
    calls: tuple[Call, ...]

    @property
    def place(self) -> str:
        """Where the credentials lead, in words."""
        count = len(self.wanted.seen)
        return f"tenant {self.tenant}, {count} subscription{'s' if count != 1 else ''}"

    @property
    def scope(self) -> str:
        """The name of the tenant in a snapshot."""
        return f"azure/{self.tenant}"

    def source(self) -> dict[str, Any]:
        """What the manifest says of how the snapshot was taken, and of whom: a resumed run must say the same."""
        endpoint = self.options.endpoint("management") or self.options.of.management
        return self.options.source() | {
            "tenant": self.tenant,
            "endpoint": endpoint,
            "seen": list(self.wanted.seen),
            "unseen": list(self.wanted.unseen),
        }

    def caller(self, scope: str, record: Callable[[Call], None]) -> Caller:
        """What makes the calls of a scope."""
        return Caller(self.wire, self.options, scope, frozenset(operations()), record)


def connect(options: AzureOptions) -> Entry:
    """Try the credentials, before anything is written.

    Raises:
        CredentialsError: no usable credentials, or an endpoint that does not answer.
        InputError: options that cannot be used, a subscription or management group that is not there.
    """
    wire = Wire(
        session(options.threads * 2, options.ca_bundle),
        Tokens(chain(options), options.tenant),
        options.ca_bundle,
        options.max_attempts,
    )
    token = _signed_in(wire, options)
    calls: list[Call] = []
    caller = Caller(wire, options, "", frozenset(operations()), calls.append)
    wanted = subscriptions.wanted(caller, options)
    tenant = claim(token, "tid") or _told(options) or next(iter(wanted.tenants), None)
    if tenant is None or not GUID.fullmatch(tenant):
        raise CredentialsError(
            "nothing says which tenant the credentials are of", fix="name it with --tenant ID"
        )
    return Entry(options, wire, tenant.lower(), wanted, tuple(calls))


def _signed_in(wire: Wire, options: AzureOptions) -> str:
    """A token for the management interface.

    Raises:
        CredentialsError: there is none; saying so where the tenant that was named does not exist.
    """
    from requests import RequestException

    try:
        return wire.tokens.get(options.of.audience("management"))
    except CredentialsError:
        login = options.endpoint("login") or options.of.login
        page = f"{login}/{options.tenant}/v2.0/.well-known/openid-configuration"
        try:
            unknown = options.tenant is not None and not wire.is_there(page)
        except RequestException:
            unknown = False
        if not unknown:
            raise
        raise CredentialsError(
            f"there is no tenant {options.tenant!r}",
            where=login,
            fix="write its id or one of its domains, and check --cloud",
        ) from None


def _told(options: AzureOptions) -> str | None:
    return options.tenant if options.tenant and GUID.fullmatch(options.tenant) else None
