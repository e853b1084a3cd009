import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff';

describe('Backoff', () => {
  it('doubles up to the longest wait', () => {
    const backoff = new Backoff({ firstMs: 500, longestMs: 4000, random: () => 0 });
    expect([1, 2, 3, 4, 5].map(() => backoff.nextMs())).toEqual([500, 1000, 2000, 4000, 4000]);
  });

  it('shortens by up to a half at random', () => {
    const backoff = new Backoff({ firstMs: 1000, longestMs: 1000, random: () => 0.5 });
    expect(backoff.nextMs()).toBe(750);
  });

  it('never comes sooner than the server asked', () => {
    const backoff = new Backoff({ firstMs: 100, longestMs: 1000, random: () => 0.5 });
    expect(backoff.nextMs(5000)).toBe(5000);
  });

  it('begins again after success', () => {
    const backoff = new Backoff({ firstMs: 500, longestMs: 8000, random: () => 0 });
    backoff.nextMs();
    backoff.nextMs();
    backoff.reset();
    expect(backoff.nextMs()).toBe(500);
  });
});
