"""Who may do what: the whole table. docs/access.md is made of it (`python tools/access_docs.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from livehouse.access.contract import Action, Entitlement, Role, Scope

EVERYONE: Final = frozenset({Role.ANONYMOUS, Role.VIEWER})
SIGNED_IN: Final = frozenset({Role.VIEWER})
OWNER: Final = frozenset({Role.OWNER})
ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR})
EDITORS: Final = OWNER | {Role.EDITOR}
MODERATORS: Final = EDITORS | {Role.MODERATOR}


@dataclass(frozen=True, slots=True)
class Rule:
    """does: what the action is, for the docs. who: any one of these roles suffices.

    scope: what a personal access token must have been made for; None: any will do.
    login_only: no personal access token will do: anonymous visitors where they may, or a login session.
    confirmed: the account's mail address must be confirmed, where the node sends mail.
    while_suspended: a suspended account may still. What anonymous visitors may, it may anyway, but nothing
    that is for members.
    in_suspended_channel: may still be done to a suspended channel. Administrators may in any case.
    if_members_only: what it takes as well where the channel is for members only: a tier that has it, or one
    of the roles that are `MEMBERS`. in_members_chat: and where the chat alone is.
    """

    does: str
    who: frozenset[Role]
    scope: Scope | None = None
    login_only: bool = False
    confirmed: bool = False
    while_suspended: bool = False
    in_suspended_channel: bool = False
    if_members_only: Entitlement | None = None
    in_members_chat: bool = False

    @property
    def is_open(self) -> bool:
        """Anonymous visitors may, so whoever is signed in may too."""
        return Role.ANONYMOUS in self.who


def _own(does: str) -> Rule:
    """What concerns one's own account only, suspended or not, and a stolen token must not do."""
    return Rule(does, SIGNED_IN, login_only=True, while_suspended=True)


RULES: Final[Mapping[Action, Rule]] = {
    Action.SIGN_UP: Rule("Open an account with its channel", EVERYONE),
    Action.SIGN_IN: Rule("Sign in by name and password", EVERYONE),
    Action.SIGN_OUT: Rule("End the login whose token is sent", EVERYONE, login_only=True),
    Action.READ_OWN_ACCOUNT: Rule("See whose token it is", SIGNED_IN, while_suspended=True),
    Action.READ_SETTINGS: Rule(
        "Read one's own settings, with the mail address", SIGNED_IN, Scope.ACCOUNT_READ, while_suspended=True
    ),
    Action.CHANGE_PROFILE: Rule(
        "Change display name, bio and locale", SIGNED_IN, Scope.ACCOUNT_MANAGE, confirmed=True
    ),
    Action.CHANGE_AVATAR: Rule(
        "Send an avatar, or remove it", SIGNED_IN, Scope.ACCOUNT_MANAGE, confirmed=True
    ),
    Action.READ_PROFILE: Rule("Read what a person says of themselves", EVERYONE),
    Action.CONFIRM_MAIL: Rule("Confirm a mail address by the link that was sent there", EVERYONE),
    Action.REQUEST_CONFIRMATION: _own("Have the confirmation sent again"),
    Action.CHANGE_MAIL: _own("Change the mail address, by password"),
    Action.CHANGE_PASSWORD: _own("Change the password, by the old one"),
    Action.REQUEST_PASSWORD_RESET: Rule("Have a link sent that sets a new password", EVERYONE),
    Action.RESET_PASSWORD: Rule("Set a new password by the link that was sent", EVERYONE),
    Action.LIST_LOGIN_SESSIONS: _own("List where one is signed in"),
    Action.END_LOGIN_SESSION: _own("Sign out somewhere else"),
    Action.END_OTHER_LOGIN_SESSIONS: _own("Sign out everywhere else"),
    Action.CREATE_ACCESS_TOKEN: Rule("Make a personal access token", SIGNED_IN, login_only=True),
    Action.LIST_ACCESS_TOKENS: _own("List personal access tokens, without their secrets"),
    Action.REVOKE_ACCESS_TOKEN: _own("Take a personal access token back"),
    Action.BLOCK_PERSON: Rule("Block somebody", SIGNED_IN, Scope.SOCIAL_MANAGE, while_suspended=True),
    Action.UNBLOCK_PERSON: Rule("Take a block back", SIGNED_IN, Scope.SOCIAL_MANAGE, while_suspended=True),
    Action.LIST_BLOCKS: Rule("List whom one has blocked", SIGNED_IN, Scope.SOCIAL_READ, while_suspended=True),
    Action.EXPORT_DATA: _own("Take one's data home"),
    Action.REQUEST_DELETION: _own("Have one's account erased, by password"),
    Action.CANCEL_DELETION: _own("Keep one's account after all"),
    Action.FIND_ACCOUNT: Rule("Look somebody's account up", ADMINISTRATORS, Scope.ADMINISTRATION),
    Action.LIST_ACCOUNTS: Rule("List accounts", ADMINISTRATORS, Scope.ADMINISTRATION),
    Action.SUSPEND_ACCOUNT: Rule("Suspend an account", ADMINISTRATORS, Scope.ADMINISTRATION),
    Action.LIFT_SUSPENSION: Rule("Lift the suspension of an account", ADMINISTRATORS, Scope.ADMINISTRATION),
    Action.READ_AUDIT_LOG: Rule("Read what administrators did", ADMINISTRATORS, Scope.ADMINISTRATION),
    Action.LIST_CHANNELS: Rule("List channels", EVERYONE),
    Action.READ_CHANNEL: Rule("Read a channel", EVERYONE),
    Action.CHANGE_CHANNEL: Rule(
        "Change title, category and settings", EDITORS, Scope.CHANNEL_MANAGE, confirmed=True
    ),
    Action.READ_ABOUT: Rule("Read what a channel says of itself", EVERYONE),
    Action.CHANGE_ABOUT: Rule(
        "Write the description and the panels", EDITORS, Scope.CHANNEL_MANAGE, confirmed=True
    ),
    Action.UPLOAD_PANEL_IMAGE: Rule(
        "Send a picture for a panel", EDITORS, Scope.CHANNEL_MANAGE, confirmed=True
    ),
    Action.READ_SCHEDULE: Rule("Read the schedule, also as a calendar feed", EVERYONE),
    Action.ADD_SCHEDULE_ENTRY: Rule("Plan a show", EDITORS, Scope.CHANNEL_MANAGE, confirmed=True),
    Action.CHANGE_SCHEDULE_ENTRY: Rule(
        "Move, change or cancel a show", EDITORS, Scope.CHANNEL_MANAGE, confirmed=True
    ),
    Action.REMOVE_SCHEDULE_ENTRY: Rule("Take a show off the schedule", EDITORS, Scope.CHANNEL_MANAGE),
    Action.SET_VACATION: Rule(
        "Say for how long no show takes place", EDITORS, Scope.CHANNEL_MANAGE, confirmed=True
    ),
    Action.LIST_CATEGORIES: Rule("List categories", EVERYONE),
    Action.READ_CATEGORY: Rule("Read a category", EVERYONE),
    Action.CREATE_CATEGORY: Rule("Make a category", ADMINISTRATORS, Scope.ADMINISTRATION),
    Action.CHANGE_CATEGORY: Rule("Rename or describe a category", ADMINISTRATORS, Scope.ADMINISTRATION),
    Action.REMOVE_CATEGORY: Rule(
        "Take a category away, or merge it into another", ADMINISTRATORS, Scope.ADMINISTRATION
    ),
    Action.SEARCH: Rule("Search for channels and categories", EVERYONE),
    Action.READ_STATISTICS: Rule("Read followers, viewers and hours streamed", EVERYONE),
    Action.READ_BROADCAST_STATISTICS: Rule(
        "Read what came of each broadcast", EDITORS | ADMINISTRATORS, Scope.CHANNEL_MANAGE
    ),
    Action.CHANGE_BANNER: Rule("Send a banner, or remove it", EDITORS, Scope.CHANNEL_MANAGE, confirmed=True),
    Action.CREATE_CHANNEL: Rule(
        "Make a new channel after one's own was erased", SIGNED_IN, Scope.CHANNEL_MANAGE
    ),
    Action.RENAME_CHANNEL: Rule(
        "Rename a channel, and its owner's account with it", OWNER, login_only=True, confirmed=True
    ),
    Action.REQUEST_CHANNEL_DELETION: Rule("Have a channel erased, by password", OWNER, login_only=True),
    Action.CANCEL_CHANNEL_DELETION: Rule(
        "Keep a channel after all", OWNER, login_only=True, while_suspended=True, in_suspended_channel=True
    ),
    Action.LIST_OWN_CHANNELS: Rule(
        "List one's own channel and those one has a role on",
        SIGNED_IN,
        Scope.ACCOUNT_READ,
        while_suspended=True,
    ),
    Action.LIST_ROLES: Rule(
        "List who has a role on a channel", EDITORS | {Role.MODERATOR} | ADMINISTRATORS, Scope.CHANNEL_MANAGE
    ),
    Action.GRANT_ROLE: Rule(
        "Make somebody editor, moderator or VIP", OWNER, Scope.CHANNEL_MANAGE, confirmed=True
    ),
    Action.REVOKE_ROLE: Rule("Take a role away", OWNER, Scope.CHANNEL_MANAGE),
    Action.LAY_DOWN_ROLE: Rule(
        "Lay down a role of one's own",
        frozenset({Role.VIP, Role.MODERATOR, Role.EDITOR}),
        Scope.CHANNEL_MANAGE,
        while_suspended=True,
        in_suspended_channel=True,
    ),
    Action.LIST_ALL_CHANNELS: Rule("List all channels", ADMINISTRATORS, Scope.ADMINISTRATION),
    Action.SUSPEND_CHANNEL: Rule("Suspend a channel", ADMINISTRATORS, Scope.ADMINISTRATION),
    Action.REINSTATE_CHANNEL: Rule("Reinstate a suspended channel", ADMINISTRATORS, Scope.ADMINISTRATION),
    Action.OPEN_INGEST: Rule(
        "Go live; a stream key speaks for the channel's owner", OWNER, Scope.STREAM_MANAGE, confirmed=True
    ),
    Action.PATCH_INGEST: Rule(
        "Send ICE candidates of an ingest session, or restart ICE", OWNER, Scope.STREAM_MANAGE, confirmed=True
    ),
    Action.CLOSE_INGEST: Rule(
        "Stop sending",
        OWNER,
        Scope.STREAM_MANAGE,
        while_suspended=True,
        in_suspended_channel=True,
    ),
    Action.OPEN_PLAYBACK: Rule("Watch a broadcast", EVERYONE, if_members_only=Entitlement.BROADCASTS),
    Action.PATCH_PLAYBACK: Rule(
        "Send ICE candidates of a playback session, or restart ICE; its address is the secret", EVERYONE
    ),
    Action.CLOSE_PLAYBACK: Rule("Stop watching; the session's address is the secret", EVERYONE),
    Action.READ_BROADCAST: Rule("Read the state of the running broadcast", EVERYONE),
    Action.READ_BROADCAST_HEALTH: Rule(
        "Read how the encoder's media arrives", EDITORS | ADMINISTRATORS, Scope.STREAM_MANAGE
    ),
    Action.END_BROADCAST: Rule(
        "End the running broadcast",
        EDITORS | ADMINISTRATORS,
        Scope.STREAM_MANAGE,
        in_suspended_channel=True,
    ),
    Action.CREATE_STREAM_KEY: Rule("Make a stream key", OWNER, Scope.STREAM_MANAGE),
    Action.LIST_STREAM_KEYS: Rule("List stream keys, without their secrets", OWNER, Scope.STREAM_MANAGE),
    Action.ROTATE_STREAM_KEY: Rule("Give a stream key a new secret", OWNER, Scope.STREAM_MANAGE),
    Action.REVOKE_STREAM_KEY: Rule(
        "Take a stream key back",
        OWNER,
        Scope.STREAM_MANAGE,
        while_suspended=True,
        in_suspended_channel=True,
    ),
    Action.FOLLOW_CHANNEL: Rule(
        "Follow a channel that is not one's own", SIGNED_IN, Scope.SOCIAL_MANAGE, confirmed=True
    ),
    Action.UNFOLLOW_CHANNEL: Rule(
        "Follow a channel no longer",
        SIGNED_IN,
        Scope.SOCIAL_MANAGE,
        while_suspended=True,
        in_suspended_channel=True,
    ),
    Action.LIST_FOLLOWING: Rule(
        "List which channels one follows", SIGNED_IN, Scope.SOCIAL_READ, while_suspended=True
    ),
    Action.LIST_FOLLOWERS: Rule("List who follows a channel", MODERATORS, Scope.SOCIAL_READ),
    Action.COUNT_FOLLOWERS: Rule("Read how many follow a channel", EVERYONE, in_suspended_channel=True),
    Action.READ_RELATIONSHIP: Rule(
        "Read what binds one to a channel",
        SIGNED_IN,
        Scope.SOCIAL_READ,
        while_suspended=True,
        in_suspended_channel=True,
    ),
    Action.LIST_TIERS: Rule("Read what a channel offers its supporters", EVERYONE, in_suspended_channel=True),
    Action.CREATE_TIER: Rule("Offer a tier", OWNER, Scope.CHANNEL_MANAGE, confirmed=True),
    Action.CHANGE_TIER: Rule("Change a tier", OWNER, Scope.CHANNEL_MANAGE, confirmed=True),
    Action.WITHDRAW_TIER: Rule("Offer a tier no longer", OWNER, Scope.CHANNEL_MANAGE),
    Action.TAKE_TIER: Rule(
        "Take a tier of a channel that is not one's own", SIGNED_IN, Scope.SOCIAL_MANAGE, confirmed=True
    ),
    Action.CHANGE_SUBSCRIPTION: Rule("Change to another tier", SIGNED_IN, Scope.SOCIAL_MANAGE),
    Action.CANCEL_SUBSCRIPTION: Rule(
        "Cancel one's subscription",
        SIGNED_IN,
        Scope.SOCIAL_MANAGE,
        while_suspended=True,
        in_suspended_channel=True,
    ),
    Action.LIST_SUBSCRIPTIONS: Rule(
        "List one's own subscriptions", SIGNED_IN, Scope.SOCIAL_READ, while_suspended=True
    ),
    Action.LIST_SUPPORTERS: Rule(
        "List who supports a channel", EDITORS | ADMINISTRATORS, Scope.CHANNEL_MANAGE
    ),
    Action.GRANT_SUBSCRIPTION: Rule(
        "Give somebody months of a tier", OWNER | ADMINISTRATORS, Scope.CHANNEL_MANAGE
    ),
    Action.REMOVE_SUPPORTER: Rule(
        "End somebody's subscription, or take granted months back",
        OWNER | ADMINISTRATORS,
        Scope.CHANNEL_MANAGE,
    ),
    Action.LIST_PAYMENTS: Rule(
        "List the payments of supporters", OWNER | ADMINISTRATORS, Scope.CHANNEL_MANAGE
    ),
    Action.CONFIRM_PAYMENT: Rule("Say that a payment came in", OWNER | ADMINISTRATORS, Scope.CHANNEL_MANAGE),
    Action.REFUSE_PAYMENT: Rule(
        "Say that a payment did not come in", OWNER | ADMINISTRATORS, Scope.CHANNEL_MANAGE
    ),
    Action.ENTER_CHAT_ROOM: Rule(
        "Enter a chat room and hear what is said", EVERYONE, if_members_only=Entitlement.CHAT
    ),
    Action.READ_CHAT_HISTORY: Rule(
        "Read what was said in a chat room", EVERYONE, if_members_only=Entitlement.CHAT
    ),
    Action.SEND_CHAT_MESSAGE: Rule(
        "Say something in a chat room",
        SIGNED_IN,
        Scope.CHAT_WRITE,
        confirmed=True,
        if_members_only=Entitlement.CHAT,
        in_members_chat=True,
    ),
}
