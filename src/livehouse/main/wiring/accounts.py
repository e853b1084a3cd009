"""The accounts slice on PostgreSQL, argon2 and SMTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.images.keep_image import KeepImage
from cpc.images.read_image import ReadImage
from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from cpc.kernel.keyring import KeyRing
from livehouse.accounts.adapters.argon2_password_hasher import Argon2PasswordHasher
from livehouse.accounts.adapters.mail_letters import PlainLetters
from livehouse.accounts.adapters.postgres import PostgresAccountsUnitOfWork
from livehouse.accounts.adapters.postgres_actor_changes import PostgresActorChanges
from livehouse.accounts.adapters.smtp_mailer import SmtpMailer, SmtpServer
from livehouse.accounts.application import AccountsDuties, AccountsUseCases
from livehouse.accounts.application.access_tokens import (
    CreateAccessToken,
    ListAccessTokens,
    RevokeAccessToken,
)
from livehouse.accounts.application.appoint_administrator import AppointAdministrator
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
from livehouse.accounts.application.personal_data import AccountsPersonalData, FindDeeds
from livehouse.accounts.application.ports import PasswordHasher, UnitOfWork, UnitOfWorkFactory
from livehouse.accounts.application.queries import (
    FindNames,
    FindPeople,
    FindPersonCards,
    ReadOwnAccount,
    ReadProfile,
)
from livehouse.accounts.application.read_administration import FindAccount, ListAccounts, ReadAuditLog
from livehouse.accounts.application.record_deed import RecordDeed
from livehouse.accounts.application.rename_account import RenameAccount
from livehouse.accounts.application.reset_password import ChangePassword, RequestPasswordReset, ResetPassword
from livehouse.accounts.application.resolve_actor import ResolveActor
from livehouse.accounts.application.send_mails import SendMails
from livehouse.accounts.application.sign_in import SignIn
from livehouse.accounts.application.sign_out import SignOut
from livehouse.accounts.application.sign_up import SignUp
from livehouse.accounts.application.suspend_account import LiftSuspension, SuspendAccount
from livehouse.accounts.application.tell_owner import TellOfChannelDeletion
from livehouse.accounts.contract import (
    ActorChanges,
    DeedHistory,
    DeedLog,
    Deeds,
    Names,
    People,
    PersonalData,
    PersonCards,
)
from livehouse.accounts.domain.mail_address import MailAddress
from livehouse.accounts.domain.outgoing_mail import OutgoingMail
from livehouse.main.settings import ResolvedSettings
from livehouse.main.wiring.access import build_access
from livehouse.main.wiring.duties import again
from livehouse.main.wiring.images import build_keep_image
from livehouse.main.wiring.persistence import driver_dsn, reading

DELETION_GRACE = timedelta(days=14)
_LOOK_FOR_MAIL_S = 1.0
_LOOK_FOR_DELETIONS_S = 60.0

log = structlog.get_logger(__name__)


def build_accounts(
    engine: AsyncEngine,
    clock: Clock,
    ids: Ids,
    keyring: KeyRing,
    hasher: PasswordHasher | None = None,
    *,
    sends_mail: bool = False,
    deletion_grace: timedelta = DELETION_GRACE,
    personal_data: Sequence[PersonalData] = (),
    keep_image: KeepImage | None = None,
    read_image: ReadImage | None = None,
) -> AccountsUseCases:
    """keyring: the node's token keys. hasher: argon2id unless another is given.

    sends_mail: whether a worker of this node does. personal_data: what the other slices keep of people.
    keep_image: None: in memory, for programs that take no uploads. read_image: for the data export.
    """
    hasher = hasher or Argon2PasswordHasher()
    tokens = LoginTokens(keyring, clock, ids)
    units = _units(engine)
    access = build_access(engine, clock)
    check_password = CheckPassword(units, hasher, tokens, clock)
    return AccountsUseCases(
        sign_up=SignUp(units, hasher, tokens, clock, ids, access, sends_mail=sends_mail),
        sign_in=SignIn(units, hasher, tokens, clock, access),
        sign_out=SignOut(units, tokens, access),
        resolve_actor=ResolveActor(_units(reading(engine)), tokens, clock, sends_mail=sends_mail),
        read_own_account=ReadOwnAccount(units, access),
        read_profile=ReadProfile(units, access, clock),
        change_profile=ChangeProfile(units, access),
        change_avatar=ChangeAvatar(
            units, access, keep_image or build_keep_image(engine, clock), tokens, clock
        ),
        ask_for_mail=AskForMail(units, access, check_password, tokens, clock, ids, sends_mail=sends_mail),
        confirm_mail=ConfirmMail(units, access, tokens, clock, ids),
        change_password=ChangePassword(units, access, check_password, hasher, tokens, clock, ids),
        request_password_reset=RequestPasswordReset(units, access, tokens, clock, ids, sends_mail=sends_mail),
        reset_password=ResetPassword(units, access, hasher, tokens, clock, ids),
        list_login_sessions=ListLoginSessions(units, access, tokens, clock),
        end_login_session=EndLoginSession(units, access),
        end_other_login_sessions=EndOtherLoginSessions(units, access, tokens),
        create_access_token=CreateAccessToken(units, access, tokens, clock, ids),
        list_access_tokens=ListAccessTokens(units, access, clock),
        revoke_access_token=RevokeAccessToken(units, access),
        block_person=BlockPerson(units, access, clock, ids),
        unblock_person=UnblockPerson(units, access),
        list_blocks=ListBlocks(units, access),
        export_data=ExportData(
            units, access, (AccountsPersonalData(units), *personal_data), tokens, clock, read_image
        ),
        request_deletion=RequestDeletion(units, access, check_password, clock, ids, deletion_grace),
        cancel_deletion=CancelDeletion(units, access),
        find_account=FindAccount(units, access),
        list_accounts=ListAccounts(units, access, clock),
        suspend_account=SuspendAccount(units, access, clock, ids),
        lift_suspension=LiftSuspension(units, access, clock, ids),
        read_audit_log=ReadAuditLog(units, access),
        rename_account=RenameAccount(units, clock, ids),
        check_password=check_password,
        tell_of_channel_deletion=TellOfChannelDeletion(units, clock, ids),
        people=FindPeople(units, clock, sends_mail=sends_mail),
        tokens=tokens,
    )


def build_people(engine: AsyncEngine, clock: Clock, *, sends_mail: bool = False) -> People:
    """The facade other slices are given."""
    return FindPeople(_units(engine), clock, sends_mail=sends_mail)


def build_names(engine: AsyncEngine) -> Names:
    """The facade other slices are given."""
    return FindNames(_units(engine))


def build_person_cards(engine: AsyncEngine) -> PersonCards:
    """The facade other slices are given."""
    return FindPersonCards(_units(reading(engine)))


async def follow_actor_changes(database_dsn: str, changes: ActorChanges) -> None:
    """Until cancelled. On a connection of its own."""
    await PostgresActorChanges(driver_dsn(database_dsn), changes).run()


def build_deeds(engine: AsyncEngine, clock: Clock, ids: Ids) -> Deeds:
    """For other slices: exactly what they do for administrators is written down."""
    return Deeds(build_deed_log(engine), clock, ids)


def build_deed_log(engine: AsyncEngine) -> DeedLog:
    """For other slices: where what administrators did is written down."""
    return RecordDeed(_units(engine))


def build_deed_history(engine: AsyncEngine) -> DeedHistory:
    """The facade other slices are given."""
    return FindDeeds(_units(engine))


def build_appoint_administrator(engine: AsyncEngine, clock: Clock, ids: Ids) -> AppointAdministrator:
    """For the command line."""
    return AppointAdministrator(_units(engine), clock, ids)


def build_hand_out_password_reset(
    engine: AsyncEngine, clock: Clock, ids: Ids, keyring: KeyRing
) -> HandOutPasswordReset:
    """For the command line. keyring: the node's token keys."""
    return HandOutPasswordReset(_units(engine), LoginTokens(keyring, clock, ids), clock, ids)


def build_accounts_duties(
    engine: AsyncEngine, clock: Clock, ids: Ids, keyring: KeyRing, settings: ResolvedSettings
) -> Mapping[str, Callable[[], Awaitable[None]]]:
    """For the worker role: by name, functions that run until cancelled."""
    duties = accounts_duties(engine, clock, ids, keyring, settings)
    named = {"account deletions": lambda: again(duties.erase_due_accounts, _LOOK_FOR_DELETIONS_S)}
    send_mails = duties.send_mails
    if send_mails is not None:
        named["mails"] = lambda: again(send_mails, _LOOK_FOR_MAIL_S)
    return named


def accounts_duties(
    engine: AsyncEngine, clock: Clock, ids: Ids, keyring: KeyRing, settings: ResolvedSettings
) -> AccountsDuties:
    units = _units(engine)
    send_mails = None
    if settings.smtp_url is not None and settings.mail_from is not None:
        mailer = SmtpMailer(
            SmtpServer.parse(settings.smtp_url), MailAddress.parse(settings.mail_from), "Livehouse", clock
        )
        letters = PlainLetters(settings.base_url())
        send_mails = SendMails(units, letters, mailer, LoginTokens(keyring, clock, ids), clock, _given_up)
    return AccountsDuties(EraseDueAccounts(units, clock, ids), send_mails)


def _given_up(mail: OutgoingMail, why: str) -> None:
    log.warning("a mail was given up", kind=mail.kind.value, mail=str(mail.id), reason=why)


def _units(engine: AsyncEngine) -> UnitOfWorkFactory:
    def unit_of_work() -> UnitOfWork:
        return PostgresAccountsUnitOfWork(engine)

    return unit_of_work
