"""What a scan of Azure costs over the wire: a large directory, and many storage accounts; time, peak memory, requests.

    python benchmarks/bench_scan_azure.py [OBJECTS] [ACCOUNTS] [CONTAINERS]      (default: 400000 100 200)

A server in a process of its own answers over TLS on a loopback port; the collector runs in another, so that its memory is its own.
One answer in two hundred of the directory is a 429. On a machine of few cores the server's own work is a good part of the time.
"""

from __future__ import annotations

import json
import os
import resource
import ssl
import subprocess
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import azure_exports as made
import azure_fake as fake

PAGE = 999
USERS, GROUPS, SERVICES = 0.75, 0.15, 0.05
_LIST = (
    "<Blob><Name>{}</Name><Properties><Etag>1</Etag><Content-Length>{}</Content-Length></Properties></Blob>"
)


class Server(BaseHTTPRequestHandler):
    """The tenant; its pages are worked out from their number."""

    protocol_version = "HTTP/1.1"
    base = ""
    directory = accounts = containers = 0
    asked = 0

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""

    def do_POST(self) -> None:
        """Sign-ins and queries."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "/oauth2/" in self.path:
            self.reply({"token_type": "Bearer", "expires_in": 3600, "access_token": SIGNED})
            return
        asked = json.loads(body)
        table = asked["query"].partition(" |")[0]
        start = int(asked["options"].get("$skipToken") or 0)
        rows = self.rows(table)
        end = start + asked["options"]["$top"]
        more = {"$skipToken": str(end)} if end < len(rows) else {}
        self.reply({"totalRecords": len(rows), "data": rows[start:end], **more})

    def rows(self, table: str) -> list[dict[str, Any]]:
        """What a table of Resource Graph holds."""
        if table == "resources":
            return [made.account(account(number)) for number in range(self.accounts)]
        return made.Export()._base() if table == "resourcecontainers" else []

    def do_GET(self) -> None:
        """Everything else."""
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        query = {name: one[-1] for name, one in parse_qs(parts.query).items()}
        type(self).asked += 1
        if path.endswith("openid-configuration"):
            base = f"{self.base}/{made.TENANT}"
            self.reply(
                {
                    "issuer": f"{base}/v2.0",
                    "authorization_endpoint": base,
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                }
            )
        elif path.startswith("/graph/"):
            self.graph(path.removeprefix("/graph/v1.0/"), query)
        elif path.startswith("/blob/"):
            self.blobs()
        else:
            self.arm(path.removeprefix("/arm"))

    def graph(self, path: str, query: dict[str, str]) -> None:
        """The directory."""
        if type(self).asked % 200 == 0:
            self.reply({"error": {"code": "TooManyRequests"}}, 429, {"Retry-After": "0"})
            return
        share = {
            "users": USERS,
            "groups": GROUPS,
            "servicePrincipals": SERVICES,
            "applications": SERVICES,
        }.get(path, 0)
        count = int(self.directory * share)
        start = int(query.get("$skiptoken", 0))
        end = min(start + PAGE, count)
        expand = query.get("$expand")
        extra = (
            {expand: [{"@odata.type": "#microsoft.graph.user", "id": made.person(one)} for one in range(5)]}
            if expand
            else {}
        )
        found = [{**made.user(number), "appId": str(number), **extra} for number in range(start, end)]
        link = f"{self.base}/graph/v1.0/{path}?$skiptoken={end}" + (f"&$expand={expand}" if expand else "")
        self.reply({"value": found} | ({"@odata.nextLink": link} if end < count else {}) | {"id": path})

    def arm(self, path: str) -> None:
        """Resource Manager."""
        if path == "/subscriptions":
            self.reply({"value": [{"subscriptionId": made.SUBSCRIPTION, "tenantId": made.TENANT}]})
        elif path.endswith("/permissions"):
            self.reply({"value": [{"actions": ["*"], "notActions": []}]})
        elif path.endswith("/containers"):
            share = max(1, self.containers // self.accounts)
            self.reply({"value": [made.container(f"{path}/models-{number}") for number in range(share)]})
        elif path.endswith("/managementPolicies/default"):
            self.reply({"error": {"code": "ManagementPolicyNotFound"}}, 404)
        else:
            self.reply({"value": []})

    def blobs(self) -> None:
        """Blobs: listings of a hundred, and zeros."""
        if "comp=list" in self.path:
            names = "".join(_LIST.format(f"run/{number:03d}.txt", 9) for number in range(99))
            inside = names + _LIST.format("model/model.safetensors", len(WEIGHTS))
            self.send(f"<EnumerationResults><Blobs>{inside}</Blobs></EnumerationResults>".encode(), 200, {})
            return
        first, last = self.headers["x-ms-range"].removeprefix("bytes=").split("-")
        self.send(
            WEIGHTS[int(first) : int(last) + 1],
            206,
            {"Content-Range": f"bytes {first}-{last}/{len(WEIGHTS)}"},
        )

    def reply(
        self, document: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """An answer in JSON."""
        self.send(json.dumps(document).encode(), status, headers or {})

    def send(self, body: bytes, status: int, headers: dict[str, str]) -> None:
        """An answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


SIGNED = "e30.eyJ0aWQiOiIxMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDEifQ.x"
HEADER = b'{"w":{"dtype":"F16","shape":[512,64],"data_offsets":[0,65536]}}'
WEIGHTS = len(HEADER).to_bytes(8, "little") + HEADER + bytes(65_536)


def account(number: int) -> str:
    """An account's id."""
    return f"{made.GROUP}/providers/Microsoft.Storage/storageAccounts/acct{number:04d}"


def serve(folder: str, directory: int, accounts: int, containers: int) -> None:
    """Serve until the process is ended; the port and the CA are told on the first line."""
    ca, both = fake.certificates(Path(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Server.base = f"https://127.0.0.1:{server.server_address[1]}"
    Server.directory, Server.accounts, Server.containers = directory, accounts, containers
    print(json.dumps({"base": Server.base, "ca": str(ca)}), flush=True)
    server.serve_forever()


def collect(base: str, ca: str, folder: str) -> None:
    """Scan, and tell what it took."""
    from weightguard import api
    from weightguard.sources import AzureSource

    paths = {"management": "/arm", "graph": "/graph", "vault": "/vault", "blob": "/blob", "login": ""}
    source = AzureSource(endpoints={name: base + path for name, path in paths.items()}, ca_bundle=Path(ca))
    start = time.monotonic()
    api.collect(Path(folder) / "snapshot", {"azure": source})
    seconds = time.monotonic() - start
    processor = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    calls = sum(1 for _ in (Path(folder) / "snapshot" / "calls.jsonl").open())
    print(json.dumps({"seconds": seconds, "processor": processor, "peak": peak, "calls": calls}))


def measure(directory: int, accounts: int, containers: int) -> dict[str, Any]:
    """One scan, in a process of its own, of a server in another."""
    environment = {
        **os.environ,
        "AZURE_TENANT_ID": made.TENANT,
        "AZURE_CLIENT_ID": fake.CLIENT,
        "AZURE_CLIENT_SECRET": fake.SECRET,
    }
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "serve", folder, str(directory), str(accounts), str(containers)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                told = json.loads(server.stdout.readline())
                command = [sys.executable, __file__, "collect", told["base"], told["ca"], folder]
                done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
            finally:
                server.terminate()
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found


def main(arguments: list[str]) -> None:
    """Measure both."""
    directory, accounts, containers = (
        int(one) for one in (*arguments, *("400000", "100", "200")[len(arguments) :])
    )
    for name, sizes in (
        (f"{directory:,} directory objects", (directory, 1, 1)),
        (f"{accounts} accounts, {containers} containers", (0, accounts, containers)),
    ):
        found = measure(*sizes)
        times = f"{found['seconds']:.1f} s ({found['processor']:.1f} s of processor)"
        print(f"{name}: {times}, {found['peak']:.0f} MB, {found['calls']:,} calls")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], *map(int, sys.argv[3:6]))
    elif sys.argv[1:2] == ["collect"]:
        collect(*sys.argv[2:5])
    else:
        main(sys.argv[1:])
