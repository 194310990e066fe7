"""Telling people and machines about a report: Slack-compatible webhooks, JSON webhooks, email, a Prometheus textfile.

The one room besides `collect` that touches a network, and the only one that writes to it: a summary of the report, to
addresses that the configuration names. `prepare` reads the secrets before a long scan, so that a missing one is said at its
beginning; `send` tries every channel and raises one error for all that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from weightguard.assess.model import Report
from weightguard.config import NotifyConfig
from weightguard.errors import ConfigError, WeightguardError
from weightguard.notify.mail import Email
from weightguard.notify.message import Notice
from weightguard.notify.secret import read_secret
from weightguard.notify.textfile import Textfile
from weightguard.notify.webhook import JsonWebhook, SlackWebhook
from weightguard.report.changes import compare

__all__ = ["NotifyError", "Outcome", "prepare", "send"]

Channel = SlackWebhook | JsonWebhook | Email | Textfile


class NotifyError(WeightguardError):
    """Somebody was not told; the report itself is written."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one channel: who it tells, and whether it did or why it had nothing to say."""

    channel: str
    told: bool


def prepare(config: NotifyConfig, environment: Mapping[str, str]) -> tuple[Channel, ...]:
    """The channels of a configuration, their secrets read.

    Args:
        environment: the environment variables.

    Raises:
        ConfigError: no channel is configured, a secret is missing, or an address would carry one in the clear.
    """
    channels: list[Channel] = [
        SlackWebhook(read_secret(one.webhook, environment), one.ca_bundle) for one in config.slack
    ]
    for hook in config.webhooks:
        url = hook.url if hook.url_secret is None else read_secret(hook.url_secret, environment)
        headers = {name: read_secret(secret, environment) for name, secret in hook.headers.items()}
        channels.append(JsonWebhook(str(url), headers, hook.ca_bundle))
    for mail in config.email:
        password = read_secret(mail.password, environment) if mail.password else None
        channels.append(Email(mail, password))
    if config.prometheus is not None:
        channels.append(Textfile(config.prometheus))
    if not channels:
        raise ConfigError("nobody is named to tell", fix="write notify: in weightguard.yaml")
    return tuple(channels)


def send(
    channels: Sequence[Channel],
    report: Report,
    previous: Report | None = None,
    *,
    pause: Callable[[float], None] | None = None,
) -> tuple[Outcome, ...]:
    """Tells every channel; people only of what changed, where an earlier report is given.

    Args:
        previous: the report to compare with; None: the whole summary is told.
        pause: waits so many seconds between attempts; None: `time.sleep`.

    Raises:
        NotifyError: a channel failed, after all were tried.
    """
    notice = Notice(report, compare(previous, report) if previous else None)
    outcomes, failures = [], []
    for channel in channels:
        try:
            outcomes.append(Outcome(channel.name, channel.tell(notice, pause)))
        except WeightguardError as error:
            failures.append(error.one_line())
    if failures:
        raise NotifyError(
            "the report is written, but not everybody was told",
            where="; ".join(failures),
            fix="put the channel right and send again with the same command, or read the report",
        )
    return tuple(outcomes)
