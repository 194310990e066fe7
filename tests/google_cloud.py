"""Google's APIs on a loopback port: a tree of answers, each request and each answer checked against Google's own descriptions.

`tests/google_apis/` holds what discovery documents say of the methods that a collection calls; ``iam.v3.json`` is written after
the REST reference, as no discovery document of it is published.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

APIS = Path(__file__).parent / "google_apis"
TOKEN = "a-token-of-the-loopback"
KINDS = {
    "storage.buckets.list": "storage#buckets",
    "storage.objects.list": "storage#objects",
    "storage.managedFolders.list": "storage#managedFolders",
    "storage.projects.hmacKeys.list": "storage#hmacKeysMetadata",
}


@dataclass(frozen=True)
class Described:
    """A method as a discovery document describes it."""

    id: str
    verb: str
    path: re.Pattern[str]
    parameters: Mapping[str, Any]
    common: frozenset[str]
    response: str | None
    schemas: Mapping[str, Any]

    @property
    def entries(self) -> str | None:
        """The member of a listing's answer that holds its entries."""
        properties = self.schemas[self.response]["properties"] if self.response else {}
        if "nextPageToken" not in properties and not self.id.endswith(".keys.list"):
            return None
        lists = [
            name
            for name, one in properties.items()
            if one.get("type") == "array" and "$ref" in one.get("items", {})
        ]
        return lists[0] if len(lists) == 1 else "items"


@cache
def described() -> tuple[Described, ...]:
    """Every method."""
    found = []
    for file in sorted(APIS.glob("*.json")):
        document = json.loads(file.read_text())
        for id, method in document["methods"].items():
            found.append(
                Described(
                    id, method["httpMethod"], _pattern(method), method["parameters"], frozenset(document["parameters"]),
                    method.get("response"), document["schemas"],
                )
            )  # fmt: skip
    return tuple(found)


def _pattern(method: Mapping[str, Any]) -> re.Pattern[str]:
    """A request's path, its parts by their parameters' own patterns."""
    parts = re.split(r"(\{[^}]+\})", method["path"])
    text = ""
    for part in parts:
        if part.startswith("{"):
            name = part.strip("{+}")
            own = method["parameters"][name].get("pattern", "^[^/]+$")
            text += f"(?P<{name}>{own.strip('^$')})"
        else:
            text += re.escape(part)
    return re.compile(f"/{text}")


@dataclass
class Fault:
    """What goes wrong.

    Attributes:
        matches: whether it does for a method and the request's target.
        times: how often; None: always.
    """

    matches: Callable[[str, str], bool]
    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    times: int | None = None


def error(status: int, word: str, reason: str | None = None, message: str = "no") -> dict[str, Any]:
    """An error as Google's APIs answer it."""
    details = [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
    ]
    told = {"code": status, "message": message, "status": word}
    return {"error": told | ({"details": details} if reason else {})}


DENIED = error(403, "PERMISSION_DENIED", "IAM_PERMISSION_DENIED")
OFF = error(
    403,
    "PERMISSION_DENIED",
    "SERVICE_DISABLED",
    "the API has not been used in project 700 before or it is disabled",
)


@dataclass
class Cloud:
    """The tree, what goes wrong, and what was asked.

    Attributes:
        answers: path -> what it answers; of a listing, its entries. What tells two of one path apart stands behind a ``?``.
        objects: bucket -> key -> bytes.
        listed: bucket -> more entries of its listing: older versions; ``soft`` in front: what was deleted.
        page: entries to a page.
        asked: (method, target) of every request.
        gone: keys that are deleted once they were listed.
        odd: what was asked, or answered, that Google's descriptions do not know.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    objects: dict[str, dict[str, bytes]] = field(default_factory=dict)
    listed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    page: int = 3
    faults: list[Fault] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    expired: bool = False
    gone: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def deny(self, *ids: str, body: Any = DENIED, status: int = 403, about: str = "", **more: Any) -> None:
        """Refuse some methods, or all of a service (``storage.*``)."""
        wanted = frozenset(ids)

        def matches(id: str, target: str) -> bool:
            return (id in wanted or f"{id.partition('.')[0]}.*" in wanted) and about in unquote(target)

        self.faults.append(Fault(matches, status, body, **more))

    def count(self, id: str) -> int:
        """How often a method was asked."""
        return sum(asked == id for asked, _ in self.asked)

    def answer(self, verb: str, target: str, headers: Mapping[str, str]) -> tuple[int, Any, dict[str, str]]:
        """Status, body (bytes are an object's) and headers."""
        parts = urlsplit(target)
        method = self._method(verb, parts.path)
        if method is None:
            self.odd.append(f"{verb} {target}: no method has this path")
            return 404, b"<html>not found</html>", {"Content-Type": "text/html"}
        with self._lock:
            self.asked.append((method.id, target))
            self.headers.append({name.lower(): value for name, value in headers.items()})
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        unknown = query.keys() - method.parameters.keys() - method.common
        if unknown:
            self.odd.append(f"{method.id} has no parameter {sorted(unknown)}")
        if self.expired or headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, error(401, "UNAUTHENTICATED", "ACCESS_TOKEN_EXPIRED", "the token has expired"), {}
        fault = self._fault(method.id, target)
        if fault is not None:
            return fault.status, fault.body, fault.headers
        status, body, more = self._good(method, parts.path, query, headers)
        if status == 200 and not isinstance(body, bytes) and "fields" not in query:
            self.odd.extend(
                f"{method.id} {one}" for one in unlike(body, {"$ref": method.response}, method.schemas)
            )
        return status, body, more

    @staticmethod
    def _method(verb: str, path: str) -> Described | None:
        return next((one for one in described() if one.verb == verb and one.path.fullmatch(path)), None)

    def _fault(self, id: str, target: str) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.matches(id, target) and fault.times != 0:
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None

    def _good(
        self, method: Described, path: str, query: dict[str, str], headers: Mapping[str, str]
    ) -> tuple[int, Any, dict[str, str]]:
        if method.id == "storage.objects.get":
            return self._range(path, headers.get("Range"))
        key = _key(path, query)
        if method.id == "storage.objects.list":
            return 200, self._paged(method, self._objects(path, query), query), {}
        if method.entries:
            return 200, self._paged(method, self.answers.get(key, []), query), {}
        found = self.answers.get(key)
        if found is None and method.id.endswith("getIamPolicy"):
            found = {"etag": "ACAB"}
        if found is None:
            return 403, DENIED, {}
        return 200, found | ({"kind": "storage#policy"} if method.id.startswith("storage.") else {}), {}

    def _paged(self, method: Described, entries: list[Any], query: Mapping[str, str]) -> dict[str, Any]:
        at = int(query.get("pageToken", "0"))
        found: dict[str, Any] = {}
        if entries[at : at + self.page]:
            found[str(method.entries)] = entries[at : at + self.page]
        if at + self.page < len(entries):
            found["nextPageToken"] = str(at + self.page)
        if method.id in KINDS:
            found["kind"] = KINDS[method.id]
        if method.id == "cloudasset.assets.list":
            found["readTime"] = "2026-11-01T00:00:00Z"
        return found

    def _objects(self, path: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        bucket = unquote(path.split("/")[4])
        if query.get("softDeleted") == "true":
            return self.listed.get(f"soft {bucket}", [])
        held = self.objects.get(bucket, {})
        found = [
            {
                "name": key, "size": str(len(data)), "updated": "2026-01-01T00:00:00Z", "storageClass": "STANDARD",
                "md5Hash": f"{hash(data) & 0xFFFF:x}", "generation": "2",
            }
            for key, data in held.items()
        ]  # fmt: skip
        entries = [*found, *self.listed.get(bucket, [])]
        if "prefix" in query:
            entries = [
                one
                for one in entries
                if one["name"].startswith(query["prefix"]) and one["name"] not in self.gone
            ]
        return sorted(entries, key=lambda one: (one["name"].encode(), one["generation"]))

    def _range(self, path: str, asked: str | None) -> tuple[int, Any, dict[str, str]]:
        _, _, _, _, bucket, _, key = path.split("/")
        data = self.objects.get(unquote(bucket), {}).get(unquote(key))
        if data is None:
            return 404, error(404, "NOT_FOUND") | {}, {}
        first, last = (int(one) for one in str(asked).removeprefix("bytes=").split("-"))
        part = data[first : last + 1]
        told = f"bytes {first}-{first + len(part) - 1}/{len(data)}"
        return 206, part, {"Content-Range": told, "Content-Type": "application/octet-stream"}


_TELLING = ("contentType", "parent", "project", "groupKey.id")


def _key(path: str, query: Mapping[str, str]) -> str:
    told = [f"{name}={query[name]}" for name in _TELLING if name in query]
    return unquote(path) + ("?" + "&".join(told) if told else "")


def unlike(
    value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any], where: str = ""
) -> Iterator[str]:
    """What of an answer its schema does not know; below what the extracts keep, anything may stand."""
    if "$ref" in schema:
        named = schemas.get(schema["$ref"])
        if named is not None:
            yield from unlike(value, named, schemas, where)
        return
    kind = schema.get("type", "any")
    if kind == "object":
        yield from _unlike_members(value, schema, schemas, where)
    elif kind == "array":
        if not isinstance(value, list):
            yield f"{where} is no list"
            return
        for one in value:
            yield from unlike(one, schema["items"], schemas, f"{where}[]")
    elif not isinstance(value, _TYPES.get(kind, object)):
        yield f"{where} is no {kind}"


_TYPES: dict[str, Any] = {"string": str, "boolean": bool, "integer": int, "number": (int, float)}


def _unlike_members(
    value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any], where: str
) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is no object"
        return
    properties = schema.get("properties", {})
    for name, one in value.items():
        inner = properties.get(name, schema.get("additionalProperties"))
        if inner is None:
            yield f"{where}.{name} is not known"
        else:
            yield from unlike(one, inner, schemas, f"{where}.{name}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cloud: Cloud

    def do_GET(self) -> None:
        self._send(*self.cloud.answer("GET", self.path, self.headers))  # type: ignore[arg-type]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/token":
            self._send(200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}, {})
        elif self.path == "/sts":
            issued = {"issued_token_type": "urn:ietf:params:oauth:token-type:access_token"}
            told = dict(parse_qsl(body.decode()))
            good = told.get("subject_token") == "a-word-of-the-issuer"
            token = {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
            self._send(*((200, token | issued, {}) if good else (400, {"error": "invalid_grant"}, {})))
        elif self.path.endswith(":generateAccessToken"):
            self.cloud.asked.append(("generateAccessToken", self.path))
            good = "/forbidden@" not in self.path
            self._send(
                *(
                    (200, {"accessToken": TOKEN, "expireTime": "2099-01-01T00:00:00Z"}, {})
                    if good
                    else (403, DENIED, {})
                )
            )
        else:
            self._send(*self.cloud.answer("POST", self.path, self.headers))  # type: ignore[arg-type]

    def _send(self, status: int, body: Any, headers: Mapping[str, str]) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on standard error."""


@contextmanager
def serving(cloud: Cloud) -> Iterator[str]:
    """The URL at which a cloud answers."""
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
