"""The table of rules as a page of documentation."""

from __future__ import annotations

from collections.abc import Iterator

from livehouse.access.contract import Action, Role
from livehouse.access.domain.rules import RULES, Rule

COLUMNS: tuple[Role, ...] = tuple(Role)
YES, NO = "yes", "–"
MEMBERS = "members"
_CONDITIONS = ("Token", "Suspended account", "Suspended channel", "Members-only channel", "Confirmed")

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
  may, it may too.
- *Suspended channel*: may still be done to one, otherwise 403 `channel-suspended`. Administrators may work on
  it as on any other.
- *Members-only channel*: "members": where the channel is for members only it also takes a paid subscriber, a
  VIP, a moderator, an editor, the owner or an administrator, otherwise 403 `members-only`, or 401
  `sign-in-required` for an anonymous visitor.
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
        YES if rule.if_members_only is None else MEMBERS,
        _answer(rule.confirmed),
    ]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _answer(is_so: bool) -> str:
    return YES if is_so else NO
