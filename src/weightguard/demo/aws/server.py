"""moto's server, and the few answers of a laboratory that moto has no operation for.

What moto cannot be told or does not implement (`answers`, and whether root users have a second factor) is fixed by how the lab is
started: hardened or not. Everything else goes through moto as it is.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import parse_qs

HARDENED = "--hardened"
Environ = dict[str, Any]
Start = Callable[..., Any]

_REGION = (
    "<item><regionName>us-east-1</regionName><regionEndpoint>ec2.us-east-1.amazonaws.com</regionEndpoint>"
    "<optInStatus>opt-in-not-required</optInStatus></item>"
)
"""The one region that the lab's accounts may use: everything of the lab lies there."""
_FEATURES = "<EnabledFeatures><member>RootCredentialsManagement</member></EnabledFeatures>"


def answers(hardened: bool, account: str) -> dict[str, tuple[str, str]]:
    """Operation -> content type and body (shapes: the EC2, IAM and IAM Access Analyzer API references)."""
    analyzer = {
        "arn": f"arn:aws:access-analyzer:us-east-1:{account}:analyzer/outside-access",
        "name": "outside-access",
        "type": "ACCOUNT",
        "status": "ACTIVE",
        "createdAt": "2026-01-01T00:00:00Z",
    }
    sharing = "block-all-sharing" if hardened else "unblocked"
    images = "block-new-sharing" if hardened else "unblocked"
    listed = [analyzer] if hardened else []
    features = _FEATURES if hardened else "<EnabledFeatures/>"
    return {
        "DescribeRegions": ("text/xml", f"<regionInfo>{_REGION}</regionInfo>"),
        "GetSnapshotBlockPublicAccessState": ("text/xml", f"<state>{sharing}</state>"),
        "GetImageBlockPublicAccessState": (
            "text/xml",
            f"<imageBlockPublicAccessState>{images}</imageBlockPublicAccessState>",
        ),
        "ListOrganizationsFeatures": (
            "text/xml",
            f"<ListOrganizationsFeaturesResult><OrganizationId>o-aurora</OrganizationId>{features}"
            "</ListOrganizationsFeaturesResult>",
        ),
        "ListAnalyzers": ("application/json", json.dumps({"analyzers": listed})),
    }


OPERATIONS = frozenset(answers(hardened=True, account=""))


class Overlay:
    """A WSGI application in front of moto's."""

    def __init__(self, inner: Callable[[Environ, Start], Iterable[bytes]], *, hardened: bool) -> None:
        self._inner = inner
        self._hardened = hardened

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        operation = _operation(environ)
        if operation not in OPERATIONS:
            return self._inner(environ, start_response)
        kind, body = answers(self._hardened, _account(environ))[operation]
        if kind == "text/xml":
            body = f"<{operation}Response>{body}<requestId>0</requestId></{operation}Response>"
        content = body.encode()
        start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(content)))])
        return [content]


def _account(environ: Environ) -> str:
    from moto.iam.models import get_account_id_from

    key = re.search(r"Credential=([^/]*)/", environ.get("HTTP_AUTHORIZATION", ""))
    return str(get_account_id_from(key.group(1) if key else ""))


def _operation(environ: Environ) -> str:
    """The operation that a request asks for, where it is one that may be answered here."""
    signed = re.search(r"Credential=[^/]*/\d+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    service = signed.group(1) if signed else ""
    if service == "access-analyzer":
        return "ListAnalyzers" if environ.get("PATH_INFO") == "/analyzer" else ""
    if service not in ("ec2", "iam") or environ.get("REQUEST_METHOD") != "POST":
        return ""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]


def _give_roots_a_factor() -> None:
    from moto.iam import models

    summaries: Any = models.AccountSummary
    stated = summaries.summary_map.fget

    def with_root_factor(summary: Any) -> dict[str, Any]:
        return {**stated(summary), "AccountMFAEnabled": 1}

    summaries.summary_map = property(with_root_factor)


def main(arguments: Sequence[str]) -> None:
    """Serve on a loopback port until killed."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import run_simple

    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument(HARDENED, action="store_true")
    asked = parser.parse_args(arguments)
    if asked.hardened:
        _give_roots_a_factor()
    moto = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", asked.port, Overlay(moto, hardened=asked.hardened), threaded=True)


if __name__ == "__main__":
    main(sys.argv[1:])
