import { describe, expect, it } from 'vitest';
import { moneyWords, parsePrice, priceText } from './money';

describe('money', () => {
  it('is written in the units people use', () => {
    expect(moneyWords({ amount: 499, currency: 'EUR' })).toContain('4.99');
    expect(moneyWords({ amount: 500, currency: 'JPY' })).toContain('500');
    expect(moneyWords({ amount: 0, currency: 'EUR' })).toBe('Free');
  });

  it.each([
    ['4.99', 'EUR', 499],
    ['4,99', 'EUR', 499],
    ['4.35', 'EUR', 435],
    ['5', 'EUR', 500],
    ['5.', 'EUR', 500],
    ['4.5', 'EUR', 450],
    ['500', 'JPY', 500],
    ['0', 'EUR', 0],
  ])('reads %s %s as %d', (text, currency, amount) => {
    expect(parsePrice(text, currency)).toBe(amount);
  });

  it.each([
    ['4.999', 'EUR'],
    ['1.5', 'JPY'],
    ['-1', 'EUR'],
    ['', 'EUR'],
    ['four', 'EUR'],
    ['1e9', 'EUR'],
  ])('does not read %s as a price in %s', (text, currency) => {
    expect(parsePrice(text, currency)).toBeNull();
  });

  it('goes into a field as it comes out', () => {
    expect(parsePrice(priceText({ amount: 1234, currency: 'EUR' }), 'EUR')).toBe(1234);
    expect(parsePrice(priceText({ amount: 1234, currency: 'JPY' }), 'JPY')).toBe(1234);
  });
});
