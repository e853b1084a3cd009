import { ChatRoom } from '../chat/chat-room.svelte';
import { answerOf, api } from '#shared/api/client';
import { problemFromFailure, type Problem } from '#shared/api/problems';
import { broadcastState, type BroadcastState, type Channel } from '#shared/api/types';
import { server } from '#shared/server';

const pollMs = 10_000;
const retryMs = 3000;

/** One channel while its page or its studio is open: what REST says at first, what the chat socket says from then on. */
export class ChannelVisit {
  readonly name: string;
  readonly room: ChatRoom;
  #channel = $state.raw<Channel | null>(null);
  #problem = $state.raw<Problem | null>(null);
  #polling: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(name: string) {
    this.name = name;
    this.room = new ChatRoom({
      address: async () => `${(await server()).chat_url}/chat/${encodeURIComponent(name)}`,
    });
  }

  get channel(): Channel | null {
    return this.#channel;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  get isMissing(): boolean {
    return this.#problem?.status === 404;
  }

  /** Null until anything is known. */
  get state(): BroadcastState | null {
    if (this.room.broadcastState !== null) return this.room.broadcastState;
    return this.#channel === null ? null : broadcastState(this.#channel.broadcast?.state);
  }

  get viewers(): number {
    return this.#heard?.viewers ?? this.#channel?.broadcast?.viewers ?? 0;
  }

  get startedAt(): string | null {
    if (this.state === 'offline') return null;
    return this.#heard?.startedAt ?? this.#channel?.broadcast?.started_at ?? null;
  }

  get title(): string {
    return this.#heard?.title ?? this.#channel?.title ?? '';
  }

  get #heard() {
    return this.room.broadcastState === null ? null : this.room.broadcast;
  }

  start(): () => void {
    void this.load();
    this.room.start();
    this.#polling = setInterval(() => {
      // The chat socket tells everything; REST is asked only while it is away.
      if (this.room.state !== 'open' && !document.hidden) void this.load();
    }, pollMs);
    return () => {
      clearInterval(this.#polling);
      clearTimeout(this.#retry);
      this.room.stop();
    };
  }

  changed(channel: Channel): void {
    this.#channel = channel;
  }

  async load(): Promise<void> {
    clearTimeout(this.#retry);
    try {
      const path = { params: { path: { name: this.name } } };
      this.#channel = await answerOf(api.GET('/api/v1/channels/{name}', path));
      this.#problem = null;
    } catch (failure) {
      this.#problem = problemFromFailure(failure);
      if (this.isMissing) this.room.stop();
      else if (this.#channel === null) this.#retry = setTimeout(() => void this.load(), retryMs);
    }
  }
}
