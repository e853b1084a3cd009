import type { Money } from '../api/types';

function format(currency: string): Intl.NumberFormat {
  return new Intl.NumberFormat(undefined, { style: 'currency', currency });
}

/** How many digits the smallest unit stands behind the point: two for euros, none for yen. */
function digitsOf(currency: string): number {
  return format(currency).resolvedOptions().maximumFractionDigits ?? 2;
}

/** `€4.99` from the smallest unit; `Free` for nothing. */
export function moneyWords({ amount, currency }: Money): string {
  return amount === 0 ? 'Free' : format(currency).format(amount / 10 ** digitsOf(currency));
}

/** `4.99`, for a field. */
export function priceText({ amount, currency }: Money): string {
  const digits = digitsOf(currency);
  return (amount / 10 ** digits).toFixed(digits);
}

/** The smallest unit from what somebody typed, with a point or a comma; null when it is no price. */
export function parsePrice(text: string, currency: string): number | null {
  const found = /^(\d{1,9})(?:[.,](\d*))?$/.exec(text.trim());
  if (found === null) return null;
  const digits = digitsOf(currency);
  const fraction = found[2] ?? '';
  if (fraction.length > digits) return null;
  // By text: 4.35 times a hundred is no integer.
  return Number((found[1] ?? '') + fraction.padEnd(digits, '0'));
}

/** Those offered to choose from; the server takes all that circulate (ISO 4217). */
export const currencies = [
  'EUR',
  'USD',
  'GBP',
  'CHF',
  'JPY',
  'AUD',
  'BRL',
  'CAD',
  'CNY',
  'CZK',
  'DKK',
  'INR',
  'KRW',
  'MXN',
  'NOK',
  'NZD',
  'PLN',
  'SEK',
  'TRY',
  'UAH',
];
