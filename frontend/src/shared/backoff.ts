export interface BackoffOptions {
  readonly firstMs: number;
  readonly longestMs: number;
  /** A number in [0, 1); an argument so that tests are repeatable. */
  readonly random?: () => number;
}

/**
 * Waiting times between attempts: doubling from `firstMs` to `longestMs`, each shortened by up to a
 * half at random so that a thousand viewers of one node do not all come back in the same instant.
 */
export class Backoff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #random: () => number;
  #attempts = 0;

  constructor({ firstMs, longestMs, random = Math.random }: BackoffOptions) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#random = random;
  }

  /** Never sooner than the server asked for (`retryAfterMs`). */
  nextMs(retryAfterMs = 0): number {
    const full = Math.min(this.#longestMs, this.#firstMs * 2 ** this.#attempts);
    this.#attempts += 1;
    return Math.max(retryAfterMs, Math.round(full * (1 - this.#random() / 2)));
  }

  reset(): void {
    this.#attempts = 0;
  }
}
