import createClient, { type Middleware } from 'openapi-fetch';
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

export const api = createClient<paths>({
  baseUrl: globalThis.location.origin,
  credentials: 'same-origin',
  // Looked up at each call: tests put their own in place.
  fetch: (request) => globalThis.fetch(request),
});
api.use(csrf);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a good answer; everything else is thrown as a `Problem`. */
export async function answerOf<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (failure) {
    throw problemFromFailure(failure);
  }
  if (!answer.response.ok) throw problemFrom(answer.response, answer.error);
  return answer.data as T;
}
