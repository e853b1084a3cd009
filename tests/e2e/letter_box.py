"""A real SMTP server on this machine, which keeps the mails it is given."""

import email
import re
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.e2e.waiting import eventually

from livehouse.main.free_ports import free_port


class LetterBox:
    """Open within its block; `flags` make a node send its mail here."""

    def __init__(self) -> None:
        self._letters: list[tuple[list[str], EmailMessage]] = []
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port("127.0.0.1"))

    @property
    def flags(self) -> tuple[str, str]:
        return (f"--smtp-url=smtp://127.0.0.1:{self._controller.port}", "--mail-from=live@example.org")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        parsed = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        self._letters.append((envelope.rcpt_tos, parsed))
        return "250 taken"

    def link_to(self, address: str, path: str) -> str:
        """Waits for a mail to this address with a link to this page."""

        def look() -> str | None:
            for recipients, letter in list(self._letters):
                body = letter.get_body(("plain",))
                if address not in recipients or body is None:
                    continue
                found = re.search(rf"https?://\S+{path}#token=\S+", body.get_content())
                if found:
                    return found.group()
            return None

        return eventually(look, within_s=60)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()
