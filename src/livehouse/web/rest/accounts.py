"""Signing up, in and out."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from livehouse.accounts.application import Account as AccountResult
from livehouse.accounts.contract import DEVICE_COOKIE
from livehouse.web.authentication import (
    CurrentAuthentication,
    clear_login_cookie,
    set_device_cookie,
    set_login_cookie,
)
from livehouse.web.dependencies import Cases, ClientAddress
from livehouse.web.plain_route import PlainRoute
from livehouse.web.problems import may_answer
from livehouse.web.rest.images import AvatarUrl, image_url
from livehouse.web.rest.shapes import SECRET, Body, DisplayName, Rfc3339, Shape

router = APIRouter(prefix="/api/v1", tags=["accounts"], route_class=PlainRoute)


class Account(Shape):
    id: Annotated[str, Field(examples=["acc_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["ada"])]
    display_name: DisplayName
    created_at: Rfc3339
    locale: Annotated[str, Field(description="RFC 5646; empty: as the browser asks", examples=["en"])]
    is_administrator: bool
    is_confirmed: Annotated[
        bool, Field(description="false: confirm the mail address before going live or chatting")
    ]
    avatar_url: AvatarUrl


class OwnChannel(Shape):
    id: Annotated[str, Field(examples=["chn_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["ada"])]
    title: Annotated[str, Field(examples=["Painting the sea"])]
    category: Annotated[str, Field(examples=["Art"])]
    created_at: Rfc3339


class NewAccount(Body):
    name: Annotated[
        str, Field(max_length=100, description="3 to 25 letters, digits, underscores", examples=["ada"])
    ]
    password: Annotated[
        str, Field(max_length=1000, description="8 to 256 characters", examples=["correct horse battery"])
    ]
    mail: Annotated[
        str | None,
        Field(
            max_length=300,
            description="Needed where `sends_mail` of /server is true; a link is sent there",
            examples=["ada@example.org"],
        ),
    ] = None


class OpenedAccount(Shape):
    account: Account
    channel: OwnChannel
    csrf_token: Annotated[
        str,
        Field(description="Send as `X-CSRF-Token` with unsafe requests by cookie", json_schema_extra=SECRET),
    ]


class Credentials(Body):
    name: Annotated[str, Field(max_length=100, examples=["ada"])]
    password: Annotated[str, Field(max_length=1000, examples=["correct horse battery"])]
    token: Annotated[
        Literal["cookie", "bearer"],
        Field(description="cookie: for pages; bearer: for programs, the token comes in the answer"),
    ] = "cookie"  # noqa: S105 - the kind of token


class OpenedSession(Shape):
    account: Account
    csrf_token: Annotated[str, Field(json_schema_extra=SECRET)]
    access_token: Annotated[
        str | None,
        Field(
            description="For `Authorization: Bearer`; only when asked for, shown once",
            json_schema_extra=SECRET,
        ),
    ] = None


class CurrentSession(Shape):
    """Both null for an anonymous visitor."""

    account: Account | None
    csrf_token: Annotated[str | None, Field(json_schema_extra=SECRET)]


@router.post(
    "/accounts",
    status_code=201,
    openapi_extra=may_answer(
        "malformed-name",
        "reserved-name",
        "name-taken",
        "name-too-similar",
        "weak-password",
        "mail-missing",
        "no-mail-here",
        "malformed-mail",
        "too-many-sign-ups",
        "sign-in-busy",
    ),
)
async def open_account(
    body: NewAccount, request: Request, response: Response, cases: Cases, address: ClientAddress
) -> OpenedAccount:
    """Open an account with its channel and sign in by cookie."""
    opened = await cases.processes.open_account(
        body.name, body.password, address=address, mail=body.mail, program=_program(request)
    )
    set_login_cookie(request, response, opened.signed_in)
    set_device_cookie(request, response, opened.signed_in.device_token)
    response.headers["Location"] = f"/api/v1/channels/{opened.channel.name}"
    return OpenedAccount(
        account=_account(opened.signed_in.account),
        channel=OwnChannel(
            id=str(opened.channel.id),
            name=opened.channel.name.value,
            title=opened.channel.title,
            category=opened.channel.category,
            created_at=opened.channel.created_at,
        ),
        csrf_token=opened.signed_in.csrf_token,
    )


@router.post(
    "/session",
    status_code=201,
    openapi_extra=may_answer("wrong-name-or-password", "too-many-sign-ins", "sign-in-busy"),
)
async def sign_in(
    body: Credentials, request: Request, response: Response, cases: Cases, address: ClientAddress
) -> OpenedSession:
    """Sign in by name and password."""
    signed_in = await cases.processes.return_to_account(
        body.name,
        body.password,
        address=address,
        device=request.cookies.get(DEVICE_COOKIE),
        program=_program(request),
    )
    response.headers["Location"] = "/api/v1/session"
    access_token = None
    if body.token == "bearer":  # noqa: S105 - the kind of token
        access_token = signed_in.token
    else:
        set_login_cookie(request, response, signed_in)
        set_device_cookie(request, response, signed_in.device_token)
    return OpenedSession(
        account=_account(signed_in.account), csrf_token=signed_in.csrf_token, access_token=access_token
    )


@router.get("/session")
async def get_session(authentication: CurrentAuthentication, cases: Cases) -> CurrentSession:
    """Who am I?"""
    token = authentication.token
    if authentication.actor.is_anonymous or token is None:
        return CurrentSession(account=None, csrf_token=None)
    account = await cases.accounts.read_own_account(authentication.actor)
    return CurrentSession(
        account=_account(account, is_confirmed=authentication.actor.is_confirmed),
        csrf_token=cases.accounts.tokens.csrf_token(token),
    )


@router.delete("/session", status_code=204)
async def sign_out(
    authentication: CurrentAuthentication, request: Request, response: Response, cases: Cases
) -> None:
    """End the login whose token was sent. Doing it twice is fine. A personal access token is taken back by
    `DELETE /account/access-tokens/{token_id}`."""
    if authentication.token is not None:
        await cases.accounts.sign_out(authentication.actor, authentication.token)
    clear_login_cookie(request, response)


def _account(account: AccountResult, *, is_confirmed: bool | None = None) -> Account:
    return Account(
        id=str(account.id),
        name=account.name.value,
        display_name=account.shown_name,
        created_at=account.created_at,
        locale=account.locale,
        is_administrator=account.is_administrator,
        is_confirmed=account.is_confirmed if is_confirmed is None else is_confirmed,
        avatar_url=image_url(account.avatar),
    )


def _program(request: Request) -> str:
    return request.headers.get("user-agent", "")
