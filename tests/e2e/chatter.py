"""Somebody who chats by the chat socket and keeps a line until it is acknowledged, as the page does."""

import json
import time
from contextlib import ExitStack
from typing import Any

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

ACK_LIMIT_S = 5.0


class Chatter:
    """The owner of a channel made by `livehouse channel create`, in their own room."""

    def __init__(self, made: dict[str, Any]) -> None:
        self._made = made
        self._opened = ExitStack()
        self._socket: ClientConnection | None = None
        self.acknowledged: dict[str, int] = {}

    def say(self, text: str, within_s: float = 40) -> None:
        """Sends the line, again after every failure, with the same nonce."""
        nonce = text.replace(" ", "-")
        deadline = time.monotonic() + within_s
        while nonce not in self.acknowledged:
            try:
                self._try(nonce, text)
            except (WebSocketException, OSError, TimeoutError, EOFError) as error:
                self.close()
                if time.monotonic() > deadline:
                    raise AssertionError(f"'{text}' was never acknowledged: {error!r}") from error
                time.sleep(0.2)

    def _try(self, nonce: str, text: str) -> None:
        if self._socket is None:
            token = {"Authorization": f"Bearer {self._made['access_token']}"}
            self._socket = self._opened.enter_context(
                connect(self._made["chat_url"], additional_headers=token, open_timeout=5, close_timeout=1)
            )
        self._socket.send(json.dumps({"type": "send", "nonce": nonce, "text": text}))
        deadline = time.monotonic() + ACK_LIMIT_S
        while (left := deadline - time.monotonic()) > 0:
            frame = json.loads(self._socket.recv(timeout=left))
            if frame.get("nonce") == nonce and frame["type"] == "ack":
                self.acknowledged[nonce] = frame["seq"]
                return
            if frame["type"] == "error":
                raise TimeoutError(frame["error"]["detail"])
        raise TimeoutError("no ack")

    def close(self) -> None:
        self._socket = None
        self._opened.close()


def lines_kept(made: dict[str, Any]) -> dict[str, int]:
    """Text and seq of every line the server has of the channel, newest last."""
    url = f"{made['api_url']}/channels/{made['channel']}/chat/messages"
    answer = httpx.get(url, params={"limit": 100}, timeout=10)
    answer.raise_for_status()
    return {
        "".join(fragment["text"] for fragment in message["fragments"]): message["seq"]
        for message in answer.json()["messages"]
    }
