import { answerOf, api } from './api/client';
import { problemFromFailure, type Problem } from './api/problems';
import type { ChannelCard } from './api/types';

const refreshMs = 10_000;

/** The channels that are live now, most viewers first; asked again while someone looks at them. */
class LiveChannels {
  #channels = $state<ChannelCard[] | null>(null);
  #problem = $state<Problem | null>(null);
  #lookers = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Null until the first answer. */
  get channels(): ChannelCard[] | null {
    return this.#channels;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  /** Keeps the list fresh until the returned function is called. */
  watch(): () => void {
    this.#lookers += 1;
    if (this.#lookers === 1) {
      void this.refresh();
      this.#timer = setInterval(() => {
        if (!document.hidden) void this.refresh();
      }, refreshMs);
    }
    return () => {
      this.#lookers -= 1;
      if (this.#lookers === 0) clearInterval(this.#timer);
    };
  }

  async refresh(): Promise<void> {
    try {
      const page = await answerOf(
        api.GET('/api/v1/channels', { params: { query: { live: true, limit: 60 } } }),
      );
      this.#channels = page.channels.toSorted((a, b) => b.viewers - a.viewers);
      this.#problem = null;
    } catch (failure) {
      this.#problem = problemFromFailure(failure);
    }
  }
}

export const liveChannels = new LiveChannels();
