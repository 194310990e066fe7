"""What the caller makes of answers that are cut short, made up, or no answers at all: never "ok", never "not configured"."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from scripted import Reply, Script, caller, server

from weightguard.collect.aws.services import cloudtrail, iam, kms, s3, s3control
from weightguard.collect.calls.calls import Undeclared
from weightguard.collect.calls.operation import Operation
from weightguard.errors import CredentialsError

PAGE = b"<!DOCTYPE html><html><head><title>404 Not Found</title></head><body>no such page</body></html>"
BUCKET = {"Bucket": "models"}
READS: dict[str, tuple[Operation, dict[str, str]]] = {
    "policy": (s3.GET_POLICY, BUCKET),
    "versioning": (s3.GET_VERSIONING, BUCKET),
    "logging": (s3.GET_LOGGING, BUCKET),
    "block": (s3.GET_PUBLIC_ACCESS_BLOCK, BUCKET),
    "listing": (s3.LIST_OBJECTS, BUCKET),
    "account block": (s3control.GET_PUBLIC_ACCESS_BLOCK, {"AccountId": "123456789012"}),
    "key": (kms.DESCRIBE_KEY, {"KeyId": "k"}),
    "keys": (kms.LIST_KEYS, {}),
    "key policy": (kms.GET_KEY_POLICY, {"KeyId": "k", "PolicyName": "default"}),
    "trails": (cloudtrail.DESCRIBE_TRAILS, {}),
    "password policy": (iam.GET_PASSWORD_POLICY, {}),
    "details": (iam.GET_DETAILS, {}),
}
BAD_ANSWERS = {
    "a page, status 404": Reply(404, PAGE, {"Content-Type": "text/html"}),
    "a page, status 200": Reply(200, PAGE, {"Content-Type": "text/html"}),
    "a page that is XML": Reply(200, b"<html><body><p>sign in</p></body></html>"),
    "nothing": Reply(200, b""),
    "JSON cut short": Reply(200, b'{"Policy": "{}", "Keys": [{"KeyId": "a"'),
    "JSON of another kind": Reply(200, b"[]"),
    "XML cut short": Reply(200, b"<ListBucketResult><Name>models</Name><IsTruncated>fal"),
    "text": Reply(200, b"OK"),
    "a promise not kept": Reply(200, b"{", length=500),
    "an error without words": Reply(500, b""),
    "a gateway's error": Reply(502, PAGE, {"Content-Type": "text/html"}),
    "bytes": Reply(200, bytes(range(256))),
}


@pytest.mark.parametrize("read", sorted(READS))
def test_a_bad_answer_is_a_failed_read(read: str) -> None:
    operation, parameters = READS[read]
    current: list[Reply] = []
    with server(lambda _: current[0]) as url:
        asking, calls = caller(url)
        for name, reply in BAD_ANSWERS.items():
            current[:] = [reply]
            found = asking.ask(operation, **parameters)
            assert found.outcome == "failed", name
            assert "data" not in found.as_read(), name
    assert [call.outcome for call in calls] == ["failed"] * len(BAD_ANSWERS)
    assert all(call.code for call in calls)


def test_a_refusal_without_words_is_a_refusal() -> None:
    with server(lambda _: Reply(403, b"")) as url:
        asking, _ = caller(url)
        assert asking.ask(s3.GET_POLICY, **BUCKET).outcome == "denied"
        assert asking.ask(kms.DESCRIBE_KEY, KeyId="k").outcome == "denied"
        assert asking.ask(iam.GET_PASSWORD_POLICY).outcome == "denied"


def test_a_policy_cut_short_is_no_policy() -> None:
    with server(lambda _: Reply(200, b'{"Version": "2012-10-17", "Statement": [{"Eff')) as url:
        found = caller(url)[0].ask(s3.GET_POLICY, **BUCKET)
    assert (found.outcome, found.code) == ("failed", "Malformed")


def test_a_broken_answer_is_asked_for_once_more() -> None:
    replies = iter(
        [Reply(200, b'{"KeyMeta'), Reply(200, json.dumps({"KeyMetadata": {"KeyId": "k"}}).encode())]
    )
    with server(lambda _: next(replies)) as url:
        asking, calls = caller(url)
        assert asking.ask(kms.DESCRIBE_KEY, KeyId="k").ok
    assert [(call.outcome, call.attempts) for call in calls] == [("ok", 2)]


def test_a_silent_endpoint_is_a_failed_read() -> None:
    with server(lambda _: Reply()) as url:
        pass
    found = caller(url)[0].ask(kms.DESCRIBE_KEY, KeyId="k")
    assert (found.outcome, found.code) == ("failed", "EndpointConnectionError")


def test_expired_credentials_stop_everything() -> None:
    body = json.dumps(
        {
            "__type": "ExpiredTokenException",
            "message": "The security token included in the request is expired",
        }
    )
    with server(lambda _: Reply(400, body.encode())) as url, pytest.raises(CredentialsError, match="expired"):
        caller(url)[0].ask(kms.DESCRIBE_KEY, KeyId="k")


UNRECOGNISED = Reply(400, json.dumps({"__type": "UnrecognizedClientException", "message": "no"}).encode())
NOBODY = Reply(
    403,
    b"<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>no</Message></Error></ErrorResponse>",
)
SOMEBODY = Reply(
    200,
    b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    b"<Arn>arn:aws:iam::123456789012:user/a</Arn><UserId>A</UserId><Account>123456789012</Account>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>",
)


def test_a_key_that_is_accepted_nowhere_any_more_stops_everything() -> None:
    replies = iter([UNRECOGNISED, NOBODY])
    with server(lambda _: next(replies)) as url:
        asking, calls = caller(url)
        with pytest.raises(CredentialsError, match="any more"):
            asking.ask(kms.DESCRIBE_KEY, KeyId="k")
    assert [(call.operation, call.outcome) for call in calls] == [("GetCallerIdentity", "denied")]


def test_a_region_that_does_not_know_the_key_is_refused_there_alone() -> None:
    replies = iter([UNRECOGNISED, SOMEBODY])
    with server(lambda _: next(replies)) as url:
        asking, calls = caller(url)
        assert asking.ask(kms.DESCRIBE_KEY, KeyId="k").outcome == "denied"
    assert [call.operation for call in calls] == ["DescribeKey"]


def test_a_wrong_clock_stops_everything() -> None:
    skewed = Reply(403, b"<Error><Code>RequestTimeTooSkewed</Code><Message>no</Message></Error>")
    with server(lambda _: skewed) as url, pytest.raises(CredentialsError, match="clock"):
        caller(url)[0].ask(s3.GET_POLICY, **BUCKET)


def test_an_undeclared_operation_cannot_be_called() -> None:
    with server(lambda _: Reply()) as url, pytest.raises(Undeclared):
        caller(url)[0].ask(replace(kms.DESCRIBE_KEY, name="ScheduleKeyDeletion"), KeyId="k")


def test_a_name_that_the_sdk_refuses_is_a_failed_read() -> None:
    with server(lambda _: Reply()) as url:
        found = caller(url)[0].ask(s3.GET_POLICY, Bucket="../../etc/passwd")
    assert (found.outcome, found.code) == ("failed", "ParamValidationError")


def test_entries_without_a_name_make_a_listing_incomplete() -> None:
    body = {
        "Keys": [{"KeyId": "a", "KeyArn": "arn:aws:kms:::key/a"}, {"KeyId": "b"}, None],
        "Truncated": False,
    }
    with server(lambda _: Reply(200, json.dumps(body).encode())) as url:
        asking, calls = caller(url)
        assert [entry["KeyId"] for entry in asking.list(kms.LIST_KEYS)] == ["a"]
    assert [call.outcome for call in calls] == ["failed"]


def _pages(*pages: dict[str, object]) -> Script:
    replies = iter(pages)
    last = pages[-1]
    return lambda _: Reply(200, json.dumps(next(replies, last)).encode())


def _key(name: str) -> dict[str, str]:
    return {"KeyId": name, "KeyArn": f"arn:aws:kms:us-east-1:123456789012:key/{name}"}


def test_every_page_is_read_and_counted() -> None:
    script = _pages(
        {"Keys": [_key("a")], "Truncated": True, "NextMarker": "1"},
        {"Keys": [_key("b")], "Truncated": True, "NextMarker": "2"},
        {"Keys": [_key("c")], "Truncated": False},
    )
    with server(script) as url:
        asking, calls = caller(url)
        assert [entry["KeyId"] for entry in asking.list(kms.LIST_KEYS)] == ["a", "b", "c"]
    assert [call.outcome for call in calls] == ["ok"] * 3


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (_pages({"Keys": [_key("a")], "Truncated": True, "NextMarker": "1"}), "PagingLoop"),
        (_pages({"Keys": [_key("a")], "Truncated": True}), "PagingWithoutToken"),
    ],
)
def test_a_lying_listing_keeps_what_it_gave_and_is_not_complete(script: Script, code: str) -> None:
    with server(script) as url:
        asking, calls = caller(url)
        answer = asking.ask(kms.LIST_KEYS)
    assert (answer.outcome, answer.code) == ("failed", code)
    assert answer.data["Keys"]
    assert calls[-1].outcome == "failed"


def test_a_listing_that_breaks_off_is_not_complete() -> None:
    replies = iter(
        [
            Reply(200, json.dumps({"Keys": [_key("a")], "Truncated": True, "NextMarker": "1"}).encode()),
            Reply(500),
        ]
    )
    with server(lambda _: next(replies)) as url:
        asking, calls = caller(url)
        answer = asking.ask(kms.LIST_KEYS)
    assert answer.outcome == "failed"
    assert [entry["KeyId"] for entry in answer.data["Keys"]] == ["a"]
    assert [call.outcome for call in calls] == ["ok", "failed"]


@pytest.mark.slow
def test_an_operation_that_is_always_throttled_is_given_up_and_others_are_not() -> None:
    seen: list[str] = []

    def script(path: str) -> Reply:
        seen.append(path)
        if "policy" in path:
            return Reply(
                503,
                b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>",
            )
        return Reply(200, b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")

    with server(script) as url:
        asking, calls = caller(url)
        found = [asking.ask(s3.GET_POLICY, **BUCKET) for _ in range(10)]
        assert asking.ask(s3.GET_VERSIONING, **BUCKET).ok
    assert {answer.outcome for answer in found} == {"throttled"}
    assert sum("policy" in path for path in seen) == 3
    assert [call.attempts for call in calls] == [1] * 3 + [0] * 7 + [1]
