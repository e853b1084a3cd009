"""The HTTP door: every route, and the layers every request passes."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from cpc.images.image import MAX_UPLOAD_BYTES
from cpc.kernel.client_address import ProxyTrust
from livehouse.web import health, whep, whip
from livehouse.web.docs import pages
from livehouse.web.docs.pages import DocumentPages
from livehouse.web.idempotency.layer import IdempotentRequests
from livehouse.web.metrics import RequestMetrics, WebMetrics
from livehouse.web.openapi_document import complete_openapi
from livehouse.web.options import WebOptions
from livehouse.web.places import Places, RequestPlaces
from livehouse.web.problems import install_problem_handlers
from livehouse.web.rate_limit import AccountLimit, RateLimit
from livehouse.web.request_limits import AddressWithoutNul, BodyLimit
from livehouse.web.response_headers import (
    CrossOriginAccess,
    HeadByGet,
    SecurityHeaders,
    content_security_policy,
)
from livehouse.web.rest import (
    about,
    account,
    account_access,
    accounts,
    administration,
    administration_channels,
    categories,
    channel,
    channel_roles,
    chat,
    directory,
    follows,
    images,
    schedule,
    search,
    server,
    statistics,
    streaming,
    subscriptions,
)
from livehouse.web.route_table import RouteTable
from livehouse.web.static_page import StaticPage
from livehouse.web.use_cases import UseCases

ROUTERS: tuple[APIRouter, ...] = (
    directory.router,
    channel.router,
    follows.router,
    health.router,
    pages.router,
    server.router,
    accounts.router,
    account.router,
    account_access.router,
    administration.router,
    administration_channels.router,
    categories.router,
    search.router,
    statistics.router,
    about.router,
    schedule.router,
    channel_roles.router,
    streaming.router,
    chat.router,
    images.router,
    images.files,
    subscriptions.router,
    whip.router,
    whep.router,
)


def create_app(use_cases: UseCases, options: WebOptions | None = None) -> ASGIApp:
    """The whole door. Cheap refusals come first: a flood costs a few microseconds a request."""
    options = options or WebOptions()
    routes = build_routes(options)
    routes.state.use_cases = use_cases
    metrics = WebMetrics(options.registry)
    app: ASGIApp = routes
    if options.kept_answers is not None:
        app = IdempotentRequests(routes, options.kept_answers, use_cases)
    app = RequestPlaces(
        app,
        Places("address", options.requests_at_once, int(options.request_burst)),
        uploads=images.UPLOADS,
        on_refused=metrics.rate_limited.inc,
    )
    app = BodyLimit(
        app,
        max_body_bytes=options.max_body_bytes,
        body_timeout_s=options.body_timeout_s,
        uploads=images.UPLOADS,
        max_upload_bytes=MAX_UPLOAD_BYTES,
        upload_timeout_s=options.upload_timeout_s,
    )
    app = AddressWithoutNul(app)
    app = HeadByGet(app)
    app = SecurityHeaders(app, policy=content_security_policy(options), strict_transport=options.tls)
    app = RequestMetrics(app, metrics)
    app = RateLimit(
        app,
        ProxyTrust(options.trusted_proxies),
        requests_per_second=options.requests_per_second,
        burst=options.request_burst,
        on_refused=metrics.rate_limited.inc,
    )
    return CrossOriginAccess(app)


def build_routes(options: WebOptions) -> FastAPI:
    """The routes alone: enough to write down the OpenAPI document."""
    app = _Routes(
        title="Livehouse",
        version=options.version,
        summary="Live streaming that anyone can run",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    app.state.options = options
    app.state.document_pages = DocumentPages(app, options.page_folder)
    app.state.known_actors = options.known_actors
    app.state.account_limit = AccountLimit(
        writes_per_second=options.account_writes_per_second,
        burst=options.account_write_burst,
        writes_at_once=options.account_writes_at_once,
    )
    app.state.rendering_limit = AccountLimit(
        writes_per_second=options.account_renderings_per_second,
        burst=options.account_rendering_burst,
        writes_at_once=1,
    )
    install_problem_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    app.router.default = StaticPage(options.page_folder)
    app.router.middleware_stack = RouteTable(ROUTERS, otherwise=app.router.app)
    app.openapi()  # now, not while somebody waits for it
    return app


class _Routes(FastAPI):
    """The document, most of a second's work, is made once a process: the routes are always ROUTERS."""

    def openapi(self) -> dict[str, Any]:
        if self.version not in _DOCUMENTS:
            _DOCUMENTS[self.version] = complete_openapi(super().openapi(), ROUTERS)
        return _DOCUMENTS[self.version]


# By version.
_DOCUMENTS: dict[str, dict[str, Any]] = {}


def _operation_id(route: APIRoute) -> str:
    """The function's name: short, unique, and stable for generated clients."""
    return route.name
