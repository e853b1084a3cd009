import { ChatRoom } from '../chat/chat-room.svelte';
import type { BroadcastNews } from '../chat/frames';
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
  #broadcast = $state.raw<BroadcastNews | null>(null);
  #isOver = false;
  #isInside = false;
  #polling: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(name: string) {
    this.name = name;
    this.room = new ChatRoom({
      address: async () => `${(await server()).chat_url}/chat/${encodeURIComponent(name)}`,
      onBroadcast: (news) => {
        this.#broadcast = { ...news, title: news.title ?? this.#broadcast?.title ?? null };
      },
    });
  }

  get channel(): Channel | null {
    return this.#channel;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  /** There is no such channel, or it is suspended: nothing will come of asking again. */
  get isShut(): boolean {
    return this.#problem?.status === 404 || this.isSuspended;
  }

  get isSuspended(): boolean {
    return this.#problem?.slug === 'channel-suspended';
  }

  /** Null until anything is known. Over a lost connection, what was said last stays true. */
  get state(): BroadcastState | null {
    return this.#broadcast === null ? null : broadcastState(this.#broadcast.state);
  }

  get viewers(): number {
    return this.#broadcast?.viewers ?? 0;
  }

  get startedAt(): string | null {
    return this.state === 'offline' ? null : (this.#broadcast?.startedAt ?? null);
  }

  get title(): string {
    return this.#broadcast?.title ?? this.#channel?.title ?? '';
  }

  start(): () => void {
    this.#isOver = false;
    const online = () => {
      this.room.reconnect();
    };
    globalThis.addEventListener('online', online);
    void this.load();
    this.#polling = setInterval(() => {
      // The chat socket tells everything; REST is asked only while it is away.
      if (this.room.state !== 'open' && !document.hidden) void this.load();
    }, pollMs);
    return () => {
      this.#isOver = true;
      globalThis.removeEventListener('online', online);
      clearInterval(this.#polling);
      clearTimeout(this.#retry);
      this.room.stop();
      this.#isInside = false;
    };
  }

  changed(channel: Channel): void {
    this.#channel = channel;
    if (this.#broadcast !== null) this.#broadcast = { ...this.#broadcast, title: channel.title };
  }

  /** Only what exists is asked for its chat: a misspelt address costs one question. */
  #enter(): void {
    if (this.#isInside || this.#isOver) return;
    this.#isInside = true;
    this.room.start();
  }

  async load(): Promise<void> {
    clearTimeout(this.#retry);
    try {
      const path = { params: { path: { name: this.name } } };
      const channel = await answerOf(api.GET('/api/v1/channels/{name}', path));
      this.#channel = channel;
      this.#problem = null;
      this.#enter();
      // An open chat socket knows it sooner than this answer was written.
      if (this.room.state !== 'open' || this.#broadcast === null) this.#broadcast = newsOf(channel);
    } catch (failure) {
      // Left while it was asked: nobody is there to try again for.
      if (this.#isOver) return;
      this.#problem = problemFromFailure(failure);
      if (this.isShut) {
        this.room.stop();
        clearInterval(this.#polling);
      } else if (this.#channel === null) this.#retry = setTimeout(() => void this.load(), retryMs);
    }
  }
}

function newsOf({ broadcast, title }: Channel): BroadcastNews {
  return {
    state: broadcast?.state ?? 'offline',
    viewers: broadcast?.viewers ?? 0,
    startedAt: broadcast?.started_at ?? null,
    title,
  };
}
