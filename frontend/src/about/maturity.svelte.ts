import { remember, remembered } from '#shared/remembered';

const key = 'of-age';

/** Whether this browser was told that its person is of age; asked once, for all channels. */
class Maturity {
  #isOfAge = $state(remembered(key) === 'yes');

  get isOfAge(): boolean {
    return this.#isOfAge;
  }

  confirm(): void {
    this.#isOfAge = true;
    remember(key, 'yes');
  }
}

export const maturity = new Maturity();
