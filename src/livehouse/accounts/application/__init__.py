"""What one can do with accounts."""

from __future__ import annotations

from dataclasses import dataclass

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
from livehouse.accounts.application.login_sessions import (
    EndLoginSession,
    EndOtherLoginSessions,
    ListLoginSessions,
)
from livehouse.accounts.application.login_tokens import LoginTokens, SignedIn
from livehouse.accounts.application.queries import FindPeople, ReadOwnAccount, ReadProfile
from livehouse.accounts.application.read_administration import FindAccount, ListAccounts, ReadAuditLog
from livehouse.accounts.application.rename_account import RenameAccount
from livehouse.accounts.application.reset_password import ChangePassword, RequestPasswordReset, ResetPassword
from livehouse.accounts.application.resolve_actor import ResolveActor
from livehouse.accounts.application.send_mails import SendMails
from livehouse.accounts.application.sign_in import SignIn
from livehouse.accounts.application.sign_out import SignOut
from livehouse.accounts.application.sign_up import SignUp
from livehouse.accounts.application.suspend_account import LiftSuspension, SuspendAccount
from livehouse.accounts.application.tell_owner import TellOfChannelDeletion
from livehouse.accounts.domain.account import Account

__all__ = ["Account", "AccountsDuties", "AccountsUseCases", "SignedIn"]


@dataclass(frozen=True, slots=True)
class AccountsUseCases:
    """people: the facade other slices are given. rename_account, check_password, tell_of_channel_deletion:
    for processes. resolve_actor and tokens: how the door knows who acts."""

    sign_up: SignUp
    sign_in: SignIn
    sign_out: SignOut
    resolve_actor: ResolveActor
    read_own_account: ReadOwnAccount
    read_profile: ReadProfile
    change_profile: ChangeProfile
    change_avatar: ChangeAvatar
    ask_for_mail: AskForMail
    confirm_mail: ConfirmMail
    change_password: ChangePassword
    request_password_reset: RequestPasswordReset
    reset_password: ResetPassword
    list_login_sessions: ListLoginSessions
    end_login_session: EndLoginSession
    end_other_login_sessions: EndOtherLoginSessions
    create_access_token: CreateAccessToken
    list_access_tokens: ListAccessTokens
    revoke_access_token: RevokeAccessToken
    block_person: BlockPerson
    unblock_person: UnblockPerson
    list_blocks: ListBlocks
    export_data: ExportData
    request_deletion: RequestDeletion
    cancel_deletion: CancelDeletion
    find_account: FindAccount
    list_accounts: ListAccounts
    suspend_account: SuspendAccount
    lift_suspension: LiftSuspension
    read_audit_log: ReadAuditLog
    rename_account: RenameAccount
    check_password: CheckPassword
    tell_of_channel_deletion: TellOfChannelDeletion
    people: FindPeople
    tokens: LoginTokens


@dataclass(frozen=True, slots=True)
class AccountsDuties:
    """What the worker does again and again. send_mails: None where the node sends none."""

    erase_due_accounts: EraseDueAccounts
    send_mails: SendMails | None
