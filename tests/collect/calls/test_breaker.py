"""When asking stops, and when it starts again."""

from __future__ import annotations

from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.breaker import IN_A_ROW, PAUSE_SECONDS, Breaker

KEY = ("iam", None, "ListAccessKeys")
THROTTLED = Answer("throttled", code="Throttling")


def test_asking_stops_after_a_few_and_is_tried_again_later() -> None:
    now = [0.0]
    breaker = Breaker(clock=lambda: now[0])
    for _ in range(IN_A_ROW):
        assert breaker.refuses(KEY) is None
        breaker.note(KEY, THROTTLED)
    refused = breaker.refuses(KEY)
    assert refused is not None
    assert (refused.outcome, refused.code) == ("throttled", "Throttling")
    assert breaker.refuses(("iam", None, "ListSAMLProviders")) is None
    now[0] = PAUSE_SECONDS
    assert breaker.refuses(KEY) is None
    breaker.note(KEY, Answer("ok"))
    assert breaker.refuses(KEY) is None


def test_refusals_and_missing_things_do_not_count() -> None:
    breaker = Breaker()
    for answer in (
        Answer("denied", code="AccessDenied"),
        Answer("absent"),
        Answer("failed", code="Malformed"),
    ) * IN_A_ROW:
        breaker.note(KEY, answer)
    assert breaker.refuses(KEY) is None


def test_an_endpoint_that_does_not_answer_counts() -> None:
    breaker = Breaker(frozenset({"ReadTimeoutError"}))
    for _ in range(IN_A_ROW):
        breaker.note(KEY, Answer("failed", code="ReadTimeoutError"))
    assert breaker.refuses(KEY) is not None
    others = Breaker(frozenset({"ServiceRequestError"}))
    for _ in range(IN_A_ROW):
        others.note(KEY, Answer("failed", code="ReadTimeoutError"))
    assert others.refuses(KEY) is None
