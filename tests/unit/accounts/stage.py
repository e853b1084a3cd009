"""Accounts' use cases on fakes: a node that sends mail, and its worker."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta

from cpc.images.keep_image import KeepImage
from cpc.images.testing import FakeImageMaker, InMemoryImagesDatabase, InMemoryImageStore
from cpc.kernel.clock import FakeClock
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from livehouse.access.contract import Access
from livehouse.access.testing import access_for
from livehouse.accounts.adapters.mail_letters import PlainLetters
from livehouse.accounts.application.access_tokens import (
    CreateAccessToken,
    ListAccessTokens,
    RevokeAccessToken,
)
from livehouse.accounts.application.block_person import BlockPerson, ListBlocks, UnblockPerson
from livehouse.accounts.application.change_avatar import ChangeAvatar
from livehouse.accounts.application.change_profile import ChangeProfile
from livehouse.accounts.application.check_password import CheckPassword
from livehouse.accounts.application.confirm_mail import AskForMail, ConfirmMail
from livehouse.accounts.application.delete_account import CancelDeletion, EraseDueAccounts, RequestDeletion
from livehouse.accounts.application.export_data import ExportData
from livehouse.accounts.application.hand_out_reset import HandOutPasswordReset
from livehouse.accounts.application.login_sessions import (
    EndLoginSession,
    EndOtherLoginSessions,
    ListLoginSessions,
)
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.personal_data import AccountsPersonalData
from livehouse.accounts.application.queries import FindPeople, ReadOwnAccount, ReadProfile
from livehouse.accounts.application.reset_password import ChangePassword, RequestPasswordReset, ResetPassword
from livehouse.accounts.application.resolve_actor import ResolveActor
from livehouse.accounts.application.send_mails import SendMails
from livehouse.accounts.application.sign_in import SignIn
from livehouse.accounts.application.sign_up import SignUp
from livehouse.accounts.contract import AccountId, Actor
from livehouse.accounts.domain.account import Account
from livehouse.accounts.testing import FakePasswordHasher, InMemoryAccountsDatabase, RecordingMailer

PASSWORD = "correct horse battery"
GRACE = timedelta(days=14)


@dataclass
class Stage:
    database: InMemoryAccountsDatabase = field(default_factory=InMemoryAccountsDatabase)
    clock: FakeClock = field(default_factory=FakeClock)
    access: Access = field(default_factory=access_for)
    sends_mail: bool = True

    def __post_init__(self) -> None:
        units, clock, access, mail = self.database.unit_of_work, self.clock, self.access, self.sends_mail
        ids = UuidV7Ids(clock)
        self.mailer = RecordingMailer()
        self.given_up: list[str] = []
        self.hasher = hasher = FakePasswordHasher()
        self.tokens = tokens = LoginTokens(KeyRing("k", {"k": b"k" * 32}), clock, ids)
        check = CheckPassword(units, hasher, tokens, clock)
        self.sign_up = SignUp(units, hasher, tokens, clock, ids, access, sends_mail=mail)
        self.sign_in = SignIn(units, hasher, tokens, clock, access)
        self.resolve = ResolveActor(units, tokens, clock, sends_mail=mail)
        self.people = FindPeople(units, clock, sends_mail=mail)
        self.read_own_account = ReadOwnAccount(units, access)
        self.read_profile = ReadProfile(units, access, clock)
        self.change_profile = ChangeProfile(units, access)
        self.images, self.image_store = InMemoryImagesDatabase(), InMemoryImageStore()
        self.keep_image = KeepImage(self.images.unit_of_work, FakeImageMaker(), self.image_store, clock)
        self.change_avatar = ChangeAvatar(units, access, self.keep_image, tokens, clock)
        self.ask_for_mail = AskForMail(units, access, check, tokens, clock, ids, sends_mail=mail)
        self.confirm_mail = ConfirmMail(units, access, tokens, clock, ids)
        self.change_password = ChangePassword(units, access, check, hasher, tokens, clock, ids)
        self.request_reset = RequestPasswordReset(units, access, tokens, clock, ids, sends_mail=mail)
        self.reset_password = ResetPassword(units, access, hasher, tokens, clock, ids)
        self.hand_out_reset = HandOutPasswordReset(units, tokens, clock, ids)
        self.list_logins = ListLoginSessions(units, access, tokens, clock)
        self.end_login = EndLoginSession(units, access)
        self.end_other_logins = EndOtherLoginSessions(units, access, tokens)
        self.create_access_token = CreateAccessToken(units, access, tokens, clock, ids)
        self.list_access_tokens = ListAccessTokens(units, access, clock)
        self.revoke_access_token = RevokeAccessToken(units, access)
        self.block = BlockPerson(units, access, clock, ids)
        self.unblock = UnblockPerson(units, access)
        self.list_blocks = ListBlocks(units, access)
        self.export = ExportData(units, access, (AccountsPersonalData(units),), tokens, clock)
        self.request_deletion = RequestDeletion(units, access, check, clock, ids, GRACE)
        self.cancel_deletion = CancelDeletion(units, access)
        self.erase_due = EraseDueAccounts(units, clock, ids)
        letters = PlainLetters("https://live.example")
        self.send_mail = SendMails(
            units, letters, self.mailer, tokens, clock, lambda _, why: self.given_up.append(why)
        )

    async def account(self, account_id: AccountId | None) -> Account:
        async with self.database.unit_of_work() as unit:
            account = await unit.accounts.by_id(account_id) if account_id is not None else None
        assert account is not None
        return account

    async def link(self) -> str:
        """Let the worker send everything; the token of the last letter's link."""
        while await self.send_mail():
            pass
        found = re.findall(r"#token=(\S+)", self.mailer.sent[-1].text)
        assert found, self.mailer.sent[-1].text
        return str(found[-1])

    async def person(self, name: str = "ada", mail: str | None = None) -> tuple[Actor, str]:
        """Somebody whose address `name@example.org` is confirmed, and the token of their login."""
        signed_in = await self.sign_up(
            name, PASSWORD, address="192.0.2.1", mail=mail or f"{name}@example.org"
        )
        await self.confirm_mail(await self.link())
        self.mailer.sent.clear()
        return await self.resolve(signed_in.token), signed_in.token
