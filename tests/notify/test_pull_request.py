"""One comment a pull request, on three code hosts: made, rewritten, never somebody else's, never a token in an error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from code_hosts import MINE, THEIRS, TOKEN, Host, code_host

from weightguard.errors import ConfigError, InputError, WeightguardError
from weightguard.notify.pull_request import Told, comment

MARK = "<!-- weightguard: weightguard -->"


@pytest.fixture(params=["github", "gitlab", "azure"])
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    with code_host(request.param) as one:
        yield one


@pytest.fixture
def event(tmp_path: Path) -> str:
    file = tmp_path / "event.json"
    file.write_text(
        json.dumps({"action": "opened", "number": 3, "pull_request": {"number": 3, "title": "x"}})
    )
    return str(file)


def say(host: Host, event: str, text: str, name: str = "weightguard") -> Told | None:
    return comment(text, host.environment(event), name=name, pause=lambda seconds: None)


def test_made_once_and_rewritten_ever_after(host: Host, event: str) -> None:
    host.add(THEIRS, "looks good")
    first, second = say(host, event, "opens 2 paths"), say(host, event, "opens none")
    assert (first and first.did, second and second.did) == ("made", "changed")
    assert host.texts() == [f"{MARK}\nopens none"]
    assert host.texts(THEIRS) == ["looks good"]


def test_two_names_are_two_comments(host: Host, event: str) -> None:
    say(host, event, "prod", "prod")
    say(host, event, "test", "test")
    say(host, event, "prod again", "prod")
    assert [text.partition("\n")[2] for text in host.texts()] == ["prod again", "test"]


def test_found_among_hundreds(host: Host, event: str) -> None:
    for number in range(150):
        host.add(THEIRS, f"comment {number}")
    say(host, event, "one")
    for number in range(150):
        host.add(THEIRS, f"more {number}")
    say(host, event, "two")
    assert host.texts() == [f"{MARK}\ntwo"]


def test_a_planted_mark_is_left_alone(host: Host, event: str) -> None:
    """Where a token may change everybody's comments, one that an author planted would stay theirs to edit."""
    host.foreign_is_writable = True
    host.add(THEIRS, f"{MARK}\nmine to edit later")
    say(host, event, "opens 2 paths")
    assert host.texts(THEIRS) == [f"{MARK}\nmine to edit later"]
    assert host.texts() == [f"{MARK}\nopens 2 paths"]


def test_a_quoted_mark_is_no_mark(host: Host, event: str) -> None:
    host.add(MINE, f"> {MARK}\n> opens 2 paths")
    say(host, event, "opens none")
    assert len(host.texts()) == 2


def test_one_that_may_not_be_changed_any_more_is_made_anew(host: Host, event: str) -> None:
    say(host, event, "one")
    host.locked = True
    told = say(host, event, "two")
    assert told is not None
    assert told.did == "made"
    assert host.texts() == [f"{MARK}\none", f"{MARK}\ntwo"]


def test_a_busy_host_is_asked_again(host: Host, event: str) -> None:
    host.failing = [503, 429]
    say(host, event, "one")
    assert host.texts() == [f"{MARK}\none"]


def test_a_refusal_names_the_right_and_hides_the_token(host: Host, event: str) -> None:
    host.failing = [403]
    with pytest.raises(WeightguardError) as error:
        say(host, event, "one")
    assert "403" in error.value.one_line()
    assert "may write comments" in error.value.one_line()
    assert TOKEN not in error.value.one_line()


def test_too_long_is_cut_where_a_line_ends(event: str) -> None:
    fold = (
        "<details><summary>standing</summary>\n\n```\n"
        + "a path that stood before\n" * 4000
        + "```\n\n</details>\n"
    )
    with code_host("github") as host:
        say(host, event, "opens 2 paths\n\n" + fold)
        (text,) = host.texts()
    assert len(text) <= 65_536
    assert text.count("<details>") == text.count("</details>")
    assert text.count("```") % 2 == 0
    assert text.rstrip().endswith("among the files of the job.")
    assert "a path that stood before\n```" in text


@pytest.mark.parametrize("kind", ["github", "gitlab", "azure"])
def test_a_job_without_a_pull_request_says_nothing(kind: str, tmp_path: Path) -> None:
    push = tmp_path / "push.json"
    push.write_text('{"ref": "refs/heads/main"}')
    numbers = ("CI_MERGE_REQUEST_IID", "SYSTEM_PULLREQUEST_PULLREQUESTID")
    with code_host(kind) as host:
        variables = {
            name: value for name, value in host.environment(str(push)).items() if name not in numbers
        }
        assert comment("one", variables) is None
        assert not host.calls


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("github", "GITHUB_TOKEN"),
        ("github", "GITHUB_REPOSITORY"),
        ("gitlab", "CI_API_V4_URL"),
        ("gitlab", "WEIGHTGUARD_GITLAB_TOKEN"),
        ("azure", "SYSTEM_ACCESSTOKEN"),
        ("azure", "SYSTEM_COLLECTIONURI"),
    ],
)
def test_a_missing_variable_is_named(kind: str, missing: str, event: str) -> None:
    with code_host(kind) as host:
        variables = {name: value for name, value in host.environment(event).items() if name != missing}
        with pytest.raises(ConfigError) as error:
            comment("one", variables)
    assert missing in error.value.one_line()


def test_no_platform_is_an_error() -> None:
    with pytest.raises(ConfigError) as error:
        comment("one", {})
    assert "GITHUB_ACTIONS" in error.value.one_line()


def test_never_in_the_clear(event: str) -> None:
    variables = {**Host("github", "http://ghe.example.org/api/v3").environment(event)}
    with pytest.raises(ConfigError) as error:
        comment("one", variables)
    assert "in the clear" in error.value.one_line()
    variables["GITHUB_API_URL"] = "https://ghe.example.org/api/v3"
    with pytest.raises(ConfigError) as error:  # the other address of the same platform carries the same token
        comment("one", variables)
    assert "in the clear" in error.value.one_line()


@pytest.mark.parametrize("name", ["", "a b", "-->", "a\nb", "é"])
def test_a_name_cannot_leave_the_mark(name: str, event: str) -> None:
    with pytest.raises(InputError):
        comment("one", {}, name=name)


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"pull_request": 3}', '{"pull_request": {"number": "3/../4"}}']
)
def test_an_odd_event(content: str, tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(content)
    with code_host("github") as host:
        try:
            assert comment("one", host.environment(str(file))) is None
        except ConfigError as error:
            assert str(file) in error.one_line()
        assert not host.calls
