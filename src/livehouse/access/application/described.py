"""The table of rules as a page of documentation."""

from __future__ import annotations

from collections.abc import Iterator

from livehouse.access.contract import Action, Entitlement, Role
from livehouse.access.domain.rules import RULES, Rule

COLUMNS: tuple[Role, ...] = tuple(Role)
YES, NO = "yes", "–"
_CONDITIONS = (
    "Token",
    "Suspended account",
    "Suspended channel",
    "Members-only channel",
    "Members-only chat",
    "Confirmed",
)

_HEAD = """\
# Who may do what

Made from the table in `src/livehouse/access/domain/rules.py` by `python tools/access_docs.py`. One test
compares them, another one tries every cell.

- Whoever is signed in is a viewer. Follower, paid subscriber, VIP, moderator, editor and owner are meant
  towards the channel in question: the owner of another channel is a viewer here.
- A token that is unknown, expired or revoked makes nobody: the answer is 401 `invalid-token`. A login cookie
  that no longer counts makes an anonymous visitor.
- Who is refused hears `sign-in-required` (401), or `not-allowed` (403) with who may.
- *Token*: the scope a personal access token needs, otherwise 403 `scope-missing`. "any": whatever it was made
  for. "login": only a login by name and password, otherwise 403 `login-required`.
- *Suspended account*: a suspended one may still, otherwise 403 `account-suspended`. What anonymous visitors
  may, it may too; what is for members of a channel it may not, whatever its tier and its roles.
- *Suspended channel*: may still be done to one, otherwise 403 `channel-suspended`. Administrators may work on
  it as on any other.
- *Members-only channel*: the benefit it also takes where the channel is for members only. A paid subscriber
  has it by a tier that names it; VIPs, moderators, editors, the owner and administrators need none. Otherwise
  403 `members-only` with the tiers that have it, or 401 `sign-in-required` for an anonymous visitor.
- *Members-only chat*: the same where the chat alone is, by its mode.
- *Confirmed*: takes a confirmed mail address where the node sends mail, otherwise 403 `mail-not-confirmed`.
"""


def may(role: Role, rule: Rule) -> bool:
    """Whether the role suffices; whoever is signed in is a viewer too."""
    return role in rule.who or (role is not Role.ANONYMOUS and Role.VIEWER in rule.who)


def access_page() -> str:
    """docs/access.md."""
    return "\n".join([_HEAD, *_sections(), ""])


def _sections() -> Iterator[str]:
    slice_ = ""
    for action in Action:
        owner = action.value.partition(".")[0]
        if owner != slice_:
            if slice_:
                yield ""
            slice_ = owner
            yield f"## {owner}\n"
            yield _row(["Action", "", *COLUMNS, *_CONDITIONS])
            yield "|---" * (len(COLUMNS) + 2 + len(_CONDITIONS)) + "|"
        yield _row(_cells(action, RULES[action]))


def _cells(action: Action, rule: Rule) -> list[str]:
    token = "login" if rule.login_only else f"`{rule.scope}`" if rule.scope else "any"
    return [
        f"`{action.value.partition('.')[2]}`",
        rule.does,
        *(_answer(may(role, rule)) for role in COLUMNS),
        token,
        _answer(rule.while_suspended or rule.is_open),
        _answer(rule.in_suspended_channel),
        _taken(rule.if_members_only),
        _taken(rule.if_members_only if rule.in_members_chat else None),
        _answer(rule.confirmed),
    ]


def _taken(entitlement: Entitlement | None) -> str:
    return YES if entitlement is None else f"`{entitlement}`"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _answer(is_so: bool) -> str:
    return YES if is_so else NO
