import { Problem, problemFromFailure } from '#shared/api/problems';
import type { BroadcastState, IssuedStreamKey } from '#shared/api/types';
import { Backoff } from '#shared/backoff';
import { keepWindow } from './health-series';
import { rateBetween, type SenderCounters, type SenderSample } from './sender-sample';
import { createStudioKey, endBroadcast, revokeStreamKey } from './stream-keys';
import {
  openWhipConnection,
  type Encoding,
  type OpenWhipConnection,
  type WhipConnection,
} from './whip-connection';

/** `taken`: another encoder is sending to this channel, and the person must say whether to take over. */
export type StudioState = 'offline' | 'connecting' | 'live' | 'reconnecting' | 'taken';

const tickMs = 1000;
/** No frame leaves for so long, on a connection that is not well: make another. */
const lostMs = 3000;
const connectMs = 10_000;
/** The server calls a broadcaster gone after 2 s of silence; so long a 409 may still be about ourselves. */
const ownSilenceMs = 3500;
/** A little less than the server's own usual 30 s. */
const returnWindowMs = 25_000;

/** What the studio asks of the server; an argument so that tests need none. */
export interface StudioServer {
  createKey(channel: string): Promise<IssuedStreamKey>;
  revokeKey(channel: string, id: string): Promise<void>;
  endBroadcast(channel: string): Promise<void>;
}

const rest: StudioServer = {
  createKey: createStudioKey,
  revokeKey: revokeStreamKey,
  endBroadcast,
};

export interface StudioBroadcastOptions {
  readonly channel: string;
  readonly open?: OpenWhipConnection;
  readonly server?: StudioServer;
  readonly clock?: () => number;
  readonly random?: () => number;
}

/** Nothing there any more is what was wanted. */
function unlessGone(failure: unknown): void {
  const problem = problemFromFailure(failure);
  if (problem.status !== 404 && problem.status !== 409) throw problem;
}

/** The broadcast of this studio: goes live, stays live over lost connections, ends. */
export class StudioBroadcast {
  readonly #channel: string;
  readonly #open: OpenWhipConnection;
  readonly #server: StudioServer;
  readonly #clock: () => number;
  readonly #backoff: Backoff;
  #state = $state<StudioState>('offline');
  #problem = $state.raw<Problem | null>(null);
  #startedAt = $state<number | null>(null);
  #samples = $state.raw<readonly SenderSample[]>([]);
  #counters = $state.raw<SenderCounters | null>(null);
  #key: IssuedStreamKey | null = null;
  #connection: WhipConnection | null = null;
  #attempt = 0;
  #stream: MediaStream | null = null;
  #encoding: Encoding | null = null;
  #connectedAt = 0;
  #frameAt = 0;
  #lostAt: number | null = null;
  #heardOn = false;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor({
    channel,
    open = openWhipConnection,
    server = rest,
    clock = Date.now,
    random = Math.random,
  }: StudioBroadcastOptions) {
    this.#channel = channel;
    this.#open = open;
    this.#server = server;
    this.#clock = clock;
    this.#backoff = new Backoff({ firstMs: 500, longestMs: 3000, random });
  }

  get state(): StudioState {
    return this.#state;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  get startedAt(): number | null {
    return this.#startedAt;
  }

  /** What left this browser, one sample a second, the last two minutes. */
  get samples(): readonly SenderSample[] {
    return this.#samples;
  }

  get counters(): SenderCounters | null {
    return this.#counters;
  }

  get isOn(): boolean {
    return this.#state === 'connecting' || this.#state === 'live' || this.#state === 'reconnecting';
  }

  async goLive(stream: MediaStream, encoding: Encoding, takesOver = false): Promise<void> {
    this.#stream = stream;
    this.#encoding = encoding;
    this.#problem = null;
    this.#state = 'connecting';
    this.#startedAt = null;
    this.#samples = [];
    this.#backoff.reset();
    await this.#connect(takesOver);
  }

  /** Other devices while on air; a reconnection uses them too. */
  async changeStream(stream: MediaStream): Promise<void> {
    this.#stream = stream;
    try {
      await this.#connection?.replace(stream);
    } catch {
      // This connection cannot carry it (another kind of track): a new one can.
      if (this.isOn) this.#reconnectLater(0);
    }
  }

  /** The answer to `taken`. */
  async takeOver(): Promise<void> {
    if (this.#state !== 'taken') return;
    this.#state = 'connecting';
    await this.#connect(true);
  }

  declineTakeover(): void {
    if (this.#state === 'taken') this.#rest();
  }

  /** Ends the broadcast for everybody. */
  async end(): Promise<void> {
    const key = this.#key;
    this.#rest();
    this.#key = null;
    try {
      await this.#server.endBroadcast(this.#channel).catch(unlessGone);
      if (key !== null) await this.#server.revokeKey(this.#channel, key.id).catch(unlessGone);
    } catch (failure) {
      this.#problem = problemFromFailure(failure);
    }
  }

  /** What the server says of the channel's broadcast: ended elsewhere is ended, and not to be begun again. */
  hear(state: BroadcastState): void {
    const wasOn = this.#heardOn;
    this.#heardOn = state !== 'offline';
    if (this.#heardOn || !wasOn || this.#startedAt === null) return;
    // Away for longer than the server waits, the broadcast ended by itself: then we do begin again.
    if (this.#lostAt !== null && this.#clock() - this.#lostAt > returnWindowMs) return;
    this.#rest();
    this.#problem = new Problem('The stream was ended from another page or program.', {
      slug: 'ended-elsewhere',
      status: 0,
    });
  }

  /** The page is being left: the broadcast waits for us as long as the server's return window. */
  leave(): void {
    this.#rest();
  }

  #rest(): void {
    this.#attempt += 1;
    this.#drop();
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    clearTimeout(this.#retry);
    this.#state = 'offline';
    this.#startedAt = null;
    this.#lostAt = null;
  }

  #drop(): void {
    this.#connection?.abandon();
    this.#connection = null;
    this.#counters = null;
  }

  async #streamKey(): Promise<string> {
    this.#key ??= await this.#server.createKey(this.#channel);
    return this.#key.stream_key;
  }

  async #connect(takesOver: boolean): Promise<void> {
    const stream = this.#stream;
    const encoding = this.#encoding;
    if (stream === null || encoding === null) return;
    const attempt = ++this.#attempt;
    clearTimeout(this.#retry);
    this.#drop();
    try {
      const streamKey = await this.#streamKey();
      if (this.#attempt !== attempt) return;
      const connection = await this.#open({ streamKey, takesOver, stream, encoding });
      if (this.#attempt !== attempt) {
        connection.close();
        return;
      }
      this.#connection = connection;
      this.#connectedAt = this.#frameAt = this.#clock();
      this.#ticker ??= setInterval(() => void this.#tick(), tickMs);
    } catch (failure) {
      if (this.#attempt === attempt) this.#failed(problemFromFailure(failure));
    }
  }

  #failed(problem: Problem): void {
    // A key that expired or was revoked elsewhere: the next attempt makes a new one.
    if (problem.status === 401) this.#key = null;
    if (this.#startedAt === null) {
      this.#rest();
      if (problem.status === 409) this.#state = 'taken';
      else this.#problem = problem;
      return;
    }
    // At first the server may still take our own lost session for alive; after that it is somebody else.
    const isTaken = problem.status === 409 && this.#clock() - (this.#lostAt ?? 0) >= ownSilenceMs;
    const isHopeless =
      problem.status >= 400 && problem.status < 500 && ![401, 409, 429].includes(problem.status);
    if (isTaken || isHopeless) {
      this.#rest();
      if (isTaken) this.#state = 'taken';
      else this.#problem = problem;
      return;
    }
    this.#problem = problem;
    this.#reconnectLater(problem.retryAfterMs ?? 0);
  }

  #reconnectLater(retryAfterMs: number): void {
    this.#attempt += 1;
    this.#drop();
    this.#state = 'reconnecting';
    this.#lostAt ??= this.#clock();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(false), this.#backoff.nextMs(retryAfterMs));
  }

  async #tick(): Promise<void> {
    const connection = this.#connection;
    if (connection === null) return;
    let counters: SenderCounters;
    try {
      counters = await connection.read();
    } catch {
      // The connection was closed while it was asked.
      return;
    }
    if (this.#connection !== connection) return;
    const at = this.#clock();
    const before = this.#counters;
    this.#counters = counters;
    const sample = before === null ? null : rateBetween(before, counters);
    if (sample !== null) this.#samples = keepWindow([...this.#samples, sample], at);
    const isMoving = before === null ? counters.bytesSent > 0 : counters.bytesSent > before.bytesSent;
    if (isMoving) this.#frameAt = at;
    if (connection.transport === 'connected' && isMoving) {
      this.#state = 'live';
      this.#startedAt ??= at;
      this.#lostAt = null;
      this.#problem = null;
      this.#backoff.reset();
    }
    if (this.#isLost(connection, at)) this.#lost();
  }

  #isLost(connection: WhipConnection, at: number): boolean {
    const { transport } = connection;
    if (transport === 'failed' || transport === 'closed') return true;
    if (transport === 'disconnected')
      return at - this.#frameAt >= lostMs || at - this.#connectedAt >= connectMs;
    return transport !== 'connected' && at - this.#connectedAt >= connectMs;
  }

  #lost(): void {
    if (this.#startedAt !== null) {
      this.#reconnectLater(0);
      return;
    }
    this.#connection?.close();
    this.#rest();
    this.#problem = new Problem(
      'The media connection could not be made. A firewall may be holding back UDP to this server; "livehouse doctor" on the server says more.',
      { slug: 'no-media-path', status: 0 },
    );
  }
}
