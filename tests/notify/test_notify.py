"""Who is told what, over real servers: chat, JSON, mail and metrics; only news; no secret anywhere but where it belongs."""

from __future__ import annotations

import json
import os
import ssl
import sys
from collections.abc import Sequence
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "report"))

import build
from prometheus_client.parser import text_string_to_metric_families
from servers import certificate, http_server, smtp_server

from weightguard.assess.model import Report
from weightguard.config import Config, NotifyConfig, Secret, load
from weightguard.errors import ConfigError
from weightguard.notify import NotifyError, prepare, send
from weightguard.notify.secret import read_secret

TOKEN = "T0000/B0000/verysecrettoken"
HOSTILE = "<!channel> @here `x` *b* <http://evil.example|click> \x1b[31m\u202e"


def config(**channels: Any) -> NotifyConfig:
    return Config.model_validate({"notify": channels}).notify


def later(report: Report, **changes: Any) -> Report:
    """The same estate a month on."""
    stamp = replace(report.snapshot, as_of="2026-02-28T12:00:00Z", collected_at="2026-02-28T12:00:00Z")
    return replace(report, snapshot=stamp, **changes)


def worse(report: Report) -> Report:
    """One result that passed fails now."""
    place = next(number for number, one in enumerate(report.results) if one.status == "pass")
    failing = replace(report.results[place], status="fail", message="it is open now")
    return later(report, results=(*report.results[:place], failing, *report.results[place + 1 :]))


def tell(
    settings: NotifyConfig, environment: dict[str, str], now: Report, before: Report | None = None
) -> Sequence[Any]:
    return send(prepare(settings, environment), now, before, pause=lambda seconds: None)


def slack(url: str, path: str = f"/services/{TOKEN}") -> tuple[NotifyConfig, dict[str, str]]:
    return config(slack=[{"webhook": {"env": "HOOK"}}]), {"HOOK": f"{url}{path}"}


def test_chat_gets_the_summary() -> None:
    with http_server() as server:
        assert tell(*slack(server.url), build.sample())[0].told
    path, headers, body = server.requests[0]
    assert path == f"/services/{TOKEN}"
    assert headers["Content-Type"] == "application/json"
    text = json.loads(body)["text"]
    assert "SL0 of SL3, score 42/100" in text
    assert "What exposes weights now" in text


def test_chat_gets_only_what_changed() -> None:
    before = build.sample()
    now = worse(before)
    with http_server() as server:
        tell(*slack(server.url), now, before)
    text = json.loads(server.requests[0][2])["text"]
    assert "Newly failing (1):" in text
    assert "it is open now" in text
    assert "What exposes weights now" not in text


def test_no_news_is_no_message_but_fresh_metrics(tmp_path: Path) -> None:
    before = build.sample()
    file = tmp_path / "textfile" / "weightguard.prom"
    with http_server() as server:
        settings = config(slack=[{"webhook": {"env": "HOOK"}}], prometheus=str(file))
        outcomes = tell(settings, {"HOOK": server.url}, later(before), before)
    assert [one.told for one in outcomes] == [False, True]
    assert server.requests == []
    families = {one.name: one for one in text_string_to_metric_families(file.read_text())}
    assert families["weightguard_evidence_timestamp_seconds"].samples[0].value == 1772280000
    assert families["weightguard_score"].samples[0].value == 42
    assert {path.name for path in file.parent.iterdir()} == {"weightguard.prom"}


def test_hostile_names_do_nothing_in_chat() -> None:
    with http_server() as server:
        tell(*slack(server.url), build.hostile(HOSTILE))
    text = json.loads(server.requests[0][2])["text"]
    assert "<" not in text and ">" not in text and "\x1b" not in text and "\u202e" not in text
    # Outside code spans, which start and end at backticks, there is no word of theirs.
    outside = "".join(text.split("`")[::2])
    assert "channel" not in outside and "@here" not in outside and "evil.example" not in outside


def test_a_machine_gets_an_object_and_the_header() -> None:
    before = build.sample()
    with http_server() as server:
        settings = config(
            webhooks=[{"url": f"{server.url}/in", "headers": {"Authorization": {"env": "AUTH"}}}]
        )
        tell(settings, {"AUTH": "Bearer abcdef"}, worse(before), before)
    path, headers, body = server.requests[0]
    assert path == "/in" and headers["Authorization"] == "Bearer abcdef"
    content = json.loads(body)
    assert content["event"] == "weightguard.changes" and content["worse"] is True
    assert content["failing"]["count"] == 1
    assert content["failing"]["results"][0]["message"] == "it is open now"
    assert content["level"] == {"before": "SL0", "now": "SL0"}


def test_a_large_report_is_a_small_object() -> None:
    with http_server() as server:
        tell(config(webhooks=[{"url": server.url}]), {}, build.large(20_000))
    content = json.loads(server.requests[0][2])
    assert content["failing"]["count"] > len(content["failing"]["results"]) == 500
    assert len(server.requests[0][2]) < 500_000


def test_a_busy_server_is_asked_again() -> None:
    waits: list[float] = []
    with http_server((429, {"Retry-After": "7"}, b""), (503, {}, b"")) as server:
        settings, environment = slack(server.url)
        send(prepare(settings, environment), build.sample(), pause=waits.append)
    assert len(server.requests) == 3
    assert waits[0] == 7


def test_a_refusal_is_final_and_gives_no_secret_away() -> None:
    answer = f"no_service for {TOKEN} at verysecrettoken".encode()
    with http_server((404, {}, answer)) as server, pytest.raises(NotifyError) as caught:
        tell(*slack(server.url), build.sample())
    assert len(server.requests) == 1
    assert "404" in str(caught.value) and "no_service" in str(caught.value)
    assert "verysecrettoken" not in str(caught.value) and TOKEN not in str(caught.value)
    assert caught.value.exit_status == 1


@pytest.mark.parametrize("end", ["/slack", "/", "?wait=true", ""])
def test_an_error_page_that_repeats_the_path_gives_no_address_away(end: str) -> None:
    path = f"/api/webhooks/112233445566/tok%2Den~secret{end}"
    answer = f"Cannot POST {path} ({path.replace('%2D', '-')})".encode()
    with http_server((404, {}, answer)) as server, pytest.raises(NotifyError) as caught:
        tell(*slack(server.url, path), build.sample())
    for piece in ("112233445566", "tok%2Den~secret", "tok-en~secret"):
        assert piece not in str(caught.value)


def test_a_redirect_is_not_followed() -> None:
    with (
        http_server() as elsewhere,
        http_server((307, {"Location": f"{elsewhere.url}/steal"}, b"")) as server,
    ):
        with pytest.raises(NotifyError, match="307"):
            tell(*slack(server.url), build.sample())
        assert elsewhere.requests == []


def test_everybody_is_tried_before_one_error_names_all_that_failed(tmp_path: Path) -> None:
    with http_server((500, {}, b""), (500, {}, b""), (500, {}, b"")) as broken, http_server() as working:
        settings = config(
            webhooks=[{"url": f"{broken.url}/a"}, {"url": f"{working.url}/b"}],
            prometheus=str(tmp_path / "a-file" / "x.prom"),
        )
        (tmp_path / "a-file").write_text("in the way")
        with pytest.raises(NotifyError) as caught:
            tell(settings, {}, build.sample())
    assert len(working.requests) == 1
    assert "500" in str(caught.value) and "x.prom" in str(caught.value)


def test_https_needs_a_certificate_that_holds(tmp_path: Path) -> None:
    ca, context = certificate(tmp_path)
    with http_server(context=context) as server:
        with pytest.raises(NotifyError, match="CERTIFICATE_VERIFY_FAILED"):
            tell(config(webhooks=[{"url": server.url}]), {}, build.sample())
        tell(config(webhooks=[{"url": server.url, "ca_bundle": str(ca)}]), {}, build.sample())
    assert len(server.requests) == 1


def mail(port: int, ca: Path, **more: Any) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": port, "sender": "wg@example.org", "recipients": ["ada@example.org"],
            "ca_bundle": str(ca), **more}  # fmt: skip


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_is_encrypted_and_logged_in(tmp_path: Path, security: str) -> None:
    ca, context = certificate(tmp_path)
    (tmp_path / "password").write_text("hunter2-secret\n")
    secret = {"username": "wg", "password": {"file": str(tmp_path / "password")}}
    with smtp_server(context, password="hunter2-secret", implicit=security == "tls") as mailbox:
        tell(config(email=[mail(mailbox.port, ca, security=security, **secret)]), {}, build.sample())
    assert mailbox.encrypted == [True]
    message = message_from_bytes(bytes(mailbox.mails[0].content), policy=policy.default)
    assert message["Subject"].startswith("weightguard: Example Laboratory: ")
    assert message["To"] == "ada@example.org"
    assert "Level SL0 of SL3" in message.get_content()
    assert "hunter2" not in bytes(mailbox.mails[0].content).decode()


def test_mail_is_not_sent_where_starttls_is_not_offered(tmp_path: Path) -> None:
    ca, _ = certificate(tmp_path)
    with smtp_server(None) as mailbox:
        with pytest.raises(NotifyError, match="STARTTLS"):
            tell(config(email=[mail(mailbox.port, ca)]), {}, build.sample())
        assert mailbox.mails == []


def test_a_wrong_password_is_not_repeated_in_the_error(tmp_path: Path) -> None:
    ca, context = certificate(tmp_path)
    with smtp_server(context, password="right") as mailbox, pytest.raises(NotifyError) as caught:
        settings = config(email=[mail(mailbox.port, ca, username="wg", password={"env": "PW"})])
        tell(settings, {"PW": "wrong-secret"}, build.sample())
    assert "wrong-secret" not in str(caught.value)


def test_a_hostile_name_adds_no_header(tmp_path: Path) -> None:
    ca, context = certificate(tmp_path)
    report = replace(
        build.hostile("x\r\nBcc: eve@example.org\r\n\r\nbody"), organisation="a\r\nBcc: eve@example.org"
    )
    with smtp_server(context) as mailbox:
        tell(config(email=[mail(mailbox.port, ca)]), {}, report)
    message = message_from_bytes(bytes(mailbox.mails[0].content), policy=policy.default)
    assert message["Bcc"] is None
    assert mailbox.mails[0].rcpt_tos == ["ada@example.org"]


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        ({}, "nobody is named"),
        ({"slack": [{"webhook": {"env": "NOT_SET"}}]}, "NOT_SET"),
        ({"slack": [{"webhook": {"file": "/no/such/file"}}]}, "/no/such/file"),
        ({"webhooks": [{"url": "http://hooks.example.org/x"}]}, "in the clear"),
        ({"webhooks": [{"url": "file:///etc/passwd"}]}, "no https address"),
        ({"webhooks": [{"url": "https:///nowhere"}]}, "no https address"),
        ({"webhooks": [{"url": "https://host:99999/"}]}, "no https address"),
        ({"slack": [{"webhook": {"env": "BREAK"}}]}, "line break"),
        ({"prometheus": "metrics.txt"}, ".prom"),
        ({"email": [{"host": "mail.example.org", "sender": "nobody", "recipients": ["a@example.org"]}]}, "no mail address"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_said_before_the_scan(channels: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        prepare(config(**channels), {"BREAK": "https://host/a\nb"})


@pytest.mark.parametrize(
    "channels",
    [
        {"slack": [{"webhook": "https://hooks.slack.com/services/T/B/x"}]},
        {"slack": [{"webhook": {}}]},
        {"slack": [{"webhook": {"env": "A", "file": "b"}}]},
        {"webhooks": [{}]},
        {"email": [{"host": "h", "sender": "a@b", "recipients": []}]},
        {"email": [{"host": "h", "sender": "a@b", "recipients": ["c@d"], "username": "u"}]},
        {"email": [{"host": "h", "sender": "a@b", "recipients": ["c@d"], "security": "none", "username": "u",
                    "password": {"env": "P"}}]},
    ],
)  # fmt: skip
def test_a_secret_stands_in_no_configuration(tmp_path: Path, channels: dict[str, Any]) -> None:
    (tmp_path / "weightguard.yaml").write_text(json.dumps({"notify": channels}))
    with pytest.raises(ConfigError, match=r"weightguard\.yaml"):
        load(tmp_path / "weightguard.yaml")


def test_files_are_looked_for_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text("https://hooks.example.org/x\n")
    (tmp_path / "weightguard.yaml").write_text(
        "notify:\n  slack:\n  - webhook: {file: hook}\n  prometheus: metrics/weightguard.prom\n"
    )
    settings = load(tmp_path / "weightguard.yaml").notify
    assert settings.prometheus == tmp_path / "metrics" / "weightguard.prom"
    assert prepare(settings, {})[0].name == "the chat webhook at hooks.example.org"


def test_no_certificate_is_trusted_by_the_tests_own_context() -> None:
    """The tests above would prove nothing where verification is off."""
    assert ssl.create_default_context().verify_mode == ssl.CERT_REQUIRED


def test_a_secret_that_is_a_pipe_does_not_stop_the_run(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "secret")
    with pytest.raises(ConfigError, match="no plain file"):
        read_secret(Secret(file=tmp_path / "secret"), {})
