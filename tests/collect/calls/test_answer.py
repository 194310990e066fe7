"""Outcomes of calls: "not configured" is said by declared codes alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightguard.collect.aws.codes import CODES
from weightguard.collect.calls.answer import Answer, plain, skipped

ABSENT = frozenset({"NoSuchBucketPolicy"})


@pytest.mark.parametrize(
    ("code", "status", "outcome"),
    [
        ("NoSuchBucketPolicy", 404, "absent"),
        ("NoSuchBucketPolicy", 500, "failed"),
        ("404", 404, "failed"),
        ("NoSuchBucket", 404, "failed"),
        ("AccessDenied", 403, "denied"),
        ("AccessDeniedException", 400, "denied"),
        ("UnauthorizedOperation", 403, "denied"),
        ("AllAccessDisabled", 403, "denied"),
        ("403", 403, "denied"),
        ("Forbidden", 403, "denied"),
        ("SomethingNew", 403, "denied"),
        ("SomethingNew", 401, "denied"),
        ("InvalidObjectState", 403, "failed"),
        ("SlowDown", 503, "throttled"),
        ("Throttling", 400, "throttled"),
        ("RequestLimitExceeded", 503, "throttled"),
        ("SomethingNew", 429, "throttled"),
        ("InternalError", 500, "failed"),
        ("503", 503, "failed"),
    ],
)
def test_outcome(code: str, status: int, outcome: str) -> None:
    assert CODES.outcome(code, status, ABSENT) == outcome


@settings(max_examples=200, deadline=None)
@given(code=st.text(max_size=30), status=st.one_of(st.none(), st.integers(100, 599)))
def test_only_a_declared_code_says_not_configured(code: str, status: int | None) -> None:
    assert CODES.outcome(code, status, frozenset()) != "absent"
    assert CODES.outcome(code, status, ABSENT) != "absent" or code in ABSENT


@pytest.mark.parametrize("code", sorted(CODES.denied | CODES.throttled))
def test_a_refusal_is_never_not_configured(code: str) -> None:
    assert CODES.outcome(code, 400, frozenset({code})) != "absent"


def test_a_broken_answer_keeps_none_of_its_data() -> None:
    assert Answer("failed", {"Policy": "half"}, "Malformed").as_read() == {
        "outcome": "failed",
        "code": "Malformed",
    }


def test_a_skipped_read_says_why() -> None:
    assert skipped("it holds no weights").as_read() == {"outcome": "skipped", "why": "it holds no weights"}


def test_messages_are_one_short_line() -> None:
    assert plain("a\x1b[31mred\r\nb") == "a [31mred  b"
    assert len(plain("x" * 10_000)) == 300
