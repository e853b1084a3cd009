"""Structured logs on standard error: a line of JSON each, or readable lines on a terminal.

Secrets and the addresses of viewers never get through, whoever logs them.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

REDACTED = "[redacted]"

# Names of values that are a secret or say where somebody is.
_SECRET_NAMES = re.compile(
    r"(?:^|_)(?:token|secret|password|passwd|authorization|cookie|credential|stream_?key|api_?key|private_?key"
    r"|sdp|offer|ufrag|pwd|remote_?(?:addr|address|ip)|client_?(?:addr|address|ip|host)|peer_?(?:addr|address)"
    r"|viewer_?(?:addr|address|ip)|ip|dsn|x_forwarded_for)s?$",
    re.IGNORECASE,
)
# The same inside a sentence, such as an error of a library.
_SECRET_TEXT = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), r"\1 " + REDACTED),
    (re.compile(r"(\b[a-z][a-z0-9+]*://)[^\s/@:]*:[^\s/@]+@"), r"\1" + REDACTED + "@"),
    (
        re.compile(
            r"(?i)\b(password|token|secret|stream_key|access_token)(['\"]?\s*[=:]\s*['\"]?)[^\s'\",}&]+"
        ),
        r"\1\2" + REDACTED,
    ),
    # Stream keys and access tokens by their prefix, and addresses of WHIP and WHEP sessions.
    (re.compile(r"\blh[a-z]_[A-Za-z0-9_-]{20,}"), REDACTED),
    (re.compile(r"(/wh[ie]p/sessions/)[^\s'\"]+"), r"\1" + REDACTED),
)


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor."""
    for name, value in event.items():
        event[name] = REDACTED if _SECRET_NAMES.search(name) else _redacted(value)
    return event


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        for pattern, replacement in _SECRET_TEXT:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, dict):
        return {
            name: REDACTED if _SECRET_NAMES.search(str(name)) else _redacted(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_redacted(inner) for inner in value]
    return value


def configure_logs(process: str, level: str, style: Literal["auto", "json", "pretty"]) -> None:
    """For the whole process, libraries that use `logging` included. process: such as `web`, on every line."""
    pretty = style == "pretty" or (style == "auto" and sys.stderr.isatty())

    def name_process(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["process"] = process
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_process,
        structlog.processors.StackInfoRenderer(),
    ]
    rendering: list[structlog.typing.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    # Tracebacks become text before `redact` sees them, and plain: those usual on a terminal show what local
    # variables hold.
    rendering += [structlog.processors.format_exc_info, redact]
    if pretty:
        rendering.append(structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback))
    else:
        rendering.append(structlog.processors.JSONRenderer())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=rendering, foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # Libraries that tell each request or each reconnect at "info".
    for chatty in ("httpx", "httpcore", "asyncio", "_granian", "granian.access", "nats", "alembic"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *(step for step in shared if not isinstance(step, structlog.stdlib.ExtraAdder)),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
