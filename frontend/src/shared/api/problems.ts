import type { Suspension } from './types';

interface ProblemFields {
  readonly slug: string;
  readonly status: number;
  readonly retryAfterMs?: number | null;
  readonly suspension?: Suspension | null;
}

/** What went wrong, in words for the person in front of the page (RFC 9457 on the wire). */
export class Problem extends Error {
  /** The last part of `type`: `stream-key-revoked`, or `offline` when no answer came. */
  readonly slug: string;
  readonly status: number;
  readonly retryAfterMs: number | null;
  /** Why and until when, told to whom a suspension concerns. */
  readonly suspension: Suspension | null;

  constructor(sentence: string, fields: ProblemFields) {
    super(sentence);
    this.name = 'Problem';
    this.slug = fields.slug;
    this.status = fields.status;
    this.retryAfterMs = fields.retryAfterMs ?? null;
    this.suspension = fields.suspension ?? null;
  }
}

const sentences: Record<number, string> = {
  401: 'Sign in first.',
  403: 'This is not yours to change.',
  404: 'This does not exist.',
  413: 'This is too large.',
  429: 'That was too many in a short time. Wait a moment and try again.',
  503: 'Livehouse is not ready just now. Try again in a moment.',
};

function field(body: unknown, name: string): string | null {
  if (typeof body !== 'object' || body === null) return null;
  const value: unknown = (body as Record<string, unknown>)[name];
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

function suspensionIn(body: unknown): Suspension | null {
  if (typeof body !== 'object' || body === null || !('suspension' in body)) return null;
  const reason = field(body.suspension, 'reason');
  return reason === null ? null : { reason, until: field(body.suspension, 'until') };
}

/** `Retry-After` in milliseconds: seconds or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfterMs(headers: Headers, nowMs: number): number | null {
  const value = headers.get('retry-after');
  if (value === null) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

export function problemFrom(response: Response, body: unknown, nowMs = Date.now()): Problem {
  const type = field(body, 'type');
  const sentence =
    field(body, 'detail') ??
    field(body, 'title') ??
    sentences[response.status] ??
    `The server answered ${response.status}. Try again, or reload the page.`;
  return new Problem(sentence, {
    slug: type?.split('/').at(-1) ?? `http-${response.status}`,
    status: response.status,
    retryAfterMs: retryAfterMs(response.headers, nowMs),
    suspension: suspensionIn(body),
  });
}

/** A fetch that never got an answer rejects with a TypeError; anything else is a fault of ours. */
export function problemFromFailure(failure: unknown): Problem {
  if (failure instanceof Problem) return failure;
  if (failure instanceof TypeError) {
    return new Problem('Livehouse cannot be reached. Check your connection and try again.', {
      slug: 'offline',
      status: 0,
    });
  }
  const reason = failure instanceof Error ? failure.message : String(failure);
  return new Problem(`The page failed: ${reason}`, { slug: 'page-failed', status: 0 });
}

/** It was carried out before, and the secret in its answer is lost (docs/api.md, "Trying again"). */
export function isMadeAlready(failure: unknown): boolean {
  return failure instanceof Problem && failure.slug === 'made-already';
}

export async function problemFromResponse(response: Response): Promise<Problem> {
  const text = await response.text();
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    // Not problem details (a proxy's page, say): the status alone must do.
  }
  return problemFrom(response, body);
}
