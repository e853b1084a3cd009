// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ChannelVisit } from './channel-visit.svelte';

class FakeSocket {
  static readonly OPEN = 1;
  static last: FakeSocket | null = null;
  readyState = FakeSocket.OPEN;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: ((closed: { code: number }) => void) | null = null;

  constructor() {
    FakeSocket.last = this;
  }

  send(): void {
    // What the page says is not looked at here.
  }

  close(): void {
    this.onclose?.({ code: 1005 });
  }

  says(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const channel = { id: 'chn_1', name: 'ada', title: 'Painting', category: 'Art', broadcast: null as unknown };
let visit: ChannelVisit;
let leave: () => void;

function welcome(state: string): unknown {
  const broadcast = { state, viewers: 3, started_at: '2026-01-01T00:00:00Z' };
  return { type: 'welcome', you: null, limits: {}, last_seq: 0, broadcast };
}

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
  channel.broadcast = null;
  vi.spyOn(globalThis, 'fetch').mockImplementation((request) => {
    const { url } = request as Request;
    return Promise.resolve(
      Response.json(url.endsWith('/server') ? { chat_url: 'ws://node.example' } : channel),
    );
  });
  visit = new ChannelVisit('ada');
  leave = visit.start();
  await vi.advanceTimersByTimeAsync(10);
});

afterEach(() => {
  leave();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('asks the chat in only once the channel is known to exist', async () => {
  leave();
  FakeSocket.last = null;
  const problem = { type: '/problems/no-such-channel', detail: 'There is no channel.' };
  const asked = vi
    .spyOn(globalThis, 'fetch')
    .mockImplementation(() => Promise.resolve(Response.json(problem, { status: 404 })));
  asked.mockClear();
  const missing = new ChannelVisit('nobody');
  const leaveMissing = missing.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(missing).toMatchObject({ isShut: true, channel: null });
  expect(asked).toHaveBeenCalledOnce();
  expect(FakeSocket.last).toBeNull();
  leaveMissing();
});

it('opens the chat when a server that was away is back', async () => {
  leave();
  FakeSocket.last = null;
  vi.spyOn(globalThis, 'fetch').mockRejectedValueOnce(new TypeError('network'));
  const other = new ChannelVisit('bob');
  const leaveOther = other.start();
  await vi.advanceTimersByTimeAsync(10);
  expect(other.problem).not.toBeNull();
  expect(FakeSocket.last).toBeNull();
  await vi.advanceTimersByTimeAsync(3010);
  expect(other.channel).not.toBeNull();
  expect(FakeSocket.last).not.toBeNull();
  leaveOther();
});

it('knows from REST what the socket has not said yet', () => {
  expect(visit).toMatchObject({ state: 'offline', title: 'Painting' });
});

it('hears the socket, and keeps what it said when it is lost', () => {
  FakeSocket.last!.says(welcome('live'));
  expect(visit).toMatchObject({ state: 'live', viewers: 3, startedAt: '2026-01-01T00:00:00Z' });
  FakeSocket.last!.close();
  expect(visit.room.state).toBe('reconnecting');
  expect(visit).toMatchObject({ state: 'live', viewers: 3 });
});

it('asks REST while the socket is away', async () => {
  FakeSocket.last!.says(welcome('live'));
  FakeSocket.last!.close();
  channel.broadcast = { state: 'interrupted', viewers: 2, started_at: null };
  await vi.advanceTimersByTimeAsync(10_000);
  expect(visit.state).toBe('interrupted');
});

it('lets no late answer of REST overrule the open socket', async () => {
  FakeSocket.last!.says(welcome('live'));
  await visit.load();
  expect(visit.state).toBe('live');
});

it('asks no more of a suspended channel', async () => {
  const asked = vi.spyOn(globalThis, 'fetch').mockImplementation(() => {
    const problem = { type: '/problems/channel-suspended', detail: 'This channel is suspended.' };
    return Promise.resolve(Response.json(problem, { status: 403 }));
  });
  await visit.load();
  expect(visit).toMatchObject({ isShut: true, isSuspended: true });
  expect(visit.room.state).toBe('closed');
  asked.mockClear();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).not.toHaveBeenCalled();
});

it('asks no more once it is left, whatever the answer was', async () => {
  leave();
  let refuse: (failure: Error) => void = () => undefined;
  const asked = vi.spyOn(globalThis, 'fetch').mockImplementation(
    () =>
      new Promise((_, reject) => {
        refuse = reject;
      }),
  );
  asked.mockClear();
  const other = new ChannelVisit('bob');
  const leaveOther = other.start();
  await vi.advanceTimersByTimeAsync(0);
  leaveOther();
  refuse(new TypeError('network'));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveBeenCalledOnce();
});

it('opens the chat again at once when the network is back', async () => {
  const first = FakeSocket.last;
  globalThis.dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(0);
  expect(FakeSocket.last).not.toBe(first);
});
