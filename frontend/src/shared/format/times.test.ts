import { afterEach, describe, expect, it } from 'vitest';
import {
  agoWords,
  briefly,
  clockTime,
  dayWords,
  durationWords,
  expiryWords,
  roughly,
  setTimeLocale,
  TimeReader,
  uptimeWords,
  yourTimes,
} from './times.svelte';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

describe('lengths of time', () => {
  it.each([
    [-5, '0:00'],
    [7000, '0:07'],
    [754_000, '12:34'],
    [3_723_000, '1:02:03'],
  ])('writes %d ms on a clock as %s', (ms, words) => {
    expect(clockTime(ms)).toBe(words);
  });

  it.each([
    [59_000, 'under a minute'],
    [30 * minuteMs, '30 min'],
    [2 * hourMs, '2 h'],
    [185 * minuteMs, '3 h 5 min'],
  ])('says what took %d ms as %s', (ms, words) => {
    expect(durationWords(ms)).toBe(words);
  });

  it('has just begun for a minute', () => {
    expect(uptimeWords(59_000)).toBe('just now');
    expect(uptimeWords(12 * minuteMs)).toBe('12 min');
  });

  it.each([
    [0, '0 minutes'],
    [5000, '5 seconds'],
    [minuteMs, '1 minute'],
    [5 * hourMs, '5 hours'],
    [3 * dayMs, '3 days'],
  ])('says %d ms roughly as %s', (ms, words) => {
    expect(roughly(ms)).toBe(words);
  });
});

it.each([
  [5000, '5 s'],
  [10 * minuteMs, '10 min'],
  [24 * hourMs, '24 h'],
  [90 * dayMs, '90 days'],
])('says %d ms briefly as %s', (ms, words) => {
  expect(briefly(ms)).toBe(words);
});

describe('relative times', () => {
  const at = '2026-11-22T20:00:00Z';
  const then = Date.parse(at);

  afterEach(() => {
    setTimeLocale('');
  });

  it('says how long ago, and further back than a month the day', () => {
    setTimeLocale('en-GB');
    expect(agoWords(at, then + 59_000)).toBe('just now');
    expect(agoWords(at, then - 5000)).toBe('just now');
    expect(agoWords(at, then + 5 * minuteMs)).toBe('5 minutes ago');
    expect(agoWords(at, then + 3 * dayMs)).toBe('3 days ago');
    expect(agoWords(at, then + 31 * dayMs)).toBe(dayWords(at));
  });

  it('says when something expires', () => {
    expect(expiryWords(null, then)).toBe('never expires');
    expect(expiryWords(at, then - 3 * dayMs)).toBe('expires in 3 days');
    expect(expiryWords(at, then)).toBe('expired');
  });
});

describe('TimeReader', () => {
  const late = '2026-11-22T23:30:00Z';

  it('reads by the clock of its person, not of the machine', () => {
    const berlin = new TimeReader('en-GB', 'Europe/Berlin');
    const losAngeles = new TimeReader('en-US', 'America/Los_Angeles');
    expect([berlin.day(late), berlin.clock(late)]).toEqual(['23 Nov 2026', '00:30']);
    expect(losAngeles.day(late)).toBe('Nov 22, 2026');
    expect(losAngeles.clock(late)).toMatch(/^3:30\sPM$/);
    expect([berlin.key(late), losAngeles.key(late)]).toEqual(['2026-11-23', '2026-11-22']);
  });

  it('names the zone of a show, and what its clocks are set to that day', () => {
    const berlin = new TimeReader('en-GB', 'Europe/Berlin');
    expect(berlin.occasion('2026-12-01T18:30:00Z')).toMatch(/^Tue,? 1 Dec, 19:30 CET$/);
    expect(berlin.occasion('2026-07-01T17:30:00Z')).toMatch(/^Wed,? 1 Jul, 19:30 CEST$/);
    expect(berlin.occasion('2026-12-01T18:30:00Z', 'UTC')).toMatch(/^Tue,? 1 Dec, 18:30 UTC$/);
  });

  it('leaves the days and clocks of calendars as they stand there', () => {
    const kiritimati = new TimeReader('en-GB', 'Pacific/Kiritimati');
    expect(kiritimati.calendarDay('2026-12-01')).toBe('1 Dec 2026');
    expect(kiritimati.wallClock('19:30')).toBe('19:30');
    expect(new TimeReader('en-US', 'UTC').wallClock('19:30')).toMatch(/^7:30\sPM$/);
  });

  it('takes the calendar of inputs whatever calendar a language has', () => {
    expect(new TimeReader('ar-SA-u-ca-islamic', 'UTC').key(late)).toBe('2026-11-22');
  });
});

it('follows the choice of a language, and passes over one that is none', () => {
  setTimeLocale('de-DE');
  const german = yourTimes().day('2026-11-22T12:00:00Z');
  expect(german).toBe('22.11.2026');
  setTimeLocale('not a language');
  expect(yourTimes().day('2026-11-22T12:00:00Z')).toBe(german);
  setTimeLocale('');
});
