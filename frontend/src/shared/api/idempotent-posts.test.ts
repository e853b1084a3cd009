import { afterEach, describe, expect, it, vi } from 'vitest';
import { IdempotentPosts } from './idempotent-posts';

const tiers = 'http://node/api/v1/channels/ada/tiers';
const lost = () => Promise.reject(new TypeError('Failed to fetch'));
const made = () => Promise.resolve(new Response('{}', { status: 201 }));
const inProgress = () =>
  Promise.resolve(
    new Response(JSON.stringify({ type: '/problems/request-in-progress' }), {
      status: 409,
      headers: { 'retry-after': '1' },
    }),
  );

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Answers in turn, the last one for ever. `sent` are the key and the body of each request. */
function posts(...answers: (() => Promise<Response>)[]) {
  vi.stubGlobal('navigator', { onLine: true });
  const sent: [string | null, string][] = [];
  const waits: number[] = [];
  const clock = { ms: 0 };
  let keys = 0;
  const sender = new IdempotentPosts({
    fetch: async (request) => {
      sent.push([request.headers.get('idempotency-key'), await request.text()]);
      return (answers.length > 1 ? answers.shift()! : answers[0]!)();
    },
    wait: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    newKey: () => `key-${(keys += 1)}`,
    now: () => clock.ms,
  });
  const post = (body = 'Gold', url = tiers) => sender.send(new Request(url, { method: 'POST', body }));
  return { sender, post, sent, waits, clock };
}

describe('IdempotentPosts', () => {
  it('gives each request that was answered a key of its own', async () => {
    const { post, sent } = posts(made);
    await post();
    await post();
    expect(sent).toEqual([
      ['"key-1"', 'Gold'],
      ['"key-2"', 'Gold'],
    ]);
  });

  it('sends again by itself when the connection is lost, the same body with the same key', async () => {
    const { post, sent, waits } = posts(lost, lost, made);
    expect((await post()).status).toBe(201);
    expect(sent).toEqual(Array(3).fill(['"key-1"', 'Gold']));
    expect(waits).toHaveLength(2);
  });

  it('keeps the key for who presses again after it gave up, and for nothing else', async () => {
    const { post, sent } = posts(lost, lost, lost, made);
    await expect(post()).rejects.toThrow(TypeError);
    await post('Silver');
    await post();
    await post();
    expect(sent.slice(3).map(([key]) => key)).toEqual(['"key-2"', '"key-1"', '"key-3"']);
  });

  it('takes the same request some minutes later for a new one', async () => {
    const { post, sent, clock } = posts(lost, lost, lost, made);
    await expect(post()).rejects.toThrow(TypeError);
    clock.ms = 300_000;
    await post();
    expect(sent.at(-1)![0]).toBe('"key-2"');
  });

  it('does not insist while the browser knows that it is offline', async () => {
    const { post, sent } = posts(lost);
    vi.stubGlobal('navigator', { onLine: false });
    await expect(post()).rejects.toThrow(TypeError);
    expect(sent).toHaveLength(1);
  });

  it('waits for the first request when only its answer was lost', async () => {
    const { post, sent, waits } = posts(lost, inProgress, made);
    expect((await post()).status).toBe(201);
    expect(sent.map(([key]) => key)).toEqual(Array(3).fill('"key-1"'));
    expect(waits[1]).toBe(1000);
  });

  it('keeps the key where a proxy answered for the node, and drops it with a refusal', async () => {
    const answer = (status: number) => () => Promise.resolve(new Response(null, { status }));
    const { post, sent } = posts(answer(502), answer(409), made);
    await post();
    await post();
    await post();
    expect(sent.map(([key]) => key)).toEqual(['"key-1"', '"key-1"', '"key-2"']);
  });

  it.each(['/api/v1/session', '/api/v1/channels/ada/playback-token', '/api/v1/channels/ada/about/preview'])(
    'sends no key to %s',
    async (path) => {
      const { post, sent } = posts(made);
      await post('{}', `http://node${path}`);
      expect(sent).toEqual([[null, '{}']]);
    },
  );

  it('leaves other methods alone', async () => {
    const { sender, sent } = posts(made);
    await sender.send(new Request(tiers, { method: 'PUT', body: 'Gold' }));
    expect(sent).toEqual([[null, 'Gold']]);
  });
});
