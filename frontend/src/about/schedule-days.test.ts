import { describe, expect, it } from 'vitest';
import type { Occurrence } from '#shared/api/types';
import { TimeReader } from '#shared/format/times.svelte';
import { byDay, isRunning } from './schedule-days';

const berlin = new TimeReader('en-GB', 'Europe/Berlin');

function show(starts_at: string, ends_at: string, state: Occurrence['state'] = 'planned'): Occurrence {
  return {
    entry_id: 'sch_1',
    title: 'Late show',
    category: 'Music',
    category_slug: 'music',
    day: starts_at.slice(0, 10),
    starts_at,
    ends_at,
    state,
  };
}

describe('byDay', () => {
  it('puts a show under the day of the viewer, not of the broadcaster', () => {
    // 23:30 UTC is half past midnight in Berlin.
    const days = byDay(
      [show('2026-11-22T23:30:00Z', '2026-11-23T01:00:00Z')],
      Date.parse('2026-11-22T12:00:00Z'),
      berlin,
    );
    expect(days.map(({ key, label }) => [key, label])).toEqual([
      ['2026-11-23', 'Tomorrow, Monday 23 November'],
    ]);
  });

  it('finds tomorrow over the night in which clocks go back', () => {
    // 25 October 2026 has 25 hours in Berlin: 24 hours after 23:30 it is still 22:30 of the same day.
    const now = Date.parse('2026-10-24T21:30:00Z');
    const days = byDay([show('2026-10-25T19:00:00Z', '2026-10-25T20:00:00Z')], now, berlin);
    expect(days[0]?.label).toBe('Tomorrow, Sunday 25 October');
  });

  it('gives a weekly show its new time once clocks have changed', () => {
    // Eight in the evening in New York, whose clocks go back a week after those of Berlin.
    const shows = ['2026-10-20T00:00:00Z', '2026-10-27T00:00:00Z', '2026-11-03T01:00:00Z'].map((at) =>
      show(at, new Date(Date.parse(at) + 3_600_000).toISOString()),
    );
    expect(shows.map((one) => berlin.span(one.starts_at, one.ends_at))).toEqual([
      '02:00–03:00',
      '01:00–02:00',
      '02:00–03:00',
    ]);
  });

  it('keeps a show that began yesterday under today while it runs', () => {
    const now = Date.parse('2026-11-22T23:30:00Z');
    const running = show('2026-11-22T20:00:00Z', '2026-11-23T02:00:00Z');
    expect(byDay([running], now, berlin)[0]?.label).toBe('Today, Monday 23 November');
    expect(isRunning(running, now)).toBe(true);
    expect(isRunning({ ...running, state: 'cancelled' }, now)).toBe(false);
    expect(isRunning(running, Date.parse(running.ends_at))).toBe(false);
  });

  it('has nothing to say of an empty schedule', () => {
    expect(byDay([], 0, berlin)).toEqual([]);
  });
});
