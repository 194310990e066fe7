"""A server in front of moto that answers the operations that moto lacks, and hands everything else on.

    python tests/overlay.py PORT http://127.0.0.1:MOTO_PORT

What it answers is fixed: a hardened region, one analyser, one trust anchor, one service from source, one access entry.
"""

from __future__ import annotations

import http.client
import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/serving"
SERVICE_ARN = f"arn:aws:apprunner:us-east-1:{ACCOUNT}:service/web/0123456789abcdef0123456789abcdef"
POD = f"arn:aws:eks:us-east-1:{ACCOUNT}:podidentityassociation/training/a-0123456789"
CLUSTER = f"arn:aws:elasticmapreduce:us-east-1:{ACCOUNT}:cluster/j-1"
VAULT_POLICY = {"Version": "2012-10-17", "Statement": []}
_FORM = {
    "GetSnapshotBlockPublicAccessState": "<state>block-all-sharing</state>",
    "GetImageBlockPublicAccessState": "<imageBlockPublicAccessState>block-new-sharing</imageBlockPublicAccessState>",
    "ListOrganizationsFeatures": (
        "<ListOrganizationsFeaturesResult><OrganizationId>o-lab</OrganizationId>"
        "<EnabledFeatures><member>RootCredentialsManagement</member></EnabledFeatures></ListOrganizationsFeaturesResult>"
    ),
}
_TARGETS: dict[str, Any] = {
    "SWBExternalService.GetPermissionsBoundaryForPermissionSet": {
        "PermissionsBoundary": {"ManagedPolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    },
    "AppRunner.ListServices": {
        "ServiceSummaryList": [{"ServiceName": "web", "ServiceArn": SERVICE_ARN, "Status": "RUNNING"}]
    },
    "AppRunner.DescribeService": {
        "Service": {
            "ServiceName": "web",
            "ServiceArn": SERVICE_ARN,
            "InstanceConfiguration": {"InstanceRoleArn": ROLE},
        }
    },
}
_TARGETS |= {
    # moto has clusters, and shows those of one region in every other.
    "ElasticMapReduce.ListClusters": {
        "Clusters": [{"Id": "j-1", "Name": "features", "Status": {"State": "WAITING"}, "ClusterArn": CLUSTER}]
    },
    "ElasticMapReduce.DescribeCluster": {
        "Cluster": {"ServiceRole": "worker", "Ec2InstanceAttributes": {"IamInstanceProfile": "box"}}
    },
}
_PATHS: list[tuple[str, str, Any]] = [
    (
        "access-analyzer",
        r"/analyzer",
        {
            "analyzers": [
                {
                    "arn": f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/outside",
                    "name": "outside",
                    "type": "ACCOUNT",
                    "status": "ACTIVE",
                    "createdAt": "2026-01-01T00:00:00Z",
                }
            ]
        },
    ),
    (
        "rolesanywhere",
        r"/trustanchors",
        {
            "trustAnchors": [
                {
                    "trustAnchorArn": f"arn:aws:rolesanywhere:us-east-1:{ACCOUNT}:trust-anchor/a",
                    "enabled": True,
                }
            ]
        },
    ),
    (
        "rolesanywhere",
        r"/profiles",
        {
            "profiles": [
                {"profileArn": f"arn:aws:rolesanywhere:us-east-1:{ACCOUNT}:profile/p", "roleArns": [ROLE]}
            ]
        },
    ),
    ("backup", r"/backup-vaults/[^/]+/access-policy", {"Policy": json.dumps(VAULT_POLICY)}),
    (
        "eks",
        r"/clusters/[^/]+/pod-identity-associations",
        {
            "associations": [
                {"clusterName": "training", "associationArn": POD, "associationId": "a-0123456789"}
            ]
        },
    ),
    (
        "eks",
        r"/clusters/[^/]+/pod-identity-associations/[^/]+",
        {
            "association": {
                "associationArn": POD,
                "roleArn": ROLE,
                "namespace": "default",
                "serviceAccount": "serve",
            }
        },
    ),
    ("eks", r"/clusters/[^/]+/access-entries", {"accessEntries": [ROLE]}),
    (
        "eks",
        r"/clusters/[^/]+/access-entries/[^/]+/access-policies",
        {
            "associatedAccessPolicies": [
                {"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy"}
            ]
        },
    ),
    (
        "eks",
        r"/clusters/[^/]+/access-entries/[^/]+",
        {"accessEntry": {"principalArn": ROLE, "kubernetesGroups": []}},
    ),
]


def canned(service: str, region: str, target: str, path: str, body: bytes) -> tuple[str, bytes] | None:
    """Content type and body of what is answered here; None for what moto answers. Outside us-east-1 every list is empty."""
    action = parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
    if action in _FORM:
        return (
            "text/xml",
            f"<{action}Response>{_FORM[action]}<requestId>1</requestId></{action}Response>".encode(),
        )
    if target in _TARGETS:
        return "application/x-amz-json-1.0", json.dumps(_in_region(_TARGETS[target], region)).encode()
    for name, pattern, answer in _PATHS:
        if name == service and re.fullmatch(pattern, urlsplit(path).path.rstrip("/")):
            return "application/json", json.dumps(_in_region(answer, region)).encode()
    return None


def _in_region(answer: dict[str, Any], region: str) -> dict[str, Any]:
    return (
        answer
        if region == "us-east-1"
        else {name: [] if isinstance(value, list) else value for name, value in answer.items()}
    )


class Handler(BaseHTTPRequestHandler):
    """Answers or hands on one request."""

    upstream = ("127.0.0.1", 0)
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        body = self._body()
        signed = re.search(
            r"Credential=([^/]*)/\d+/([^/]+)/([^/]+)/", self.headers.get("Authorization") or ""
        )
        key, region, service = signed.groups() if signed else ("", "", "")
        if service == "access-analyzer" and key.startswith("ASIA"):
            region = ""  # one ARN is one analyser: only the account whose own credentials ask has it, no assumed one
        found = canned(service, region, self.headers.get("X-Amz-Target") or "", self.path, body)
        if found is None:
            self._hand_on(body)
        else:
            self._send(200, [("Content-Type", found[0])], found[1])

    def _body(self) -> bytes:
        if (self.headers.get("Transfer-Encoding") or "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _hand_on(self, body: bytes) -> None:
        connection = http.client.HTTPConnection(*self.upstream, timeout=120)
        path = self.path
        if "://" in path:  # asked as a proxy
            parts = urlsplit(path)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "expect"):
                connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        kept = [
            (n, v)
            for n, v in answer.getheaders()
            if n.lower() not in ("content-length", "connection", "transfer-encoding")
        ]
        self._send(answer.status, kept, content)
        connection.close()

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _serve

    def log_message(self, *_: object) -> None:
        """Nothing: moto's own log tells."""


def main() -> None:
    """Serve until stopped."""
    port, upstream = int(sys.argv[1]), urlsplit(sys.argv[2])
    Handler.upstream = (str(upstream.hostname), int(upstream.port or 80))
    ThreadingHTTPServer.daemon_threads = True
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main()
