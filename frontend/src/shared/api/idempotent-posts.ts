import { Backoff } from '../backoff';
import { randomId } from '../random-id';
import { problemFromResponse } from './problems';

/**
 * These make nothing, or a secret that may as well be made twice: an answer with one is never kept, so a
 * second request with the same key would be refused (docs/api.md, "Trying again").
 */
const withoutKey = /\/(session|playback-token|about\/preview)$/;

const mostAttempts = 3;
/** Who does the same after so long means it anew. */
const staleMs = 300_000;
const mostUnanswered = 32;

interface Means {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly wait: (ms: number) => Promise<void>;
  readonly newKey: () => string;
  readonly now: () => number;
}

interface Unanswered {
  readonly key: string;
  readonly sinceMs: number;
}

/**
 * Sends what makes something with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header). When the
 * connection is lost it is sent again with the same key, and so is the same request from the person who then
 * presses the button again: the server carries it out once. Whatever was answered is done with, and the next
 * request has a key of its own.
 */
export class IdempotentPosts {
  readonly #means: Means;
  readonly #unanswered = new Map<string, Unanswered>();

  constructor(means: Partial<Means> = {}) {
    this.#means = {
      // Looked up at each call: tests put their own in place.
      fetch: (request) => globalThis.fetch(request),
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      newKey: randomId,
      now: Date.now,
      ...means,
    };
  }

  async send(request: Request): Promise<Response> {
    if (request.method !== 'POST' || withoutKey.test(new URL(request.url).pathname)) {
      return this.#means.fetch(request);
    }
    const intent = `${request.url}\n${await request.clone().text()}`;
    const key = this.#keyOf(intent);
    request.headers.set('Idempotency-Key', `"${key}"`);
    const pauses = new Backoff({ firstMs: 400, longestMs: 2000 });
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt === mostAttempts;
      try {
        const response = await this.#means.fetch(request.clone());
        const askAgainMs = await whenInProgress(response);
        if (askAgainMs === null || isLast) {
          // A server or a proxy in trouble does not say whether it was done.
          if (askAgainMs === null && response.status < 500) this.#unanswered.delete(intent);
          else this.#remember(intent, key);
          return response;
        }
        await this.#means.wait(askAgainMs);
      } catch (failure) {
        this.#remember(intent, key);
        // A fetch that gets no answer rejects with a TypeError.
        if (!(failure instanceof TypeError) || isLast || !globalThis.navigator.onLine) throw failure;
        await this.#means.wait(pauses.nextMs());
      }
    }
  }

  #keyOf(intent: string): string {
    const known = this.#unanswered.get(intent);
    const isFresh = known !== undefined && this.#means.now() - known.sinceMs < staleMs;
    return isFresh ? known.key : this.#means.newKey();
  }

  #remember(intent: string, key: string): void {
    this.#unanswered.delete(intent);
    this.#unanswered.set(intent, { key, sinceMs: this.#means.now() });
    const [oldest] = this.#unanswered.keys();
    if (this.#unanswered.size > mostUnanswered && oldest !== undefined) this.#unanswered.delete(oldest);
  }
}

/** How long to wait for what was sent before and is being carried out; null: this is an answer. */
async function whenInProgress(response: Response): Promise<number | null> {
  if (response.status !== 409) return null;
  const { slug, retryAfterMs } = await problemFromResponse(response.clone());
  return slug === 'request-in-progress' ? (retryAfterMs ?? 1000) : null;
}
