import { answerOf, api, setCsrfToken } from './api/client';
import { isMadeAlready } from './api/problems';
import type { Account } from './api/types';
import { setTimeLocale } from './format/times.svelte';

/** Who is signed in on this page. `known` is false until the server has said so once. */
class Login {
  #account = $state<Account | null>(null);
  #known = $state(false);

  get account(): Account | null {
    return this.#account;
  }

  get known(): boolean {
    return this.#known;
  }

  async load(): Promise<void> {
    try {
      const current = await answerOf(api.GET('/api/v1/session'));
      this.#become(current.account, current.csrf_token);
    } finally {
      this.#known = true;
    }
  }

  /** `mail` is null where the server sends none. */
  async signUp(name: string, password: string, mail: string | null): Promise<void> {
    try {
      const made = await answerOf(api.POST('/api/v1/accounts', { body: { name, password, mail } }));
      this.#become(made.account, made.csrf_token);
    } catch (failure) {
      // The answer, and the login in it, were lost with the connection: the account is there.
      if (!isMadeAlready(failure)) throw failure;
      await this.signIn(name, password);
    }
  }

  async signIn(name: string, password: string): Promise<void> {
    const opened = await answerOf(api.POST('/api/v1/session', { body: { name, password, token: 'cookie' } }));
    this.#become(opened.account, opened.csrf_token);
  }

  async signOut(): Promise<void> {
    await answerOf(api.DELETE('/api/v1/session'));
    this.#become(null, null);
  }

  #become(account: Account | null, csrfToken: string | null): void {
    this.#account = account;
    setCsrfToken(csrfToken);
    setTimeLocale(account?.locale ?? '');
  }
}

export const login = new Login();
