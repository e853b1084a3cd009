"""Chat: its history over HTTP, and the error frames of its socket."""

from __future__ import annotations

from cpc.kernel.errors import Forbidden, Invalid, NotFound, RateLimited, Unavailable
from livehouse.web.problem_types.problem_type import ProblemType

CHAT = (
    ProblemType("empty-message", Invalid, "The message has no visible character.", "Write something."),
    ProblemType(
        "message-too-long",
        Invalid,
        "The message is too long.",
        "`max_message_characters` of `/server` is the limit.",
    ),
    ProblemType(
        "chat-rate",
        RateLimited,
        "You sent messages faster than this chat takes them from one person.",
        "Wait for `retry_after_s`, then send it again.",
    ),
    ProblemType(
        "slow-mode",
        RateLimited,
        "The chat is in slow mode, and your last message is too recent.",
        "Wait for `retry_after_s`, then send it again.",
    ),
    ProblemType(
        "emotes-only",
        Forbidden,
        "The channel's chat is in emotes-only mode: a message is made of emoji and spaces.",
        "Say it in emoji, or wait until the mode is over.",
    ),
    ProblemType(
        "followers-only",
        Forbidden,
        "Only who has followed the channel for some time writes in this chat; `detail` says how long.",
        "Follow the channel, or wait.",
    ),
    ProblemType(
        "message-not-saved",
        Unavailable,
        "The message could not be saved in time; nobody has seen it.",
        "Send it again with the same nonce: it can never appear twice.",
    ),
    ProblemType(
        "chat-overloaded",
        Unavailable,
        "More is said in this chat than can be saved.",
        "Send it again in a moment.",
    ),
    ProblemType("chat-away", Unavailable, "The chat is away for the moment.", "Connect again shortly."),
    ProblemType(
        "history-away", Unavailable, "Older messages cannot be read for the moment.", "Ask again shortly."
    ),
    ProblemType(
        "accounts-away",
        Unavailable,
        "Who you are cannot be checked for the moment.",
        "The chat goes on; try again what was refused.",
    ),
    ProblemType(
        "malformed-before-seq",
        Invalid,
        "`before_seq` is the `seq` of a message, a positive integer.",
        "Send the `seq` of the oldest message at hand.",
    ),
    ProblemType("malformed-limit", Invalid, "The limit is out of its range.", "Send one from 1 to 100."),
    ProblemType(
        "malformed-nonce",
        Invalid,
        "A nonce is what tells a message sent again from a new one: 1 to 64 visible ASCII characters.",
        "Make a new one for each message.",
    ),
    ProblemType(
        "malformed-frame",
        Invalid,
        "What came on the socket is no frame of the chat protocol.",
        "See the document of the chat socket.",
    ),
    ProblemType("not-text", Invalid, "The chat socket takes text frames.", "Send JSON as text."),
    ProblemType(
        "too-many-frames",
        Invalid,
        "Frames came faster than they are answered.",
        "Wait for answers before sending more.",
    ),
    ProblemType(
        "not-a-participant",
        Forbidden,
        "Only those who take part in a conversation may send to it.",
        "Enter it first.",
    ),
    ProblemType(
        "no-such-page", 404, "There is no chat at this address.", "It is `/chat/` and the channel's name."
    ),
    ProblemType("too-many-chats", 503, "Too many chats are open on this server.", "Try again later."),
    ProblemType("no-such-conversation", NotFound, "There is no such conversation.", "Check its id."),
)
