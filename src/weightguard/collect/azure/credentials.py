"""Signing in: azure-identity's chain of credentials, and the tokens that it gives.

The chain is the SDK's own (environment, workload identity, managed identity, Azure CLI and the other tools), so whatever signs in
to Azure here signs in for weightguard. Nothing interactive is tried.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

from weightguard.collect.azure.options import AzureOptions
from weightguard.collect.calls.answer import plain
from weightguard.errors import CredentialsError, InputError

_EARLY: Final = 300
"""Seconds before its end at which a token is renewed."""
_CODE: Final = re.compile(r"\bAADSTS(\d+)\b")
_NO_TENANT: Final = frozenset({"90002", "900023", "50020", "90072", "700016", "500011"})
"""Sign-in errors that a wrong tenant has: unknown, malformed, without this user or this application (Entra documentation,
"Microsoft Entra authentication and authorization error codes")."""


def chain(options: AzureOptions) -> Any:
    """The SDK's default chain, for the cloud and the authority that the options name.

    Raises:
        InputError: the SDK is not installed.
        CredentialsError: what the environment says of credentials cannot be used.
    """
    try:
        from azure.identity import DefaultAzureCredential
    except ImportError as error:
        raise InputError(
            "azure-identity is not installed", fix="install weightguard with its extra: weightguard[azure]"
        ) from error
    for name in ("azure", "msal"):
        # What the SDK has to say of a refusal is said once, in the error; with -v everything is shown.
        logging.getLogger(name).addHandler(logging.NullHandler())
    settings: dict[str, Any] = {}
    login = options.endpoint("login")
    if login is not None:
        # An authority of one's own is asked as it is: nothing else could say that it may be.
        settings = {"authority": login, "disable_instance_discovery": True}
    elif options.cloud != "public":
        settings = {"authority": options.of.login}
    if options.ca_bundle:
        settings["connection_verify"] = options.ca_bundle
    if options.tenant:
        settings["additionally_allowed_tenants"] = [options.tenant]
    try:
        return DefaultAzureCredential(**settings)
    except ValueError as error:
        raise CredentialsError("the Azure credentials cannot be used", where=plain(error)) from error


@dataclass(slots=True)
class Tokens:
    """Tokens by whom they are for, kept until they end. Safe to share between threads.

    Attributes:
        credential: what gives them: a credential of azure-identity.
        tenant: whose they shall be; None: the credential's own.
    """

    credential: Any
    tenant: str | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _held: dict[str, tuple[str, float]] = field(default_factory=dict)

    def get(self, scope: str, *, stale: str | None = None, claims: str | None = None) -> str:
        """A token.

        Args:
            stale: a token that was refused: another one is asked for, unless somebody already did.
            claims: what a service's challenge asks for besides.

        Raises:
            CredentialsError: no credential gives one.
        """
        with self._lock:
            held, ends = self._held.get(scope, ("", 0.0))
            if held and held != stale and time.time() < ends - _EARLY:
                return held
            told = {"tenant_id": self.tenant} if self.tenant else {}
            if claims:
                told["claims"] = claims
            found = self._asked(scope, told)
            self._held[scope] = (found.token, float(found.expires_on))
            return str(found.token)

    def _asked(self, scope: str, told: dict[str, str]) -> Any:
        from azure.core.exceptions import AzureError

        try:
            return self.credential.get_token(scope, **told)
        except (AzureError, ValueError, OSError) as error:
            raise _refused(error, self.tenant) from error


def _refused(error: Exception, tenant: str | None) -> CredentialsError:
    """That nothing signs in: which credentials were tried, and why each failed."""
    message = str(getattr(error, "message", "") or error)
    code = _CODE.search(message)
    if code is not None and code[1] in _NO_TENANT:
        whose = f"tenant {tenant!r}" if tenant else "the tenant of the credentials"
        return CredentialsError(
            f"cannot sign in to {whose}",
            where=_cut(next(line for line in message.splitlines() if code[0] in line)),
            fix="check --tenant, and that the identity is known there",
        )
    tried = [_cut(line) for line in message.split("\n\t")[1:]]
    return CredentialsError(
        "no Azure credential could be used",
        where="; ".join(tried) or _cut(message),
        fix="sign in (`az login`), or set AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret, certificate or federated token",
    )


def _cut(line: str) -> str:
    """The first sentence of what the SDK says that says why."""
    sentences = plain(line.strip()).rstrip(".").split(". ")
    name, _, said = sentences[0].partition(": ")
    if said == f"{name} authentication unavailable" and len(sentences) > 1:
        return f"{name}: {sentences[1]}"
    return sentences[0] if len(sentences[0]) <= 160 else sentences[0][:159] + "…"


def claim(token: str, name: str) -> str | None:
    """What a token says of whose it is: ``tid`` its tenant, ``oid`` its identity; None where it does not say.

    Nobody checks the signature: it only tells what to ask for, and whoever answers checks it.
    """
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        said = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    found = said.get(name) if isinstance(said, dict) else None
    return found.lower() if isinstance(found, str) and found else None
