"""What mails say: plain text, and the same as simple HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from livehouse.accounts.application.ports import Letter
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.outgoing_mail import MailKind, OutgoingMail


@dataclass(frozen=True, slots=True)
class _Words:
    """path: of the page that takes the link's token. end: what to do when it was not you."""

    subject: str
    begin: str
    end: str
    path: str = ""
    link: str = ""


_TAKE_BACK = "If it was not you, take it back and set a new password at once."
_WORDS = {
    MailKind.CONFIRM_MAIL: _Words(
        "Confirm your mail address",
        "Somebody, hopefully you, gave this mail address for the account '{name}'.",
        "The link counts for a day. If it was not you, do nothing: without the link nothing happens.",
        "/confirm-mail",
        "Confirm the address",
    ),
    MailKind.RESET_PASSWORD: _Words(
        "Set a new password",
        "Somebody, hopefully you, asked for a new password for the account '{name}'.",
        "The link counts for an hour and once. If it was not you, do nothing: your password stays as it is.",
        "/reset-password",
        "Set a new password",
    ),
    MailKind.MAIL_CHANGED: _Words(
        "Your mail address was changed",
        "The account '{name}' has another mail address now. This one is not used any more.",
        "If it was not you, tell those who run the site at once.",
    ),
    MailKind.PASSWORD_CHANGED: _Words(
        "Your password was changed",
        "The password of the account '{name}' was changed, and all other logins have ended.",
        "If it was not you, set a new password on the sign-in page at once.",
    ),
    MailKind.RENAMED: _Words(
        "Your account has another name",
        "Your account and its channel are called '{name}' now. Sign in by that name.",
        "If it was not you, set a new password on the sign-in page at once.",
    ),
    MailKind.ACCOUNT_DELETION: _Words(
        "Your account will be erased",
        "Somebody, hopefully you, asked for the account '{name}' to be erased on {due}. Until then "
        "everything works on, and the settings take it back.",
        _TAKE_BACK,
    ),
    MailKind.CHANNEL_DELETION: _Words(
        "Your channel will be erased",
        "Somebody, hopefully you, asked for the channel of '{name}' to be erased in 14 days. Until then "
        "everything works on, and the channel's settings in the studio take it back.",
        _TAKE_BACK,
    ),
}


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.day} {moment:%B %Y}"


class PlainLetters:
    """base_url: where people reach the page. The token stands after a `#`, which browsers do not send: it
    gets into no log on the way.
    """

    def __init__(self, base_url: str, site_name: str = "Livehouse") -> None:
        self._base_url = base_url
        self._site_name = site_name

    def write(self, mail: OutgoingMail, accounts: Sequence[tuple[Account, str | None]]) -> Letter:
        words = _WORDS[mail.kind]
        lines: list[str] = []
        html: list[str] = []
        for account, token in accounts:
            begin = words.begin.format(name=account.shown_name, due=_day(account.deletion_due_at))
            lines += [begin, ""]
            html.append(f"<p>{escape(begin)}</p>")
            if token is not None:
                url = f"{self._base_url}{words.path}#token={token}"
                lines += [f"{words.link}:", url, ""]
                html.append(f'<p><a href="{escape(url)}">{escape(words.link)}</a></p>')
        lines += [words.end, "", f"{self._site_name}, {self._base_url}"]
        html += [
            f"<p>{escape(words.end)}</p>",
            f'<p><a href="{escape(self._base_url)}">{escape(self._site_name)}</a></p>',
        ]
        return Letter(
            recipient=mail.recipient,
            subject=f"{self._site_name}: {words.subject}",
            text="\n".join(lines) + "\n",
            html=f'<!doctype html><html lang="en"><body>{"".join(html)}</body></html>\n',
        )
