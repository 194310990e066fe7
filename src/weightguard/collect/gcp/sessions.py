"""Getting in: application default credentials, the account that is acted as, and the session that carries the calls.

Application default credentials are what `google.auth.default` finds: a file that ``GOOGLE_APPLICATION_CREDENTIALS`` names (a
service account's key, a workload's or workforce's federation, an impersonation), what ``gcloud auth application-default login``
left, or the machine's own account.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from weightguard.collect.calls.answer import plain
from weightguard.collect.gcp.options import GcpOptions
from weightguard.collect.ways import check_bundle
from weightguard.errors import CredentialsError, InputError

SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)
"""What a token is good for. Listing assets takes no narrower scope; what may be done is for IAM to say."""
SIGN_IN: Final = "sign in (`gcloud auth application-default login`), or set GOOGLE_APPLICATION_CREDENTIALS"
_BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_DEFAULT_UNIVERSE: Final = "googleapis.com"


class Session:
    """Credentials, and what carries requests with them. Safe to share between threads.

    Attributes:
        project: the project that the credentials belong to; None: they name none.
    """

    def __init__(self, options: GcpOptions, credentials: Any, http: Any, project: str | None) -> None:
        self.options = options
        self.project = project
        self.credentials = credentials
        self.http = http

    def base(self, service: str) -> str:
        """Where a service is, without a slash at the end."""
        universe = getattr(self.credentials, "universe_domain", None) or _DEFAULT_UNIVERSE
        named = self.options.endpoints.get(service) or self.options.endpoint_url
        if named is None and service == "storage":
            named = os.environ.get("STORAGE_EMULATOR_HOST")
        return (named or f"https://{service}.{universe}").rstrip("/")

    @property
    def who(self) -> str | None:
        """The account that the calls are made as, where the credentials say."""
        for name in ("service_account_email", "signer_email", "account"):
            found = getattr(self.credentials, name, None)
            if isinstance(found, str) and "@" in found:
                return found
        return None


def sign_in(options: GcpOptions) -> Session:
    """The credentials, tried once: a token was given for them.

    Raises:
        CredentialsError: there are none, or no token is given for them.
        InputError: google-auth is not installed, or the file of CAs is none.
    """
    try:
        import google.auth
        from google.auth import exceptions
        from google.auth.transport.requests import AuthorizedSession, Request
    except ImportError as error:
        raise InputError(
            "reading Google Cloud needs google-auth, which is not installed",
            fix="pip install 'weightguard[gcp]'",
        ) from error
    bundle = options.ca_bundle or next((os.environ[name] for name in _BUNDLES if os.environ.get(name)), None)
    check_bundle(bundle, "--ca-bundle, REQUESTS_CA_BUNDLE")
    plainly = _http(options, bundle)
    try:
        found, project = google.auth.default(
            scopes=SCOPES,
            quota_project_id=options.quota_project,
            request=_without_projects(Request(session=plainly)),
        )
        credentials = _acting(options, found)
        credentials.refresh(Request(session=plainly))
    except exceptions.DefaultCredentialsError as error:
        raise _none(error) from error
    except exceptions.GoogleAuthError as error:
        raise _refused(options, error) from error
    except (OSError, ValueError) as error:
        raise CredentialsError("the Google Cloud credentials cannot be used", where=plain(error)) from error
    http = AuthorizedSession(credentials, auth_request=Request(session=plainly))
    _set_up(http, options, bundle)
    return Session(options, credentials, http, project)


@dataclass(frozen=True, slots=True)
class _Nothing:
    """An answer that tells of no project."""

    status: int = 404
    data: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)


def _without_projects(request: Callable[..., Any]) -> Callable[..., Any]:
    """Requests as google-auth makes them to find credentials, but none about a federation's project: no operation declares it."""

    def ask(url: str, method: str = "GET", **rest: Any) -> Any:
        host = urlsplit(url).hostname or ""
        return (
            _Nothing()
            if host.startswith("cloudresourcemanager.")
            else request(url=url, method=method, **rest)
        )

    return ask


def _http(options: GcpOptions, bundle: str | None) -> Any:
    import requests

    http = requests.Session()
    _set_up(http, options, bundle)
    return http


def _set_up(http: Any, options: GcpOptions, bundle: str | None) -> None:
    """As many connections as calls in flight; no retries below those of the caller."""
    from requests.adapters import HTTPAdapter

    adapter = HTTPAdapter(pool_connections=32, pool_maxsize=max(10, options.threads), max_retries=0)
    for scheme in ("https://", "http://"):
        http.mount(scheme, adapter)
    if bundle is not None:
        http.verify = bundle


def _acting(options: GcpOptions, credentials: Any) -> Any:
    """The credentials to use: those found, or an account's that they may act as."""
    if options.impersonate is None:
        return credentials
    from google.auth import impersonated_credentials

    named = options.endpoints.get("iamcredentials") or options.endpoint_url
    path = f"/v1/projects/-/serviceAccounts/{options.impersonate}:generateAccessToken"
    return impersonated_credentials.Credentials(
        source_credentials=credentials,
        target_principal=options.impersonate,
        target_scopes=list(SCOPES),
        quota_project_id=options.quota_project,
        iam_endpoint_override=None if named is None else named.rstrip("/") + path,
    )


def _none(error: Exception) -> CredentialsError:
    named = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    if named:
        return CredentialsError(
            "the file of the Google Cloud credentials cannot be used", where=plain(error), fix=SIGN_IN
        )
    return CredentialsError("no Google Cloud credentials were found", fix=SIGN_IN)


def _refused(options: GcpOptions, error: Exception) -> CredentialsError:
    from google.auth.exceptions import TransportError

    said = plain(error.args[0] if error.args else error)
    if isinstance(error, TransportError):
        return CredentialsError(
            "whoever gives tokens for the Google Cloud credentials does not answer", where=said
        )
    if options.impersonate is not None and "impersonated" in said:
        return CredentialsError(
            f"{options.impersonate} cannot be acted as", where=said,
            fix="grant yourself roles/iam.serviceAccountTokenCreator on it",
        )  # fmt: skip
    return CredentialsError(
        "no token is given for the Google Cloud credentials", where=said, fix="sign in again, or name others"
    )
