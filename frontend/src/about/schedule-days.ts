import type { Occurrence } from '#shared/api/types';
import type { TimeReader } from '#shared/format/times.svelte';

export interface ScheduleDay {
  /** `2026-11-22`, in the viewer's time zone. */
  readonly key: string;
  readonly label: string;
  readonly occurrences: readonly Occurrence[];
}

/** Occurrences under the days of the viewer's calendar, as they come. One that runs stands under today. */
export function byDay(occurrences: readonly Occurrence[], nowMs: number, times: TimeReader): ScheduleDay[] {
  const today = times.key(nowMs);
  const tomorrow = followingDay(today);
  const days = new Map<string, Occurrence[]>();
  for (const one of occurrences) {
    const key = times.key(Math.max(nowMs, Date.parse(one.starts_at)));
    days.set(key, [...(days.get(key) ?? []), one]);
  }
  return [...days].map(([key, found]) => {
    const first = Math.max(nowMs, Date.parse(found[0]?.starts_at ?? ''));
    const written = times.weekday(first);
    const name = key === today ? 'Today' : key === tomorrow ? 'Tomorrow' : null;
    return { key, label: name === null ? written : `${name}, ${written}`, occurrences: found };
  });
}

/** By the calendar, not by 24 hours: a day on which clocks change has 23 or 25. */
function followingDay(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + 1);
  return date.toISOString().slice(0, 10);
}

export function isRunning({ starts_at, ends_at, state }: Occurrence, nowMs: number): boolean {
  return state === 'planned' && Date.parse(starts_at) <= nowMs && nowMs < Date.parse(ends_at);
}
