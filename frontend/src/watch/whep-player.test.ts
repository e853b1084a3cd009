import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '#shared/api/problems';
import type { PlaybackSample } from './playback-sample';
import type { WhepConnection } from './whep-connection';
import { WhepPlayer } from './whep-player.svelte';

const nothing: PlaybackSample = {
  progress: 0,
  framesDecoded: 0,
  width: 640,
  height: 360,
  framesPerSecond: 30,
  codec: 'AV1',
  bytesReceived: 0,
  processingDelayS: 0,
  jitterBufferDelayS: 0,
  framesEmitted: 0,
  roundTripMs: 10,
  packetsLost: 0,
  packetsReceived: 0,
};

/** A connection that decodes 15 frames between two looks, while it flows. */
class FakeConnection implements WhepConnection {
  readonly stream = {} as MediaStream;
  readonly videoCodecs = new Set(['AV1', 'VP8', 'RTX']);
  transport: RTCPeerConnectionState = 'connected';
  flows = true;
  hasPicture = true;
  isClosed = false;
  #frames = 0;

  sample(): Promise<PlaybackSample> {
    if (this.flows) this.#frames += 15;
    const frames = this.#frames;
    return Promise.resolve({
      ...nothing,
      progress: frames,
      framesDecoded: frames,
      bytesReceived: frames * 1000,
      packetsReceived: this.hasPicture ? frames : 0,
    });
  }

  close(): void {
    this.isClosed = true;
  }
}

let connections: FakeConnection[];
let refusal: Problem | null;
let attempts: number;
let player: WhepPlayer;
let codec: string | null;
let asked: number;
let tokens: (string | null)[];
let isForMembers: boolean;
let tokenRefusal: Problem | null;

function notLive(retryAfterMs: number): Problem {
  return new Problem('Nobody is live', { slug: 'room-empty', status: 409, retryAfterMs });
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

beforeEach(() => {
  vi.useFakeTimers();
  connections = [];
  refusal = null;
  attempts = 0;
  codec = 'AV1';
  asked = 0;
  tokens = [];
  isForMembers = false;
  tokenRefusal = null;
  player = new WhepPlayer({
    url: '/whep/ada',
    random: () => 0,
    broadcastCodec: () => {
      asked += 1;
      return Promise.resolve(codec);
    },
    playbackToken: () => {
      if (tokenRefusal !== null) return Promise.reject(tokenRefusal);
      return Promise.resolve(`token-${tokens.length}`);
    },
    open: (_url, _signal, token) => {
      attempts += 1;
      tokens.push(token);
      if (isForMembers && token === null) {
        return Promise.reject(new Problem('Members only', { slug: 'playback-token-missing', status: 401 }));
      }
      if (refusal !== null) return Promise.reject(refusal);
      const opened = new FakeConnection();
      connections.push(opened);
      return Promise.resolve(opened);
    },
  });
});

afterEach(() => {
  player.stop();
  vi.useRealTimers();
});

async function live(): Promise<FakeConnection> {
  player.start();
  player.hear('live');
  await pass(1000);
  expect(player.state).toBe('live');
  return connections.at(-1)!;
}

describe('WhepPlayer', () => {
  it('is live with the first decoded frames', async () => {
    player.start();
    expect(player.state).toBe('connecting');
    await pass(1000);
    expect(player.state).toBe('live');
    expect(attempts).toBe(1);
  });

  it('asks nobody while the server says offline, and starts by itself when it says live', async () => {
    player.hear('offline');
    player.start();
    player.hear('offline');
    await pass(60_000);
    expect(player.state).toBe('offline');
    expect(attempts).toBe(0);
    player.hear('live');
    expect(player.state).toBe('connecting');
    await pass(1000);
    expect(player.state).toBe('live');
  });

  it('asks nobody when the network comes back to a channel that is offline', async () => {
    refusal = notLive(1000);
    player.start();
    player.hear('offline');
    const before = attempts;
    player.retryNow();
    await pass(10_000);
    expect(attempts).toBe(before);
    expect(player.state).toBe('offline');
  });

  it('plays again when it is started after a stop', async () => {
    const first = await live();
    player.stop();
    expect(first.isClosed).toBe(true);
    player.start();
    expect(player.state).toBe('reconnecting');
    await pass(1000);
    expect(player.state).toBe('live');
  });

  it('honours Retry-After while it knows nothing else', async () => {
    refusal = notLive(5000);
    player.start();
    await pass(4999);
    expect(player.state).toBe('offline');
    expect(attempts).toBe(1);
    await pass(1);
    expect(attempts).toBe(2);
  });

  it('holds its connection while the broadcaster is away, and goes on when they return', async () => {
    const connection = await live();
    connection.flows = false;
    player.hear('interrupted');
    await pass(20_000);
    expect(player.state).toBe('interrupted');
    expect(attempts).toBe(1);
    connection.flows = true;
    player.hear('live');
    await pass(500);
    expect(player.state).toBe('live');
    expect(attempts).toBe(1);
  });

  it('asks anew within three seconds when the broadcaster is back but no frame comes', async () => {
    const connection = await live();
    connection.flows = false;
    player.hear('interrupted');
    await pass(10_000);
    player.hear('live');
    await pass(3500);
    expect(attempts).toBe(2);
    expect(connection.isClosed).toBe(true);
    expect(player.state).toBe('live');
  });

  it('asks anew when the picture stands still though the server says live', async () => {
    const connection = await live();
    connection.flows = false;
    await pass(2500);
    expect(player.state).toBe('reconnecting');
    await pass(3500);
    expect(attempts).toBe(2);
    expect(player.state).toBe('live');
  });

  it('asks anew at once when the connection fails, even while the broadcast is interrupted', async () => {
    const connection = await live();
    connection.flows = false;
    connection.transport = 'failed';
    player.hear('interrupted');
    await pass(1000);
    expect(attempts).toBe(2);
  });

  it('backs off while the node is away and resumes when it is back', async () => {
    const connection = await live();
    refusal = new Problem('Livehouse cannot be reached.', { slug: 'offline', status: 0 });
    connection.flows = false;
    connection.transport = 'failed';
    await pass(500 + 500 + 1000 + 2000);
    expect(attempts).toBe(4);
    expect(player.state).toBe('reconnecting');
    expect(player.problem?.slug).toBe('offline');
    refusal = null;
    await pass(4000 + 500);
    expect(player.state).toBe('live');
    expect(player.problem).toBeNull();
  });

  it('ends with the broadcast and starts with the next', async () => {
    const connection = await live();
    player.hear('offline');
    expect(player.state).toBe('ended');
    expect(connection.isClosed).toBe(true);
    player.hear('live');
    await pass(1000);
    expect(player.state).toBe('live');
  });

  it('gives up a connection that never shows a frame', async () => {
    player.start();
    await pass(0);
    connections[0]!.flows = false;
    await pass(8500 + 500);
    expect(attempts).toBe(2);
  });

  it('asks nothing about the codec while there is a picture', async () => {
    await live();
    await pass(20_000);
    expect(asked).toBe(0);
    expect(player.unplayableCodec).toBeNull();
  });

  it('says which codec the browser cannot play, and forgets it when the picture comes', async () => {
    codec = 'H264';
    player.start();
    player.hear('live');
    await pass(0);
    const connection = connections.at(-1)!;
    connection.hasPicture = false;
    await pass(3000);
    expect(player.state).toBe('live');
    expect(player.unplayableCodec).toBe('H264');
    connection.hasPicture = true;
    await pass(1000);
    expect(player.unplayableCodec).toBeNull();
  });

  it('does not connect again and again for a picture that it cannot play, when there is no sound either', async () => {
    codec = 'H264';
    player.start();
    player.hear('live');
    await pass(0);
    connections.at(-1)!.flows = false;
    await pass(30_000);
    expect(player.unplayableCodec).toBe('H264');
    expect(attempts).toBe(1);
  });

  it('takes a broadcast of sound alone for what it is', async () => {
    codec = null;
    player.start();
    player.hear('live');
    await pass(0);
    connections.at(-1)!.hasPicture = false;
    await pass(60_000);
    expect(player.state).toBe('live');
    expect(player.unplayableCodec).toBeNull();
    expect(asked).toBe(3);
  });

  it('asks for a playback token only where the server wants one, and for each connection a new one', async () => {
    const open = await live();
    expect(tokens).toEqual([null]);
    isForMembers = true;
    open.flows = false;
    open.transport = 'failed';
    await pass(2000);
    expect(player.state).toBe('live');
    expect(tokens).toEqual([null, null, 'token-2']);
    connections.at(-1)!.flows = false;
    connections.at(-1)!.transport = 'failed';
    await pass(2000);
    expect(tokens.at(-1)).toBe('token-3');
  });

  it('says to whom it is refused, and plays by itself when they have become members', async () => {
    isForMembers = true;
    tokenRefusal = new Problem('This channel is for its members.', { slug: 'members-only', status: 403 });
    player.start();
    player.hear('live');
    await pass(0);
    expect(player.state).toBe('refused');
    expect(player.problem?.slug).toBe('members-only');
    await pass(14_000);
    expect(attempts).toBe(1);
    tokenRefusal = null;
    await pass(2000);
    expect(player.state).toBe('live');
  });

  it('is refused in the middle when the right has gone', async () => {
    const connection = await live();
    isForMembers = true;
    tokenRefusal = new Problem('This channel is for its members.', { slug: 'members-only', status: 403 });
    connection.flows = false;
    connection.transport = 'closed';
    await pass(1500);
    expect(player.state).toBe('refused');
    expect(player.stream).toBeNull();
  });

  it('closes everything when it is stopped', async () => {
    const connection = await live();
    player.stop();
    await pass(30_000);
    expect(connection.isClosed).toBe(true);
    expect(attempts).toBe(1);
  });
});
