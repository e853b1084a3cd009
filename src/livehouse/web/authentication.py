"""Who sends a request: by bearer token, or by cookie with a CSRF token on unsafe methods."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastapi import Depends, Request, Response

from cpc.kernel.errors import Forbidden, Unauthenticated
from livehouse.accounts.application import SignedIn
from livehouse.accounts.contract import ANONYMOUS, DEVICE_COOKIE, LOGIN_SESSION_COOKIE, Actor
from livehouse.web.known_actors import KnownActors
from livehouse.web.rate_limit import AccountLimit
from livehouse.web.use_cases import UseCases

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_DEVICE_LIFETIME_S = 400 * 24 * 3600  # as long as browsers keep a cookie


@dataclass(frozen=True, slots=True)
class Authentication:
    """token: the presented login token; None for an anonymous visitor."""

    actor: Actor
    token: str | None = field(default=None, repr=False)
    by: Literal["bearer", "cookie"] | None = None


async def authenticate(request: Request) -> Authentication:
    """Raises `Unauthenticated` for a bad bearer token, `Forbidden` for a cookie without its CSRF token,
    `RateLimited` for an account that changes too much.

    A cookie that no longer counts makes an anonymous visitor, so that pages still load.
    """
    # The headers are read here and not as arguments, whose checking costs more than what is done with them.
    headers, cases = request.headers, request.app.state.use_cases
    found = await read_authentication(
        request, cases, headers.get("authorization"), headers.get("x-csrf-token")
    )
    if request.method not in _SAFE_METHODS and found.actor.account_id is not None:
        account_limit: AccountLimit = request.app.state.account_limit
        account_limit.count_write(str(found.actor.account_id), request.scope)
        await account_limit.hold_write_place(str(found.actor.account_id), request.scope)
    return found


async def read_authentication(
    request: Request, cases: UseCases, authorization: str | None, csrf_token: str | None
) -> Authentication:
    """Who sent the request, as `authenticate` but counted against no limit."""
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated("unknown-authorization", "Send `Authorization: Bearer <access token>`.")
        token = token.strip()
        return Authentication(await _actor_of(request, cases, token), token, "bearer")
    token = request.cookies.get(LOGIN_SESSION_COOKIE, "")
    if not token:
        return Authentication(ANONYMOUS)
    try:
        actor = await _actor_of(request, cases, token)
    except Unauthenticated:
        return Authentication(ANONYMOUS)
    if request.method not in _SAFE_METHODS:
        if csrf_token is None:
            raise Forbidden("csrf-token-missing", "Send the header `X-CSRF-Token` with requests by cookie.")
        if not cases.accounts.tokens.is_csrf_token_of(token, csrf_token):
            raise Forbidden(
                "csrf-token-wrong", "The CSRF token is not that of this login. Load the page again."
            )
    return Authentication(actor, token, "cookie")


async def _actor_of(request: Request, cases: UseCases, token: str) -> Actor:
    known: KnownActors = request.app.state.known_actors
    return await known.resolve(
        token, cases.accounts.resolve_actor, changes_nothing=request.method in _SAFE_METHODS
    )


CurrentAuthentication = Annotated[Authentication, Depends(authenticate)]


async def current_actor(authentication: CurrentAuthentication) -> Actor:
    return authentication.actor


CurrentActor = Annotated[Actor, Depends(current_actor)]


async def actor_who_renders(request: Request, actor: CurrentActor) -> Actor:
    """For routes that make HTML of what they are sent, which costs far more than other changes: one at a
    time, and fewer of them. Raises `RateLimited`."""
    if actor.account_id is not None:
        limit: AccountLimit = request.app.state.rendering_limit
        limit.count_write(str(actor.account_id), request.scope)
        await limit.hold_write_place(str(actor.account_id), request.scope)
    return actor


RenderingActor = Annotated[Actor, Depends(actor_who_renders)]


def set_login_cookie(request: Request, response: Response, signed_in: SignedIn) -> None:
    response.set_cookie(
        LOGIN_SESSION_COOKIE,
        signed_in.token,
        # Not `expires`: the clock of the browser may be wrong.
        max_age=int(signed_in.lifetime.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/",
    )


def set_device_cookie(request: Request, response: Response, device_token: str) -> None:
    """Outlives the login, so that its owner gets in while others guess at the password."""
    response.set_cookie(
        DEVICE_COOKIE,
        device_token,
        max_age=_DEVICE_LIFETIME_S,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/api/v1/session",
    )


def clear_login_cookie(request: Request, response: Response) -> None:
    response.delete_cookie(
        LOGIN_SESSION_COOKIE, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/"
    )
