"""Mail by SMTP, with aiosmtplib."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from urllib.parse import unquote, urlsplit

import aiosmtplib

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Unavailable
from livehouse.accounts.application.ports import Letter, MailRefused
from livehouse.accounts.domain.mail_address import MailAddress

_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """uses_tls: from the first byte (RFC 8314 section 3.3); without, STARTTLS where the server offers it, and
    nothing without it where it is sent a password.
    """

    host: str
    port: int
    uses_tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> SmtpServer:
        """`smtp://[user:password@]host[:587]` or `smtps://…[:465]`. Raises `ValueError`."""
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("it must look like smtp://user:password@mail.example.org:587")
        uses_tls = parts.scheme == "smtps"
        return cls(
            parts.hostname,
            parts.port or (465 if uses_tls else 587),
            uses_tls,
            None if parts.username is None else unquote(parts.username),
            None if parts.password is None else unquote(parts.password),
        )

    @property
    def requires_tls(self) -> bool:
        """Where a password is sent, but to this very machine. STARTTLS alone is an offer, which somebody on
        the line may take away (RFC 8314 section 4.1).
        """
        return self.username is not None and not _is_this_machine(self.host)

    def connection(self) -> aiosmtplib.SMTP:
        """To be entered: connected then, and over TLS where it has to be; nobody has signed in yet."""
        return aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=self.uses_tls,
            start_tls=True if self.requires_tls and not self.uses_tls else None,
            timeout=_TIMEOUT_S,
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class SmtpMailer:
    """A connection a letter: they are few, and a server that restarts is no special case."""

    def __init__(self, server: SmtpServer, sender: MailAddress, site_name: str, clock: Clock) -> None:
        self._server = server
        self._sender = sender
        self._site_name = site_name
        self._clock = clock

    async def send(self, letter: Letter) -> None:
        server = self._server
        try:
            async with server.connection() as connection:
                if server.username is not None:
                    await connection.login(server.username, server.password or "")
                await connection.send_message(
                    self.message(letter), sender=self._sender.value, recipients=[letter.recipient.value]
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            refusals = [refused.code for refused in error.recipients]
            raise self._outcome(min(refusals, default=550), str(error)) from error
        except aiosmtplib.SMTPResponseException as error:
            raise self._outcome(error.code, error.message) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unavailable("mail-away", f"The mail server takes nothing: {error}") from error

    def message(self, letter: Letter) -> EmailMessage:
        """Header fields are set through the library, which refuses line ends in them."""
        message = EmailMessage(policy=SMTP)
        message["From"] = f'"{self._site_name}" <{self._sender}>'
        message["To"] = letter.recipient.value
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = make_msgid(domain=self._sender.value.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5: no out-of-office answers
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        return message

    @staticmethod
    def _outcome(code: int, message: str) -> Exception:
        """RFC 5321 section 4.2.1: 4yz may do better later, 5yz will not. A wrong password is ours to mend."""
        if code < 500 or code in {530, 534, 535}:
            return Unavailable("mail-away", f"The mail server said {code}: {message[:200]}")
        return MailRefused(f"The mail server said {code}: {message[:200]}")
