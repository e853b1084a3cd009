// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '#shared/api/problems';
import { qualityOf } from './qualities';
import type { SenderCounters } from './sender-sample';
import { StudioBroadcast } from './studio-broadcast.svelte';
import type { Encoding, WhipConnection, WhipWish } from './whip-connection';

const encoding: Encoding = {
  codec: 'H264',
  quality: qualityOf('360p'),
  frameRate: 30,
  bitrateBps: 1_000_000,
};
const stream = {} as MediaStream;

class FakeConnection implements WhipConnection {
  transport: RTCPeerConnectionState = 'connected';
  flows = true;
  isClosed = false;
  saidGoodbye = false;
  #bytes = 0;

  read(): Promise<SenderCounters> {
    if (this.flows) this.#bytes += 100_000;
    return Promise.resolve({
      atMs: Date.now(),
      bytesSent: this.#bytes,
      framesEncoded: this.#bytes / 4000,
      width: 640,
      height: 360,
      lossFraction: 0,
      roundTripMs: 5,
      codec: 'H264',
      limitation: 'none',
    });
  }

  replace(): Promise<void> {
    return Promise.resolve();
  }

  abandon(): void {
    this.isClosed = true;
  }

  close(): void {
    this.isClosed = this.saidGoodbye = true;
  }

  fail(): void {
    this.transport = 'failed';
    this.flows = false;
  }
}

const server = {
  createKey: vi.fn(),
  revokeKey: vi.fn(),
  endBroadcast: vi.fn(),
};
let connections: FakeConnection[];
let wishes: WhipWish[];
let refusal: Problem | null;
let studio: StudioBroadcast;

function refuse(status: number, slug: string): void {
  refusal = new Problem(`refused: ${slug}`, { slug, status });
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

beforeEach(() => {
  vi.useFakeTimers();
  connections = [];
  wishes = [];
  refusal = null;
  let keys = 0;
  server.createKey.mockImplementation(() => {
    keys += 1;
    return Promise.resolve({ id: `key_${keys}`, name: 'studio', stream_key: `lhk_${keys}` });
  });
  server.revokeKey.mockResolvedValue(undefined);
  server.endBroadcast.mockResolvedValue(undefined);
  studio = new StudioBroadcast({
    channel: 'ada',
    random: () => 0,
    server,
    open: (wish) => {
      wishes.push(wish);
      if (refusal !== null) return Promise.reject(refusal);
      const opened = new FakeConnection();
      connections.push(opened);
      return Promise.resolve(opened);
    },
  });
});

afterEach(() => {
  studio.leave();
  vi.useRealTimers();
  vi.clearAllMocks();
});

async function live(): Promise<FakeConnection> {
  await studio.goLive(stream, encoding);
  await pass(1000);
  expect(studio.state).toBe('live');
  return connections.at(-1)!;
}

describe('StudioBroadcast', () => {
  it('makes itself a key and is live when media flows', async () => {
    const going = studio.goLive(stream, encoding);
    expect(studio.state).toBe('connecting');
    await going;
    await pass(1000);
    expect(studio.state).toBe('live');
    expect(wishes).toMatchObject([{ streamKey: 'lhk_1', takesOver: false }]);
  });

  it('measures what it sends once a second', async () => {
    await live();
    await pass(3000);
    expect(studio.samples).toHaveLength(3);
    expect(studio.samples.at(-1)?.bitrateBps).toBe(800_000);
  });

  it('asks before it takes over, and does as it is told', async () => {
    refuse(409, 'already-live');
    await studio.goLive(stream, encoding);
    expect(studio.state).toBe('taken');
    refusal = null;
    await studio.takeOver();
    await pass(1000);
    expect(studio.state).toBe('live');
    expect(wishes.map(({ takesOver }) => takesOver)).toEqual([false, true]);
  });

  it('leaves the other encoder alone', async () => {
    refuse(409, 'already-live');
    await studio.goLive(stream, encoding);
    studio.declineTakeover();
    expect(studio.state).toBe('offline');
    expect(wishes).toHaveLength(1);
  });

  it('says why it could not begin', async () => {
    refuse(422, 'unsupported-codec');
    await studio.goLive(stream, encoding);
    expect(studio.state).toBe('offline');
    expect(studio.problem?.slug).toBe('unsupported-codec');
  });

  it('says so when no media path is found', async () => {
    await studio.goLive(stream, encoding);
    connections[0]!.fail();
    await pass(1000);
    expect(studio.state).toBe('offline');
    expect(studio.problem?.slug).toBe('no-media-path');
  });

  it('comes back by itself with the same key when the connection fails', async () => {
    const connection = await live();
    connection.fail();
    await pass(1000);
    expect(studio.state).toBe('reconnecting');
    await pass(500 + 1000);
    expect(studio.state).toBe('live');
    expect(connection).toMatchObject({ isClosed: true, saidGoodbye: false });
    expect(wishes.map(({ streamKey }) => streamKey)).toEqual(['lhk_1', 'lhk_1']);
  });

  it('is patient while the server still hears its lost session, then asks about the other encoder', async () => {
    const connection = await live();
    refuse(409, 'already-live');
    connection.fail();
    await pass(1000 + 500 + 1000);
    expect(studio.state).toBe('reconnecting');
    await pass(2000);
    expect(studio.state).toBe('taken');
    expect(wishes.every(({ takesOver }) => !takesOver)).toBe(true);
  });

  it('makes a new key when its own has expired', async () => {
    const connection = await live();
    refuse(401, 'stream-key-unknown');
    connection.fail();
    await pass(1000 + 500);
    refusal = null;
    await pass(1000 + 1000);
    expect(studio.state).toBe('live');
    expect(wishes.at(-1)?.streamKey).toBe('lhk_2');
  });

  it('leaves without a goodbye, so that a reloaded page may return', async () => {
    const connection = await live();
    studio.leave();
    expect(connection).toMatchObject({ isClosed: true, saidGoodbye: false });
    expect(server.endBroadcast).not.toHaveBeenCalled();
  });

  it('ends for everybody and gives its key back', async () => {
    const connection = await live();
    await studio.end();
    expect(studio.state).toBe('offline');
    expect(connection.isClosed).toBe(true);
    expect(server.endBroadcast).toHaveBeenCalledWith('ada');
    expect(server.revokeKey).toHaveBeenCalledWith('ada', 'key_1');
    await pass(60_000);
    expect(wishes).toHaveLength(1);
  });

  it('gives its key back though the broadcast was over already', async () => {
    await live();
    server.endBroadcast.mockRejectedValueOnce(new Problem('over', { slug: 'not-live', status: 409 }));
    await studio.end();
    expect(server.revokeKey).toHaveBeenCalledWith('ada', 'key_1');
    expect(studio.problem).toBeNull();
  });

  it('does not begin again what was ended elsewhere', async () => {
    const connection = await live();
    studio.hear('live');
    connection.fail();
    await pass(1000);
    studio.hear('offline');
    expect(studio.state).toBe('offline');
    expect(studio.problem?.slug).toBe('ended-elsewhere');
    await pass(60_000);
    expect(wishes).toHaveLength(1);
  });

  it('begins again when it was away for longer than the server waits', async () => {
    const connection = await live();
    studio.hear('live');
    connection.fail();
    refuse(0, 'offline');
    await pass(40_000);
    studio.hear('offline');
    expect(studio.state).toBe('reconnecting');
    refusal = null;
    await pass(3000 + 1000);
    expect(studio.state).toBe('live');
  });
});
