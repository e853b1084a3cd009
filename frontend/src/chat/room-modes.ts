import { briefly, roughly } from '#shared/format/times.svelte';

/** What a room asks of those who write; as `chat_modes` of the channel. */
export interface ChatModes {
  /** Seconds between two lines of one person; 0 is off. */
  readonly slowModeS: number;
  /** For so many minutes one must have followed; null is off. */
  readonly followersOnlyMin: number | null;
  readonly isMembersOnly: boolean;
  readonly isEmotesOnly: boolean;
}

/** What binds the person to the channel, as far as it opens its chat. */
export interface ChatStanding {
  /** Whoever has a role is held to no mode. */
  readonly hasRole: boolean;
  readonly isSubscriber: boolean;
  /** They have a tier with the chat for members. */
  readonly hasMembersChat: boolean;
  /** RFC 3339; null for who does not follow. */
  readonly followedAt: string | null;
}

/** What would open the chat. */
export type WayOn = 'confirm-mail' | 'follow' | 'sign-in' | 'subscribe' | 'wait';

export interface Hindrance {
  readonly way: WayOn;
  /** Why one may not write, in a sentence. */
  readonly words: string;
}

export const openChat: ChatModes = {
  slowModeS: 0,
  followersOnlyMin: null,
  isMembersOnly: false,
  isEmotesOnly: false,
};

/** `Slow mode (30 s)`, `Followers only (10 min)`: the modes that are on, the strictest first. */
export function modeWords(modes: ChatModes): string[] {
  const words: string[] = [];
  if (modes.isMembersOnly) words.push('Members only');
  if (modes.followersOnlyMin !== null) {
    const minutes = modes.followersOnlyMin;
    words.push(minutes === 0 ? 'Followers only' : `Followers only (${briefly(minutes * 60_000)})`);
  }
  if (modes.isEmotesOnly) words.push('Emoji only');
  if (modes.slowModeS > 0) words.push(`Slow mode (${briefly(modes.slowModeS * 1000)})`);
  return words;
}

/** Why this person may not write now and what to do; null where nothing stands in the way. The server decides. */
export function hindranceOf(
  modes: ChatModes,
  standing: ChatStanding,
  isConfirmed: boolean,
  nowMs: number,
): Hindrance | null {
  if (!isConfirmed) return { way: 'confirm-mail', words: 'Confirm your mail address to write here.' };
  if (standing.hasRole) return null;
  if (modes.isMembersOnly && !standing.hasMembersChat) {
    return { way: 'subscribe', words: 'Only members write here: those whose tier has this chat.' };
  }
  if (modes.followersOnlyMin === null || standing.isSubscriber) return null;
  const askedMs = modes.followersOnlyMin * 60_000;
  if (standing.followedAt === null) {
    const since = askedMs === 0 ? 'follows' : `has followed for ${roughly(askedMs)}`;
    return { way: 'follow', words: `Only who ${since} writes here.` };
  }
  const leftMs = Date.parse(standing.followedAt) + askedMs - nowMs;
  return leftMs > 0
    ? {
        way: 'wait',
        words: `Only who has followed for ${roughly(askedMs)} writes here. You may in ${roughly(leftMs)}.`,
      }
    : null;
}
