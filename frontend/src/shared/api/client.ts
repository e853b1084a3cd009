import createClient, { type Middleware } from 'openapi-fetch';
import { IdempotentPosts } from './idempotent-posts';
import { problemFrom, problemFromFailure } from './problems';
import type { paths } from './schema';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
let csrfToken: string | null = null;

/** The token that proves an unsafe request comes from this page (it is the cookie's, so sign-in sets it). */
export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

const csrf: Middleware = {
  onRequest({ request }) {
    if (csrfToken !== null && !safeMethods.has(request.method)) {
      request.headers.set('X-CSRF-Token', csrfToken);
    }
  },
};

const posts = new IdempotentPosts();

export const api = createClient<paths>({
  baseUrl: globalThis.location.origin,
  credentials: 'same-origin',
  fetch: (request) => posts.send(request),
});
api.use(csrf);

export interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

async function goodAnswer<T>(call: Promise<Answer<T>>): Promise<Answer<T>> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (failure) {
    throw problemFromFailure(failure);
  }
  if (!answer.response.ok) throw problemFrom(answer.response, answer.error);
  return answer;
}

/** The body of a good answer; everything else is thrown as a `Problem`. */
export async function answerOf<T>(call: Promise<Answer<T>>): Promise<T> {
  return (await goodAnswer(call)).data as T;
}

/** A body with its entity tag, for `If-Match` (RFC 9110, 13.1.1): a change of what was changed meanwhile is refused. */
export interface Tagged<T> {
  readonly body: T;
  readonly etag: string | null;
}

export async function taggedAnswerOf<T>(call: Promise<Answer<T>>): Promise<Tagged<T>> {
  const { data, response } = await goodAnswer(call);
  return { body: data as T, etag: response.headers.get('etag') };
}
