import type { BroadcastState } from '#shared/api/types';
import { problemFromFailure, type Problem } from '#shared/api/problems';
import { Backoff } from '#shared/backoff';
import {
  heldInBrowser,
  latencyFromCapture,
  latencyFromServer,
  smoothed,
  type PlaybackLatency,
} from './playback-latency';
import type { PlaybackSample } from './playback-sample';
import { openWhepConnection, type OpenWhepConnection, type WhepConnection } from './whep-connection';

/**
 * `offline`: nothing to see. `connecting`: the first picture is on its way. `live`: it plays.
 * `interrupted`: the broadcaster lost the connection. `reconnecting`: we did. `ended`: it was live, now it is over.
 * `refused`: it is for others, `problem` says for whom.
 */
export type PlayerState =
  'offline' | 'connecting' | 'live' | 'interrupted' | 'reconnecting' | 'ended' | 'refused';

const tickMs = 500;
const measureMs = 950;
/** No new frame for so long is a stall that the viewer is told about. */
const stalledMs = 2000;
/** So long without a frame while the server says live: this connection is lost, make another. */
const lostMs = 5000;
/** The same, counted from the moment the server said live again. */
const returnLostMs = 2500;
const firstFrameMs = 8000;
/** So long without a packet of video: ask what the picture is coded in, a few times, for it may not be known yet. */
const pictureMs = 2000;
const codecQuestions = 3;
/** Who became a member elsewhere sees the picture so soon at the latest. */
const refusedRetryMs = 15_000;

export interface WhepPlayerOptions {
  readonly url: string;
  /** The codec of the broadcast's picture as the server names it, null for none or not known. */
  readonly broadcastCodec?: () => Promise<string | null>;
  /** Asked where the server lets nobody in without a playback token; one is good for one connection. */
  readonly playbackToken?: () => Promise<string>;
  readonly open?: OpenWhepConnection;
  readonly clock?: () => number;
  readonly random?: () => number;
}

/** Watches one channel and comes back by itself: asks for a new WhepSession whenever the old one gives no picture. */
export class WhepPlayer {
  readonly #url: string;
  readonly #broadcastCodec: () => Promise<string | null>;
  readonly #playbackToken: (() => Promise<string>) | null;
  readonly #open: OpenWhepConnection;
  readonly #clock: () => number;
  readonly #backoff: Backoff;
  #state = $state<PlayerState>('connecting');
  #stream = $state.raw<MediaStream | null>(null);
  #sample = $state.raw<PlaybackSample | null>(null);
  #latency = $state.raw<PlaybackLatency | null>(null);
  #receivedBps = $state(0);
  #problem = $state.raw<Problem | null>(null);
  #unplayableCodec = $state<string | null>(null);
  #broadcast: BroadcastState | null = null;
  #connection: WhepConnection | null = null;
  #opening: AbortController | null = null;
  #hasPlayed = false;
  #takesToken = false;
  #openedAt = 0;
  #codecAskedAt = 0;
  #codecAsked = 0;
  #progress = 0;
  #progressAt = 0;
  #returnedAt: number | null = null;
  #sampledAt = 0;
  #heldMs: number | null = null;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor({
    url,
    broadcastCodec = () => Promise.resolve(null),
    playbackToken,
    open = openWhepConnection,
    clock = Date.now,
    random = Math.random,
  }: WhepPlayerOptions) {
    this.#url = url;
    this.#broadcastCodec = broadcastCodec;
    this.#playbackToken = playbackToken ?? null;
    this.#open = open;
    this.#clock = clock;
    this.#backoff = new Backoff({ firstMs: 500, longestMs: 4000, random });
  }

  get state(): PlayerState {
    return this.#state;
  }

  get stream(): MediaStream | null {
    return this.#stream;
  }

  get sample(): PlaybackSample | null {
    return this.#sample;
  }

  get latency(): PlaybackLatency | null {
    return this.#latency;
  }

  get receivedBps(): number {
    return this.#receivedBps;
  }

  /** Why the last attempt failed, while a next one is waited for. */
  get problem(): Problem | null {
    return this.#problem;
  }

  /** The codec of a picture that this browser did not offer to play, so that it gets the sound alone. */
  get unplayableCodec(): string | null {
    return this.#unplayableCodec;
  }

  /** Also after `stop`, when the browser shows a page again that it had put away. */
  start(): void {
    this.#ticker ??= setInterval(() => void this.#tick(), tickMs);
    if (this.#broadcast === 'offline') {
      this.#state = this.#hasPlayed ? 'ended' : 'offline';
      return;
    }
    if (this.#hasPlayed) this.#state = 'reconnecting';
    void this.#connect();
  }

  stop(): void {
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    this.#disconnect();
  }

  /** What the server says of the broadcast, by the chat socket or by REST. */
  hear(broadcast: BroadcastState): void {
    const before = this.#broadcast;
    this.#broadcast = broadcast;
    if (this.#ticker === undefined) return;
    if (broadcast === 'offline') {
      this.#disconnect();
      this.#state = this.#hasPlayed ? 'ended' : 'offline';
      return;
    }
    if (broadcast === 'live' && before !== 'live') {
      this.#returnedAt = this.#clock();
      this.#backoff.reset();
    }
    if (broadcast === 'interrupted' && this.#state !== 'live') this.#state = 'interrupted';
    if (this.#connection === null && this.#opening === null && before !== broadcast) {
      if (broadcast === 'live') this.#state = this.#hasPlayed ? 'reconnecting' : 'connecting';
      void this.#connect();
    }
  }

  /** The network is back, or the viewer asks: do not wait for the next attempt. */
  retryNow(): void {
    if (this.#connection !== null || this.#opening !== null || this.#ticker === undefined) return;
    // Nothing to ask for: `hear` says when there is.
    if (this.#broadcast === 'offline') return;
    this.#backoff.reset();
    void this.#connect();
  }

  /** A frame on the screen: it may say itself when it was captured, which is better than our estimate. */
  noteFrame(frame: VideoFrameCallbackMetadata): void {
    const latency = latencyFromCapture(frame);
    if (latency !== null) this.#latency = smoothed(this.#latency, latency);
    this.#heldMs = heldInBrowser(frame);
  }

  #disconnect(): void {
    clearTimeout(this.#retry);
    this.#opening?.abort();
    this.#opening = null;
    this.#connection?.close();
    this.#connection = null;
    this.#stream = null;
    this.#sample = null;
    this.#unplayableCodec = null;
    this.#codecAsked = 0;
    this.#progress = 0;
    this.#heldMs = null;
    this.#latency = null;
    this.#receivedBps = 0;
  }

  async #connect(): Promise<void> {
    this.#disconnect();
    const opening = new AbortController();
    this.#opening = opening;
    try {
      const connection = await this.#openAs(opening.signal);
      if (this.#opening !== opening) {
        connection.close();
        return;
      }
      this.#opening = null;
      this.#connection = connection;
      this.#stream = connection.stream;
      this.#openedAt = this.#progressAt = this.#codecAskedAt = this.#clock();
      this.#problem = null;
    } catch (failure) {
      if (this.#opening !== opening) return;
      this.#opening = null;
      this.#later(problemFromFailure(failure));
    }
  }

  /** Most channels take no token: only where the first offer was refused for want of one, it is asked for. */
  async #openAs(signal: AbortSignal): Promise<WhepConnection> {
    const ask = this.#playbackToken;
    if (ask === null) return this.#open(this.#url, signal, null);
    if (!this.#takesToken) {
      try {
        return await this.#open(this.#url, signal, null);
      } catch (failure) {
        if (signal.aborted || problemFromFailure(failure).status !== 401) throw failure;
        this.#takesToken = true;
      }
    }
    return this.#open(this.#url, signal, await ask());
  }

  #later(problem: Problem | null): void {
    this.#problem = problem;
    clearTimeout(this.#retry);
    if (problem !== null && (problem.status === 401 || problem.status === 403)) {
      this.#state = 'refused';
      this.#retry = setTimeout(() => void this.#connect(), refusedRetryMs);
      return;
    }
    // 409 is "nobody is live here" (WHEP draft-03, 4.2), 404 "no such channel".
    const nothingToSee = problem?.status === 409 || problem?.status === 404;
    if (nothingToSee && this.#broadcast === null) this.#state = this.#hasPlayed ? 'ended' : 'offline';
    else if (this.#broadcast === 'interrupted') this.#state = 'interrupted';
    else this.#state = this.#hasPlayed ? 'reconnecting' : 'connecting';
    // While the server says live, a long Retry-After for "nothing here yet" only keeps the viewer waiting.
    const asked = nothingToSee && this.#broadcast !== null ? 0 : (problem?.retryAfterMs ?? 0);
    this.#retry = setTimeout(() => void this.#connect(), this.#backoff.nextMs(asked));
  }

  async #tick(): Promise<void> {
    const connection = this.#connection;
    if (connection === null) return;
    let sample: PlaybackSample;
    try {
      sample = await connection.sample();
    } catch {
      // The connection was closed while it was asked.
      return;
    }
    if (this.#connection !== connection) return;
    const at = this.#clock();
    const progressed = sample.progress > this.#progress;
    this.#progress = sample.progress;
    this.#measure(sample, at);
    this.#watchForPicture(connection, sample, at);
    if (progressed) {
      this.#progressAt = at;
      this.#returnedAt = null;
      this.#hasPlayed = true;
      this.#state = 'live';
      this.#backoff.reset();
      return;
    }
    const still = at - this.#progressAt;
    if (this.#state === 'live' && still >= stalledMs) {
      this.#state = this.#broadcast === 'interrupted' ? 'interrupted' : 'reconnecting';
    } else if (this.#state === 'reconnecting' && this.#broadcast === 'interrupted') {
      this.#state = 'interrupted';
    }
    if (this.#isLost(connection, sample, still, at)) {
      this.#disconnect();
      this.#later(null);
    }
  }

  #isLost(connection: WhepConnection, sample: PlaybackSample, still: number, at: number): boolean {
    const { transport } = connection;
    if (transport === 'failed' || transport === 'closed') return true;
    if (transport === 'disconnected' && still >= stalledMs) return true;
    // The MediaRoom outlives the ingest: while the broadcaster is away there is nothing to ask for.
    if (this.#broadcast === 'interrupted') return false;
    if (sample.progress === 0) {
      // Of a picture that we cannot play another connection would show nothing either.
      return this.#unplayableCodec === null && at - this.#openedAt >= firstFrameMs;
    }
    const sinceReturn = this.#returnedAt === null ? 0 : at - this.#returnedAt;
    return still >= lostMs || (still >= stalledMs && sinceReturn >= returnLostMs);
  }

  /** No picture may be one that we cannot play: the server sends nothing in a codec that is not in its answer. */
  #watchForPicture(connection: WhepConnection, sample: PlaybackSample, at: number): void {
    if (sample.packetsReceived > 0) {
      this.#unplayableCodec = null;
      return;
    }
    if (this.#codecAsked >= codecQuestions || at - this.#codecAskedAt < pictureMs) return;
    this.#codecAskedAt = at;
    this.#codecAsked += 1;
    void this.#askCodec(connection);
  }

  async #askCodec(connection: WhepConnection): Promise<void> {
    let codec: string | null;
    try {
      codec = await this.#broadcastCodec();
    } catch {
      // Not live, or the server is away: what else is wrong shows by itself.
      return;
    }
    if (this.#connection !== connection || codec === null || (this.#sample?.packetsReceived ?? 0) > 0) return;
    this.#unplayableCodec = connection.videoCodecs.has(codec.toUpperCase()) ? null : codec;
  }

  /** Figures for people change once a second; the watch for stalls looks twice as often. */
  #measure(sample: PlaybackSample, at: number): void {
    const before = this.#sample;
    if (before !== null) {
      if (at - this.#sampledAt < measureMs) return;
      const bytes = sample.bytesReceived - before.bytesReceived;
      this.#receivedBps = Math.max(0, (bytes * 8000) / (at - this.#sampledAt));
      const latency = latencyFromServer(before, sample, this.#heldMs);
      if (latency !== null && this.#latency?.from !== 'capture') {
        this.#latency = smoothed(this.#latency, latency);
      }
    }
    this.#sampledAt = at;
    this.#sample = sample;
  }
}
