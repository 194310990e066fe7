"""The platforms whose pull requests have comments, and where a job of theirs says which pull request it runs for.

Sources: GitHub REST API, "Issue comments", and "Default environment variables" of Actions; GitLab REST API, "Notes", and
"Predefined CI/CD variables reference"; Azure DevOps REST API 7.1, "Pull Request Threads" and "Pull Request Thread Comments",
and "Use predefined variables" of Pipelines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote

from weightguard import files
from weightguard.errors import ConfigError
from weightguard.json_text import OddJson, whole

_EVENT_MOST: Final = 25 * 1024 * 1024
_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment that is there: where it is changed, who wrote it, as the platform names people, and its text."""

    address: str
    author: str
    text: str


class Place(Protocol):
    """Where the comments of one pull request are."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def address(self) -> str:
        """Where comments are listed, and where one is made."""

    @property
    def headers(self) -> Mapping[str, str]:
        """What every call carries, the token among it."""

    @property
    def longest(self) -> int:
        """Characters of the longest comment."""

    @property
    def changing(self) -> str:
        """The method that changes a comment."""

    @property
    def asking_who(self) -> tuple[str, str, dict[str, str] | None]:
        """The call that tells whose the token is: method, address, body."""

    def who(self, answer: Any) -> str:
        """Whose the token is, as comments name their author."""

    def page(self, number: int) -> str | None:
        """The address of one page of comments, from 1; None: there are no more than were given."""

    def read(self, answer: Any) -> Iterator[Comment]:
        """The comments of a page."""

    def new(self, text: str) -> dict[str, Any]:
        """The body that makes a comment."""

    def changed(self, text: str) -> dict[str, Any]:
        """The body that changes one."""


def place(environment: Mapping[str, str]) -> Place | None:
    """The pull request that this job runs for; None: it runs for none.

    Args:
        environment: the environment variables of the job.

    Raises:
        ConfigError: no platform that is known, no token, or a variable that is missing.
    """
    for mark, made in _PLATFORMS.items():
        if environment.get(mark):
            return made(environment)
    raise ConfigError(
        "this is no job of a platform that is known",
        where=f"none of the variables {', '.join(_PLATFORMS)} is set",
        fix="run it in GitHub Actions, GitLab CI or Azure Pipelines",
    )


@dataclass(frozen=True, slots=True)
class _GitHub:
    name: str
    api: str
    graphql: str
    repository: str
    number: str
    headers: Mapping[str, str]
    longest: int = 65_536
    changing: str = "PATCH"

    @property
    def address(self) -> str:
        return f"{self.api}/repos/{self.repository}/issues/{self.number}/comments"

    @property
    def asking_who(self) -> tuple[str, str, dict[str, str] | None]:
        # The one question of this kind that a job's own token is answered, too.
        return "POST", self.graphql, {"query": "{viewer{login}}"}

    def who(self, answer: Any) -> str:
        return str(answer["data"]["viewer"]["login"])

    def page(self, number: int) -> str:
        return f"{self.address}?per_page={_PAGE}&page={number}"

    def read(self, answer: Any) -> Iterator[Comment]:
        for one in answer:
            address = f"{self.api}/repos/{self.repository}/issues/comments/{one['id']:d}"
            yield Comment(address, (one["user"] or {}).get("login", ""), one["body"] or "")

    def new(self, text: str) -> dict[str, Any]:
        return {"body": text}

    changed = new


def _github(environment: Mapping[str, str]) -> Place | None:
    number = _number_on_github(environment)
    if number is None:
        return None
    repository = _needed(environment, "GITHUB_REPOSITORY")
    token = _token(environment, "GITHUB_TOKEN", "pull-requests: write")
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    api = environment.get("GITHUB_API_URL") or "https://api.github.com"
    name = f"pull request {number} of {repository}"
    graphql = environment.get("GITHUB_GRAPHQL_URL") or "https://api.github.com/graphql"
    return _GitHub(name, api.rstrip("/"), graphql, quote(repository, safe="/"), number, headers)


def _number_on_github(environment: Mapping[str, str]) -> str | None:
    """The number of the pull request in the event that started the job."""
    file = environment.get("GITHUB_EVENT_PATH")
    if not file:
        return None
    content = files.read(Path(file), "the event of the job", most=_EVENT_MOST, error=ConfigError)
    try:
        event = whole(content)
    except OddJson as error:
        raise ConfigError("the event of the job is no JSON", where=file) from error
    pull = event.get("pull_request") if isinstance(event, dict) else None
    number = pull.get("number") if isinstance(pull, dict) else None
    return str(number) if isinstance(number, int) else None


@dataclass(frozen=True, slots=True)
class _GitLab:
    name: str
    api: str
    address: str
    headers: Mapping[str, str]
    longest: int = 1_000_000
    changing: str = "PUT"

    @property
    def asking_who(self) -> tuple[str, str, dict[str, str] | None]:
        return "GET", f"{self.api}/user", None

    def who(self, answer: Any) -> str:
        return f"{answer['id']:d}"

    def page(self, number: int) -> str:
        return f"{self.address}?per_page={_PAGE}&page={number}"

    def read(self, answer: Any) -> Iterator[Comment]:
        for one in answer:
            yield Comment(f"{self.address}/{one['id']:d}", f"{one['author']['id']:d}", one["body"] or "")

    def new(self, text: str) -> dict[str, Any]:
        return {"body": text}

    changed = new


def _gitlab(environment: Mapping[str, str]) -> Place | None:
    number = environment.get("CI_MERGE_REQUEST_IID")
    if not number:
        return None
    api = _needed(environment, "CI_API_V4_URL").rstrip("/")
    project = _needed(environment, "CI_PROJECT_ID")
    token = _token(environment, "WEIGHTGUARD_GITLAB_TOKEN", "api")
    name = f"merge request {number} of {environment.get('CI_PROJECT_PATH', project)}"
    notes = f"{api}/projects/{quote(project, safe='')}/merge_requests/{quote(number, safe='')}/notes"
    return _GitLab(name, api, notes, {"PRIVATE-TOKEN": token})


@dataclass(frozen=True, slots=True)
class _AzureDevOps:
    name: str
    collection: str
    threads: str
    headers: Mapping[str, str]
    longest: int = 150_000
    changing: str = "PATCH"

    @property
    def address(self) -> str:
        return f"{self.threads}?{_AZURE_API}"

    @property
    def asking_who(self) -> tuple[str, str, dict[str, str] | None]:
        return "GET", f"{self.collection}/_apis/connectionData?{_AZURE_API}-preview.1", None

    def who(self, answer: Any) -> str:
        return str(answer["authenticatedUser"]["id"])

    def page(self, number: int) -> str | None:
        return self.address if number == 1 else None

    def read(self, answer: Any) -> Iterator[Comment]:
        for thread in answer["value"]:
            for one in [] if thread.get("isDeleted") else thread["comments"]:
                address = f"{self.threads}/{thread['id']:d}/comments/{one['id']:d}?{_AZURE_API}"
                yield Comment(address, one["author"]["id"], one.get("content") or "")

    def new(self, text: str) -> dict[str, Any]:
        comment = {"parentCommentId": 0, "content": text, "commentType": "text"}
        return {"comments": [comment], "status": "closed"}

    def changed(self, text: str) -> dict[str, Any]:
        return {"content": text}


_AZURE_API: Final = "api-version=7.1"


def _azure_devops(environment: Mapping[str, str]) -> Place | None:
    number = environment.get("SYSTEM_PULLREQUEST_PULLREQUESTID")
    if not number:
        return None
    collection = _needed(environment, "SYSTEM_COLLECTIONURI").rstrip("/")
    project, repository = (
        _needed(environment, "SYSTEM_TEAMPROJECT"),
        _needed(environment, "BUILD_REPOSITORY_ID"),
    )
    token = _token(environment, "SYSTEM_ACCESSTOKEN", "Contribute to pull requests")
    threads = "/".join(
        (
            collection,
            quote(project, safe=""),
            "_apis/git/repositories",
            quote(repository, safe=""),
            "pullRequests",
            quote(number, safe=""),
            "threads",
        )
    )
    return _AzureDevOps(
        f"pull request {number} of {project}", collection, threads, {"Authorization": f"Bearer {token}"}
    )


_PLATFORMS: Final = {"GITHUB_ACTIONS": _github, "GITLAB_CI": _gitlab, "TF_BUILD": _azure_devops}
"""The variable that a platform sets in every job of its own -> how its pull request is found."""


def _needed(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value or not value.isprintable():
        raise ConfigError("a variable of the job is missing", where=f"environment variable {name}")
    return value


def _token(environment: Mapping[str, str], name: str, right: str) -> str:
    value = environment.get(name, "").strip()
    if not value or not value.isprintable():
        raise ConfigError(
            "there is no token to comment with",
            where=f"environment variable {name}",
            fix=f'give the job one that has the right "{right}"',
        )
    return value
