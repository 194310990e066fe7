"""The declarations themselves: every method is a read, is written as Google describes it, and says what its refusal hides."""

from __future__ import annotations

import re

import pytest

from weightguard.assess.gcp.grants import permission
from weightguard.collect.calls.operation import Operation
from weightguard.collect.gcp.method import Method
from weightguard.collect.gcp.permissions import granted, methods, permissions, terraform
from weightguard.demo.gcp.described import described
from weightguard.estate.gcp.reader import FEEDS
from weightguard.policy.gcp.roles import predefined, predefined_names

ALL = methods()
GROUPS = "groups.read"


@pytest.mark.parametrize("method", ALL, ids=lambda method: f"{method.id} {dict(method.query)}")
def test_a_method_is_written_as_google_describes_it(method: Method) -> None:
    (known,) = [one for one in described() if one.id == method.id]
    words = dict.fromkeys(re.findall(r"{\+?(\w+)}", method.path), "x")
    filled = {name: _like(known.parameters[name].get("pattern")) for name in words}
    path, query = method.url(filled)
    assert method.verb == known.verb
    assert known.path.fullmatch(f"/{path}")
    assert query.keys() <= known.parameters.keys() | known.common
    answer = known.schemas[known.response]["properties"]
    if known.id != "storage.objects.get":
        assert {*method.operation.required, *method.operation.entries} <= answer.keys()
        assert method.operation.paged == ("nextPageToken" in answer)
        assert not method.operation.paged or known.entries == method.operation.entries[0]


def _like(pattern: str | None) -> str:
    """A name that a pattern of a discovery document takes."""
    return "x" if pattern is None else pattern.strip("^$").replace("[^/]+", "x")


def test_nothing_that_changes_anything_can_be_declared() -> None:
    operation = Operation("storage", "DeleteBucket", ("storage.buckets.delete",), "nothing at all")
    for verb, path in (
        ("DELETE", "storage/v1/b/{bucket}"),
        ("POST", "storage/v1/b"),
        ("POST", "v3/{+resource}:setIamPolicy"),
    ):
        with pytest.raises(ValueError, match="is no read"):
            Method("storage.buckets.delete", operation, path, verb=verb)  # type: ignore[arg-type]
    assert {method.verb for method in ALL} == {"GET", "POST"}
    assert all(method.path.endswith(":getIamPolicy") for method in ALL if method.verb == "POST")
    assert all(re.match(r"(Get|List|Lookup)[A-Z]", method.operation.name) for method in ALL)


@pytest.mark.parametrize(
    "operation", sorted({one.operation for one in ALL}, key=lambda one: (one.id, one.permissions))
)
def test_a_refusal_can_be_explained_and_allowed(operation: Operation) -> None:
    assert len(operation.hides) > 10
    assert set(operation.permissions) <= set(permission(operation.service, operation.name).split(", "))
    assert operation.id in FEEDS, "the reader says what is missing where this is refused"


def test_the_role_allows_what_is_declared_and_no_more() -> None:
    needed = {one for method in ALL for one in method.operation.permissions} - {GROUPS}
    assert set(permissions()["includedPermissions"]) == needed == set(granted())
    reading = re.compile(r"\.(get|list)[A-Za-z]*$")
    assert all(reading.search(one) for one in needed)
    known = {
        one for name in predefined_names() if (role := predefined(name)) for one in role.permissions or ()
    }
    assert needed <= known, "permissions that Google's own roles have"
    assert all(f'"{one}"' in terraform() for one in needed)
