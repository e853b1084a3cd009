"""Counts and times requests by route template, so that labels stay few."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROUTE_TEMPLATE = "livehouse.route_template"
"""In the scope: what routes that FastAPI does not know by template are counted as."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class WebMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "livehouse_http_requests",
            "Requests answered",
            ["method", "route", "status"],
            registry=registry,
        )
        self.latency_s = Histogram(
            "livehouse_http_request_duration_seconds",
            "Time from the request's head to the answer's end",
            ["method", "route"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=registry,
        )
        self.rate_limited = Counter(
            "livehouse_http_rate_limited", "Requests refused for their rate", registry=registry
        )


class RequestMetrics:
    """ASGI layer."""

    def __init__(self, app: ASGIApp, metrics: WebMetrics) -> None:
        self._app = app
        self._metrics = metrics
        # Looked up once each: that takes longer than the counting. Templates and statuses are few.
        self._requests: dict[tuple[str, str, int], Counter] = {}
        self._latencies: dict[tuple[str, str], Histogram] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s = time.perf_counter()
        status = 500

        async def watched_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = getattr(scope.get("route"), "path", None) or scope.get(ROUTE_TEMPLATE, "page")
            self._note(method, route, status, time.perf_counter() - began_s)

    def _note(self, method: str, route: str, status: int, took_s: float) -> None:
        requests = self._requests.get((method, route, status))
        if requests is None:
            requests = self._metrics.requests.labels(method, route, str(status))
            self._requests[method, route, status] = requests
        latencies = self._latencies.get((method, route))
        if latencies is None:
            latencies = self._metrics.latency_s.labels(method, route)
            self._latencies[method, route] = latencies
        requests.inc()
        latencies.observe(took_s)
