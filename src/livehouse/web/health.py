"""Is this process alive, can it serve, what has it counted?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from cpc.kernel.client_address import AddressRanges
from cpc.kernel.errors import Forbidden
from livehouse.web.client_address import VIA_TRUSTED_PROXY
from livehouse.web.dependencies import Options
from livehouse.web.options import WebOptions
from livehouse.web.problems import problem

router = APIRouter(include_in_schema=False)

_CHECK_TIMEOUT_S = 2.0
_FORWARDING_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@router.get("/healthz")
async def healthz() -> Response:
    """Asks nothing of other parts: only that this process answers."""
    return Response("ok\n", media_type="text/plain", headers={"Cache-Control": "no-store"})


@router.get("/readyz")
async def readyz(request: Request, options: Options) -> Response:
    """200 when every part this node needs answers, else 503; either way says which."""
    names = list(options.ready_checks)
    answers = await asyncio.gather(*(_answers(options.ready_checks[name]) for name in names))
    parts = dict(zip(names, answers, strict=True))
    if all(answer == "ready" for answer in answers):
        body = json.dumps({"status": "ready", "parts": parts})
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
    away = ", ".join(name for name, answer in parts.items() if answer != "ready")
    return problem(
        503,
        "not-ready",
        f"Not ready: {away}.",
        request.url.path,
        headers={"Retry-After": "1"},
        parts=parts,
    )


@router.get("/metrics")
async def metrics(request: Request, options: Options) -> Response:
    """Raises `Forbidden` for whoever the operator did not name."""
    if not _may_read_metrics(request, options):
        raise Forbidden(
            "metrics-not-for-you",
            "The metrics are for the operator: name the address that reads them in metrics_allowed_from.",
        )
    body = generate_latest(options.registry) if options.metrics is None else await options.metrics()
    return Response(body, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _may_read_metrics(request: Request, options: WebOptions) -> bool:
    """A request that a proxy we were not told of passed on seems to come from this machine, but does not."""
    is_forwarded = any(name in request.headers for name in _FORWARDING_HEADERS)
    if is_forwarded and not request.scope.get(VIA_TRUSTED_PROXY, False):
        return False
    return request.client is not None and request.client.host in AddressRanges(options.metrics_allowed_from)


async def _answers(check: Callable[[], Awaitable[None]]) -> str:
    try:
        async with asyncio.timeout(_CHECK_TIMEOUT_S):
            await check()
    except TimeoutError:
        return "no answer"
    except Exception as error:  # noqa: BLE001 - whatever it is, that part is away
        return type(error).__name__
    return "ready"
