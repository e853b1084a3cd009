import type { FollowedChannel, LiveChannel } from './api/types';

interface ByLiveness {
  readonly live: readonly LiveChannel[];
  readonly offline: readonly FollowedChannel[];
}

/**
 * Those that are live come apart, the most watched first. `cards`, of what is live anywhere, are asked for more
 * often than the list of what one follows, and may be too few to have all of it.
 */
export function byLiveness(channels: readonly FollowedChannel[], cards: readonly LiveChannel[]): ByLiveness {
  const cardOf = new Map(cards.map((card) => [card.id, card]));
  const live = channels.flatMap((channel): LiveChannel[] => {
    const card = cardOf.get(channel.id);
    if (card !== undefined) return [card];
    return channel.is_live ? [{ ...channel, viewers: channel.viewers ?? 0, started_at: null }] : [];
  });
  const liveIds = new Set(live.map(({ id }) => id));
  return {
    live: live.toSorted((a, b) => b.viewers - a.viewers),
    offline: channels.filter(({ id }) => !liveIds.has(id)),
  };
}
