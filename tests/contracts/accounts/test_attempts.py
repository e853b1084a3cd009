"""What counting of tries promises: in memory and in PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from livehouse.accounts.application.ports import ShareOfRest, UnitOfWorkFactory

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def test_tries_are_counted_in_windows(unit_of_work: UnitOfWorkFactory) -> None:
    later, after_window = NOW + timedelta(seconds=50), NOW + timedelta(seconds=100)
    for at, limits, refused_since in (
        (NOW, [(b"b", 1), (b"a", 1)], None),
        (later, [(b"c", 1), (b"a", 2)], None),
        (later, [(b"a", 2)], NOW),
        (after_window, [(b"a", 1)], None),
    ):
        async with unit_of_work() as unit:
            assert await unit.attempts.count(limits, at, 100) == refused_since


async def test_nothing_is_counted_beyond_the_first_limit_that_refuses(
    unit_of_work: UnitOfWorkFactory,
) -> None:
    async with unit_of_work() as unit:
        assert await unit.attempts.count([(b"b", 1), (b"a", 2)], NOW, 100) is None
        for _ in range(5):
            assert await unit.attempts.count([(b"b", 1), (b"a", 2)], NOW, 100) == NOW
    async with unit_of_work() as unit:
        assert await unit.attempts.count([(b"a", 2)], NOW, 100) is None
        assert await unit.attempts.count([(b"a", 2)], NOW, 100) == NOW


async def test_what_is_left_of_a_limit_is_shared_out(unit_of_work: UnitOfWorkFactory) -> None:
    one, other = (ShareOfRest(b"a", 3, key, 1) for key in (b"one", b"other"))
    async with unit_of_work() as unit:
        for _ in range(3):
            assert await unit.attempts.count([(b"a", 5)], NOW, 100, one) is None
        later = NOW + timedelta(seconds=10)
        assert await unit.attempts.count([(b"a", 5)], later, 100, one) is None
    async with unit_of_work() as unit:
        for _ in range(2):
            assert await unit.attempts.count([(b"z", 9), (b"a", 9)], later, 100, one) == later
        assert await unit.attempts.count([(b"a", 9)], later, 100, other) is None
        assert await unit.attempts.count([(b"a", 5)], later, 100, other) == NOW, "the limit itself"
        after_window = NOW + timedelta(seconds=100)
        assert await unit.attempts.count([(b"a", 5)], after_window, 100, one) is None


async def test_tries_are_forgiven_one_by_one_or_all(unit_of_work: UnitOfWorkFactory) -> None:
    both = [(b"a", 3), (b"b", 3)]
    async with unit_of_work() as unit:
        for _ in range(3):
            assert await unit.attempts.count(both, NOW, 100) is None
        await unit.attempts.forgive([b"a", b"unknown"], forget=False)
        await unit.attempts.forgive([b"b"], forget=True)
        assert await unit.attempts.count(both, NOW, 100) is None
        assert await unit.attempts.count(both, NOW, 100) == NOW, "a has had its third again"
        assert await unit.attempts.count([(b"b", 2)], NOW, 100) is None
        assert await unit.attempts.count([(b"b", 2)], NOW, 100) == NOW
