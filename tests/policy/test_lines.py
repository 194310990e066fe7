"""Lines that end in the same policies are parsed once, and say what they would say on their own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightguard.errors import InputError
from weightguard.policy.lines import Lines, written

POLICIES = {"groups": {"group:g@example.com": ["user:a@example.com"]}, "roles": None}
KEYS = st.sampled_from(["id", "provider", "assume", "policies", 'odd "policies": key', "request"])
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(
        ['"policies"', '"policies":null}', "\\", {"policies": {}}, [{"policies": 1}], POLICIES, "é\x7f"]
    ),
)


def whole(line: bytes) -> Any:
    """What a line says to a reader that saw no other."""
    try:
        return Lines().entry(line)
    except InputError as error:
        return error.one_line()


def read(lines: Lines, line: bytes) -> Any:
    try:
        return lines.entry(line)
    except InputError as error:
        return error.one_line()


@given(st.lists(st.lists(st.tuples(KEYS, VALUES), max_size=5), max_size=8), st.booleans())
def test_what_a_line_says_does_not_hang_on_the_lines_before(
    rows: list[list[tuple[str, Any]]], ascii: bool
) -> None:
    lines = Lines()
    for row in rows:
        inside = ", ".join(
            f"{json.dumps(key, ensure_ascii=ascii)}: {json.dumps(value, ensure_ascii=ascii)}"
            for key, value in row
        )
        line = f"{{{inside}}}".encode()
        assert read(lines, line) == whole(line)


@given(
    st.integers(0, 60),
    st.sampled_from([b"", b"{", b"}", b'"', b"\\", b",", b'"id":1,', b"[", b"\xff", b'{"id":']),
)
def test_a_beginning_that_is_broken_is_refused_though_its_ending_is_known(cut: int, odd: bytes) -> None:
    good = json.dumps({"id": 1, "provider": "gcp", "policies": POLICIES, "assume": "unknown"}).encode()
    lines = Lines()
    lines.entry(good)
    for line in (good[:cut] + odd + good[cut:], odd + good[cut:], good[:cut] + odd):
        assert read(lines, line) == whole(line)


def test_policies_of_lines_that_end_alike_are_the_same_object() -> None:
    lines = Lines()
    first, second = (lines.entry(json.dumps({"id": one, "policies": POLICIES}).encode()) for one in (1, 2))
    assert first["policies"] is second["policies"] and (first["id"], second["id"]) == (1, 2)
    assert lines.written(first["policies"]) is lines.written(second["policies"])
    assert lines.written(first["policies"]) == written(POLICIES)


@pytest.mark.parametrize(
    "second", [b'{"id": 2, "assume": 1, "policies": {}, "assume": 2}', b'{"policies": 1, "policies": {}}']
)
def test_a_key_is_not_given_twice_over_the_two_parts_of_a_line(second: bytes) -> None:
    lines = Lines()
    lines.entry(b'{"id": 1, "policies": {}, "assume": 2}')
    lines.entry(b'{"id": 1, "policies": {}}')
    with pytest.raises(InputError, match="twice"):
        lines.entry(second)


def test_endings_are_forgotten_when_they_take_too_much() -> None:
    lines = Lines(most=200)
    for number in range(50):
        line = json.dumps({"id": number, "policies": {"roles": {f"r{number}": ["x" * 40]}}}).encode()
        for _ in range(2):
            assert lines.entry(line)["policies"]["roles"] == {f"r{number}": ["x" * 40]}
        assert (
            lines._held <= 200 and len(lines._endings) <= 4 and len(lines._by_policies) <= len(lines._endings)
        )
