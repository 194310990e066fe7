"""Signing in: tokens for whoever shows the secret, each for one audience.

Source: Microsoft identity platform documentation, "OAuth 2.0 client credentials flow"; "Authentication and
authorization error codes".
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from weightguard.demo.azure.emulator.tenant import Refused, Tenant, Thing

AUDIENCES: Final[Mapping[str, str]] = {
    "arm": "https://management.azure.com",
    "msgraph": "https://graph.microsoft.com",
    "vault": "https://vault.azure.net",
    "blob": "https://storage.azure.com",
}
"""First part of a path -> whom a token for it has to be for."""
_SECONDS: Final = 3600


def sign_in(tenant: Tenant, base: str, path: str, body: bytes) -> Thing:
    """The tenant's endpoints, or a token."""
    name = path.split("/")[1]
    if name != tenant.id:
        raise Refused(400, f"AADSTS90002: Tenant '{name}' not found. Check to make sure.")
    own = f"{base}/{name}"
    if path.endswith("openid-configuration"):
        return {
            "issuer": f"{own}/v2.0",
            "authorization_endpoint": f"{own}/authorize",
            "token_endpoint": f"{own}/oauth2/v2.0/token",
        }
    told = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    if told.get("client_secret") != tenant.secret:
        raise Refused(401, "AADSTS7000215: Invalid client secret provided. Ensure it.")
    audience = told["scope"].removesuffix("/.default")
    with tenant.lock:
        token = jwt(tenant, audience, len(tenant.tokens))
        tenant.tokens[token] = audience
    return {"token_type": "Bearer", "expires_in": _SECONDS, "access_token": token}


def check(tenant: Tenant, base: str, at: str, authorization: str) -> None:
    """Refuse, with a challenge, a token that is for another service, or for none."""
    token = authorization.removeprefix("Bearer ")
    if tenant.tokens.get(token) != AUDIENCES[at] or token in tenant.revoked:
        challenge = f'Bearer authorization="{base}/{tenant.id}", resource="{AUDIENCES[at]}"'
        raise Refused(401, "InvalidAuthenticationToken", **{"WWW-Authenticate": challenge})


def jwt(tenant: Tenant, audience: str, number: int = 0) -> str:
    """A token that nobody signed."""
    now = int(time.time())
    claims = {
        "tid": tenant.id, "aud": audience, "iss": f"https://sts.windows.net/{tenant.id}/", "nbf": now - 60, "iat": now - 60,
        "oid": tenant.principal, "exp": now + _SECONDS, "n": number, "ver": "1.0",
    }  # fmt: skip
    return ".".join(_part(one) for one in ({"alg": "RS256", "typ": "JWT"}, claims, {}))


def _part(said: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
