// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from 'vitest';
import { answerOf, api, setCsrfToken } from './client';
import { problemFrom, problemFromFailure, problemFromResponse, retryAfterMs } from './problems';

const problemJson = { 'content-type': 'application/problem+json' };

function answerWith(response: Response) {
  return vi.spyOn(globalThis, 'fetch').mockResolvedValue(response);
}

afterEach(() => {
  setCsrfToken(null);
});

describe('problem details (RFC 9457)', () => {
  it('takes the sentence of the server and the slug of its type', () => {
    const problem = problemFrom(new Response(null, { status: 409 }), {
      type: '/problems/name-taken',
      title: 'Conflict',
      detail: 'The name "ada" is taken.',
    });
    expect(problem).toMatchObject({ slug: 'name-taken', status: 409, message: 'The name "ada" is taken.' });
  });

  it('takes why a channel is suspended, where it is told', () => {
    const answer = new Response(null, { status: 403 });
    const type = '/problems/channel-suspended';
    const suspension = { reason: 'Films of others', until: '2026-03-01T00:00:00Z' };
    expect(problemFrom(answer, { type, suspension }).suspension).toEqual(suspension);
    expect(problemFrom(answer, { type, suspension: { reason: 'Spam', until: null } }).suspension).toEqual({
      reason: 'Spam',
      until: null,
    });
    expect(problemFrom(answer, { type }).suspension).toBeNull();
  });

  it('says something useful for an answer that is no problem details', async () => {
    const problem = await problemFromResponse(new Response('<h1>Bad gateway</h1>', { status: 502 }));
    expect(problem.message).toContain('502');
    expect(problem.slug).toBe('http-502');
  });

  it('tells a server that cannot be reached from a fault of the page', () => {
    expect(problemFromFailure(new TypeError('Failed to fetch')).slug).toBe('offline');
    expect(problemFromFailure(new Error('no track')).message).toContain('no track');
  });

  it('reads Retry-After as seconds and as a date (RFC 9110, 10.2.3)', () => {
    const at = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfterMs(new Headers({ 'retry-after': '3' }), at)).toBe(3000);
    expect(retryAfterMs(new Headers({ 'retry-after': 'Thu, 01 Jan 2026 00:00:10 GMT' }), at)).toBe(10_000);
    expect(retryAfterMs(new Headers({ 'retry-after': 'soon' }), at)).toBeNull();
    expect(retryAfterMs(new Headers(), at)).toBeNull();
  });
});

describe('api', () => {
  it('sends the CSRF token with unsafe requests only', async () => {
    const fetched = answerWith(new Response(null, { status: 204 }));
    setCsrfToken('csrf-1');
    await answerOf(api.DELETE('/api/v1/session'));
    fetched.mockResolvedValue(Response.json({ account: null, csrf_token: null }));
    await answerOf(api.GET('/api/v1/session'));
    const [unsafe, safe] = fetched.mock.calls.map(([request]) => (request as Request).headers);
    expect(unsafe!.get('x-csrf-token')).toBe('csrf-1');
    expect(safe!.get('x-csrf-token')).toBeNull();
  });

  it('throws the problem an answer carries', async () => {
    answerWith(
      new Response(JSON.stringify({ type: '/problems/rate-limited', detail: 'Slower, please.' }), {
        status: 429,
        headers: { ...problemJson, 'retry-after': '2' },
      }),
    );
    await expect(answerOf(api.GET('/api/v1/session'))).rejects.toMatchObject({
      slug: 'rate-limited',
      message: 'Slower, please.',
      retryAfterMs: 2000,
    });
  });

  it('throws a sentence when nobody answers', async () => {
    vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('Failed to fetch'));
    await expect(answerOf(api.GET('/api/v1/session'))).rejects.toMatchObject({ slug: 'offline' });
  });
});
