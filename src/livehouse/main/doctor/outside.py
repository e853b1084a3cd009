"""Servers elsewhere, where the settings name some."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

import aiosmtplib
import asyncpg

from livehouse.accounts.adapters.smtp_mailer import SmtpServer
from livehouse.main.doctor.finding import Finding, note, ok, wrong
from livehouse.main.settings import Settings

_TIMEOUT_S = 5.0
_LEAST_VERSION = 140_000


def database(settings: Settings) -> Iterator[Finding]:
    if settings.database_url is None:
        return
    url = "postgresql://" + settings.database_url.split("://", 1)[-1]
    try:
        version = asyncio.run(_server_version(url))
    except Exception as error:  # noqa: BLE001 - whatever the driver raises is the answer
        yield wrong(
            f"The database of LIVEHOUSE_DATABASE_URL does not answer: {type(error).__name__}: {error}."
        )
        return
    if version < _LEAST_VERSION:
        yield wrong(f"The database server has version {version // 10000}; 14 or newer is needed.")
    else:
        yield ok(f"The database of LIVEHOUSE_DATABASE_URL answers (PostgreSQL {version // 10000}).")


def nats(settings: Settings) -> Iterator[Finding]:
    for server in (settings.nats_url or "").split(","):
        if not server:
            continue
        parts = urlsplit(server.strip())
        where = f"{parts.hostname}:{parts.port or 4222}"
        try:
            asyncio.run(_greeting(parts.hostname or "", parts.port or 4222))
        except (OSError, TimeoutError, ValueError) as error:
            yield wrong(f"The NATS server {where} does not answer: {type(error).__name__} {error}.")
        else:
            yield ok(f"The NATS server {where} answers.")


def mail(settings: Settings) -> Iterator[Finding]:
    if settings.smtp_url is None:
        yield note(
            "No mail is sent: addresses are not confirmed, and nobody can set a new password by mail. "
            "Name a server with --smtp-url and an address with --mail-from."
        )
        return
    server = SmtpServer.parse(settings.smtp_url)
    where = f"{server.host}:{server.port}"
    try:
        asyncio.run(_mail_greeting(server))
    except (OSError, TimeoutError, aiosmtplib.SMTPException) as error:
        yield wrong(f"The mail server {where} does not answer: {type(error).__name__} {error}.")
        return
    except _NoTls:
        yield wrong(
            f"The mail server {where} offers no TLS, so the password of --smtp-url is not sent to it, and no "
            "mail is. Give smtps:// or a server with STARTTLS, or one that takes mail without a password."
        )
        return
    yield ok(f"The mail server {where} answers.")


class _NoTls(Exception):
    pass


async def _server_version(url: str) -> int:
    connection = await asyncpg.connect(url, timeout=_TIMEOUT_S)
    try:
        return int(await connection.fetchval("SHOW server_version_num"))
    finally:
        await connection.close()


async def _mail_greeting(server: SmtpServer) -> None:
    """Up to where a password would be sent."""
    async with asyncio.timeout(_TIMEOUT_S):
        if server.requires_tls and not server.uses_tls:
            plain = aiosmtplib.SMTP(hostname=server.host, port=server.port, start_tls=False)
            async with plain:
                await plain.ehlo()
                if not plain.supports_extension("starttls"):
                    raise _NoTls
        async with server.connection():
            pass


async def _greeting(host: str, port: int) -> None:
    async with asyncio.timeout(_TIMEOUT_S):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            line = await reader.readline()
        finally:
            writer.close()
    if not line.startswith(b"INFO "):
        raise ValueError("what answers there is no NATS server")
