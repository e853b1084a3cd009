"""How PostgreSQL finds channels among very many: every statement of lists and search by an index."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.kernel.clock import FakeClock
from cpc.kernel.ids import UuidV7Ids
from livehouse.accounts.contract import ANONYMOUS
from livehouse.channel.adapters.postgres import PostgresChannelUnitOfWork
from livehouse.channel.application import ChannelUseCases
from livehouse.main.wiring.channel import build_channel, build_channel_cards
from livehouse.main.wiring.persistence import build_engine, read_connections

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

CHANNELS, LIVE = 100_000, 2_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)

# Names of syllables, so that runs of letters are as common as in real ones. One in three has the common tag
# and the common word; every fifth is in the same category.
SEED = f"""
    INSERT INTO channel.channel
        (owner_id, channel_id, name, title, category_id, created_at, version, tags, language, privacy)
    SELECT gen_random_uuid(), gen_random_uuid(),
        (ARRAY['ka','lo','mi','ra','zen','tor','vel','na','shi','pix'])[1 + number % 10]
            || (ARRAY['ba','du','fer','gro','hul','jin','kel','mo','nor','qui'])[1 + number / 10 % 10]
            || (ARRAY['da','le','ny','ox','pa','rus','sty','ti','um','wo'])[1 + number / 100 % 10]
            || number::text,
        CASE WHEN number % 3 = 0 THEN 'Playing all night ' ELSE 'Painting number ' END || number,
        (SELECT category_id FROM channel.category ORDER BY slug
            OFFSET (CASE WHEN number % 5 = 0 THEN 0 ELSE number % 30 END) LIMIT 1),
        now(), 1,
        CASE WHEN number % 3 = 0 THEN ARRAY['Common'] WHEN number % 9973 = 0 THEN ARRAY['Rare']
            ELSE ARRAY[]::text[] END,
        (ARRAY['en','en','en','de','fr','ja'])[1 + number % 6],
        CASE WHEN number % 50 = 0 THEN 'unlisted' ELSE 'public' END
    FROM generate_series(1, {CHANNELS}) AS number
"""  # noqa: S608 - constants
OWN = """
    INSERT INTO accounts.account (account_id, name, skeleton, password_hash, created_at, avatar)
    SELECT owner_id, name, name, '', created_at, substr(md5(name) || md5(title), 1, 40) FROM channel.channel
"""
GO_LIVE = f"""
    INSERT INTO channel.directory (channel_id, broadcast_id, viewers, started_at, name, category_id,
        language, tag_keys, words, is_listed)
    SELECT channel_id, 'brd_1', (random() * 1000)::int, now(), name, category_id, language, tag_keys, words,
        privacy <> 'unlisted'
    FROM channel.channel ORDER BY channel_id LIMIT {LIVE}
"""  # noqa: S608 - constants


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = build_engine(database_url, statement_timeout_s=250)
    async with engine.begin() as connection:
        for statement in (SEED, OWN, GO_LIVE):
            await connection.execute(text(statement))
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(
            text("VACUUM ANALYZE channel.channel, channel.directory, channel.category, accounts.account")
        )
    yield engine
    await engine.dispose()


@pytest.fixture
def channel(engine: AsyncEngine) -> ChannelUseCases:
    clock = FakeClock(NOW)
    return build_channel(engine, clock, UuidV7Ids(clock))


async def plans_of(engine: AsyncEngine, work: Callable[[], Awaitable[object]]) -> list[str]:
    """What the planner says to each statement that `work` executes."""
    executed: list[tuple[str, tuple[object, ...]]] = []

    def note(statement: str, parameters: Sequence[object]) -> None:
        executed.append((statement, tuple(parameters)))

    def note_of_engine(
        _c: object, _cursor: object, statement: str, parameters: tuple[object, ...], *_: object
    ) -> None:
        note(statement, parameters)

    straight = read_connections(engine).listeners
    straight.append(note)
    event.listen(engine.sync_engine, "before_cursor_execute", note_of_engine)
    try:
        await work()
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note_of_engine)
        straight.remove(note)
    plans = []
    async with engine.connect() as connection:
        for statement, parameters in executed:
            found = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(row[0] for row in found))
    assert plans
    return plans


async def test_no_list_and_no_search_reads_all_channels(
    engine: AsyncEngine, channel: ChannelUseCases
) -> None:
    lists = channel.list_channels
    offline = (await lists(ANONYMOUS, limit=100)).next_cursor
    for _ in range(LIVE // 100 + 1):
        offline = (await lists(ANONYMOUS, limit=100, cursor=offline)).next_cursor
    shown = (await lists(ANONYMOUS, limit=100)).channels
    assert all(card.avatar for card in shown)
    known = [card.id for card in shown]
    cards = build_channel_cards(engine, FakeClock(NOW))
    asked: dict[str, Callable[[], Awaitable[object]]] = {
        "all": lambda: lists(ANONYMOUS),
        "live": lambda: lists(ANONYMOUS, live_only=True),
        "offline": lambda: lists(ANONYMOUS, cursor=offline),
        "category": lambda: lists(ANONYMOUS, category="art"),
        "live of a category": lambda: lists(ANONYMOUS, category="art", live_only=True),
        "offline of a category": lambda: lists(ANONYMOUS, category="art", cursor=offline),
        "common tag": lambda: lists(ANONYMOUS, tag="common", cursor=offline),
        "rare tag": lambda: lists(ANONYMOUS, tag="rare"),
        "unknown tag": lambda: lists(ANONYMOUS, tag="nothing"),
        "language": lambda: lists(ANONYMOUS, language="ja", cursor=offline),
        "all of them": lambda: lists(ANONYMOUS, category="art", tag="common", language="en"),
        "name": lambda: channel.search(ANONYMOUS, "lodule12"),
        "short": lambda: channel.search(ANONYMOUS, "ka"),
        "one letter": lambda: channel.search(ANONYMOUS, "k"),
        "common word": lambda: channel.search(ANONYMOUS, "playing"),
        "words": lambda: channel.search(ANONYMOUS, "painting number 777"),
        "nothing": lambda: channel.search(ANONYMOUS, "xqzwvvxq"),
        "of ids": lambda: cards.of(known),
        "merge": lambda: merge_some(engine),
        "statistics": lambda: channel.list_categories(ANONYMOUS),
    }
    for name, work in asked.items():
        for plan in await plans_of(engine, work):
            assert not re.search(r"Seq Scan on (channel|account)\b", plan), f"{name}:\n{plan}"
    (plan,) = await plans_of(engine, lambda: read_all(engine))
    assert re.search(r"Seq Scan on channel\b", plan), "one that reads them all would be seen"


async def merge_some(engine: AsyncEngine) -> None:
    async with PostgresChannelUnitOfWork(engine) as unit:
        art, music = await unit.categories.by_slug("art"), await unit.categories.by_slug("music")
        assert art is not None
        assert await unit.categories.move_some(art, music, limit=1_000)


async def read_all(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT max(title) FROM channel.channel"))
