"""How a channel does: for everybody, and in detail for its owner and editors."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from livehouse.channel.application import BroadcastReport, Totals
from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases
from livehouse.web.paging import Cursor, Limit, NextCursor, link_next
from livehouse.web.plain_route import PlainRoute
from livehouse.web.rest.shapes import Rfc3339, Shape

router = APIRouter(prefix="/api/v1", tags=["statistics"], route_class=PlainRoute)

Hours = Annotated[float, Field(ge=0, description="To the hundredth", examples=[12.5])]


class ChannelStatistics(Shape):
    followers: Annotated[int, Field(ge=0, examples=[42])]
    viewers: Annotated[int | None, Field(description="Now; null while offline", examples=[7])]
    hours_streamed: Hours
    hours_streamed_30_days: Hours


class StatisticsTotals(Shape):
    broadcasts: Annotated[int, Field(ge=0, examples=[3])]
    hours_streamed: Hours
    average_viewers: Annotated[float, Field(ge=0, examples=[17.25])]
    peak_viewers: Annotated[int, Field(ge=0, examples=[42])]
    messages: Annotated[int, Field(ge=0, description="In chat, of broadcasts that ended", examples=[1234])]


class BroadcastStatistics(Shape):
    broadcast_id: Annotated[str, Field(examples=["brd_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    title: Annotated[str, Field(description="As it was at the beginning", examples=["Painting the sea"])]
    started_at: Rfc3339
    ended_at: Annotated[Rfc3339 | None, Field(description="null while it runs")]
    hours_streamed: Hours
    average_viewers: Annotated[float, Field(ge=0, examples=[17.25])]
    peak_viewers: Annotated[int, Field(ge=0, examples=[42])]
    messages: Annotated[int, Field(ge=0, description="In chat, while it ran", examples=[1234])]


class BroadcastStatisticsPage(Shape):
    last_30_days: StatisticsTotals
    last_90_days: StatisticsTotals
    broadcasts: Annotated[list[BroadcastStatistics], Field(description="The latest first")]
    next_cursor: NextCursor


@router.get("/channels/{name}/statistics")
async def get_statistics(name: str, actor: CurrentActor, cases: Cases) -> ChannelStatistics:
    """What everybody may know."""
    read = await cases.channel.read_statistics(actor, name)
    return ChannelStatistics(
        followers=read.followers,
        viewers=read.viewers,
        hours_streamed=_hours(read.streamed),
        hours_streamed_30_days=_hours(read.streamed_30_days),
    )


@router.get("/channels/{name}/statistics/broadcasts")
async def get_broadcast_statistics(
    request: Request,
    response: Response,
    name: str,
    actor: CurrentActor,
    cases: Cases,
    limit: Limit = 24,
    cursor: Cursor = None,
) -> BroadcastStatisticsPage:
    """Each broadcast, and totals of those begun in the last 30 and 90 days. For the owner, editors and
    administrators.
    """
    read = await cases.channel.read_broadcast_statistics(actor, name, cursor=cursor, limit=limit)
    link_next(request, response, read.next_cursor)
    return BroadcastStatisticsPage(
        last_30_days=_totals(read.last_30_days),
        last_90_days=_totals(read.last_90_days),
        broadcasts=[_broadcast(one) for one in read.broadcasts],
        next_cursor=read.next_cursor,
    )


def _broadcast(one: BroadcastReport) -> BroadcastStatistics:
    return BroadcastStatistics(
        broadcast_id=one.broadcast_id,
        title=one.title,
        started_at=one.started_at,
        ended_at=one.ended_at,
        hours_streamed=_hours(one.duration),
        average_viewers=round(one.average_viewers, 2),
        peak_viewers=one.peak_viewers,
        messages=one.messages,
    )


def _totals(totals: Totals) -> StatisticsTotals:
    return StatisticsTotals(
        broadcasts=totals.broadcasts,
        hours_streamed=_hours(totals.streamed),
        average_viewers=round(totals.average_viewers, 2),
        peak_viewers=totals.peak_viewers,
        messages=totals.messages,
    )


def _hours(span: timedelta) -> float:
    return round(span / timedelta(hours=1), 2)
