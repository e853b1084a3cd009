"""One's own account: settings, mail address, password, data, deletion."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from livehouse.accounts.application import Account as AccountResult
from livehouse.accounts.contract import Actor
from livehouse.web.authentication import CurrentActor, CurrentAuthentication, set_device_cookie
from livehouse.web.dependencies import Cases, ClientAddress
from livehouse.web.plain_route import PlainRoute
from livehouse.web.problems import may_answer
from livehouse.web.rest.images import AvatarUrl, image_url
from livehouse.web.rest.shapes import Body, DisplayName, Rfc3339, Shape, SuspensionShape

router = APIRouter(prefix="/api/v1", tags=["account"], route_class=PlainRoute)

Password = Annotated[str, Field(max_length=1000, examples=["correct horse battery"])]
NewPassword = Annotated[
    str, Field(max_length=1000, description="8 to 256 characters", examples=["staple battery horse"])
]
LinkToken = Annotated[
    str, Field(max_length=200, description="From the link, after `#token=`", examples=["lho_…"])
]


class AccountSettings(Shape):
    id: Annotated[str, Field(examples=["acc_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["ada"])]
    display_name: DisplayName
    bio: Annotated[str, Field(examples=["I paint the sea."])]
    locale: Annotated[str, Field(description="RFC 5646; empty: as the browser asks", examples=["en"])]
    mail: Annotated[str | None, Field(description="Confirmed", examples=["ada@example.org"])]
    pending_mail: Annotated[str | None, Field(description="Waits to be confirmed")]
    created_at: Rfc3339
    is_administrator: bool
    suspension: Annotated[SuspensionShape | None, Field(description="null unless it counts now")]
    deletion_due_at: Annotated[Rfc3339 | None, Field(description="When the account will be erased")]
    avatar_url: AvatarUrl


class ProfileChange(Body):
    """What is left out stays; an empty text clears."""

    display_name: Annotated[
        str | None, Field(max_length=100, description="The name with other capitals", examples=["Ada"])
    ] = None
    bio: Annotated[
        str | None,
        Field(max_length=3000, description="At most 300 characters", examples=["I paint the sea."]),
    ] = None
    locale: Annotated[str | None, Field(max_length=20, examples=["de"])] = None


class Profile(Shape):
    id: Annotated[str, Field(examples=["acc_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["ada"])]
    display_name: DisplayName
    bio: Annotated[str, Field(examples=["I paint the sea."])]
    created_at: Rfc3339
    avatar_url: AvatarUrl


class MailChange(Body):
    mail: Annotated[str, Field(max_length=300, examples=["ada@example.org"])]
    password: Password


class Link(Body):
    token: LinkToken


class ConfirmedMail(Shape):
    name: Annotated[str, Field(description="Of the account", examples=["ada"])]
    mail: Annotated[str, Field(examples=["ada@example.org"])]


class PasswordChange(Body):
    old_password: Password
    new_password: NewPassword


class PasswordResetRequest(Body):
    mail: Annotated[str, Field(max_length=300, examples=["ada@example.org"])]


class PasswordReset(Body):
    token: LinkToken
    password: NewPassword


class DeletionRequest(Body):
    password: Password


class Deletion(Shape):
    deletion_due_at: Rfc3339


@router.get("/account")
async def get_own_account(actor: CurrentActor, cases: Cases) -> AccountSettings:
    """One's own settings."""
    return _settings(await cases.accounts.read_own_account.settings(actor), actor)


@router.patch("/account", openapi_extra=may_answer("display-name", "bio-too-long", "malformed-locale"))
async def change_profile(body: ProfileChange, actor: CurrentActor, cases: Cases) -> AccountSettings:
    """Change display name, bio or locale."""
    changed = await cases.accounts.change_profile(
        actor, display_name=body.display_name, bio=body.bio, locale=body.locale
    )
    cases.processes.read_channel_page.forget(changed.name.value)
    cases.channel.list_channels.forget()
    return _settings(changed, actor)


@router.get("/people/{name}", openapi_extra=may_answer("no-such-account"))
async def get_profile(name: str, actor: CurrentActor, cases: Cases) -> Profile:
    """What a person says of themselves."""
    account = await cases.accounts.read_profile(actor, name)
    return Profile(
        id=str(account.id),
        name=account.name.value,
        display_name=account.shown_name,
        bio=account.bio,
        created_at=account.created_at,
        avatar_url=image_url(account.avatar),
    )


@router.put(
    "/account/mail",
    status_code=202,
    response_class=Response,
    openapi_extra=may_answer(
        "malformed-mail", "no-mail-here", "wrong-password", "too-many-tries", "too-many-mails", "sign-in-busy"
    ),
)
async def change_mail(body: MailChange, actor: CurrentActor, cases: Cases) -> Response:
    """Send a link to a new mail address. The old one counts until the link is followed."""
    await cases.accounts.ask_for_mail.change(actor, body.mail, body.password)
    return Response(status_code=202)


@router.post(
    "/account/mail/confirmation",
    status_code=202,
    response_class=Response,
    openapi_extra=may_answer("nothing-to-confirm", "no-mail-here", "too-many-mails"),
)
async def send_confirmation_again(actor: CurrentActor, cases: Cases) -> Response:
    """Send the link again."""
    await cases.accounts.ask_for_mail.again(actor)
    return Response(status_code=202)


@router.post("/mail-confirmations", openapi_extra=may_answer("link-void"))
async def confirm_mail(body: Link, cases: Cases) -> ConfirmedMail:
    """Follow the link of a confirmation mail. Takes no login."""
    account = await cases.accounts.confirm_mail(body.token)
    return ConfirmedMail(name=account.name.value, mail=str(account.mail))


@router.put(
    "/account/password",
    status_code=204,
    openapi_extra=may_answer("wrong-password", "weak-password", "too-many-tries", "sign-in-busy"),
)
async def change_password(body: PasswordChange, authentication: CurrentAuthentication, cases: Cases) -> None:
    """Set a new password. All other logins end."""
    await cases.accounts.change_password(
        authentication.actor, authentication.token or "", body.old_password, body.new_password
    )


@router.post(
    "/password-resets",
    status_code=202,
    response_class=Response,
    openapi_extra=may_answer("no-mail-here", "too-many-mails", "malformed-mail"),
)
async def request_password_reset(
    body: PasswordResetRequest, cases: Cases, address: ClientAddress
) -> Response:
    """Have a link sent that sets a new password. The answer is the same whether anybody has that address."""
    await cases.accounts.request_password_reset(body.mail, address=address)
    return Response(status_code=202)


@router.post(
    "/password-resets/confirmations",
    status_code=204,
    openapi_extra=may_answer("link-void", "weak-password", "too-many-tries", "sign-in-busy"),
)
async def reset_password(
    body: PasswordReset, request: Request, response: Response, cases: Cases, address: ClientAddress
) -> None:
    """Set a new password by the link. All logins and access tokens of the account end."""
    device_token = await cases.accounts.reset_password(body.token, body.password, address=address)
    set_device_cookie(request, response, device_token)


@router.get(
    "/account/export",
    response_class=StreamingResponse,
    responses={200: {"description": "JSON files", "content": {"application/zip": {}}}},
    openapi_extra=may_answer("too-many-exports"),
)
async def export_data(actor: CurrentActor, cases: Cases) -> StreamingResponse:
    """Everything we keep of one, as a zip of JSON files."""
    chunks = await cases.accounts.export_data(actor)
    return StreamingResponse(
        chunks,
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="livehouse-{actor.name}.zip"',
            "Cache-Control": "no-store",
        },
    )


@router.post(
    "/account/deletion",
    status_code=202,
    openapi_extra=may_answer("wrong-password", "too-many-tries", "is-administrator", "sign-in-busy"),
)
async def request_deletion(body: DeletionRequest, actor: CurrentActor, cases: Cases) -> Deletion:
    """Have the account erased after a grace, in which it works on and this can be taken back."""
    account = await cases.accounts.request_deletion(actor, body.password)
    assert account.deletion_due_at is not None
    return Deletion(deletion_due_at=account.deletion_due_at)


@router.delete("/account/deletion", status_code=204)
async def cancel_deletion(actor: CurrentActor, cases: Cases) -> None:
    """Keep the account after all. Doing it twice is fine."""
    await cases.accounts.cancel_deletion(actor)


def _settings(account: AccountResult, actor: Actor) -> AccountSettings:
    return AccountSettings(
        id=str(account.id),
        name=account.name.value,
        display_name=account.shown_name,
        bio=account.bio,
        locale=account.locale,
        mail=None if account.mail is None else account.mail.value,
        pending_mail=None if account.pending_mail is None else account.pending_mail.value,
        created_at=account.created_at,
        is_administrator=account.is_administrator,
        suspension=SuspensionShape.of(actor.suspension),
        deletion_due_at=account.deletion_due_at,
        avatar_url=image_url(account.avatar),
    )
