"""Google's APIs on a loopback port: a tree of answers, each request and each answer checked against Google's own descriptions."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from weightguard.demo.gcp.described import Described, described

TOKEN: Final = "a-token-of-the-loopback"  # noqa: S105 - of no use anywhere else
WORD: Final = "a-word-of-the-issuer"
"""What a workload's federation shows at ``/sts`` to be given the token."""
_KINDS: Final = {
    "storage.buckets.list": "storage#buckets",
    "storage.objects.list": "storage#objects",
    "storage.managedFolders.list": "storage#managedFolders",
    "storage.projects.hmacKeys.list": "storage#hmacKeysMetadata",
}
_TELLING: Final = ("contentType", "parent", "project", "groupKey.id")
"""Parameters that tell answers of one path apart."""
LISTED_ON: Final = "2026-10-01T00:00:00Z"


class Reply(NamedTuple):
    """An answer; bytes are an object's, or no JSON."""

    status: int
    body: Any
    headers: Mapping[str, str] = MappingProxyType({})


def error(status: int, word: str, reason: str | None = None, message: str = "no") -> dict[str, Any]:
    """An error as Google's APIs answer it."""
    details = [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
    ]
    told = {"code": status, "message": message, "status": word}
    return {"error": told | ({"details": details} if reason else {})}


DENIED: Final = error(403, "PERMISSION_DENIED", "IAM_PERMISSION_DENIED")
EXPIRED: Final = error(401, "UNAUTHENTICATED", "ACCESS_TOKEN_EXPIRED", "the token has expired")


@dataclass
class Cloud:
    """The tree, and what was asked of it.

    Attributes:
        answers: path -> what it answers; of a listing, its entries. What tells two of one path apart stands behind a ``?``.
        objects: bucket -> key -> bytes.
        settings: bucket -> what each of its objects has beside its name and size.
        page: entries to a page.
        asked: (method, target) of every request.
        odd: what was asked, or answered, that Google's descriptions do not know.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    objects: dict[str, dict[str, bytes]] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    page: int = 3
    asked: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, verb: str, target: str, headers: Mapping[str, str]) -> Reply:
        """What a request is answered, whoever sends it; `headers` by their names in small letters."""
        parts = urlsplit(target)
        method = next(
            (one for one in described() if one.verb == verb and one.path.fullmatch(parts.path)), None
        )
        if method is None:
            self.odd.append(f"{verb} {target}: no method has this path")
            return Reply(404, b"<html>not found</html>", {"Content-Type": "text/html"})
        with self.lock:
            self.asked.append((method.id, target))
            self.headers.append(dict(headers))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        unknown = query.keys() - method.parameters.keys() - method.common
        if unknown:
            self.odd.append(f"{method.id} has no parameter {sorted(unknown)}")
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(401, EXPIRED)
        reply = self.reply(method, target, query, headers)
        if reply.status == 200 and not isinstance(reply.body, bytes) and "fields" not in query:
            self.odd.extend(f"{method.id} {one}" for one in method.unlike(reply.body))
        return reply

    def reply(
        self, method: Described, target: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> Reply:
        """What a method answers to somebody whose token is good."""
        path = urlsplit(target).path
        if method.id == "storage.objects.get":
            return self._part(path, headers.get("range"))
        key = _key(path, query)
        if method.id == "storage.objects.list":
            listed = sorted(
                self.listing(unquote(path.split("/")[4]), query),
                key=lambda one: (one["name"].encode(), one["generation"]),
            )
            return Reply(200, self._page(method, listed, query))
        if method.entries:
            return Reply(200, self._page(method, self.answers.get(key, []), query))
        found = self.answers.get(key)
        if found is None and method.id.endswith("getIamPolicy"):
            found = {"etag": "ACAB"}
        if found is None:
            return Reply(403, DENIED)
        return Reply(200, found | ({"kind": "storage#policy"} if method.id.startswith("storage.") else {}))

    def listing(self, bucket: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """The objects of a bucket that a request for a list is about."""
        if query.get("softDeleted") == "true":
            return []
        return [
            {
                "name": key,
                "size": str(len(data)),
                "updated": LISTED_ON,
                "storageClass": "STANDARD",
                "md5Hash": f"{zlib.crc32(data):x}",
                "generation": "2",
                **self.settings.get(bucket, {}),
            }
            for key, data in self.objects.get(bucket, {}).items()
            if key.startswith(query.get("prefix", ""))
        ]

    def token(self, path: str, body: bytes) -> Reply | None:
        """What whoever wants a token is answered; None: it is another request."""
        if path != "/sts":
            return None
        if dict(parse_qsl(body.decode())).get("subject_token") != WORD:
            return Reply(400, {"error": "invalid_grant"})
        issued = {"issued_token_type": "urn:ietf:params:oauth:token-type:access_token"}
        return Reply(200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer", **issued})

    def _page(self, method: Described, entries: list[Any], query: Mapping[str, str]) -> dict[str, Any]:
        at = int(query.get("pageToken", "0"))
        found: dict[str, Any] = {}
        if entries[at : at + self.page]:
            found[str(method.entries)] = entries[at : at + self.page]
        if at + self.page < len(entries):
            found["nextPageToken"] = str(at + self.page)
        if method.id in _KINDS:
            found["kind"] = _KINDS[method.id]
        if method.id == "cloudasset.assets.list":
            found["readTime"] = LISTED_ON
        return found

    def _part(self, path: str, asked: str | None) -> Reply:
        _, _, _, _, bucket, _, key = path.split("/")
        data = self.objects.get(unquote(bucket), {}).get(unquote(key))
        if data is None:
            return Reply(404, error(404, "NOT_FOUND"))
        first, last = (int(one) for one in str(asked).removeprefix("bytes=").split("-"))
        part = data[first : last + 1]
        told = f"bytes {first}-{first + len(part) - 1}/{len(data)}"
        return Reply(206, part, {"Content-Range": told, "Content-Type": "application/octet-stream"})


def _key(path: str, query: Mapping[str, str]) -> str:
    told = [f"{name}={query[name]}" for name in _TELLING if name in query]
    return unquote(path) + ("?" + "&".join(told) if told else "")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cloud: Cloud

    def do_GET(self) -> None:
        self._send(self.cloud.answer("GET", self.path, self._told()))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = self.cloud.token(self.path, body)
        self._send(token or self.cloud.answer("POST", self.path, self._told()))

    def _told(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _send(self, reply: Reply) -> None:
        data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on standard error."""


@contextmanager
def serving(cloud: Cloud) -> Iterator[str]:
    """The URL at which a cloud answers, on a free loopback port."""
    handler = type("Handler", (_Handler,), {"cloud": cloud})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
