"""What mails say: plain text, and the same as simple HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
}


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
            begin = words.begin.format(name=account.shown_name)
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
