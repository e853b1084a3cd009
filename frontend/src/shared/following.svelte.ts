import { answerOf, api } from './api/client';
import { problemFromFailure, type Problem } from './api/problems';
import type { ChannelCard, FollowedChannel } from './api/types';
import { liveChannels } from './live-channels.svelte';

const partSize = 100;
const mostShown = 1000;

/** The channels one follows, the same ones in the rail and on their page. */
class Following {
  #channels = $state.raw<readonly FollowedChannel[] | null>(null);
  #problem = $state.raw<Problem | null>(null);
  #asked = 0;

  /** Newest first; null until known, and for those who are not signed in. */
  get channels(): readonly FollowedChannel[] | null {
    return this.#channels;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  async load(): Promise<void> {
    const turn = ++this.#asked;
    const found: FollowedChannel[] = [];
    try {
      let cursor: string | null = null;
      do {
        const query: { limit: number; cursor?: string } = { limit: partSize };
        if (cursor !== null) query.cursor = cursor;
        const page = await answerOf(api.GET('/api/v1/me/following', { params: { query } }));
        if (turn !== this.#asked) return;
        found.push(...page.channels);
        cursor = page.next_cursor;
      } while (cursor !== null && found.length < mostShown);
      this.#channels = found;
      this.#problem = null;
    } catch (failure) {
      if (turn === this.#asked) this.#problem = problemFromFailure(failure);
    }
  }

  /** Somebody signed out. */
  forget(): void {
    this.#asked += 1;
    this.#channels = null;
    this.#problem = null;
  }

  become(change: (channels: readonly FollowedChannel[]) => readonly FollowedChannel[]): void {
    if (this.#channels !== null) this.#channels = change(this.#channels);
  }
}

export const following = new Following();

interface ByLiveness {
  readonly live: readonly ChannelCard[];
  readonly offline: readonly FollowedChannel[];
}

/** Those that are live now come apart, the most watched first. */
export function byLiveness(channels: readonly FollowedChannel[]): ByLiveness {
  const cards = liveChannels.channels ?? [];
  const live = cards.filter((card) => channels.some(({ id }) => id === card.id));
  return { live, offline: channels.filter(({ id }) => !live.some((card) => card.id === id)) };
}
