"""Logs are structured and hold neither secrets nor addresses of viewers."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from livehouse.main.observability.logs import REDACTED, configure_logs, redact


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "access_token",
        "stream_key",
        "password",
        "Authorization",
        "cookie",
        "remote_addr",
        "client_ip",
        "sdp",
    ],
)
def test_values_with_a_telling_name_are_hidden(name: str) -> None:
    assert redact(None, "info", {name: "value"}) == {name: REDACTED}


@pytest.mark.parametrize("name", ["event", "child", "deaths", "tokens_a_second", "description", "zip_file"])
def test_other_values_are_kept(name: str) -> None:
    assert redact(None, "info", {name: "value"}) == {name: "value"}


@pytest.mark.parametrize(
    "text",
    [
        "cannot reach nats://livehouse:s3cr3t-Passw0rd@127.0.0.1:4222",
        "header was Bearer s3cr3t-Passw0rd",
        'body {"password": "s3cr3t-Passw0rd"}',
        "GET /x?access_token=s3cr3t-Passw0rd&a=1",
        "DELETE /whip/sessions/node.s3cr3t-Passw0rd",
        "key lhk_s3cr3t-Passw0rd2gqYdt_nuayKFfT6m8KV6 was refused",
    ],
)
def test_secrets_inside_a_sentence_are_hidden(text: str) -> None:
    told = redact(None, "info", {"event": text, "more": {"inner": [text]}})
    assert "s3cr3t" not in json.dumps(told)
    assert REDACTED in told["event"]


def test_a_line_is_one_json_object_also_when_a_library_logs(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("web", "info", "json")
    structlog.get_logger("ours").info("started", port=1)
    logging.getLogger("theirs").warning("connect to %s", "nats://u:hunter2@h")
    structlog.get_logger("ours").debug("not at this level")
    try:
        raise ValueError("password=hunter2")
    except ValueError:
        structlog.get_logger("ours").exception("failed")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines][0::2] == ["started", "failed"]
    assert all(line["process"] == "web" and line["level"] and line["timestamp"] for line in lines)
    assert "ValueError" in lines[2]["exception"]
    assert "hunter2" not in json.dumps(lines)


def test_a_traceback_on_a_terminal_shows_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("web", "info", "pretty")

    def go_live(stream_key: str) -> None:
        raise ValueError(f"refused password={stream_key}")

    try:
        go_live("hunter" + "2")
    except ValueError:
        structlog.get_logger("ours").exception("failed")
    told = capsys.readouterr().err
    assert "ValueError" in told
    assert "go_live" in told
    assert "hunter2" not in told
