"""The operator hands somebody a link that sets a new password, where no mail brings one."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.application.queries import find_account
from livehouse.accounts.domain.administration import AuditEntry, AuditEntryId
from livehouse.accounts.domain.outgoing_mail import (
    LIFETIMES,
    LINKS_KEPT,
    MailKind,
    OneTimeToken,
    new_one_time_token,
)


class HandOutPasswordReset:
    """For the command line only: whoever may run commands on the node's machine may everything anyway."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        tokens: LoginTokens,
        clock: Clock,
        ids: Ids,
        random_token: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._tokens = tokens
        self._clock = clock
        self._ids = ids
        self._random_token = random_token

    async def __call__(self, name: str) -> str:
        """The token of the link, for an hour and once. Nothing ends and nothing changes before it is used.

        Raises `NotFound` (no-such-account).
        """
        token = new_one_time_token(self._random_token)
        key_id, token_hash = self._tokens.hash_one_time_token(token)
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            account = await find_account(unit.accounts, name, for_update=True)
            await unit.one_time_tokens.add(
                OneTimeToken(
                    account_id=account.id,
                    key_id=key_id,
                    token_hash=token_hash,
                    kind=MailKind.RESET_PASSWORD,
                    mail=None,
                    expires_at=now + LIFETIMES[MailKind.RESET_PASSWORD],
                ),
                keep_newest=LINKS_KEPT,
            )
            await unit.audit_log.add(
                AuditEntry(
                    id=AuditEntryId(self._ids.uuid()),
                    at=now,
                    by=None,
                    by_name=None,
                    what="hand_out_password_reset",
                    subject=str(account.id),
                    subject_name=account.name.value,
                    reason="by the operator",
                )
            )
        return token
