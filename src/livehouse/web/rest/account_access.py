"""Where one is signed in, personal access tokens, and whom one has blocked."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from livehouse.access.contract import Scope
from livehouse.accounts.application.access_tokens import PersonalAccessToken
from livehouse.web.authentication import CurrentActor, CurrentAuthentication
from livehouse.web.dependencies import Cases
from livehouse.web.paging import Cursor, Limit, NextCursor, link_next
from livehouse.web.plain_route import PlainRoute
from livehouse.web.problems import may_answer
from livehouse.web.rest.images import AvatarUrl, image_url
from livehouse.web.rest.shapes import AS_WRITTEN, SECRET, Body, DisplayName, Rfc3339, Shape

router = APIRouter(prefix="/api/v1/account", tags=["account"], route_class=PlainRoute)


class Login(Shape):
    id: Annotated[str, Field(examples=["lgs_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    program: Annotated[str, Field(description="What the browser or program calls itself")]
    created_at: Rfc3339
    last_used_at: Annotated[Rfc3339, Field(description="To within some minutes")]
    expires_at: Rfc3339
    is_current: Annotated[bool, Field(description="The one that asks")]


class Logins(Shape):
    logins: Annotated[list[Login], Field(description="The one used last first")]


class EndedLogins(Shape):
    ended: Annotated[int, Field(ge=0)]


class AccessToken(Shape):
    id: Annotated[str, Field(examples=["pat_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["Overlay"])]
    scopes: list[Scope]
    created_at: Rfc3339
    expires_at: Annotated[Rfc3339 | None, Field(description="null: does not expire")]
    last_used_at: Annotated[Rfc3339 | None, Field(description="To within some minutes; null: never")]


class ShownAccessToken(AccessToken):
    access_token: Annotated[
        str, Field(description="The secret, shown this once", examples=["lhp_…"], json_schema_extra=SECRET)
    ]


class AccessTokens(Shape):
    access_tokens: Annotated[list[AccessToken], Field(description="The oldest first")]


class NewAccessToken(Body):
    name: Annotated[str, Field(max_length=200, description="1 to 60 characters", examples=["Overlay"])]
    scopes: Annotated[
        list[Annotated[Scope, AS_WRITTEN]], Field(min_length=1, max_length=20, examples=[["chat:write"]])
    ]
    expires_in_s: Annotated[
        int | None, Field(ge=60, le=316_224_000, description="Lifetime in seconds; null: does not expire")
    ] = None


class Block(Shape):
    name: Annotated[str, Field(examples=["mallory"])]
    display_name: DisplayName
    avatar_url: AvatarUrl
    blocked_at: Rfc3339


class Blocks(Shape):
    blocks: Annotated[list[Block], Field(description="By name")]
    next_cursor: NextCursor


@router.get("/logins")
async def list_logins(authentication: CurrentAuthentication, cases: Cases) -> Logins:
    """Where one is signed in."""
    found = await cases.accounts.list_login_sessions(authentication.actor, authentication.token or "")
    return Logins(
        logins=[
            Login(
                id=str(one.login_session.id),
                program=one.login_session.program,
                created_at=one.login_session.created_at,
                last_used_at=one.login_session.last_used_at,
                expires_at=one.login_session.expires_at,
                is_current=one.is_current,
            )
            for one in found
        ]
    )


@router.delete("/logins")
async def end_other_logins(authentication: CurrentAuthentication, cases: Cases) -> EndedLogins:
    """Sign out everywhere else."""
    ended = await cases.accounts.end_other_login_sessions(authentication.actor, authentication.token or "")
    return EndedLogins(ended=ended)


@router.delete("/logins/{login_id}", status_code=204, openapi_extra=may_answer("no-such-login"))
async def end_login(login_id: str, actor: CurrentActor, cases: Cases) -> None:
    """Sign out somewhere else, or here."""
    await cases.accounts.end_login_session(actor, login_id)


@router.get("/access-tokens")
async def list_access_tokens(actor: CurrentActor, cases: Cases) -> AccessTokens:
    """One's personal access tokens, without their secrets."""
    return AccessTokens(
        access_tokens=[_access_token(token) for token in await cases.accounts.list_access_tokens(actor)]
    )


@router.post(
    "/access-tokens",
    status_code=201,
    openapi_extra=may_answer("token-name", "token-scope", "token-lifetime", "too-many-access-tokens"),
)
async def create_access_token(
    body: NewAccessToken, response: Response, actor: CurrentActor, cases: Cases
) -> ShownAccessToken:
    """Make a token for a program. Its secret is in this answer and never shown again."""
    lifetime = None if body.expires_in_s is None else timedelta(seconds=body.expires_in_s)
    shown = await cases.accounts.create_access_token(actor, body.name, body.scopes, lifetime)
    response.headers["Location"] = f"/api/v1/account/access-tokens/{shown.token.id}"
    response.headers["Cache-Control"] = "no-store"
    return ShownAccessToken(**_access_token(shown.token).model_dump(), access_token=shown.secret)


@router.delete(
    "/access-tokens/{token_id}",
    status_code=204,
    openapi_extra=may_answer("no-such-access-token"),
)
async def revoke_access_token(token_id: str, actor: CurrentActor, cases: Cases) -> None:
    """Take a token back; it counts no more at once."""
    await cases.accounts.revoke_access_token(actor, token_id)


@router.get("/blocks")
async def list_blocks(
    request: Request,
    response: Response,
    actor: CurrentActor,
    cases: Cases,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Blocks:
    """Whom one has blocked."""
    page = await cases.accounts.list_blocks(actor, cursor=cursor, limit=limit)
    link_next(request, response, page.next_cursor)
    return Blocks(
        blocks=[
            Block(
                name=person.name.value,
                display_name=person.shown_name,
                avatar_url=image_url(person.avatar),
                blocked_at=at,
            )
            for person, at in page.blocks
        ],
        next_cursor=page.next_cursor,
    )


@router.put(
    "/blocks/{name}",
    status_code=204,
    openapi_extra=may_answer("no-such-account", "own-name", "too-many-blocks"),
)
async def block_person(name: str, actor: CurrentActor, cases: Cases) -> None:
    """Block somebody. They are not told. Doing it twice is fine."""
    await cases.accounts.block_person(actor, name)


@router.delete("/blocks/{name}", status_code=204, openapi_extra=may_answer("no-such-account"))
async def unblock_person(name: str, actor: CurrentActor, cases: Cases) -> None:
    """Take a block back. Doing it twice is fine."""
    await cases.accounts.unblock_person(actor, name)


def _access_token(token: PersonalAccessToken) -> AccessToken:
    return AccessToken(
        id=str(token.id),
        name=token.name,
        scopes=sorted(token.scopes),
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
    )
