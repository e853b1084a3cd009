"""Compares the rule of an action with what the actor is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace

from cpc.kernel.clock import Clock
from cpc.kernel.errors import DomainError, Forbidden, Unauthenticated, Unavailable
from cpc.kernel.ids import EntityId
from livehouse.access.contract import (
    Acting,
    Action,
    ChannelStanding,
    ChannelStandings,
    MembersOnly,
    Privacy,
    Role,
    Standing,
    Supporters,
    Suspended,
)
from livehouse.access.domain.rules import RULES, Rule

MAX_REMEMBERED = 20_000
# While standings cannot be asked for, one of this age still counts: a chat goes on without its database.
STALE_S = 600.0

# Of a channel that is suspended. Administrators come in.
_TOLD_WHY = frozenset({Role.OWNER, Role.EDITOR})

_Key = tuple[EntityId, EntityId | None]


class DecideAccess:
    """The `Access` of the contract.

    trusted_s: so long an earlier standing may still admit somebody; one that refuses is always asked for
    anew. While nobody can be asked, one up to `STALE_S` old does for both. 0 asks every time. What is
    remembered is bounded; the oldest goes.
    """

    def __init__(
        self,
        channels: ChannelStandings,
        supporters: Supporters,
        clock: Clock,
        *,
        trusted_s: float = 0.0,
        rules: Mapping[Action, Rule] = RULES,
    ) -> None:
        self._channels = channels
        self._supporters = supporters
        self._clock = clock
        self._trusted_s = trusted_s
        self._rules = rules
        self._remembered: OrderedDict[_Key, tuple[ChannelStanding, float]] = OrderedDict()

    def check(self, actor: Acting, action: Action) -> None:
        rule = self._rules[action]
        if rule.login_only and actor.scopes is not None:
            raise Forbidden(
                "login-required", "This takes a login by name and password, not a personal access token."
            )
        if rule.is_open:
            return
        if actor.account_id is None:
            raise Unauthenticated("sign-in-required", "Sign in to do this.")
        if actor.scopes is not None and rule.scope is not None and rule.scope not in actor.scopes:
            raise Forbidden(
                "scope-missing", f"This personal access token was not made for it: no '{rule.scope}'."
            )
        if actor.suspension is not None and not rule.while_suspended:
            raise Suspended("account-suspended", "Your account", actor.suspension)
        if rule.confirmed and not actor.is_confirmed:
            raise Forbidden(
                "mail-not-confirmed", "Confirm your mail address first: follow the link we sent you."
            )

    def permit(self, actor: Acting, action: Action, standing: ChannelStanding) -> Standing:
        self.check(actor, action)
        standing = _with(personal_roles(actor), standing)
        _decide(self._rules[action], standing, actor)
        return _towards(self._rules[action], standing)

    async def require(self, actor: Acting, action: Action, channel_id: EntityId | None = None) -> Standing:
        self.check(actor, action)
        rule = self._rules[action]
        personal = personal_roles(actor)
        if channel_id is None:
            standing = ChannelStanding(personal)
            _decide(rule, standing, actor)
            return _towards(rule, standing)
        key = channel_id, actor.account_id
        remembered = self._recall(key, self._trusted_s)
        if remembered is not None:
            standing = _with(personal, remembered)
            if _refusal(rule, standing, actor) is None:
                return _towards(rule, standing)
        try:
            standing = _with(personal, await self._ask(channel_id, actor.account_id))
        except Unavailable:
            stale = self._recall(key, STALE_S) or self._recall((channel_id, None), STALE_S)
            if stale is None:
                raise
            standing = _with(personal, stale)
        try:
            _decide(rule, standing, actor)
        except MembersOnly as refusal:
            raise await self._naming_tiers(channel_id, refusal) from None
        return _towards(rule, standing)

    async def _naming_tiers(self, channel_id: EntityId, refusal: MembersOnly) -> MembersOnly:
        try:
            tiers = await self._supporters.tiers_with(channel_id, refusal.entitlement)
        except Unavailable:
            return refusal
        return MembersOnly(refusal.entitlement, tiers)

    async def _ask(self, channel_id: EntityId, account_id: EntityId | None) -> ChannelStanding:
        standing = await self._channels.of(channel_id, account_id)
        if account_id is not None:
            support = await self._supporters.of(channel_id, account_id)
            standing = replace(
                standing,
                roles=standing.roles | support.roles,
                entitlements=support.entitlements,
                badge_months=support.badge_months,
            )
        if self._trusted_s:
            self._remember((channel_id, account_id), standing)
            # What everybody shares: what is said of the channel.
            shared = replace(standing, roles=frozenset(), entitlements=frozenset(), badge_months=None)
            self._remember((channel_id, None), shared)
        return standing

    def _remember(self, key: _Key, standing: ChannelStanding) -> None:
        self._remembered[key] = (standing, self._clock.monotonic_s())
        self._remembered.move_to_end(key)
        if len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)

    def _recall(self, key: _Key, within_s: float) -> ChannelStanding | None:
        found = self._remembered.get(key)
        if found is None or self._clock.monotonic_s() - found[1] >= within_s:
            return None
        return found[0]


def personal_roles(actor: Acting) -> frozenset[Role]:
    """What somebody is whatever the channel."""
    if actor.account_id is None:
        return frozenset({Role.ANONYMOUS})
    if actor.is_administrator:
        return frozenset({Role.VIEWER, Role.ADMINISTRATOR})
    return frozenset({Role.VIEWER})


def _with(personal: frozenset[Role], standing: ChannelStanding) -> ChannelStanding:
    return replace(standing, roles=personal | standing.roles)


def _towards(rule: Rule, standing: ChannelStanding) -> Standing:
    roles = standing.roles
    as_administrator = Role.ADMINISTRATOR in roles and not (rule.who - {Role.ADMINISTRATOR}) & roles
    return Standing(roles, standing.entitlements, standing.badge_months, as_administrator)


def _decide(rule: Rule, standing: ChannelStanding, actor: Acting) -> None:
    refusal = _refusal(rule, standing, actor)
    if refusal is not None:
        raise refusal


def _refusal(rule: Rule, standing: ChannelStanding, actor: Acting) -> DomainError | None:
    """standing: with the roles that one has by oneself."""
    roles = standing.roles
    if not rule.who & roles:
        return Forbidden("not-allowed", f"{_needed(rule)} may do this.")
    if standing.is_suspended and not rule.in_suspended_channel and Role.ADMINISTRATOR not in roles:
        why = standing.suspension if roles & _TOLD_WHY else None
        return Suspended("channel-suspended", "This channel", why)
    taken = rule.if_members_only
    is_closed = standing.privacy is Privacy.MEMBERS_ONLY or (
        rule.in_members_chat and standing.is_chat_for_members
    )
    if taken is None or not is_closed:
        return None
    if actor.suspension is not None:
        return Suspended("account-suspended", "Your account", actor.suspension)
    if _towards(rule, standing).opens(taken):
        return None
    if Role.ANONYMOUS in roles:
        return Unauthenticated("sign-in-required", "This channel is for its members. Sign in if you are one.")
    return MembersOnly(taken)


_WORDS = {
    Role.OWNER: "the channel's owner",
    Role.EDITOR: "its editors",
    Role.MODERATOR: "its moderators",
    Role.VIP: "its VIPs",
    Role.PAID_SUBSCRIBER: "its paid subscribers",
    Role.FOLLOWER: "its followers",
    Role.ADMINISTRATOR: "administrators",
}


def _needed(rule: Rule) -> str:
    words = [word for role, word in _WORDS.items() if role in rule.who]
    return "Only " + " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
