"""The server: one port for every service, told apart by the first part of the path."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from weightguard.demo.azure.emulator import blobs, directory, manager, tokens
from weightguard.demo.azure.emulator.certificates import certificates
from weightguard.demo.azure.emulator.tenant import Answer, Refused, Tenant, Thing


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    tenant: Tenant
    base: str

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.tenant.lock:
            self.tenant.asked.append(f"{method} {self.path}")
            fault = self.tenant.fault(f"{method} {unquote(self.path)}")
        try:
            if fault is not None and fault.raw is not None:
                self._send(fault.raw, {"Content-Type": "application/json", **fault.headers}, fault.status)
                return
            if fault is not None:
                raise Refused(fault.status, fault.code, **fault.headers)
            parts = urlsplit(self.path)
            asked = parse_qs(parts.query, keep_blank_values=True)
            query = {name: values[-1] for name, values in asked.items()}
            found = self._route(method, unquote(parts.path), query, body)
        except Refused as error:
            found = self._refusal(error)
        self._send(*found)

    def _refusal(self, error: Refused) -> Answer:
        document = {"error": {"code": error.code, "message": f"refused: {error.code}"}}
        headers = {"x-ms-error-code": error.code} if self.path.startswith("/blob/") else {}
        return json.dumps(document).encode(), {**headers, **error.headers}, error.status

    def _send(self, body: bytes, headers: Mapping[str, str], status: int) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _route(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        at, _, rest = path.lstrip("/").partition("/")
        if at not in tokens.AUDIENCES:
            return _json(tokens.sign_in(self.tenant, self.base, path, body))
        tokens.check(self.tenant, self.base, at, self.headers.get("Authorization", ""))
        rest = f"/{rest}"
        if at == "blob":
            headers = {name.lower(): value for name, value in self.headers.items()}
            return blobs.answer(self.tenant, rest, query, headers)
        if at == "msgraph":
            return _json(directory.answer(self.tenant, self.base, rest.removeprefix("/v1.0/"), query))
        if at == "vault":
            return _json(manager.vault(self.tenant, rest))
        if method == "POST":
            return _json(manager.query(self.tenant, json.loads(body)))
        return _json(manager.resources(self.tenant, self.base, rest, query))


def _json(document: Thing) -> Answer:
    return json.dumps(document).encode(), {"Content-Type": "application/json"}, 200


@dataclass(frozen=True)
class Served:
    """A tenant that is served.

    Attributes:
        base: where. ca: the file of the CA to trust.
    """

    tenant: Tenant
    base: str
    ca: Path

    def options(self, **more: Any) -> dict[str, Any]:
        """The options of a scan that lead here."""
        paths = {"management": "/arm", "graph": "/msgraph", "vault": "/vault", "blob": "/blob", "login": ""}
        endpoints = {name: self.base + path for name, path in paths.items()}
        return {"endpoints": endpoints, "ca_bundle": str(self.ca), "threads": 4, **more}

    def environment(self, **more: str) -> dict[str, str]:
        """What signs in."""
        tenant = self.tenant
        return {
            "AZURE_TENANT_ID": tenant.id, "AZURE_CLIENT_ID": tenant.client, "AZURE_CLIENT_SECRET": tenant.secret,
            "AZURE_TOKEN_CREDENTIALS": "prod", **more,
        }  # fmt: skip


@contextmanager
def served(tenant: Tenant, folder: Path) -> Iterator[Served]:
    """Serve a tenant on a free port of the loopback address until the block is left; certificates lie in the folder."""
    ca, both = certificates(folder)
    handler = type("Handler", (_Handler,), {"tenant": tenant})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    base = f"https://127.0.0.1:{server.server_address[1]}"
    handler.base = base  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Served(tenant, base, ca)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
