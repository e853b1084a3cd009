"""People talk in a chat room through real gateways, PostgreSQL and NATS."""

from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from tests.certificate import self_signed

from livehouse.chat.adapters import gateway_rooms

pytestmark = pytest.mark.integration


async def test_two_people_talk_and_each_hears_both(house: Any) -> None:
    ada, bob = await house.sign_up("ada"), await house.sign_up("bob")
    gateway = await house.gateway()
    at_ada, at_bob = await house.enter(gateway, "ada", ada), await house.enter(gateway, "ADA", bob)

    nonce = await at_ada.say("Hello @Bob, see https://example.org/a.")
    ack = await at_ada.hear("ack", nonce=nonce)
    assert ack["seq"] == 1
    (heard,) = await at_bob.messages_until(1)
    assert heard["id"] == ack["id"]
    assert heard["sender"]["name"] == "ada"
    assert heard["sender"]["id"] == ada.id
    assert heard["badges"] == ["broadcaster"]
    assert heard["fragments"] == [
        {"type": "text", "text": "Hello "},
        {"type": "mention", "text": "@Bob", "name": "bob"},
        {"type": "text", "text": ", see "},
        {"type": "link", "text": "https://example.org/a", "url": "https://example.org/a"},
        {"type": "text", "text": "."},
    ]
    await at_bob.say("Hi")
    first, second = await at_ada.messages_until(2)
    assert (first["seq"], second["seq"]) == (1, 2)
    assert second["badges"] == []


async def test_the_welcome_says_who_one_is_and_what_one_may_do(house: Any) -> None:
    ada, bob = await house.sign_up("ada"), await house.sign_up("bob")
    gateway = await house.gateway()
    assert (await (await house.enter(gateway, "ada")).hear("welcome"))["you"] is None
    owner = await (await house.enter(gateway, "ada", ada)).hear("welcome")
    assert owner["you"] == {"id": ada.id, "name": "ada", "display_name": "ada", "can_send": True}
    assert owner["limits"] == {"message_characters": 500, "messages": 100, "per_seconds": 30}
    assert owner["channel"]["name"] == "ada"
    assert owner["last_seq"] == 0
    assert owner["broadcast"] == {"state": "offline", "viewers": 0, "started_at": None}
    guest = await (await house.enter(gateway, "ada", bob)).hear("welcome")
    assert guest["limits"]["messages"] == 20


async def test_who_comes_later_gets_the_history_and_then_what_is_new(house: Any) -> None:
    ada = await house.sign_up("ada")
    gateway = await house.gateway()
    early = await house.enter(gateway, "ada", ada)
    for n in range(60):
        await early.say(f"line {n}")
    await early.seqs_until(60)

    late = await house.enter(gateway, "ada")
    assert (await late.hear("welcome"))["last_seq"] == 60
    history = (await late.hear("messages", history=True))["messages"]
    assert [message["seq"] for message in history] == list(range(11, 61))
    await late.send(type="history", before_seq=11, limit=100)
    older = (await late.hear("messages", history=True))["messages"]
    assert [message["seq"] for message in older] == list(range(1, 11))
    await early.say("one more")
    assert await late.seqs_until(61) == [61]
    await late.send(type="history", before_seq=0)
    assert (await late.hear("error"))["error"]["type"] == "/problems/malformed-before-seq"


async def test_everyone_at_every_gateway_hears_the_same_in_the_same_order(house: Any) -> None:
    people = [await house.sign_up(f"person{n}") for n in range(4)]
    gateways = [await house.gateway(), await house.gateway()]
    chatters = [await house.enter(gateways[n % 2], "person0", person) for n, person in enumerate(people)]

    async def talk(chatter: Any, n: int) -> None:
        for line in range(15):
            await chatter.say(f"{n}: {line}")

    await asyncio.gather(*(talk(chatter, n) for n, chatter in enumerate(chatters)))
    heard = [await chatter.messages_until(60) for chatter in chatters]
    assert [message["seq"] for message in heard[0]] == list(range(1, 61))
    assert all(messages == heard[0] for messages in heard)
    texts = [message["fragments"][0]["text"] for message in heard[0]]
    for n in range(4):  # each person's lines keep their order
        own = [line for line in texts if line.startswith(f"{n}: ")]
        assert own == [f"{n}: {line}" for line in range(15)]


async def test_the_same_nonce_is_the_same_line_at_any_gateway(house: Any) -> None:
    ada = await house.sign_up("ada")
    gateways = [await house.gateway(), await house.gateway()]
    first, second = [await house.enter(gateway, "ada", ada) for gateway in gateways]
    await first.say("once", nonce="n-1")
    ack = await first.hear("ack", nonce="n-1")
    await second.say("once", nonce="n-1")
    assert await second.hear("ack", nonce="n-1") == ack
    await asyncio.gather(first.say("both", nonce="n-2"), second.say("both", nonce="n-2"))
    assert await first.hear("ack", nonce="n-2") == await second.hear("ack", nonce="n-2")
    await first.say("end")
    assert await second.seqs_until(3) == [1, 2, 3]


async def test_html_and_invisible_characters_are_only_ever_text(house: Any) -> None:
    ada = await house.sign_up("ada")
    gateway = await house.gateway()
    chatter = await house.enter(gateway, "ada", ada)
    await chatter.say('<script>alert("x")</script> <img src=x onerror=alert(1)>')
    await chatter.say("gro\u202efed\u202c\u2066p\u2069\u0000\u0007ens\u200b")
    await chatter.say("\u202e\u200b\u0000 ", nonce="blank")
    one, two = await chatter.messages_until(2)
    assert one["fragments"] == [
        {"type": "text", "text": '<script>alert("x")</script> <img src=x onerror=alert(1)>'}
    ]
    assert two["fragments"] == [{"type": "text", "text": "grofedpens"}]
    error = await chatter.hear("error", nonce="blank")
    assert error["error"]["type"] == "/problems/empty-message"


async def test_too_many_lines_are_refused_with_the_time_to_wait(house: Any) -> None:
    await house.sign_up("ada")
    bob = await house.sign_up("bob")
    gateway = await house.gateway()
    chatter = await house.enter(gateway, "ada", bob)
    for n in range(21):
        await chatter.say(f"{n}", nonce=f"n{n}")
    error = (await chatter.hear("error", nonce="n20"))["error"]
    assert error["type"] == "/problems/chat-rate"
    assert 0 < error["retry_after_s"] <= 30
    assert await chatter.seqs_until(20) == list(range(1, 21))


async def test_a_visitor_reads_and_may_not_send_until_the_token_comes(house: Any) -> None:
    ada = await house.sign_up("ada")
    gateway = await house.gateway()
    chatter = await house.enter(gateway, "ada")
    await chatter.hear("welcome")
    await chatter.say("let me in", nonce="a")
    assert (await chatter.hear("error", nonce="a"))["error"]["type"] == "/problems/sign-in-required"
    await chatter.send(type="authenticate", access_token="wrong")
    assert (await chatter.hear("error"))["error"]["type"] == "/problems/invalid-token"
    assert (await chatter.hear("welcome"))["you"] is None
    await chatter.send(type="authenticate", access_token=ada.token)
    assert (await chatter.hear("welcome"))["you"]["name"] == "ada"
    await chatter.say("thank you")
    assert await chatter.seqs_until(1) == [1]


@pytest.mark.parametrize(
    ("origin", "is_known"),
    [
        ("http://127.0.0.1:8080", True),
        ("https://127.0.0.1", True),
        ("http://evil.example", False),
        ("null", False),
        (None, False),
    ],
)
async def test_the_cookie_counts_only_from_a_page_of_the_same_host(
    house: Any, origin: str | None, is_known: bool
) -> None:
    ada = await house.sign_up("ada")
    gateway = await house.gateway()
    headers = {"Cookie": f"theme=dark; livehouse_session={ada.token}"}
    chatter = await house.connect(gateway, "ada", additional_headers=headers, origin=origin)
    assert ((await chatter.hear("welcome"))["you"] is not None) is is_known


async def test_other_programs_cookies_and_broken_origins_do_no_harm(house: Any) -> None:
    ada = await house.sign_up("ada")
    gateway = await house.gateway()
    headers = {"Cookie": f'theirs={{"a": "b, c"}}; livehouse_session={ada.token}'}
    chatter = await house.connect(gateway, "ada", additional_headers=headers, origin="http://127.0.0.1:8080")
    assert (await chatter.hear("welcome"))["you"]["name"] == "ada"
    chatter = await house.connect(gateway, "ada", additional_headers=headers, origin="http://[::1")
    assert (await chatter.hear("welcome"))["you"] is None


async def test_who_has_signed_out_sends_no_more(house: Any) -> None:
    ada = await house.sign_up("ada")
    gateway = await house.gateway(identity_trusted_s=0)
    chatter = await house.enter(gateway, "ada", ada)
    await chatter.say("one", nonce="1")
    await chatter.hear("ack", nonce="1")
    await house.accounts.sign_out(await house.accounts.resolve_actor(ada.token), ada.token)
    await chatter.say("two", nonce="2")
    assert (await chatter.hear("error", nonce="2"))["error"]["type"] == "/problems/sign-in-required"


async def test_who_enters_while_the_empty_room_is_closed_hears_everything(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_rooms, "EMPTY_ROOM_KEPT_S", 0.2)
    monkeypatch.setattr(gateway_rooms, "COMPARE_EVERY_S", 0.05)
    ada = await house.sign_up("ada")
    gateway = await house.gateway()
    visitor = await house.enter(gateway, "ada")
    resolve_actor, may_answer = gateway.gateway.resolve_actor, asyncio.Event()

    async def resolve_slowly(token: str) -> Any:
        await may_answer.wait()
        return await resolve_actor(token)

    gateway.gateway.resolve_actor = resolve_slowly
    headers = {"Authorization": f"Bearer {ada.token}"}
    entering = await house.connect(gateway, "ada", additional_headers=headers)
    await visitor.socket.close()
    async with asyncio.timeout(2):
        while REGISTRY.get_sample_value("livehouse_chat_rooms") != 0:  # noqa: ASYNC110 - a figure tells
            await asyncio.sleep(0.02)
    may_answer.set()
    assert (await entering.hear("welcome"))["you"]["name"] == "ada"
    await entering.say("is anybody here?")
    assert await entering.seqs_until(1) == [1]


async def test_an_unknown_channel_is_a_clear_end(house: Any) -> None:
    gateway = await house.gateway()
    chatter = await house.connect(gateway, "nobody_here")
    assert await chatter.closed() == 4404
    assert chatter.heard[0]["error"]["type"] == "/problems/no-such-channel"


async def test_the_broadcast_is_shown_as_it_changes(house: Any, nats_connection: Any) -> None:
    await house.sign_up("ada")
    gateway = await house.gateway()
    chatter = await house.enter(gateway, "ada")
    channel_id = (await chatter.hear("welcome"))["channel"]["id"]
    state = {
        "state": "live",
        "viewers": 3,
        "started_at": "2026-01-01T00:00:00Z",
        "title": "Sea",
        "broadcast_id": "brd_1",
    }
    subject = f"livehouse.live.{channel_id.removeprefix('chn_')}"
    await nats_connection.publish(subject, json.dumps(state).encode())
    shown = await chatter.hear("broadcast")
    assert shown == {"type": "broadcast"} | {
        key: state[key] for key in ("state", "viewers", "started_at", "title")
    }
    late = await house.enter(gateway, "ada")
    assert (await late.hear("welcome"))["broadcast"]["viewers"] == 3


async def test_what_was_said_leaves_as_events_in_the_same_transaction(house: Any) -> None:
    ada = await house.sign_up("ada")
    gateway = await house.gateway()
    chatter = await house.enter(gateway, "ada", ada)
    for n in range(10):
        await chatter.say(f"{n}")
    await chatter.seqs_until(10)
    async with house.engine.connect() as connection:
        rows = await connection.execute(
            text(
                "SELECT subject, data FROM eventbus.outbox"
                " WHERE type = 'cpc.social.ChatMessageSent.v1' ORDER BY position"
            )
        )
        events = rows.all()
    assert [message["seq"] for event in events for message in event.data["messages"]] == list(range(1, 11))
    assert {event.subject.rpartition(".")[0] for event in events} == {"chat.events.ChatMessageSent.v1"}


async def test_a_load_balancer_can_ask_whether_the_door_is_open(house: Any) -> None:
    gateway = await house.gateway()
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.gateway.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 200 OK")
    writer.close()


async def test_the_sockets_speak_tls(house: Any, tmp_path: Path) -> None:
    ada = await house.sign_up("ada")
    certificate, key = self_signed(tmp_path, "IP:127.0.0.1")
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate, key)
    gateway = await house.gateway(ssl_context=server_side)
    trusting = ssl.create_default_context(cafile=str(certificate))
    chatter = await house.enter(gateway, "ada", ada, ssl=trusting)
    for n in range(5):
        await chatter.say(f"secret {n}" + "x" * 400)
    assert await chatter.seqs_until(5) == [1, 2, 3, 4, 5]
