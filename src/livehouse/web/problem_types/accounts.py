"""Accounts: signing up and in, mail, tokens, blocks, administration."""

from __future__ import annotations

from cpc.kernel.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from livehouse.web.problem_types.problem_type import ProblemType

ACCOUNTS = (
    ProblemType(
        "malformed-name",
        Invalid,
        "No account and no channel can have that name.",
        "Take 3 to 25 of the letters a to z, digits and underscores.",
    ),
    ProblemType("reserved-name", Invalid, "A page of the site has that name.", "Choose another name."),
    ProblemType("name-taken", Conflict, "Somebody has that name, or had it lately.", "Choose another name."),
    ProblemType(
        "name-too-similar",
        Conflict,
        "It could pass for a name that somebody has: it differs by underscores or look-alikes only.",
        "Choose a name that differs more.",
    ),
    ProblemType("same-name", Invalid, "It has that name already.", "Choose another name, or leave it."),
    ProblemType(
        "renamed-lately",
        RateLimited,
        "A name may change once in 14 days, so that people find whom they look for.",
        "Wait until the time that `detail` names.",
    ),
    ProblemType(
        "weak-password",
        Invalid,
        "The password is too short, too long, or among those that are tried first.",
        "Choose another one of 8 to 256 characters.",
    ),
    ProblemType(
        "wrong-name-or-password",
        Unauthenticated,
        "No account has that name with that password. Which of the two is wrong is not told.",
        "Try again, or have the password reset.",
    ),
    ProblemType(
        "wrong-password",
        Forbidden,
        "What you asked for takes your password once more, and it was not that.",
        "Type it again.",
    ),
    ProblemType(
        "invalid-token",
        Unauthenticated,
        "The access token is unknown, expired or taken back.",
        "Sign in again, or make a new personal access token.",
    ),
    ProblemType(
        "too-many-sign-ins",
        RateLimited,
        "Too many sign-ins failed for this name or from this address.",
        "Wait as long as `Retry-After` says. Signing in from a browser you used before still works.",
    ),
    ProblemType(
        "too-many-sign-ups",
        RateLimited,
        "Too many accounts were opened from this address.",
        "Wait as long as `Retry-After` says.",
    ),
    ProblemType(
        "too-many-tries",
        RateLimited,
        "The password was typed wrong too often, or many links were tried from this address.",
        "Wait as long as `Retry-After` says.",
    ),
    ProblemType(
        "too-many-mails",
        RateLimited,
        "Too many mails were asked for, to this address or from yours.",
        "Look into the folder for spam, then wait as long as `Retry-After` says.",
    ),
    ProblemType(
        "too-many-exports",
        RateLimited,
        "An export reads everything we keep of you, so it can be had a few times in a while only.",
        "Wait as long as `Retry-After` says.",
    ),
    ProblemType(
        "sign-in-busy",
        Unavailable,
        "Checking a password costs memory and time on purpose, and too many are being checked at once.",
        "Try again in a moment.",
    ),
    ProblemType("malformed-mail", Invalid, "That is no mail address.", "It looks like `ada@example.org`."),
    ProblemType(
        "mail-missing",
        Invalid,
        "This server sends a link to whoever signs up, so it needs a mail address.",
        "Send `mail`. `sends_mail` of `/server` tells beforehand.",
    ),
    ProblemType(
        "no-mail-here",
        Invalid,
        "This server sends no mail.",
        "Leave `mail` out; ask whoever runs the server for a link that sets a new password.",
    ),
    ProblemType(
        "mail-away",
        Unavailable,
        "The mail server does not take the mail now.",
        "It is tried again by itself.",
    ),
    ProblemType(
        "link-void",
        NotFound,
        "The link was used, replaced by a newer one, or is too old.",
        "Have a new one sent.",
    ),
    ProblemType(
        "nothing-to-confirm",
        Conflict,
        "No mail address of yours waits to be confirmed.",
        "Nothing: it is confirmed, or there is none.",
    ),
    ProblemType(
        "no-such-account", NotFound, "Nobody has that name.", "Check the name; accounts can be deleted too."
    ),
    ProblemType(
        "no-such-login",
        NotFound,
        "There is no such login, or it has ended.",
        "Load the list of logins again.",
    ),
    ProblemType(
        "no-such-access-token",
        NotFound,
        "You have no such access token, or it was taken back.",
        "Load the list of tokens again.",
    ),
    ProblemType(
        "too-many-access-tokens",
        Conflict,
        "An account can have so many tokens and no more.",
        "Take one back.",
    ),
    ProblemType(
        "token-name", Invalid, "A token needs a name of visible characters.", "Send 1 to 60 of them."
    ),
    ProblemType(
        "token-lifetime",
        Invalid,
        "The lifetime is too short or too long.",
        "Choose from a minute to ten years, or leave it out.",
    ),
    ProblemType(
        "token-scope", Invalid, "One of the scopes is none.", "Choose from those that `detail` names."
    ),
    ProblemType(
        "display-name",
        Invalid,
        "A display name is the name with other capitals; anything else could pass for somebody else.",
        "Change capitals only.",
    ),
    ProblemType("bio-too-long", Invalid, "The bio is too long.", "Shorten it to 300 characters."),
    ProblemType(
        "malformed-locale",
        Invalid,
        "That is no language tag (RFC 5646).",
        "It looks like `en`, `de`, `pt-BR`.",
    ),
    ProblemType("own-name", Invalid, "One cannot block oneself.", "Name somebody else."),
    ProblemType(
        "too-many-blocks", Conflict, "One can block so many people and no more.", "Take a block back."
    ),
    ProblemType(
        "is-administrator",
        Conflict,
        "Administrators are neither suspended nor deleted.",
        "Whoever runs the server takes the role away first, at the command line.",
    ),
    ProblemType(
        "malformed-reason", Invalid, "The reason is missing or too long.", "Give 1 to 500 characters."
    ),
    ProblemType(
        "suspension-end",
        Invalid,
        "A suspension ends in the future, at most ten years from now, or never.",
        "Correct `until`, or leave it out.",
    ),
    ProblemType("not-suspended", NotFound, "There is no suspension to lift.", "Nothing."),
)
