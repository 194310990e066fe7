"""A server on loopback that answers exactly what a test tells it to, and a caller that talks to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import botocore.session

from weightguard.collect.aws import models
from weightguard.collect.aws.caller import Caller
from weightguard.collect.aws.connections import ClientCache, Connections, Settings
from weightguard.collect.aws.permissions import operations
from weightguard.snapshot import Call


@dataclass(frozen=True)
class Reply:
    """One answer. `length` claims a length other than the body's, as a connection that is cut would."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None


Script = Callable[[str], Reply]
"""From the request's path with its query to the answer."""


@contextmanager
def server(script: Script) -> Iterator[str]:
    """Serve the script and yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = script(self.path)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(reply.body)
            self.close_connection = True

        do_GET = do_POST = do_HEAD = _answer

        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


def caller(url: str) -> tuple[Caller, list[Call]]:
    """A caller of a scripted server, and the calls that it records."""
    session = botocore.session.Session()
    session.set_credentials("testing", "testing")
    session.register_component("data_loader", models.loader(operations()))
    connections = Connections(session, Settings(url, max_attempts=1), "us-east-1", ClientCache())
    calls: list[Call] = []
    return Caller(connections, "aws/123456789012", frozenset(operations()), calls.append), calls
