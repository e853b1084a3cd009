import { describe, expect, it } from 'vitest';
import { bitrate, byteSize, compactCount, latency, percent } from './numbers';
import { clockTime, coarseTime, plural, roughly } from './time';

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

describe('time', () => {
  it.each([
    [-5, '0:00'],
    [7000, '0:07'],
    [754_000, '12:34'],
    [3_723_000, '1:02:03'],
  ])('writes %d ms on a clock as %s', (ms, words) => {
    expect(clockTime(ms)).toBe(words);
  });

  it('leaves out the seconds on a card', () => {
    expect(coarseTime(59_000)).toBe('just now');
    expect(coarseTime(12 * 60_000)).toBe('12 min');
    expect(coarseTime(185 * 60_000)).toBe('3 h 05 min');
  });

  it('says roughly how long', () => {
    expect(roughly(60_000)).toBe('1 minute');
    expect(roughly(5 * 3_600_000)).toBe('5 hours');
    expect(roughly(3 * 86_400_000)).toBe('3 days');
  });

  it('counts one and many', () => {
    expect(plural(1, 'viewer')).toBe('1 viewer');
    expect(plural(0, 'viewer')).toBe('0 viewers');
  });
});
