import { untrack } from 'svelte';
import { Problem, problemFromFailure } from './api/problems';

/** What a form or a button is doing: nothing, something, or what went wrong with it. */
export class Attempt {
  #isBusy = $state(false);
  #problem = $state.raw<Problem | null>(null);

  get isBusy(): boolean {
    return this.#isBusy;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  /** Whether it worked. One at a time: a second call while the first runs does nothing. */
  async run(work: () => Promise<void>): Promise<boolean> {
    // Whoever begins it in an effect does not begin it anew when it ends.
    if (untrack(() => this.#isBusy)) return false;
    this.#isBusy = true;
    this.#problem = null;
    try {
      await work();
      return true;
    } catch (failure) {
      this.#problem = problemFromFailure(failure);
      return false;
    } finally {
      this.#isBusy = false;
    }
  }

  /** It is not even tried, for a reason the page knows itself. */
  refuse(sentence: string): void {
    this.#problem = new Problem(sentence, { slug: 'not-tried', status: 0 });
  }

  forget(): void {
    this.#problem = null;
  }
}
