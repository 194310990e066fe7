"""The comments of a pull request as GitHub, GitLab and Azure DevOps keep them, served on loopback.

Shapes and rules from the REST references of the three: what is listed in pages, what a token may change, what a call must carry.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "ghs_wg-canary-token"
MINE, THEIRS = 7, 8


@dataclass
class Host:
    """One code host with one pull request."""

    kind: str
    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    """`id`, `author`, `text`."""
    foreign_is_writable: bool = False
    locked: bool = False
    """Nothing that is there may be changed."""
    calls: list[str] = field(default_factory=list)
    failing: list[int] = field(default_factory=list)

    def environment(self, event: str = "") -> dict[str, str]:
        """The variables of a job for its pull request."""
        return {
            "github": {
                "GITHUB_ACTIONS": "true",
                "GITHUB_API_URL": self.url,
                "GITHUB_GRAPHQL_URL": f"{self.url}/graphql",
                "GITHUB_REPOSITORY": "acme/infra",
                "GITHUB_EVENT_PATH": event,
                "GITHUB_TOKEN": TOKEN,
            },
            "gitlab": {
                "GITLAB_CI": "true",
                "CI_API_V4_URL": f"{self.url}/api/v4",
                "CI_PROJECT_ID": "42",
                "CI_MERGE_REQUEST_IID": "3",
                "WEIGHTGUARD_GITLAB_TOKEN": TOKEN,
            },
            "azure": {
                "TF_BUILD": "True",
                "SYSTEM_COLLECTIONURI": f"{self.url}/acme/",
                "SYSTEM_TEAMPROJECT": "the infra",
                "BUILD_REPOSITORY_ID": "0c1d",
                "SYSTEM_PULLREQUEST_PULLREQUESTID": "3",
                "SYSTEM_ACCESSTOKEN": TOKEN,
            },
        }[self.kind]

    def add(self, author: int, text: str) -> dict[str, Any]:
        """A comment that somebody wrote."""
        one = {"id": len(self.comments) + 100, "author": author, "text": text}
        self.comments.append(one)
        return one

    def texts(self, author: int = MINE) -> list[str]:
        return [one["text"] for one in self.comments if one["author"] == author]


_Answer = tuple[int, Any]


def _github(host: Host, method: str, path: str, query: dict[str, list[str]], body: Any) -> _Answer:
    def shown(one: dict[str, Any]) -> dict[str, Any]:
        return {"id": one["id"], "user": {"login": f"user-{one['author']}"}, "body": one["text"]}

    base = "/repos/acme/infra/issues"
    if (method, path) == ("POST", "/graphql"):
        assert "viewer" in body["query"]
        return 200, {"data": {"viewer": {"login": f"user-{MINE}"}}}
    if path == f"{base}/3/comments" and method == "GET":
        return 200, [shown(one) for one in _page(host, query)]
    if path == f"{base}/3/comments" and method == "POST":
        return 201, shown(host.add(MINE, body["body"]))
    if path.startswith(f"{base}/comments/") and method == "PATCH":
        return _change(host, int(path.rpartition("/")[2]), body["body"])
    return 404, {"message": "Not Found"}


def _gitlab(host: Host, method: str, path: str, query: dict[str, list[str]], body: Any) -> _Answer:
    def shown(one: dict[str, Any]) -> dict[str, Any]:
        return {"id": one["id"], "author": {"id": one["author"]}, "body": one["text"], "system": False}

    notes = "/api/v4/projects/42/merge_requests/3/notes"
    if (method, path) == ("GET", "/api/v4/user"):
        return 200, {"id": MINE, "username": "project_42_bot"}
    if path == notes and method == "GET":
        return 200, [shown(one) for one in _page(host, query)]
    if path == notes and method == "POST":
        return 201, shown(host.add(MINE, body["body"]))
    if path.startswith(f"{notes}/") and method == "PUT":
        return _change(host, int(path.rpartition("/")[2]), body["body"])
    return 404, {"message": "404 Not found"}


def _azure(host: Host, method: str, path: str, query: dict[str, list[str]], body: Any) -> _Answer:
    def thread(one: dict[str, Any]) -> dict[str, Any]:
        comment = {"id": 1, "author": {"id": f"id-{one['author']}"}, "content": one["text"]}
        return {"id": one["id"], "comments": [comment], "isDeleted": False}

    assert query["api-version"][0].startswith("7.1")
    threads = "/acme/the%20infra/_apis/git/repositories/0c1d/pullRequests/3/threads"
    if (method, path) == ("GET", "/acme/_apis/connectionData"):
        return 200, {"authenticatedUser": {"id": f"id-{MINE}"}}
    if path == threads and method == "GET":
        return 200, {"value": [thread(one) for one in host.comments], "count": len(host.comments)}
    if path == threads and method == "POST":
        (comment,) = body["comments"]
        assert comment["parentCommentId"] == 0
        return 200, thread(host.add(MINE, comment["content"]))
    if path.startswith(f"{threads}/") and method == "PATCH":
        number, word, comment = path.removeprefix(f"{threads}/").split("/")
        assert (word, comment) == ("comments", "1")
        return _change(host, int(number), body["content"])
    return 404, {"message": "TF200016"}


def _page(host: Host, query: dict[str, list[str]]) -> list[dict[str, Any]]:
    size, page = int(query["per_page"][0]), int(query["page"][0])
    assert size <= 100
    return host.comments[size * (page - 1) : size * page]


def _change(host: Host, number: int, text: str) -> _Answer:
    (one,) = [one for one in host.comments if one["id"] == number]
    if host.locked or (one["author"] != MINE and not host.foreign_is_writable):
        return 403, {"message": "Forbidden"}
    one["text"] = text
    return 200, {"id": number}


_KINDS: dict[str, tuple[Callable[..., _Answer], str, str]] = {
    "github": (_github, "Authorization", f"Bearer {TOKEN}"),
    "gitlab": (_gitlab, "PRIVATE-TOKEN", TOKEN),
    "azure": (_azure, "Authorization", f"Bearer {TOKEN}"),
}


@contextmanager
def code_host(kind: str) -> Iterator[Host]:
    """A host of one kind, with an empty pull request 3."""
    host = Host(kind)
    answer, header, value = _KINDS[kind]

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            content = self.rfile.read(size)
            parts = urlsplit(self.path)
            host.calls.append(f"{self.command} {parts.path}")
            if host.failing:
                status, said = host.failing.pop(0), {"message": f"no, {self.headers.get(header)}"}
            elif self.headers.get(header) != value:
                status, said = 401, {"message": "Bad credentials"}
            else:
                body = json.loads(content) if content else None
                status, said = answer(host, self.command, parts.path, parse_qs(parts.query), body)
            sent = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PATCH = do_PUT = _serve

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
