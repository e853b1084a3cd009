"""The layer that carries a request with a key out once and answers the same request from what was kept."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, partial
from typing import Any

import structlog
from fastapi import FastAPI
from pydantic import TypeAdapter
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from cpc.kernel.client_address import limit_key
from cpc.kernel.errors import Conflict, DomainError, Unavailable, Unprocessable
from livehouse.web.authentication import read_authentication
from livehouse.web.idempotency.kept_answers import (
    MAX_BODY_BYTES,
    Claimed,
    InProgress,
    KeptAnswer,
    KeptAnswers,
    KeyReused,
    RequestKey,
)
from livehouse.web.idempotency.request_key import read_key, request_key
from livehouse.web.problems import domain_problem, http_problem
from livehouse.web.use_cases import UseCases
from livehouse.web.whole_body import again, whole_body

log = structlog.get_logger(__name__)

_KEPT_HEADERS = ("content-type", "location", "etag", "link", "cache-control")
REPLAYED = "Idempotency-Replayed"


class IdempotentRequests:
    """ASGI layer, for `POST` below /api/ with the header `Idempotency-Key`; all else passes untouched.

    Kept are answers of what was done. A refusal is not: it left nothing behind, so the same request is judged
    anew. An answer is kept before it is sent: what a client has seen is never done twice.
    """

    def __init__(self, app: FastAPI, kept: KeptAnswers, use_cases: UseCases) -> None:
        self._app = app
        self._kept = kept
        self._use_cases = use_cases

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        header = headers.get("idempotency-key")
        if header is None:
            await self._app(scope, receive, send)
            return
        try:
            key = read_key(header)
            body = await whole_body(receive)
            request = await self._request_key(scope, key, body)
            outcome = None if request is None else await self._kept.claim(request)
        except DomainError as error:
            await domain_problem(error, scope["path"])(scope, receive, send)
            return
        except HTTPException as error:  # too large, too slow
            await http_problem(error, scope["path"])(scope, receive, send)
            return
        if request is None or outcome is None:
            await self._app(scope, again(body, receive), send)
        elif isinstance(outcome, Claimed):
            await self._carry_out(request, outcome, scope, again(body, receive), send)
        else:
            await _instead(outcome, scope["path"])(scope, receive, send)

    async def _request_key(self, scope: Scope, key: str, body: bytes) -> RequestKey | None:
        """None for one whose login the door refuses anyway."""
        request = Request({**scope, "app": self._app})  # as the routes will say of themselves
        try:
            found = await read_authentication(
                request,
                self._use_cases,
                request.headers.get("authorization"),
                request.headers.get("x-csrf-token"),
            )
        except Unavailable:
            raise
        except DomainError:
            return None
        account_id = found.actor.account_id
        address = limit_key(request.client.host) if request.client else "unknown"
        owner = f"address {address}" if account_id is None else str(account_id)
        target = scope["path"].encode() + b"?" + scope.get("query_string", b"")
        return request_key(owner, key, method=scope["method"], target=target, body=body)

    async def _carry_out(
        self, request: RequestKey, claim: Claimed, scope: Scope, receive: Receive, send: Send
    ) -> None:
        answer = _HeldAnswer(send, partial(self._keep, request, claim, scope))
        try:
            await self._app(scope, receive, answer.send)
        except Exception:
            await self._release(request, claim)
            raise

    async def _keep(
        self,
        request: RequestKey,
        claim: Claimed,
        scope: Scope,
        status: int,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> None:
        if not 200 <= status < 300:
            await self._release(request, claim)
            return
        kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
        if "set-cookie" in headers or _answers_secret(scope):
            body = None
        try:
            await self._kept.complete(request, claim.claim_id, KeptAnswer(status, kept, body))
        except Unavailable as error:
            log.warning("an answer could not be kept under its key", reason=error.detail)

    async def _release(self, request: RequestKey, claim: Claimed) -> None:
        try:
            await self._kept.release(request, claim.claim_id)
        except Unavailable as error:
            log.warning("an Idempotency-Key stays taken for a minute", reason=error.detail)


class _HeldAnswer:
    """Holds an answer back until all of it is there and kept; one too long to keep goes on as it comes."""

    def __init__(
        self, send: Send, keep: Callable[[int, Mapping[str, str], bytes | None], Awaitable[None]]
    ) -> None:
        self._send = send
        self._keep = keep
        self._held: list[Message] = []
        self._size_bytes = 0

    async def send(self, message: Message) -> None:
        self._held.append(message)
        self._size_bytes += len(message.get("body", b""))
        is_whole = message["type"] == "http.response.body" and not message.get("more_body", False)
        is_too_large = self._size_bytes > MAX_BODY_BYTES
        if not is_whole and not is_too_large:
            return
        start = self._held[0]
        if start["type"] == "http.response.start":  # else it was kept when it had become too large
            body = b"".join(held.get("body", b"") for held in self._held[1:])
            headers = Headers(raw=start["headers"])
            await self._keep(start["status"], headers, None if is_too_large else body)
        for held in self._held:
            await self._send(held)
        self._held.clear()


def _instead(outcome: KeptAnswer | InProgress | KeyReused, path: str) -> Response:
    if isinstance(outcome, KeyReused):
        detail = "This Idempotency-Key came with another request before. Make a new key for each thing to do."
        return domain_problem(Unprocessable("idempotency-key-reused", detail), path)
    if isinstance(outcome, InProgress):
        detail = "This very request is being carried out. Ask again in a moment."
        refusal = domain_problem(Conflict("request-in-progress", detail), path)
        refusal.headers["Retry-After"] = "1"
        return refusal
    if outcome.body is None:
        detail = "This was done already; its answer held a secret or was too long, so it was not kept."
        refusal = domain_problem(Conflict("made-already", detail), path)
        if "location" in outcome.headers:
            refusal.headers["Location"] = outcome.headers["location"]
        return refusal
    return Response(outcome.body, outcome.status, {**outcome.headers, REPLAYED: "true"})


def _answers_secret(scope: Scope) -> bool:
    model = getattr(scope.get("route"), "response_model", None)
    return model is not None and _holds_secret(model)


@cache
def _holds_secret(model: Any) -> bool:
    """Whether a field of it is marked as `SECRET`."""
    return '"format": "password"' in json.dumps(TypeAdapter(model).json_schema(mode="serialization"))
