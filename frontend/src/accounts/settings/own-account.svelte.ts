import { answerOf, api } from '#shared/api/client';
import { problemFromFailure, type Problem } from '#shared/api/problems';
import type { AccountSettings } from '#shared/api/types';

/** One's own account as its settings show it; every section looks at the same one. */
class OwnAccount {
  #settings = $state.raw<AccountSettings | null>(null);
  #problem = $state.raw<Problem | null>(null);

  /** Null until the server has answered. */
  get settings(): AccountSettings | null {
    return this.#settings;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  async load(): Promise<void> {
    try {
      this.become(await answerOf(api.GET('/api/v1/account')));
      this.#problem = null;
    } catch (failure) {
      this.#problem = problemFromFailure(failure);
    }
  }

  become(settings: AccountSettings): void {
    this.#settings = settings;
  }

  /** Somebody else signed in, or nobody is. */
  forget(): void {
    this.#settings = null;
    this.#problem = null;
  }
}

export const ownAccount = new OwnAccount();
