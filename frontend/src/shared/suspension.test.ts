import { expect, it } from 'vitest';
import { counts } from './suspension';

const now = Date.parse('2026-01-01T00:00:00Z');

it('counts until its end', () => {
  expect(counts(null, now)).toBe(false);
  expect(counts({ reason: 'spam', until: null }, now)).toBe(true);
  expect(counts({ reason: 'spam', until: '2026-01-02T00:00:00Z' }, now)).toBe(true);
  expect(counts({ reason: 'spam', until: '2026-01-01T00:00:00Z' }, now)).toBe(false);
});
