"""What storage of accounts promises: the in-memory one and PostgreSQL pass the same suite."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from cpc.images.image import ImageName
from cpc.kernel.errors import Conflict
from livehouse.access.contract import Scope, Suspension
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.contract import AccountId, AccountName, PersonCard
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.administration import AuditEntry, AuditEntryId
from livehouse.accounts.domain.login_session import LoginSession, LoginSessionId
from livehouse.accounts.domain.mail_address import MailAddress
from livehouse.accounts.domain.outgoing_mail import MailId, MailKind, OneTimeToken, OutgoingMail
from livehouse.accounts.domain.personal_access_token import PersonalAccessToken, PersonalAccessTokenId

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
FACE = ImageName("3" * 40)


def account(name: str = "ada") -> Account:
    return Account(AccountId(uuid4()), AccountName(name), NOW)


def login_session(
    of: Account, token_hash: bytes, *, age: timedelta = timedelta(), days: int = 30
) -> LoginSession:
    created_at = NOW - age
    return LoginSession(
        LoginSessionId(uuid4()),
        of.id,
        "k1",
        token_hash,
        created_at,
        created_at + timedelta(days=days),
        last_used_at=created_at,
        program="Browser/1",
    )


async def test_an_account_is_found_by_name_and_id(unit_of_work: UnitOfWorkFactory) -> None:
    ada = account()
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "hash-1")
    async with unit_of_work() as unit:
        assert await unit.accounts.by_name(AccountName("ada")) == ada
        assert await unit.accounts.by_id(ada.id) == ada
        assert await unit.accounts.password_hash(ada.id) == "hash-1"
        assert await unit.accounts.by_name(AccountName("bob")) is None
        assert await unit.accounts.by_id(AccountId(uuid4())) is None


async def test_a_name_belongs_to_one_account(unit_of_work: UnitOfWorkFactory) -> None:
    async with unit_of_work() as unit:
        await unit.accounts.add(account(), "hash-1")
    with pytest.raises(Conflict) as taken:
        async with unit_of_work() as unit:
            await unit.accounts.add(account(), "hash-2")
    assert taken.value.slug == "name-taken"


async def test_what_fails_is_rolled_back(unit_of_work: UnitOfWorkFactory) -> None:
    with pytest.raises(RuntimeError):
        async with unit_of_work() as unit:
            await unit.accounts.add(account(), "hash-1")
            raise RuntimeError("the use case failed")
    async with unit_of_work() as unit:
        assert await unit.accounts.by_name(AccountName("ada")) is None


async def test_a_password_hash_is_replaced(unit_of_work: UnitOfWorkFactory) -> None:
    ada = account()
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "old")
        await unit.accounts.set_password_hash(ada.id, "new")
    async with unit_of_work() as unit:
        assert await unit.accounts.password_hash(ada.id) == "new"


async def test_a_login_session_is_found_by_key_and_hash_until_removed(
    unit_of_work: UnitOfWorkFactory,
) -> None:
    ada = account()
    opened = login_session(ada, b"h" * 32)
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "hash")
        await unit.login_sessions.add(opened, keep_newest=10)
    async with unit_of_work() as unit:
        assert await unit.login_sessions.find([("k0", b"x" * 32), ("k1", b"h" * 32)]) == (opened, ada)
        assert await unit.login_sessions.find([("k0", b"h" * 32)]) is None, "the hash of another key"
        await unit.login_sessions.remove([("k0", b"h" * 32)])
        assert await unit.login_sessions.find([("k1", b"h" * 32)]) is not None
        await unit.login_sessions.remove([("k1", b"h" * 32)])
        assert await unit.login_sessions.find([("k1", b"h" * 32)]) is None


async def test_expired_and_surplus_login_sessions_of_the_account_go(unit_of_work: UnitOfWorkFactory) -> None:
    ada, bob = account("ada"), account("bob")
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "hash")
        await unit.accounts.add(bob, "hash")
        await unit.login_sessions.add(login_session(bob, b"bob", age=timedelta(days=9)), keep_newest=2)
        expired = login_session(ada, b"expired", age=timedelta(days=2), days=1)
        for one in (
            login_session(ada, b"oldest", age=timedelta(days=3)),
            expired,
            login_session(ada, b"older", age=timedelta(days=1)),
            login_session(ada, b"newest"),
        ):
            await unit.login_sessions.add(one, keep_newest=2)
        kept = [
            name
            for name in (b"oldest", b"expired", b"older", b"newest", b"bob")
            if await unit.login_sessions.find([("k1", name)]) is not None
        ]
    assert kept == [b"older", b"newest", b"bob"]


async def test_what_changes_about_an_account_is_kept(
    unit_of_work: UnitOfWorkFactory,
) -> None:
    ada, until = account(), NOW + timedelta(days=1)
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "hash")
        changed = replace(
            ada,
            is_administrator=True,
            suspension=Suspension("spam", until),
            mail=MailAddress("ada@example.org"),
            pending_mail=MailAddress("new@example.org"),
            is_confirmed=False,
            display_name="Ada",
            bio="one\ntwo",
            locale="de",
            deletion_due_at=until,
        )
        await unit.accounts.save(changed)
    async with unit_of_work() as unit:
        found = await unit.accounts.by_name(AccountName("ada"), for_update=True)
        assert found == changed
        assert await unit.accounts.administrators() == [AccountName("ada")]
        await unit.login_sessions.add(login_session(ada, b"h"), keep_newest=1)
        opened = await unit.login_sessions.find([("k1", b"h")])
        assert opened is not None
        assert opened[1] == found
        await unit.accounts.save(ada)
        assert await unit.accounts.by_id(ada.id, for_update=True) == ada
        assert await unit.accounts.administrators() == []


async def test_accounts_are_listed_by_name(unit_of_work: UnitOfWorkFactory) -> None:
    names = ["a_b", "a_bc", "aab", "abd", "zoe"]  # an underscore is a letter, not a wildcard
    async with unit_of_work() as unit:
        for name in reversed(names):
            await unit.accounts.add(account(name), "hash")
        for name, until in (("abd", None), ("zoe", NOW)):
            one = await unit.accounts.by_name(AccountName(name))
            assert one is not None
            await unit.accounts.save(replace(one, suspension=Suspension("spam", until)))

        async def listed(**asked: Any) -> list[str]:
            page = await unit.accounts.page(
                **{"prefix": "", "suspended_at": None, "after": None, "limit": 10, **asked}
            )
            return [one.name.value for one in page]

        assert await listed() == names
        assert await listed(prefix="a_b") == ["a_b", "a_bc"]
        assert await listed(after=AccountName("a_bc"), limit=2) == ["aab", "abd"]
        assert await listed(suspended_at=NOW - timedelta(seconds=1)) == ["abd", "zoe"]
        assert await listed(suspended_at=NOW) == ["abd"], "the end has come"


async def test_the_audit_log_is_read_newest_first(unit_of_work: UnitOfWorkFactory) -> None:
    entries = [
        AuditEntry(
            AuditEntryId(UUID(int=number)),
            NOW,
            AccountId(UUID(int=1)) if number % 2 else None,
            AccountName("ada") if number % 2 else None,
            "suspend_account",
            f"acc_{number % 3}",
            "bob",
            f"reason {number}",
        )
        for number in range(1, 6)
    ]
    async with unit_of_work() as unit:
        for entry in (*entries, entries[0]):
            await unit.audit_log.add(entry)
    async with unit_of_work() as unit:
        newest_first = entries[::-1]
        assert list(await unit.audit_log.page(before=None, limit=3)) == newest_first[:3]
        assert list(await unit.audit_log.page(before=entries[2].id, limit=9)) == newest_first[3:]
        about_one = [entries[3], entries[0]]
        assert list(await unit.audit_log.page(before=None, limit=9, subject="acc_1")) == about_one
        older = await unit.audit_log.page(before=entries[3].id, limit=9, subject="acc_1")
        assert list(older) == about_one[1:]
        assert list(await unit.audit_log.page(before=None, limit=9, subject="acc_9")) == []


async def test_twins_of_a_name_are_refused_and_retired_names_are_kept(
    unit_of_work: UnitOfWorkFactory,
) -> None:
    ada = account("ada")
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "hash")
    with pytest.raises(Conflict) as twin:
        async with unit_of_work() as unit:
            await unit.accounts.add(account("a_da"), "hash")
    assert twin.value.slug == "name-too-similar"
    async with unit_of_work() as unit:
        await unit.accounts.erase(ada, NOW + timedelta(days=1))
        assert await unit.accounts.by_id(ada.id) is None
    with pytest.raises(Conflict) as taken:
        async with unit_of_work() as unit:
            await unit.accounts.add(account("ada"), "hash")
    assert taken.value.slug == "name-taken"
    async with unit_of_work() as unit:
        await unit.accounts.add(replace(account("ada"), created_at=NOW + timedelta(days=1)), "hash")


async def test_accounts_are_found_by_confirmed_address_and_by_their_end(
    unit_of_work: UnitOfWorkFactory,
) -> None:
    address = MailAddress("Ada@example.org")
    old = replace(account("old"), mail=address, created_at=NOW - timedelta(days=1))
    new = replace(account("new"), mail=MailAddress("ada@example.org"), deletion_due_at=NOW)
    unconfirmed = replace(account("unconfirmed"), pending_mail=address)
    async with unit_of_work() as unit:
        for one in (old, new, unconfirmed):
            await unit.accounts.add(one, "hash")
    async with unit_of_work() as unit:
        assert list(await unit.accounts.by_mail(address, 9)) == [new, old]
        assert list(await unit.accounts.by_mail(address, 1)) == [new]
        assert await unit.accounts.due_for_deletion(NOW - timedelta(seconds=1)) is None
        assert await unit.accounts.due_for_deletion(NOW) == new


async def test_login_sessions_are_listed_used_and_ended(unit_of_work: UnitOfWorkFactory) -> None:
    ada, bob = account("ada"), account("bob")
    first, second = login_session(ada, b"1", age=timedelta(hours=2)), login_session(ada, b"2")
    async with unit_of_work() as unit:
        for one in (ada, bob):
            await unit.accounts.add(one, "hash")
        for login in (first, second, login_session(bob, b"3")):
            await unit.login_sessions.add(login, keep_newest=9)
        assert list(await unit.login_sessions.of_account(ada.id)) == [second, first]
        later = NOW + timedelta(hours=1)
        await unit.login_sessions.note_use(first, later)
        used = replace(first, last_used_at=later)
        assert list(await unit.login_sessions.of_account(ada.id)) == [used, second]
        assert not await unit.login_sessions.remove_one(bob.id, first.id)
        assert await unit.login_sessions.remove_one(ada.id, first.id)
        assert not await unit.login_sessions.remove_one(ada.id, first.id)
        await unit.login_sessions.add(first, keep_newest=9)
        assert await unit.login_sessions.remove_others(ada.id, [("k0", b"1"), ("k1", b"2")]) == 1
        assert list(await unit.login_sessions.of_account(ada.id)) == [second]
        assert await unit.login_sessions.remove_others(ada.id, []) == 1
        assert len(await unit.login_sessions.of_account(bob.id)) == 1


async def test_access_tokens_are_kept_found_and_removed(unit_of_work: UnitOfWorkFactory) -> None:
    ada = account()
    tokens = [
        PersonalAccessToken(
            PersonalAccessTokenId(UUID(int=number)),
            ada.id,
            f"token {number}",
            frozenset({Scope.CHAT_WRITE, Scope.ACCOUNT_READ}),
            "k1",
            bytes([number]),
            NOW + timedelta(seconds=number),
            NOW + timedelta(days=1) if number == 1 else None,
        )
        for number in (1, 2)
    ]
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "hash")
        for token in reversed(tokens):
            await unit.access_tokens.add(token)
    async with unit_of_work() as unit:
        assert list(await unit.access_tokens.of_account(ada.id)) == tokens
        assert await unit.access_tokens.find([("k0", b"x"), ("k1", b"\x01")]) == (tokens[0], ada)
        assert await unit.access_tokens.find([("k0", b"\x01")]) is None
        await unit.access_tokens.note_use(tokens[0], NOW)
        assert (await unit.access_tokens.of_account(ada.id))[0] == replace(tokens[0], last_used_at=NOW)
        assert not await unit.access_tokens.remove(AccountId(uuid4()), tokens[0].id)
        assert await unit.access_tokens.remove(ada.id, tokens[0].id)
        assert not await unit.access_tokens.remove(ada.id, tokens[0].id)
        await unit.access_tokens.remove_all(ada.id)
        assert list(await unit.access_tokens.of_account(ada.id)) == []


async def test_a_one_time_token_is_taken_once_and_old_ones_go(unit_of_work: UnitOfWorkFactory) -> None:
    ada = account()

    def token(number: int, kind: MailKind = MailKind.RESET_PASSWORD) -> OneTimeToken:
        ends = NOW + timedelta(minutes=number)
        return OneTimeToken(ada.id, "k1", bytes([number]), kind, MailAddress("ada@example.org"), ends)

    confirmation = token(9, MailKind.CONFIRM_MAIL)
    handed_over = replace(token(8, MailKind.CONFIRM_MAIL), mail=None)
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "hash")
        await unit.one_time_tokens.add(confirmation, keep_newest=2)
        await unit.one_time_tokens.add(handed_over, keep_newest=2)
        for number in (1, 2, 3):
            await unit.one_time_tokens.add(token(number), keep_newest=2)
    async with unit_of_work() as unit:
        assert await unit.one_time_tokens.take([("k1", b"\x01")]) is None, "the oldest made room"
        for _ in range(2):
            assert await unit.one_time_tokens.find([("k0", b"x"), ("k1", b"\x02")]) == token(2)
        assert await unit.one_time_tokens.find([("k0", b"\x02")]) is None
        assert await unit.one_time_tokens.take([("k0", b"x"), ("k1", b"\x02")]) == token(2)
        assert await unit.one_time_tokens.take([("k1", b"\x02")]) is None
        await unit.one_time_tokens.remove_all(ada.id, MailKind.RESET_PASSWORD)
        assert await unit.one_time_tokens.take([("k1", b"\x03")]) is None
        assert await unit.one_time_tokens.take([("k1", b"\x09")]) == confirmation
        assert await unit.one_time_tokens.take([("k1", b"\x08")]) == handed_over


async def test_mail_is_leased_postponed_and_removed(unit_of_work: UnitOfWorkFactory) -> None:
    ada, lease = account(), timedelta(minutes=3)
    first = OutgoingMail(
        MailId(UUID(int=1)), MailKind.CONFIRM_MAIL, MailAddress("a@example.org"), ada.id, NOW, NOW
    )
    stranger = replace(first, id=MailId(UUID(int=2)), account_id=None, due_at=NOW + timedelta(seconds=1))
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "hash")
        await unit.mail_queue.add(stranger)
        await unit.mail_queue.add(first)
    async with unit_of_work() as unit:
        assert await unit.mail_queue.take_due(NOW - timedelta(seconds=1), NOW + lease) is None
        assert await unit.mail_queue.take_due(NOW, NOW + lease) == replace(first, due_at=NOW + lease)
        assert await unit.mail_queue.take_due(NOW, NOW + lease) is None
        taken = await unit.mail_queue.take_due(NOW + lease, NOW + 2 * lease)
        assert taken == replace(stranger, due_at=NOW + 2 * lease)
        later = replace(stranger, due_at=NOW + timedelta(days=1), tries=3)
        await unit.mail_queue.postpone(later)
        await unit.mail_queue.remove(first.id)
    async with unit_of_work() as unit:
        await unit.accounts.erase(ada, NOW)
        assert await unit.mail_queue.take_due(later.due_at, later.due_at) == later


async def test_blocks_are_kept_by_pair(unit_of_work: UnitOfWorkFactory) -> None:
    ada, people = account("ada"), [account(name) for name in ("bob", "eve", "mallory")]
    async with unit_of_work() as unit:
        for one in (ada, *people):
            await unit.accounts.add(one, "hash")
        await unit.accounts.save(replace(people[2], avatar=FACE))
        for one in (*people, people[0]):
            await unit.blocks.add(ada.id, one.id, NOW)
        assert await unit.blocks.exists(ada.id, people[0].id)
        assert not await unit.blocks.exists(people[0].id, ada.id)
        assert await unit.blocks.count(ada.id) == 3
        assert list(await unit.blocks.page(ada.id, after=AccountName("bob"), limit=1)) == [
            (PersonCard(people[1].id, AccountName("eve")), NOW)
        ]
        await unit.blocks.remove(ada.id, people[0].id)
        await unit.accounts.erase(people[1], NOW)
        mallory = PersonCard(people[2].id, AccountName("mallory"), FACE)
        assert list(await unit.blocks.page(ada.id, after=None, limit=9)) == [(mallory, NOW)]
