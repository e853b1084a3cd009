import { describe, expect, it } from 'vitest';
import { bitrate, byteSize, compactCount, latency, percent, plural } from './numbers';

describe('numbers', () => {
  it.each([
    [640_000, '640 kbit/s'],
    [2_500_000, '2.50 Mbit/s'],
    [12_345_678, '12.3 Mbit/s'],
  ])('writes %d bit/s as %s', (bps, words) => {
    expect(bitrate(bps)).toBe(words);
  });

  it.each([
    [0, '0 %'],
    [0.004, '0.4 %'],
    [0.12, '12 %'],
  ])('writes the fraction %d as %s', (fraction, words) => {
    expect(percent(fraction)).toBe(words);
  });

  it('writes latency in milliseconds, then in seconds', () => {
    expect(latency(84.6)).toBe('85 ms');
    expect(latency(1240)).toBe('1.2 s');
  });

  it.each([
    [812, '812 B'],
    [812_400, '812 kB'],
    [3_420_000, '3.4 MB'],
  ])('writes %d bytes as %s', (bytes, words) => {
    expect(byteSize(bytes)).toBe(words);
  });

  it('shortens large counts', () => {
    expect(compactCount(999)).toBe('999');
    expect(compactCount(1234)).toBe('1.2K');
  });
});

describe('counts', () => {
  it('counts one and many', () => {
    expect(plural(1, 'viewer')).toBe('1 viewer');
    expect(plural(0, 'viewer')).toBe('0 viewers');
  });
});
