"""Mails on their way: a real PostgreSQL queue, the worker's duty, SMTP to a real server on this machine."""

from __future__ import annotations

import asyncio
import email
import re
import socket
import ssl
from collections.abc import AsyncIterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from tests.certificate import self_signed

from cpc.kernel.clock import FakeClock, SystemClock
from cpc.kernel.errors import Unavailable
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from livehouse.accounts.adapters.smtp_mailer import SmtpMailer, SmtpServer
from livehouse.accounts.application.ports import Letter, MailRefused
from livehouse.accounts.domain.mail_address import MailAddress
from livehouse.accounts.testing import FakePasswordHasher
from livehouse.main.doctor import outside
from livehouse.main.free_ports import free_port
from livehouse.main.settings import ResolvedSettings, Settings
from livehouse.main.wiring.accounts import build_accounts, build_accounts_duties
from livehouse.main.wiring.persistence import build_engine

SENDER = MailAddress("live@example.org")
LETTER = Letter(MailAddress("ada@example.org"), "Grüße", "Hello\n.\nAda, ä\n", "<p>Hello</p>\n")


class LetterBox:
    """What the server does with what it is given. answer: to the end of each message."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.answer = "250 taken"
        self.arrived = asyncio.Event()

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            parsed = email.message_from_bytes(envelope.content, policy=default)
            assert isinstance(parsed, EmailMessage)
            self.messages.append(parsed)
            self.recipients.append(envelope.rcpt_tos)
            self.arrived.set()
        return self.answer

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"se cret")


@pytest.fixture
def box() -> LetterBox:
    return LetterBox()


@pytest.fixture
async def smtp_port(box: LetterBox) -> AsyncIterator[int]:
    async with serving(box) as port:
        yield port


class serving:  # noqa: N801  # reads as the verb it is
    def __init__(
        self,
        box: LetterBox,
        *,
        port: int = 0,
        context: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
    ) -> None:
        self._box = box
        self._starttls = starttls
        self._port = port
        self._context = context

    async def __aenter__(self) -> int:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(
                self._box,
                loop=loop,
                authenticator=self._box.authenticate,
                auth_require_tls=False,
                tls_context=self._starttls,
                enable_SMTPUTF8=True,
            ),
            "127.0.0.1",
            self._port,
            ssl=self._context,
        )
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aexit__(self, *_: object) -> None:
        self._server.close()


def mailer(port: int, url: str = "smtp://127.0.0.1:{port}") -> SmtpMailer:
    return SmtpMailer(SmtpServer.parse(url.format(port=port)), SENDER, "Livehouse", FakeClock())


async def test_a_letter_arrives_as_it_was_written(box: LetterBox, smtp_port: int) -> None:
    await mailer(smtp_port).send(LETTER)
    (message,) = box.messages
    assert box.recipients == [["ada@example.org"]]
    assert (message["From"], message["To"], message["Subject"]) == (
        "Livehouse <live@example.org>",
        "ada@example.org",
        "Grüße",
    )
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Thu, 01 Jan 2026 00:00:00 +0000"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert lines(text) == LETTER.text.splitlines(), "a line with a dot alone does not end it"
    assert lines(html) == LETTER.html.splitlines()


def lines(part: EmailMessage) -> list[str]:
    """Their ends are CR LF on the way."""
    return str(part.get_content()).splitlines()


async def test_we_say_who_we_are(box: LetterBox, smtp_port: int) -> None:
    await mailer(smtp_port, "smtp://live%40example.org:se%20cret@127.0.0.1:{port}").send(LETTER)
    assert box.logins == [(b"live@example.org", b"se cret")]
    with pytest.raises(Unavailable):  # ours to mend: the mail waits
        await mailer(smtp_port, "smtp://live:wrong@127.0.0.1:{port}").send(LETTER)


async def test_a_server_that_is_busy_or_away_is_tried_again(box: LetterBox, smtp_port: int) -> None:
    box.answer = "451 later"
    with pytest.raises(Unavailable):
        await mailer(smtp_port).send(LETTER)
    with pytest.raises(Unavailable):
        await mailer(free_port("127.0.0.1")).send(LETTER)


async def test_a_refused_letter_is_not(box: LetterBox, smtp_port: int) -> None:
    with pytest.raises(MailRefused):
        await mailer(smtp_port).send(
            Letter(MailAddress("nobody@example.org"), LETTER.subject, LETTER.text, LETTER.html)
        )
    box.answer = "554 spam"
    with pytest.raises(MailRefused):
        await mailer(smtp_port).send(LETTER)


async def test_a_server_that_nobody_vouches_for_gets_nothing(
    box: LetterBox, tls_context: ssl.SSLContext
) -> None:
    async with serving(box, context=tls_context) as port:
        with pytest.raises(Unavailable):
            await mailer(port, "smtps://127.0.0.1:{port}").send(LETTER)
    assert box.messages == []


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> str:
    """A name that says nothing of this machine; its server is here all the same."""
    look_up = socket.getaddrinfo

    def found(host: object, *arguments: object, **options: object) -> object:
        return look_up("127.0.0.1" if host == "mail.example.org" else host, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    return "smtp://live:se%20cret@mail.example.org:{port}"


async def doctor(url: str) -> str:
    settings = Settings(smtp_url=url, mail_from=SENDER.value)
    (finding,) = await asyncio.to_thread(lambda: list(outside.mail(settings)))
    return finding.sentence


async def test_a_password_is_not_sent_in_the_clear(box: LetterBox, smtp_port: int, elsewhere: str) -> None:
    """Somebody on the line takes the offer of STARTTLS away (RFC 8314 section 4.1)."""
    with pytest.raises(Unavailable, match="STARTTLS"):
        await mailer(smtp_port, elsewhere).send(LETTER)
    assert (box.logins, box.messages) == ([], [])
    assert "offers no TLS" in await doctor(elsewhere.format(port=smtp_port))


async def test_without_a_password_there_is_none_to_lose(
    box: LetterBox, smtp_port: int, elsewhere: str
) -> None:
    url = elsewhere.replace("live:se%20cret@", "")
    await mailer(smtp_port, url).send(LETTER)
    assert len(box.messages) == 1
    assert "answers." in await doctor(url.format(port=smtp_port))


async def test_a_password_goes_over_starttls(
    box: LetterBox,
    elsewhere: str,
    tls_context: ssl.SSLContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(box, starttls=tls_context) as port:
        with pytest.raises(Unavailable):  # nobody vouches for it
            await mailer(port, elsewhere).send(LETTER)
        assert box.logins == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "chain.pem"))
        await mailer(port, elsewhere).send(LETTER)
        assert box.logins == [(b"live", b"se cret")]
        assert "answers." in await doctor(elsewhere.format(port=port))


@pytest.mark.parametrize(
    ("url", "requires_tls"),
    [
        ("smtp://user:word@mail.example.org", True),
        ("smtp://user@192.0.2.1", True),
        ("smtp://user:word@[::1]:25", False),
        ("smtp://user:word@127.0.0.1", False),
        ("smtp://user:word@localhost", False),
        ("smtp://mail.example.org", False),
    ],
)
def test_where_a_password_needs_tls(url: str, requires_tls: bool) -> None:
    assert SmtpServer.parse(url).requires_tls is requires_tls


@pytest.fixture
def tls_context(tmp_path: Path) -> ssl.SSLContext:
    """With a certificate that only it believes in."""
    chain, key = self_signed(tmp_path, "IP:127.0.0.1", "DNS:mail.example.org")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


def test_no_header_can_be_slipped_in() -> None:
    for subject in ("a\r\nBcc: all@example.org", "a\nBcc: all@example.org"):
        with pytest.raises(ValueError, match=r"linefeed|newline|header"):
            mailer(25).message(Letter(LETTER.recipient, subject, "text", "<p>html</p>"))


@pytest.mark.parametrize("url", ["smtp://", "http://example.org", "example.org", "smtp://:25"])
def test_what_is_no_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="it must look like"):
        SmtpServer.parse(url)


@pytest.mark.integration
async def test_a_sign_up_is_confirmed_by_the_mail_that_came(
    box: LetterBox, database_url: str, tmp_path: Path
) -> None:
    """The worker starts before there is a server, and the mail is not lost for it."""
    clock = SystemClock()
    ids, keys = UuidV7Ids(clock), KeyRing("k", {"k": b"k" * 32})
    engine = build_engine(database_url)
    accounts = build_accounts(engine, clock, ids, keys, FakePasswordHasher(), sends_mail=True)
    async with serving(box) as port:
        settings = ResolvedSettings(
            node_id="node",
            database_dsn=database_url,
            nats_servers=(),
            secrets_dir=tmp_path,
            run_dir=tmp_path,
            media_dir=tmp_path,
            cache_dir=tmp_path,
            smtp_url=f"smtp://127.0.0.1:{port}",
            mail_from="live@example.org",
            public_url="https://live.example",
        )
        duties = build_accounts_duties(engine, clock, ids, keys, settings)
        tasks = [asyncio.ensure_future(duty()) for duty in duties.values()]
        try:
            signed_in = await accounts.sign_up(
                "ada", "correct horse battery", address="192.0.2.1", mail="ada@example.org"
            )
            assert not (await accounts.resolve_actor(signed_in.token)).is_confirmed
            async with asyncio.timeout(30):
                await box.arrived.wait()
            body = box.messages[0].get_body(("plain",))
            assert body is not None
            link = re.search(r"https://live\.example/confirm-mail#token=(\S+)", body.get_content())
            assert link is not None
            await accounts.confirm_mail(link.group(1))
            assert (await accounts.resolve_actor(signed_in.token)).is_confirmed
            assert not any(task.done() for task in tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await engine.dispose()
