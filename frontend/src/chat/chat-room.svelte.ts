import { Backoff } from '#shared/backoff';
import { randomId } from '#shared/random-id';
import { ChatLog, keptLinesWhileReading, type PendingLine } from './chat-log';
import { openChat, type ChatModes } from './room-modes';
import { readFrame, type BroadcastNews, type ChatMessage, type Chatter, type PageFrame } from './frames';

export type ChatRoomState = 'connecting' | 'open' | 'reconnecting' | 'refused' | 'closed';

/** Why the chat is not for whoever is in front of the page. */
export interface Refusal {
  /** The last part of the problem's type; empty where the server gave only a code. */
  readonly slug: string;
  readonly sentence: string;
}

const pingMs = 20_000;
const pongMs = 8000;
/** A line without an ack for so long is given back to the person to send again. */
const ackMs = 10_000;
const historyLines = 50;
/** Open for so long, the next loss is a new one: waiting begins anew. */
const steadyMs = 5000;
/** Who was not let in asks again so often: a suspension ends, a channel opens to everybody. */
const askAgainMs = 60_000;

/** Codes that end a socket for good (docs/chat-socket.md), with what to say where no `error` came before. */
const refusals: Readonly<Record<number, string>> = {
  4403: 'This chat is not for you.',
  4404: 'There is no such channel any more.',
  4429: 'Too many chats are open from where you are. Close one; this one opens within a minute.',
};

export interface ChatRoomOptions {
  /** Says where the socket is; asked before each attempt. */
  readonly address: () => Promise<string>;
  /** The same socket tells how the channel's broadcast is. */
  readonly onBroadcast?: (news: BroadcastNews) => void;
  readonly open?: (address: string) => WebSocket;
  readonly random?: () => number;
  readonly newNonce?: () => string;
}

/** One chat room over one socket that comes back by itself, without losing or doubling a line. */
export class ChatRoom {
  readonly #options: Required<ChatRoomOptions>;
  readonly #backoff: Backoff;
  readonly #log = new ChatLog();
  #messages = $state.raw<readonly ChatMessage[]>([]);
  #pending = $state.raw<readonly PendingLine[]>([]);
  #state = $state<ChatRoomState>('connecting');
  #you = $state.raw<Chatter | null>(null);
  #messageCharacters = $state(500);
  #notice = $state<string | null>(null);
  #refusal = $state.raw<Refusal | null>(null);
  #modes = $state.raw<ChatModes>(openChat);
  #saidAtMs = $state<number | null>(null);
  #refusedUntilMs = $state(0);
  #arrived = $state(0);
  #isReading = false;
  #hasEarlier = $state(true);
  #isLoadingEarlier = $state(false);
  #socket: WebSocket | null = null;
  /** The newest `error` of this socket that belongs to no line: at its end it says why. */
  #lastError: Refusal | null = null;
  #attempt = 0;
  #isStopped = true;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #ping: ReturnType<typeof setTimeout> | undefined;
  #steady: ReturnType<typeof setTimeout> | undefined;
  // Nobody watches the timers.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  readonly #ackTimers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(options: ChatRoomOptions) {
    this.#options = {
      open: (address) => new WebSocket(address),
      random: Math.random,
      newNonce: randomId,
      onBroadcast: () => undefined,
      ...options,
    };
    this.#backoff = new Backoff({ firstMs: 500, longestMs: 6000, random: this.#options.random });
  }

  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  get pending(): readonly PendingLine[] {
    return this.#pending;
  }

  get state(): ChatRoomState {
    return this.#state;
  }

  /** Whom the server takes us for; null for an anonymous reader. */
  get you(): Chatter | null {
    return this.#you;
  }

  get messageCharacters(): number {
    return this.#messageCharacters;
  }

  get modes(): ChatModes {
    return this.#modes;
  }

  /** When the next line will be taken, for whoever slow mode holds; in the past where nothing is waited for. */
  get mayWriteAtMs(): number {
    const pauseMs = this.#modes.slowModeS * 1000;
    const slow = this.#saidAtMs === null || pauseMs === 0 ? 0 : this.#saidAtMs + pauseMs;
    return Math.max(slow, this.#refusedUntilMs);
  }

  /** A sentence of the server that belongs to no line. */
  get notice(): string | null {
    return this.#notice;
  }

  /** Not null while the state is `refused`. */
  get refusal(): Refusal | null {
    return this.#refusal;
  }

  /** Lines that came at the end since the page was opened. */
  get arrived(): number {
    return this.#arrived;
  }

  get hasEarlier(): boolean {
    return this.#hasEarlier;
  }

  start(): void {
    this.#isStopped = false;
    void this.#connect();
  }

  stop(): void {
    this.#isStopped = true;
    this.#attempt += 1;
    this.#dropSocket();
    clearTimeout(this.#retry);
    this.#state = 'closed';
    this.#refusal = null;
  }

  /** A new socket at once: after signing in or out, or when the network is back. */
  reconnect(): void {
    if (this.#isStopped) return;
    this.#backoff.reset();
    void this.#connect();
  }

  /** While the reader has scrolled up, older lines are kept so that the text holds still. */
  setReading(isReading: boolean): void {
    if (this.#isReading === isReading) return;
    this.#isReading = isReading;
    if (!isReading) {
      this.#log.trim();
      this.#publish();
    }
  }

  send(text: string): void {
    const nonce = this.#options.newNonce();
    this.#log.add(nonce, text);
    this.#publish();
    this.#sendLine(nonce, text);
  }

  resend(nonce: string): void {
    const line = this.#log.pending.find((candidate) => candidate.nonce === nonce);
    if (line === undefined) return;
    this.#log.retry(nonce);
    this.#publish();
    this.#sendLine(nonce, line.text);
  }

  discard(nonce: string): void {
    this.#log.discard(nonce);
    this.#publish();
  }

  loadEarlier(): void {
    const first = this.#log.firstSeq;
    if (first === null || first <= 1 || this.#isLoadingEarlier || this.#state !== 'open') return;
    // Older lines would be forgotten on arrival.
    if (this.#log.messages.length >= keptLinesWhileReading) return;
    this.#isLoadingEarlier = true;
    this.#transmit({ type: 'history', before_seq: first, limit: historyLines });
  }

  #sendLine(nonce: string, text: string): void {
    // While the socket is away the line waits; the next welcome sends it.
    if (this.#state !== 'open') return;
    this.#transmit({ type: 'send', nonce, text });
    clearTimeout(this.#ackTimers.get(nonce));
    this.#ackTimers.set(
      nonce,
      setTimeout(() => {
        this.#settle(nonce);
        this.#log.refuse(nonce, 'No answer from the chat.');
        this.#publish();
      }, ackMs),
    );
  }

  #settle(nonce: string): void {
    clearTimeout(this.#ackTimers.get(nonce));
    this.#ackTimers.delete(nonce);
  }

  #transmit(frame: PageFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #publish(): void {
    this.#messages = this.#log.messages;
    this.#pending = this.#log.pending;
  }

  #dropSocket(): void {
    clearTimeout(this.#ping);
    clearTimeout(this.#steady);
    for (const timer of this.#ackTimers.values()) clearTimeout(timer);
    this.#ackTimers.clear();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#retry);
    this.#dropSocket();
    const attempt = ++this.#attempt;
    if (this.#state === 'open') this.#state = 'reconnecting';
    let socket: WebSocket;
    try {
      const address = await this.#options.address();
      if (this.#attempt !== attempt) return;
      socket = this.#options.open(address);
    } catch {
      if (this.#attempt === attempt) this.#later();
      return;
    }
    this.#socket = socket;
    this.#lastError = null;
    // A connection that never opens is given up like one that falls silent.
    this.#schedulePing();
    socket.onmessage = (message: MessageEvent<unknown>) => {
      if (this.#socket === socket) this.#hear(message.data);
    };
    socket.onclose = ({ code }: CloseEvent) => {
      if (this.#socket !== socket) return;
      const sentence = refusals[code];
      if (sentence === undefined) this.#later();
      else this.#beRefused(this.#lastError ?? { slug: '', sentence });
    };
  }

  #later(): void {
    this.#leaveFor(this.#backoff.nextMs());
    this.#state = 'reconnecting';
    this.#refusal = null;
  }

  #beRefused(refusal: Refusal): void {
    this.#leaveFor(askAgainMs);
    this.#state = 'refused';
    this.#refusal = refusal;
    this.#notice = null;
  }

  #leaveFor(pauseMs: number): void {
    this.#dropSocket();
    this.#isLoadingEarlier = false;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(), pauseMs);
  }

  #schedulePing(): void {
    clearTimeout(this.#ping);
    this.#ping = setTimeout(() => {
      this.#transmit({ type: 'ping' });
      // Anything the server says cancels this; silence means the socket is dead but does not know.
      this.#ping = setTimeout(() => {
        this.#later();
      }, pongMs);
    }, pingMs);
  }

  #hear(data: unknown): void {
    this.#schedulePing();
    const frame = readFrame(data);
    switch (frame?.type) {
      case 'welcome':
        // A server that welcomes and closes is not asked twice a second.
        this.#steady = setTimeout(() => {
          this.#backoff.reset();
        }, steadyMs);
        this.#state = 'open';
        this.#notice = null;
        this.#refusal = null;
        this.#lastError = null;
        // What somebody else said in this browser holds nobody back.
        if (frame.you?.id !== this.#you?.id) {
          this.#saidAtMs = null;
          this.#refusedUntilMs = 0;
        }
        this.#you = frame.you;
        this.#messageCharacters = frame.limits.messageCharacters;
        this.#hasEarlier = frame.lastSeq > 0;
        this.#modes = frame.modes;
        if (frame.broadcast !== null) this.#options.onBroadcast(frame.broadcast);
        // The same nonce again: a line that was kept after all is only acknowledged.
        for (const { nonce, text, state } of this.#log.pending) {
          if (state === 'sending') this.#sendLine(nonce, text);
        }
        break;
      case 'messages':
        if (frame.isHistory) this.#isLoadingEarlier = false;
        this.#take(frame.messages);
        break;
      case 'ack':
        this.#settle(frame.nonce);
        this.#said(Date.now());
        this.#log.acknowledge(frame.nonce, frame.seq);
        this.#publish();
        break;
      case 'error':
        if (frame.nonce === null) {
          this.#lastError = { slug: frame.slug, sentence: frame.sentence };
          // Before the welcome it says why the door stays shut, which the code that follows will.
          if (this.#state === 'open') this.#notice = frame.sentence;
          this.#isLoadingEarlier = false;
        } else {
          this.#settle(frame.nonce);
          if (frame.retryAfterMs !== null) this.#refusedUntilMs = Date.now() + frame.retryAfterMs;
          this.#log.refuse(frame.nonce, frame.sentence);
          this.#publish();
        }
        break;
      case 'modes':
        this.#modes = frame.modes;
        break;
      case 'broadcast':
        this.#options.onBroadcast(frame.broadcast);
        break;
      case 'pong':
      case undefined:
        break;
    }
  }

  /** Of the server's clock only what cannot be ahead of ours: a wait is never longer than the mode's. */
  #said(atMs: number): void {
    const known = Math.min(atMs, Date.now());
    if (!Number.isNaN(known)) this.#saidAtMs = Math.max(this.#saidAtMs ?? 0, known);
  }

  #take(messages: readonly ChatMessage[]): void {
    for (const { sender, sentAt } of messages)
      if (sender.id === this.#you?.id) this.#said(Date.parse(sentAt));
    const wasFirst = this.#log.firstSeq;
    const { added, gap } = this.#log.accept(messages, this.#isReading);
    for (const { nonce } of messages) if (nonce !== null) this.#settle(nonce);
    this.#arrived += wasFirst === null ? 0 : added;
    if (messages.length === 0 || this.#log.firstSeq === 1) this.#hasEarlier = false;
    if (gap !== null) this.#transmit({ type: 'history', before_seq: gap.beforeSeq, limit: gap.limit });
    this.#publish();
  }
}
