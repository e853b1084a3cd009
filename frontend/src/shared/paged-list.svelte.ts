import { problemFromFailure, type Problem } from './api/problems';
import { distinctBy } from './distinct';

export interface Part<Item> {
  readonly items: readonly Item[];
  /** Where the next part begins; null at the end. */
  readonly next: string | null;
}

/** A list the server gives part by part. */
export class PagedList<Item> {
  readonly #ask: (cursor: string | null) => Promise<Part<Item>>;
  readonly #keyOf: ((item: Item) => string) | undefined;
  #items = $state.raw<readonly Item[] | null>(null);
  #next = $state<string | null>(null);
  #problem = $state.raw<Problem | null>(null);
  #isLoading = $state(false);
  #asked = 0;
  #cursor: string | null = null;

  /** `keyOf`: for a list in motion. An item that meanwhile moved to a later part is shown once. */
  constructor(ask: (cursor: string | null) => Promise<Part<Item>>, keyOf?: (item: Item) => string) {
    this.#ask = ask;
    this.#keyOf = keyOf;
  }

  /** Null until the first answer. */
  get items(): readonly Item[] | null {
    return this.#items;
  }

  get hasMore(): boolean {
    return this.#next !== null;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  get isLoading(): boolean {
    return this.#isLoading;
  }

  /** From the beginning; what is shown stays until the answer. */
  load(): Promise<void> {
    return this.#load(null);
  }

  more(): Promise<void> {
    return this.#next === null || this.#isLoading ? Promise.resolve() : this.#load(this.#next);
  }

  /** What was asked last, once more. */
  again(): Promise<void> {
    return this.#load(this.#cursor);
  }

  /** What a change of ours made of it, without asking again. */
  become(change: (items: readonly Item[]) => readonly Item[]): void {
    if (this.#items !== null) this.#items = change(this.#items);
  }

  async #load(cursor: string | null): Promise<void> {
    const turn = ++this.#asked;
    this.#cursor = cursor;
    this.#isLoading = true;
    try {
      const { items, next } = await this.#ask(cursor);
      // Somebody typed on meanwhile: the later question's answer counts.
      if (turn !== this.#asked) return;
      this.#items = this.#distinct(cursor === null ? items : [...(this.#items ?? []), ...items]);
      this.#next = next;
      this.#problem = null;
    } catch (failure) {
      if (turn === this.#asked) this.#problem = problemFromFailure(failure);
    } finally {
      if (turn === this.#asked) this.#isLoading = false;
    }
  }

  #distinct(items: readonly Item[]): readonly Item[] {
    return this.#keyOf === undefined ? items : distinctBy(items, this.#keyOf);
  }
}
