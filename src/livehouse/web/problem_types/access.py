"""Who may do what."""

from __future__ import annotations

from cpc.kernel.errors import Forbidden, Unauthenticated
from livehouse.access.contract import Suspended
from livehouse.web.problem_types.problem_type import ProblemType

ACCESS = (
    ProblemType(
        "sign-in-required",
        Unauthenticated,
        "Only somebody who is signed in may do this, and the request came without a login.",
        "Sign in, or send `Authorization: Bearer` with an access token.",
    ),
    ProblemType(
        "not-allowed",
        Forbidden,
        "You are signed in, but this takes a role that you do not have; `detail` names who may.",
        "Ask the owner of the channel for a role, or an administrator to do it.",
    ),
    ProblemType(
        "scope-missing",
        Forbidden,
        "The personal access token was made for other things; `detail` names the scope it lacks.",
        "Make a token with that scope.",
    ),
    ProblemType(
        "login-required",
        Forbidden,
        "No personal access token may do this, whatever its scopes: a stolen one could take the account.",
        "Sign in by name and password.",
    ),
    ProblemType(
        "members-only",
        Forbidden,
        "The channel, or its chat, is for its members: whoever has a role in it, and paid subscribers whose"
        " tier has that benefit.",
        "Take a tier that opens it; `detail` names them.",
    ),
    ProblemType(
        "mail-not-confirmed",
        Forbidden,
        "This server wants a confirmed mail address before one goes live or chats.",
        "Follow the link that was mailed to you, or have it sent again.",
    ),
    ProblemType(
        "account-suspended",
        Suspended,
        "An administrator suspended your account; `detail` and `suspension` say why and until when.",
        "Wait for the end of the suspension, or write to whoever runs this server.",
    ),
    ProblemType(
        "channel-suspended",
        Suspended,
        "An administrator suspended the channel, or its owner. The owner is told why and until when by "
        "`detail` and `suspension`; so are editors, unless it is the owner who is suspended.",
        "Its owner may write to whoever runs this server.",
    ),
)
