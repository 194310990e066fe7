"""Email over SMTP, encrypted from the first byte (RFC 8314) or by STARTTLS (RFC 3207), which must succeed."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from weightguard.config import EmailChannel
from weightguard.errors import ConfigError, WeightguardError
from weightguard.notify.message import Notice, lines, plain, title
from weightguard.notify.secret import without
from weightguard.report.text import visible

_SECONDS = 30.0


class Email:
    """A mail server and whom it writes to."""

    def __init__(self, config: EmailChannel, password: str | None) -> None:
        """
        Raises:
            ConfigError: a sender or recipient is no address.
        """
        for address in (config.sender, *config.recipients):
            if not address.isprintable() or "@" not in address:
                raise ConfigError(f"{address!r} is no mail address", where="notify: email")
        self._config, self._password = config, password
        self.name = f"mail by {config.host}"

    def tell(self, notice: Notice, pause: Callable[[float], None] | None) -> bool:
        """Sends the mail; False where there is no news.

        Raises:
            WeightguardError: the server did not take it.
        """
        if not notice.worth_telling:
            return False
        try:
            with self._connect() as server:
                if self._config.username and self._password:
                    server.login(self._config.username, self._password)
                server.send_message(self._message(notice))
        except (OSError, smtplib.SMTPException, MessageError, ValueError) as error:
            said = without(f"{type(error).__name__}: {error}", (self._password or "",))
            raise WeightguardError(f"{self.name} was not sent", where=visible(said, 300)) from error
        return True

    def _connect(self) -> smtplib.SMTP:
        config = self._config
        if config.security == "tls":
            return smtplib.SMTP_SSL(config.host, config.port, timeout=_SECONDS, context=self._trust())
        server = smtplib.SMTP(config.host, config.port, timeout=_SECONDS)
        if config.security == "starttls":
            try:
                server.starttls(context=self._trust())
            except BaseException:
                server.close()
                raise
        return server

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._config.ca_bundle is not None:
            context.load_verify_locations(self._config.ca_bundle)
        return context

    def _message(self, notice: Notice) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = title(notice)
        message["From"] = self._config.sender
        message["To"] = ", ".join(self._config.recipients)
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain="weightguard.invalid")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content("\n".join(lines(notice, plain)) + "\n")
        return message
