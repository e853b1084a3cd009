import { problemFromFailure, type Problem } from './api/problems';

const quietMs = 150;

interface Wishes<Option> {
  readonly ask: (text: string) => Promise<readonly Option[]>;
  /** Shorter texts are not asked for. */
  readonly shortest: number;
}

/** What a combobox offers for what is typed: asked for after a short rest, and never answered by an earlier question. */
export class Suggestions<Option> {
  readonly #wishes: Wishes<Option>;
  #options = $state.raw<readonly Option[]>([]);
  #active = $state(-1);
  #isOpen = $state(false);
  #answered = $state<string | null>(null);
  #problem = $state.raw<Problem | null>(null);
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(wishes: Wishes<Option>) {
    this.#wishes = wishes;
  }

  get options(): readonly Option[] {
    return this.#options;
  }

  /** The place of the option the arrow keys are on; -1 for none. */
  get active(): number {
    return this.#active;
  }

  get activeOption(): Option | null {
    return this.#options[this.#active] ?? null;
  }

  /** Whether there is something to show: options, or that there are none for what was typed. */
  get isOpen(): boolean {
    return this.#isOpen && (this.#answered !== null || this.#problem !== null);
  }

  /** The text the options are for. */
  get answered(): string | null {
    return this.#answered;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  typed(text: string): void {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    const wanted = text.trim();
    this.#isOpen = true;
    this.#active = -1;
    if (wanted.length < this.#wishes.shortest) {
      this.#options = [];
      this.#answered = null;
      this.#problem = null;
      return;
    }
    this.#timer = setTimeout(() => void this.#ask(wanted, turn), quietMs);
  }

  /** Down is 1, up is -1; past an end it leaves the list, then comes in at the other end. */
  move(step: 1 | -1): void {
    if (this.#options.length === 0) return;
    this.#isOpen = true;
    const places = this.#options.length + 1;
    this.#active = ((this.#active + 1 + step + places) % places) - 1;
  }

  /** A pointer is on it. */
  point(place: number): void {
    this.#active = place;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#isOpen = false;
    this.#active = -1;
  }

  async #ask(text: string, turn: number): Promise<void> {
    try {
      const options = await this.#wishes.ask(text);
      if (turn !== this.#turn) return;
      this.#options = options;
      this.#answered = text;
      this.#problem = null;
    } catch (failure) {
      if (turn === this.#turn) this.#problem = problemFromFailure(failure);
    }
  }
}
