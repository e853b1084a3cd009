"""What administrators do: people, suspensions, the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from livehouse.accounts.application import Account as AccountResult
from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases
from livehouse.web.paging import Cursor, Limit, NextCursor, link_next
from livehouse.web.plain_route import PlainRoute
from livehouse.web.problems import may_answer
from livehouse.web.rest.images import AvatarUrl, image_url
from livehouse.web.rest.shapes import Body, Moment, Rfc3339, Shape, SuspensionShape

router = APIRouter(prefix="/api/v1/administration", tags=["administration"], route_class=PlainRoute)


class AdministeredAccount(Shape):
    id: Annotated[str, Field(examples=["acc_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["ada"])]
    avatar_url: AvatarUrl
    created_at: Rfc3339
    is_administrator: bool
    suspension: Annotated[SuspensionShape | None, Field(description="The last one; its end may have passed")]


class AdministeredAccounts(Shape):
    accounts: list[AdministeredAccount]
    next_cursor: NextCursor


class NewSuspension(Body):
    reason: Annotated[
        str,
        Field(
            max_length=2000,
            description="1 to 500 characters; shown to the person",
            examples=["Spam in chats"],
        ),
    ]
    until: Annotated[Moment | None, Field(description="null: for good")] = None


class AuditEntryShape(Shape):
    id: Annotated[str, Field(examples=["aud_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    at: Rfc3339
    by_id: Annotated[str | None, Field(description="null: the operator, at the command line")]
    by_name: Annotated[str | None, Field(examples=["grace"])]
    what: Annotated[str, Field(examples=["suspend_account"])]
    subject: Annotated[
        str, Field(description="What it was done to", examples=["acc_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])
    ]
    subject_name: Annotated[str, Field(description="As it was called then", examples=["ada"])]
    reason: str


class AuditLog(Shape):
    entries: Annotated[list[AuditEntryShape], Field(description="The newest first")]
    next_cursor: NextCursor


@router.get("/accounts")
async def list_accounts(
    request: Request,
    response: Response,
    actor: CurrentActor,
    cases: Cases,
    prefix: Annotated[str, Query(max_length=25, description="What names begin with")] = "",
    suspended: Annotated[bool, Query(description="Only those suspended now")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AdministeredAccounts:
    """Accounts by name. For administrators."""
    page = await cases.accounts.list_accounts(
        actor, prefix=prefix, suspended_only=suspended, cursor=cursor, limit=limit
    )
    link_next(request, response, page.next_cursor)
    return AdministeredAccounts(
        accounts=[_account(account) for account in page.accounts], next_cursor=page.next_cursor
    )


@router.get("/accounts/{name}", openapi_extra=may_answer("no-such-account"))
async def get_account(name: str, actor: CurrentActor, cases: Cases) -> AdministeredAccount:
    """One account. For administrators."""
    return _account(await cases.accounts.find_account(actor, name))


@router.put(
    "/accounts/{name}/suspension",
    openapi_extra=may_answer("no-such-account", "is-administrator", "malformed-reason", "suspension-end"),
)
async def suspend_account(
    name: str, body: NewSuspension, actor: CurrentActor, cases: Cases
) -> AdministeredAccount:
    """Suspend an account: it may no longer act, and its broadcast ends. For administrators."""
    until: datetime | None = body.until
    return _account(await cases.accounts.suspend_account(actor, name, reason=body.reason, until=until))


@router.delete(
    "/accounts/{name}/suspension",
    status_code=204,
    openapi_extra=may_answer("no-such-account", "not-suspended", "malformed-reason"),
)
async def lift_suspension(
    name: str,
    actor: CurrentActor,
    cases: Cases,
    reason: Annotated[str, Query(max_length=2000, description="1 to 500 characters")],
) -> None:
    """Let a suspended account act again. For administrators."""
    await cases.accounts.lift_suspension(actor, name, reason=reason)


@router.get("/audit-log")
async def read_audit_log(
    request: Request,
    response: Response,
    actor: CurrentActor,
    cases: Cases,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AuditLog:
    """What administrators did, and why. For administrators."""
    page = await cases.accounts.read_audit_log(actor, cursor=cursor, limit=limit)
    link_next(request, response, page.next_cursor)
    return AuditLog(
        entries=[
            AuditEntryShape(
                id=str(entry.id),
                at=entry.at,
                by_id=None if entry.by is None else str(entry.by),
                by_name=None if entry.by_name is None else entry.by_name.value,
                what=entry.what,
                subject=entry.subject,
                subject_name=entry.subject_name,
                reason=entry.reason,
            )
            for entry in page.entries
        ],
        next_cursor=page.next_cursor,
    )


def _account(account: AccountResult) -> AdministeredAccount:
    return AdministeredAccount(
        id=str(account.id),
        name=account.name.value,
        avatar_url=image_url(account.avatar),
        created_at=account.created_at,
        is_administrator=account.is_administrator,
        suspension=SuspensionShape.of(account.suspension),
    )
