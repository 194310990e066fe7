"""Webhooks: Slack's message format, and a JSON object for everything else.

Source: Slack documentation, "Sending messages using incoming webhooks" and "Formatting message text" (the three characters to
escape).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from weightguard.notify.message import Notice, as_object, lines, title
from weightguard.notify.post import check_address, post
from weightguard.report.text import visible

_SLACK_TEXT = 12_000  # characters; Slack cuts at 40,000


def quoted(text: str) -> str:
    """A hostile text in a chat message: a code span that cannot be closed from within."""
    shown = visible(text, 300).replace("`", "'").strip() or "-"
    return f"`{shown}`"


class SlackWebhook:
    """An incoming webhook."""

    def __init__(self, url: str, ca_bundle: Path | None) -> None:
        """
        Raises:
            ConfigError: the address is none that may be posted to.
        """
        self._url, self._ca_bundle = url, ca_bundle
        self.name = f"the chat webhook at {check_address(url, 'chat webhook')}"

    def tell(self, notice: Notice, pause: Callable[[float], None] | None) -> bool:
        """Posts the message; False where there is no news.

        Raises:
            WeightguardError: it was not taken.
        """
        if not notice.worth_telling:
            return False
        text = "\n".join([quoted(title(notice)), *lines(notice, quoted)])[:_SLACK_TEXT]
        for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            text = text.replace(character, entity)
        body = {"text": text, "unfurl_links": False, "unfurl_media": False, "link_names": False}
        _post(self._url, body, {}, self.name, self._ca_bundle, (), pause)
        return True


class JsonWebhook:
    """An address that takes a JSON object."""

    def __init__(self, url: str, headers: Mapping[str, str], ca_bundle: Path | None) -> None:
        """
        Args:
            headers: with their secret values.

        Raises:
            ConfigError: the address is none that may be posted to.
        """
        self._url, self._headers, self._ca_bundle = url, dict(headers), ca_bundle
        self.name = f"the webhook at {check_address(url, 'webhook')}"

    def tell(self, notice: Notice, pause: Callable[[float], None] | None) -> bool:
        """Posts the object; False where there is no news.

        Raises:
            WeightguardError: it was not taken.
        """
        if not notice.worth_telling:
            return False
        values = self._headers.values()
        secrets = (*values, *(value.split()[-1] for value in values))
        _post(self._url, as_object(notice), self._headers, self.name, self._ca_bundle, secrets, pause)
        return True


def _post(
    url: str,
    body: object,
    headers: Mapping[str, str],
    name: str,
    ca_bundle: Path | None,
    secrets: tuple[str, ...],
    pause: Callable[[float], None] | None,
) -> None:
    content = json.dumps(body, ensure_ascii=True).encode("ascii")
    post(url, content, headers, what=name, ca_bundle=ca_bundle, secrets=secrets, pause=pause)
