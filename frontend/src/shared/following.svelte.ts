import { answerOf, api } from './api/client';
import { problemFromFailure, type Problem } from './api/problems';
import type { FollowedChannel } from './api/types';

const partSize = 100;
const mostShown = 1000;
const refreshMs = 60_000;

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

  /** Loads the list and keeps it fresh, for as long as somebody is signed in; the returned function forgets it. */
  follow(): () => void {
    void this.load();
    const timer = setInterval(() => {
      if (!document.hidden) void this.load();
    }, refreshMs);
    return () => {
      clearInterval(timer);
      this.#asked += 1;
      this.#channels = null;
      this.#problem = null;
    };
  }

  become(change: (channels: readonly FollowedChannel[]) => readonly FollowedChannel[]): void {
    if (this.#channels === null) return;
    // What is on its way was written before.
    this.#asked += 1;
    this.#channels = change(this.#channels);
  }
}

export const following = new Following();
