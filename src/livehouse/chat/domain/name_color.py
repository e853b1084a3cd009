"""The colour of a chatter's name."""

from __future__ import annotations

from livehouse.accounts.contract import AccountId

# Fifteen hues that stay apart from each other; the page corrects the contrast for its theme.
DEFAULT_NAME_COLORS = (
    "#e05a47",
    "#3f8fd2",
    "#2fa36b",
    "#c47f17",
    "#b05cc7",
    "#1f9e9e",
    "#d6577f",
    "#6b8e23",
    "#5f7bd8",
    "#d2691e",
    "#2e8b57",
    "#a0679c",
    "#cd7f32",
    "#4682b4",
    "#bf5b5b",
)


def default_name_color(account_id: AccountId) -> str:
    """Stable for an account, from the random bits of its id."""
    return DEFAULT_NAME_COLORS[account_id.uuid.int % len(DEFAULT_NAME_COLORS)]
