// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChatRoom } from './chat-room.svelte';

/** A socket whose other end is the test. */
class FakeSocket {
  readyState: number = WebSocket.OPEN;
  readonly sent: unknown[] = [];
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: ((closed: { code: number }) => void) | null = null;

  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }

  close(code = 1005): void {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    this.onclose?.({ code });
  }

  says(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const welcome = {
  type: 'welcome',
  you: { id: 'acc_1', name: 'ada', can_send: true },
  limits: { message_characters: 500 },
  last_seq: 0,
  broadcast: { state: 'live', viewers: 2, started_at: '2026-01-01T00:00:00Z' },
};

function message(seq: number, nonce?: string) {
  const sender = { id: 'acc_1', name: 'ada', color: null };
  return { seq, id: `msg_${seq}`, sender, badges: [], fragments: [], sent_at: '', nonce };
}

let sockets: FakeSocket[];
let room: ChatRoom;
let heard: string[];

/** The newest socket, once the room has opened it. */
async function socket(count: number): Promise<FakeSocket> {
  await vi.advanceTimersByTimeAsync(0);
  expect(sockets).toHaveLength(count);
  return sockets.at(-1)!;
}

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  heard = [];
  let nonces = 0;
  room = new ChatRoom({
    address: () => Promise.resolve('ws://node.example/chat/ada'),
    open: () => {
      const opened = new FakeSocket();
      sockets.push(opened);
      return opened as unknown as WebSocket;
    },
    random: () => 0,
    onBroadcast: ({ state }) => heard.push(state),
    newNonce: () => `n${++nonces}`,
  });
  room.start();
});

afterEach(() => {
  room.stop();
  vi.useRealTimers();
});

describe('ChatRoom', () => {
  it('opens with the welcome and tells the broadcast', async () => {
    const first = await socket(1);
    expect(room.state).toBe('connecting');
    first.says(welcome);
    expect(room.state).toBe('open');
    expect(room.you?.name).toBe('ada');
    first.says({ type: 'broadcast', state: 'interrupted', viewers: 2, started_at: null });
    expect(heard).toEqual(['live', 'interrupted']);
  });

  it('shows a sent line until the server keeps it', async () => {
    const first = await socket(1);
    first.says(welcome);
    room.send('hello');
    expect(first.sent).toEqual([{ type: 'send', nonce: 'n1', text: 'hello' }]);
    expect(room.pending).toMatchObject([{ text: 'hello', state: 'sending' }]);
    first.says({ type: 'ack', nonce: 'n1', seq: 1, id: 'msg_1' });
    first.says({ type: 'messages', messages: [message(1, 'n1')] });
    expect(room.pending).toEqual([]);
    expect(room.messages.map(({ seq }) => seq)).toEqual([1]);
  });

  it('gives a refused line back, and sends it again under the same nonce', async () => {
    const first = await socket(1);
    first.says(welcome);
    room.send('hello');
    first.says({ type: 'error', nonce: 'n1', error: { title: 'Slow down', detail: 'Wait 3 s.' } });
    expect(room.pending).toMatchObject([{ state: 'refused', reason: 'Wait 3 s.' }]);
    room.resend('n1');
    expect(first.sent).toHaveLength(2);
    expect(first.sent[1]).toEqual({ type: 'send', nonce: 'n1', text: 'hello' });
  });

  it('says under slow mode when the next line will be taken', async () => {
    const first = await socket(1);
    first.says({ ...welcome, modes: { slow_mode_s: 30 } });
    expect(room.mayWriteAtMs).toBeLessThanOrEqual(Date.now());
    room.send('hello');
    first.says({ type: 'ack', nonce: 'n1', seq: 1, id: 'msg_1' });
    const saidAt = Date.now();
    expect(room.mayWriteAtMs).toBe(saidAt + 30_000);
    first.says({ type: 'modes', modes: { slow_mode_s: 5 } });
    expect(room.mayWriteAtMs).toBe(saidAt + 5000);
    first.says({ type: 'modes', modes: { slow_mode_s: 0 } });
    expect(room.mayWriteAtMs).toBeLessThanOrEqual(saidAt);
  });

  it('knows of a line said before it was opened, and never waits longer than the mode says', async () => {
    const first = await socket(1);
    first.says({ ...welcome, modes: { slow_mode_s: 30 } });
    const before = { ...message(1), sent_at: new Date(Date.now() - 10_000).toISOString() };
    first.says({ type: 'messages', history: true, messages: [before] });
    expect(room.mayWriteAtMs).toBe(Date.now() + 20_000);
    // The server's clock is an hour ahead of this one.
    const ahead = { ...message(2), sent_at: new Date(Date.now() + 3_600_000).toISOString() };
    first.says({ type: 'messages', messages: [ahead] });
    expect(room.mayWriteAtMs).toBe(Date.now() + 30_000);
  });

  it('takes the time of a refusal for the wait, and forgets it with the person', async () => {
    const first = await socket(1);
    first.says(welcome);
    room.send('hello');
    first.says({ type: 'error', nonce: 'n1', error: { title: 'Slow down', retry_after_s: 7 } });
    expect(room.mayWriteAtMs).toBe(Date.now() + 7000);
    first.says({ ...welcome, you: { id: 'acc_2', name: 'bob', can_send: true } });
    expect(room.mayWriteAtMs).toBe(0);
  });

  it('gives a line back when no answer comes', async () => {
    const first = await socket(1);
    first.says(welcome);
    room.send('hello');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(room.pending).toMatchObject([{ state: 'refused' }]);
  });

  it('comes back by itself and sends what was not acknowledged, with its nonce', async () => {
    const first = await socket(1);
    first.says(welcome);
    room.send('kept?');
    first.close();
    expect(room.state).toBe('reconnecting');
    room.send('written while away');
    await vi.advanceTimersByTimeAsync(500);
    (await socket(2)).close();
    // Longer than an answer may take: a line that could not leave is not refused.
    await vi.advanceTimersByTimeAsync(12_000);
    expect(room.pending.map(({ state }) => state)).toEqual(['sending', 'sending']);
    const second = await socket(3);
    second.says(welcome);
    expect(room.state).toBe('open');
    expect(second.sent).toEqual([
      { type: 'send', nonce: 'n1', text: 'kept?' },
      { type: 'send', nonce: 'n2', text: 'written while away' },
    ]);
  });

  it('waits longer after each failure, and begins anew when a connection has held', async () => {
    (await socket(1)).close();
    await vi.advanceTimersByTimeAsync(500);
    (await socket(2)).close();
    await vi.advanceTimersByTimeAsync(999);
    expect(sockets).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    const third = await socket(3);
    third.says(welcome);
    third.close();
    await vi.advanceTimersByTimeAsync(1999);
    expect(sockets).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(1);
    const fourth = await socket(4);
    fourth.says(welcome);
    await vi.advanceTimersByTimeAsync(5000);
    fourth.close();
    await vi.advanceTimersByTimeAsync(500);
    await socket(5);
  });

  it('fills the hole that a lost connection left', async () => {
    const first = await socket(1);
    first.says(welcome);
    first.says({ type: 'messages', history: true, messages: [message(1), message(2)] });
    first.close();
    await vi.advanceTimersByTimeAsync(500);
    const second = await socket(2);
    second.says({ ...welcome, last_seq: 6 });
    second.says({ type: 'messages', history: true, messages: [message(5), message(6)] });
    expect(second.sent).toEqual([{ type: 'history', before_seq: 5, limit: 2 }]);
    second.says({ type: 'messages', history: true, messages: [message(3), message(4)] });
    expect(room.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('takes a silent socket for dead', async () => {
    const first = await socket(1);
    first.says(welcome);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(first.sent).toEqual([{ type: 'ping' }]);
    await vi.advanceTimersByTimeAsync(8000);
    expect(room.state).toBe('reconnecting');
  });

  it('stays while the server answers', async () => {
    const first = await socket(1);
    first.says(welcome);
    for (let minute = 0; minute < 3; minute += 1) {
      await vi.advanceTimersByTimeAsync(20_000);
      first.says({ type: 'pong' });
    }
    expect(room.state).toBe('open');
    expect(sockets).toHaveLength(1);
  });

  it('asks for earlier lines once at a time', async () => {
    const first = await socket(1);
    first.says({ ...welcome, last_seq: 60 });
    first.says({ type: 'messages', history: true, messages: [message(59), message(60)] });
    room.loadEarlier();
    room.loadEarlier();
    expect(first.sent).toEqual([{ type: 'history', before_seq: 59, limit: 50 }]);
    first.says({ type: 'messages', history: true, messages: [message(57), message(58)] });
    room.loadEarlier();
    expect(first.sent).toHaveLength(2);
  });

  it('asks again for earlier lines after a refusal', async () => {
    const first = await socket(1);
    first.says({ ...welcome, last_seq: 60 });
    first.says({ type: 'messages', history: true, messages: [message(60)] });
    room.loadEarlier();
    first.says({ type: 'error', error: { title: 'Too many requests' } });
    room.loadEarlier();
    expect(first.sent).toHaveLength(2);
  });

  it('holds no more earlier lines than fit, and asks again when the reader has been at the end', async () => {
    const first = await socket(1);
    first.says({ ...welcome, last_seq: 3000 });
    room.setReading(true);
    const lines = (from: number, count: number) =>
      Array.from({ length: count }, (_, at) => message(from + at));
    first.says({ type: 'messages', history: true, messages: lines(2001, 1000) });
    room.loadEarlier();
    first.says({ type: 'messages', history: true, messages: lines(1501, 500) });
    room.loadEarlier();
    expect(first.sent).toHaveLength(1);
    room.setReading(false);
    room.setReading(true);
    room.loadEarlier();
    expect(first.sent.at(-1)).toEqual({ type: 'history', before_seq: 2701, limit: 50 });
  });

  it('gives up a socket that never opens', async () => {
    const first = await socket(1);
    first.readyState = WebSocket.CONNECTING;
    await vi.advanceTimersByTimeAsync(28_000);
    expect(room.state).toBe('reconnecting');
  });

  it('stops for good', async () => {
    const first = await socket(1);
    first.says(welcome);
    room.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(1);
    expect(room.state).toBe('closed');
  });

  describe('before a shut door', () => {
    const membersOnly = {
      type: '/problems/members-only',
      title: 'This is not allowed',
      detail: "This chat is for members of the channel. Its tier 'Silver' opens it.",
    };

    async function beRefused(count: number, error: object = membersOnly): Promise<void> {
      const opened = await socket(count);
      opened.says({ type: 'error', error });
      opened.close(4403);
    }

    it('says why, in the words of the server, and leaves it shut for a minute', async () => {
      await beRefused(1);
      expect(room.state).toBe('refused');
      expect(room.refusal).toEqual({ slug: 'members-only', sentence: membersOnly.detail });
      await vi.advanceTimersByTimeAsync(59_000);
      expect(sockets).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(1000);
      await beRefused(2, { ...membersOnly, detail: 'None of its tiers opens it.' });
      expect(room.refusal?.sentence).toBe('None of its tiers opens it.');
    });

    it('tries again at once when asked to, and goes in when it may', async () => {
      await beRefused(1);
      room.reconnect();
      const second = await socket(2);
      // Until the answer nothing else is known.
      expect(room.state).toBe('refused');
      second.says(welcome);
      expect(room).toMatchObject({ state: 'open', refusal: null, notice: null });
      for (let third = 0; third < 4; third += 1) {
        await vi.advanceTimersByTimeAsync(20_000);
        second.says({ type: 'pong' });
      }
      expect(sockets).toHaveLength(2);
    });

    it('is shown out of an open room the same way', async () => {
      const first = await socket(1);
      first.says(welcome);
      first.says({ type: 'error', error: { type: '/problems/account-suspended', detail: 'Until May.' } });
      first.close(4403);
      expect(room).toMatchObject({
        state: 'refused',
        refusal: { slug: 'account-suspended', sentence: 'Until May.' },
        notice: null,
      });
    });

    it('has words for a code without a reason', async () => {
      (await socket(1)).close(4429);
      expect(room.refusal?.sentence).toContain('Too many chats are open');
    });

    it('takes a lost connection for one, also after a refusal', async () => {
      await beRefused(1);
      room.reconnect();
      (await socket(2)).close(1006);
      expect(room).toMatchObject({ state: 'reconnecting', refusal: null });
      await vi.advanceTimersByTimeAsync(2000);
      expect(sockets).toHaveLength(3);
    });

    it('knows of no refusal any more once it was left', async () => {
      await beRefused(1);
      room.stop();
      await vi.advanceTimersByTimeAsync(120_000);
      expect(room).toMatchObject({ state: 'closed', refusal: null });
      expect(sockets).toHaveLength(1);
    });
  });
});
