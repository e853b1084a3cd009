/** The time of the page, once a second, for clocks that are on the screen. */
class Now {
  #ms = $state(Date.now());

  constructor() {
    setInterval(() => {
      this.#ms = Date.now();
    }, 1000);
  }

  get ms(): number {
    return this.#ms;
  }
}

export const now = new Now();
