"""What every slice may know of access: roles, actions, the question, and the facts it is answered from.

Lowest of the slices: it knows ids and errors only, so that accounts can ask it too. The table is in `rules`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol, Self

from cpc.kernel.errors import Forbidden, Invalid
from cpc.kernel.ids import EntityId
from cpc.kernel.text import visible_line


class Role(StrEnum):
    """What somebody is: by themselves, or towards one channel. Whoever is signed in is a viewer."""

    ANONYMOUS = "anonymous"
    VIEWER = "viewer"
    FOLLOWER = "follower"
    PAID_SUBSCRIBER = "paid subscriber"
    VIP = "VIP"
    MODERATOR = "moderator"
    EDITOR = "editor"
    OWNER = "owner"
    ADMINISTRATOR = "administrator"


MEMBERS: Final = frozenset({Role.VIP, Role.MODERATOR, Role.EDITOR, Role.OWNER, Role.ADMINISTRATOR})
"""Whoever is one of these needs no tier."""


class Entitlement(StrEnum):
    """What a paid subscription opens if its tier has it among its benefits, which are called the same."""

    BROADCASTS = "members_only_broadcasts"
    CHAT = "members_only_chat"
    REPLAYS = "replays"


class Scope(StrEnum):
    """What a personal access token may be made for."""

    ACCOUNT_READ = "account:read"
    ACCOUNT_MANAGE = "account:manage"
    CHANNEL_MANAGE = "channel:manage"
    STREAM_MANAGE = "stream:manage"
    CHAT_WRITE = "chat:write"
    SOCIAL_READ = "social:read"
    SOCIAL_MANAGE = "social:manage"
    ADMINISTRATION = "administration"


class Action(StrEnum):
    """One for each use case that somebody outside may call. `rules.RULES` says who may."""

    SIGN_UP = "accounts.sign_up"
    SIGN_IN = "accounts.sign_in"
    SIGN_OUT = "accounts.sign_out"
    READ_OWN_ACCOUNT = "accounts.read_own_account"
    READ_SETTINGS = "accounts.read_settings"
    CHANGE_PROFILE = "accounts.change_profile"
    CHANGE_AVATAR = "accounts.change_avatar"
    READ_PROFILE = "accounts.read_profile"
    CONFIRM_MAIL = "accounts.confirm_mail"
    REQUEST_CONFIRMATION = "accounts.request_confirmation"
    CHANGE_MAIL = "accounts.change_mail"
    CHANGE_PASSWORD = "accounts.change_password"  # noqa: S105 - an action
    REQUEST_PASSWORD_RESET = "accounts.request_password_reset"  # noqa: S105 - an action
    RESET_PASSWORD = "accounts.reset_password"  # noqa: S105 - an action
    LIST_LOGIN_SESSIONS = "accounts.list_login_sessions"
    END_LOGIN_SESSION = "accounts.end_login_session"
    END_OTHER_LOGIN_SESSIONS = "accounts.end_other_login_sessions"
    CREATE_ACCESS_TOKEN = "accounts.create_access_token"  # noqa: S105 - an action
    LIST_ACCESS_TOKENS = "accounts.list_access_tokens"
    REVOKE_ACCESS_TOKEN = "accounts.revoke_access_token"  # noqa: S105 - an action
    BLOCK_PERSON = "accounts.block_person"
    UNBLOCK_PERSON = "accounts.unblock_person"
    LIST_BLOCKS = "accounts.list_blocks"
    EXPORT_DATA = "accounts.export_data"
    REQUEST_DELETION = "accounts.request_deletion"
    CANCEL_DELETION = "accounts.cancel_deletion"
    FIND_ACCOUNT = "accounts.find_account"
    LIST_ACCOUNTS = "accounts.list_accounts"
    SUSPEND_ACCOUNT = "accounts.suspend_account"
    LIFT_SUSPENSION = "accounts.lift_suspension"
    READ_AUDIT_LOG = "accounts.read_audit_log"

    LIST_CHANNELS = "channel.list_channels"
    READ_CHANNEL = "channel.read_channel"
    CHANGE_CHANNEL = "channel.change_channel"
    READ_ABOUT = "channel.read_about"
    CHANGE_ABOUT = "channel.change_about"
    UPLOAD_PANEL_IMAGE = "channel.upload_panel_image"
    READ_SCHEDULE = "channel.read_schedule"
    ADD_SCHEDULE_ENTRY = "channel.add_schedule_entry"
    CHANGE_SCHEDULE_ENTRY = "channel.change_schedule_entry"
    REMOVE_SCHEDULE_ENTRY = "channel.remove_schedule_entry"
    SET_VACATION = "channel.set_vacation"
    LIST_CATEGORIES = "channel.list_categories"
    READ_CATEGORY = "channel.read_category"
    CREATE_CATEGORY = "channel.create_category"
    CHANGE_CATEGORY = "channel.change_category"
    REMOVE_CATEGORY = "channel.remove_category"
    SEARCH = "channel.search"
    READ_STATISTICS = "channel.read_statistics"
    READ_BROADCAST_STATISTICS = "channel.read_broadcast_statistics"
    CHANGE_BANNER = "channel.change_banner"
    CREATE_CHANNEL = "channel.create_channel"
    RENAME_CHANNEL = "channel.rename_channel"
    REQUEST_CHANNEL_DELETION = "channel.request_deletion"
    CANCEL_CHANNEL_DELETION = "channel.cancel_deletion"
    LIST_OWN_CHANNELS = "channel.list_own_channels"
    LIST_ROLES = "channel.list_roles"
    GRANT_ROLE = "channel.grant_role"
    REVOKE_ROLE = "channel.revoke_role"
    LAY_DOWN_ROLE = "channel.lay_down_role"
    LIST_ALL_CHANNELS = "channel.list_all_channels"
    SUSPEND_CHANNEL = "channel.suspend_channel"
    REINSTATE_CHANNEL = "channel.reinstate_channel"

    OPEN_INGEST = "streaming.open_ingest"
    PATCH_INGEST = "streaming.patch_ingest"
    CLOSE_INGEST = "streaming.close_ingest"
    OPEN_PLAYBACK = "streaming.open_playback"
    PATCH_PLAYBACK = "streaming.patch_playback"
    CLOSE_PLAYBACK = "streaming.close_playback"
    READ_BROADCAST = "streaming.read_broadcast"
    READ_BROADCAST_HEALTH = "streaming.read_broadcast_health"
    END_BROADCAST = "streaming.end_broadcast"
    CREATE_STREAM_KEY = "streaming.create_stream_key"
    LIST_STREAM_KEYS = "streaming.list_stream_keys"
    ROTATE_STREAM_KEY = "streaming.rotate_stream_key"
    REVOKE_STREAM_KEY = "streaming.revoke_stream_key"

    FOLLOW_CHANNEL = "social.follow_channel"
    UNFOLLOW_CHANNEL = "social.unfollow_channel"
    LIST_FOLLOWING = "social.list_following"
    LIST_FOLLOWERS = "social.list_followers"
    COUNT_FOLLOWERS = "social.count_followers"
    READ_RELATIONSHIP = "social.read_relationship"
    LIST_TIERS = "social.list_tiers"
    CREATE_TIER = "social.create_tier"
    CHANGE_TIER = "social.change_tier"
    WITHDRAW_TIER = "social.withdraw_tier"
    TAKE_TIER = "social.take_tier"
    CHANGE_SUBSCRIPTION = "social.change_subscription"
    CANCEL_SUBSCRIPTION = "social.cancel_subscription"
    LIST_SUBSCRIPTIONS = "social.list_subscriptions"
    LIST_SUPPORTERS = "social.list_supporters"
    GRANT_SUBSCRIPTION = "social.grant_subscription"
    REMOVE_SUPPORTER = "social.remove_supporter"
    LIST_PAYMENTS = "social.list_payments"
    CONFIRM_PAYMENT = "social.confirm_payment"
    REFUSE_PAYMENT = "social.refuse_payment"

    ENTER_CHAT_ROOM = "chat.enter_chat_room"
    READ_CHAT_HISTORY = "chat.read_chat_history"
    SEND_CHAT_MESSAGE = "chat.send_chat_message"


MAX_REASON_CHARACTERS = 500
MAX_SUSPENSION = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Suspension:
    """until: None for one without an end."""

    reason: str
    until: datetime | None

    @classmethod
    def new(cls, reason: str, until: datetime | None, now: datetime) -> Self:
        """Raises `Invalid` (malformed-reason, suspension-end)."""
        if until is not None and not now < until <= now + MAX_SUSPENSION:
            raise Invalid(
                "suspension-end", "A suspension ends in the future, at most ten years from now, or never."
            )
        return cls(valid_reason(reason), until)

    def at(self, now: datetime) -> Self | None:
        """None when it does not count any more."""
        return None if self.until is not None and self.until <= now else self


def valid_reason(reason: str) -> str:
    """As `visible_line`. Raises `Invalid` (malformed-reason)."""
    kept = visible_line(reason[: MAX_REASON_CHARACTERS * 4])
    if not kept or len(kept) > MAX_REASON_CHARACTERS:
        raise Invalid("malformed-reason", f"Give a reason of 1 to {MAX_REASON_CHARACTERS} characters.")
    return kept


class Privacy(StrEnum):
    """Who finds a channel and who may watch it. Unlisted: reachable by name, in no list and no search."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    MEMBERS_ONLY = "members_only"


class Suspended(Forbidden):
    """The account, or the channel, is suspended: slugs `account-suspended` and `channel-suspended`.

    suspension: why and until when, for those it concerns; None for anybody else.
    """

    def __init__(self, slug: str, what: str, suspension: Suspension | None = None) -> None:
        """what: is suspended, such as `Your account`."""
        if suspension is None:
            detail = f"{what} is suspended."
        else:
            until = "" if suspension.until is None else f" until {suspension.until:%Y-%m-%d %H:%M} UTC"
            detail = f"{what} is suspended{until}: {suspension.reason}"
        super().__init__(slug, detail)
        self.suspension = suspension


class MembersOnly(Forbidden):
    """tiers: names of those that open it, the cheapest first; None while they are not known."""

    def __init__(self, entitlement: Entitlement, tiers: Sequence[str] | None = None) -> None:
        super().__init__("members-only", _for_members(entitlement, tiers))
        self.entitlement = entitlement


def _for_members(entitlement: Entitlement, tiers: Sequence[str] | None) -> str:
    closed, it = {
        Entitlement.BROADCASTS: ("The broadcasts of this channel are for its members.", "them"),
        Entitlement.CHAT: ("This chat is for members of the channel.", "it"),
        Entitlement.REPLAYS: ("The replays of this channel are for its members.", "them"),
    }[entitlement]
    if tiers is None:
        return closed
    if not tiers:
        return f"{closed} None of its tiers opens {it}."
    *others, last = (f"'{name}'" for name in tiers)
    if not others:
        return f"{closed} Its tier {last} opens {it}."
    return f"{closed} Its tiers {', '.join(others)} and {last} open {it}."


class Acting(Protocol):
    """Who asks; `livehouse.accounts.contract.Actor` is one.

    scopes: of the personal access token that was sent; None for a login session, which may everything.
    suspension: None unless it counts now.
    """

    @property
    def account_id(self) -> EntityId | None: ...

    @property
    def scopes(self) -> frozenset[Scope] | None: ...

    @property
    def is_administrator(self) -> bool: ...

    @property
    def is_confirmed(self) -> bool: ...

    @property
    def suspension(self) -> Suspension | None: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """The roles somebody has towards a channel, or by themselves where no channel was named.

    entitlements, badge_months: as in `Supporting`. as_administrator: whoever it is may what was asked for as
    an administrator only, so that it is written down.
    """

    roles: frozenset[Role]
    entitlements: frozenset[Entitlement] = frozenset()
    badge_months: int | None = None
    as_administrator: bool = False

    def opens(self, entitlement: Entitlement) -> bool:
        """By a tier, or by a role that needs none."""
        return entitlement in self.entitlements or bool(MEMBERS & self.roles)


class Access(Protocol):
    """The question every use case asks before it does anything."""

    def check(self, actor: Acting, action: Action) -> None:
        """What can be said before the channel is known: signed in, confirmed, not suspended, a token made
        for it. Raises `Unauthenticated`, `Forbidden`, `Suspended`.
        """
        ...

    def permit(self, actor: Acting, action: Action, standing: ChannelStanding) -> Standing:
        """As `require`, by what was read already of the channel and of the actor towards it."""
        ...

    async def require(self, actor: Acting, action: Action, channel_id: EntityId | None = None) -> Standing:
        """The actor's standing towards the channel. All that `check` says too.

        Raises `Unauthenticated` (sign-in-required), `Forbidden` (not-allowed, scope-missing,
        login-required, mail-not-confirmed), `Suspended`, `MembersOnly`.
        """
        ...


@dataclass(frozen=True, slots=True)
class ChannelStanding:
    """What a channel says of an account: any of owner, editor, moderator, VIP.

    suspension: what owner and editors are told when it is suspended; None where the account is not to know.
    is_chat_for_members: the chat mode, whatever the privacy. entitlements, badge_months: as in `Supporting`.
    """

    roles: frozenset[Role] = frozenset()
    is_suspended: bool = False
    privacy: Privacy = Privacy.PUBLIC
    is_chat_for_members: bool = False
    entitlements: frozenset[Entitlement] = frozenset()
    badge_months: int | None = None
    suspension: Suspension | None = None


class ChannelStandings(Protocol):
    """Read facade of the channel slice."""

    async def of(self, channel_id: EntityId, account_id: EntityId | None) -> ChannelStanding:
        """account_id: None for an anonymous visitor. A channel that does not exist says nothing of anyone."""
        ...


@dataclass(frozen=True, slots=True)
class Supporting:
    """roles: any of follower, paid subscriber. entitlements: of the tier that is paid for now.

    badge_months: of the badge that it gives, after how many months there is that one; None without a badge.
    """

    roles: frozenset[Role] = frozenset()
    entitlements: frozenset[Entitlement] = frozenset()
    badge_months: int | None = None


class Supporters(Protocol):
    """Read facade of the social slice. Raises `Unavailable`."""

    async def of(self, channel_id: EntityId, account_id: EntityId) -> Supporting: ...

    async def tiers_with(self, channel_id: EntityId, entitlement: Entitlement) -> Sequence[str]:
        """Names of the tiers that can be taken and have it, the cheapest first."""
        ...
