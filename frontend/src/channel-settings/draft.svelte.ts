import { Attempt } from '#shared/attempt.svelte';
import type { Tagged } from '#shared/api/client';
import type { Problem } from '#shared/api/problems';

interface Store<Fields extends object> {
  readonly load: () => Promise<Tagged<Fields>>;
  /** `etag` is of what the change is based on: the server refuses it (412) when something else is there now. */
  readonly save: (fields: Fields, changes: Partial<Fields>, etag: string | null) => Promise<Tagged<Fields>>;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * What a form shows: what the server has, and over it what was typed since. Loading again brings what others
 * changed into the fields that nobody touched here, and keeps what was typed.
 */
export class Draft<Fields extends object> {
  readonly #store: Store<Fields>;
  readonly #loading = new Attempt();
  readonly #saving = new Attempt();
  #base = $state.raw<Fields | null>(null);
  #changes = $state.raw<Partial<Fields>>({});
  #etag: string | null = null;
  #isSaved = $state(false);

  constructor(store: Store<Fields>) {
    this.#store = store;
  }

  /** Null until loaded. */
  get fields(): Fields | null {
    return this.#base === null ? null : { ...this.#base, ...this.#changes };
  }

  get isChanged(): boolean {
    return Object.keys(this.#changes).length > 0;
  }

  /** Saved, and nothing typed since. */
  get isSaved(): boolean {
    return this.#isSaved && !this.isChanged;
  }

  get isBusy(): boolean {
    return this.#saving.isBusy || this.#loading.isBusy;
  }

  /** Others were quicker: load again, look, save again. */
  get isConflict(): boolean {
    return this.#saving.problem?.status === 412;
  }

  get loadProblem(): Problem | null {
    return this.#loading.problem;
  }

  get problem(): Problem | null {
    return this.#saving.problem;
  }

  change(part: Partial<Fields>): void {
    if (this.#base === null) return;
    this.#changes = this.#differing({ ...this.#changes, ...part }, this.#base);
    this.#isSaved = false;
  }

  discard(): void {
    this.#changes = {};
    this.#saving.forget();
  }

  async load(): Promise<void> {
    await this.#loading.run(async () => {
      this.#become(await this.#store.load());
      this.#saving.forget();
    });
  }

  async save(): Promise<boolean> {
    const { fields } = this;
    if (fields === null || !this.isChanged) return false;
    const sent = this.#changes;
    return this.#saving.run(async () => {
      const saved = await this.#store.save(fields, sent, this.#etag);
      // What was typed while it was saved stays to be saved.
      this.#changes = Object.fromEntries(
        Object.entries(this.#changes).filter(([key, value]) => !isSame(value, sent[key as keyof Fields])),
      ) as Partial<Fields>;
      this.#become(saved);
      this.#isSaved = true;
    });
  }

  #become({ body, etag }: Tagged<Fields>): void {
    this.#base = body;
    this.#etag = etag;
    this.#changes = this.#differing(this.#changes, body);
  }

  #differing(changes: Partial<Fields>, base: Fields): Partial<Fields> {
    return Object.fromEntries(
      Object.entries(changes).filter(([key, value]) => !isSame(value, base[key as keyof Fields])),
    ) as Partial<Fields>;
  }
}
