import type { Occurrence } from '#shared/api/types';

export interface ScheduleDay {
  /** `2026-11-22`, in the viewer's time zone. */
  readonly key: string;
  readonly label: string;
  readonly occurrences: readonly Occurrence[];
}

interface Formats {
  readonly key: Intl.DateTimeFormat;
  readonly day: Intl.DateTimeFormat;
  readonly time: Intl.DateTimeFormat;
}

/** How one viewer reads times. `timeZone` is an argument so that tests need no particular machine. */
export function scheduleFormats(locale: string | undefined, timeZone: string): Formats {
  return {
    key: new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' }),
    day: new Intl.DateTimeFormat(locale, { timeZone, weekday: 'long', day: 'numeric', month: 'long' }),
    time: new Intl.DateTimeFormat(locale, { timeZone, timeStyle: 'short' }),
  };
}

/** Occurrences under the days of the viewer's calendar, as they come. One that runs stands under today. */
export function byDay(occurrences: readonly Occurrence[], nowMs: number, formats: Formats): ScheduleDay[] {
  const today = formats.key.format(nowMs);
  const tomorrow = followingDay(today);
  const days = new Map<string, Occurrence[]>();
  for (const one of occurrences) {
    const key = formats.key.format(Math.max(nowMs, Date.parse(one.starts_at)));
    days.set(key, [...(days.get(key) ?? []), one]);
  }
  return [...days].map(([key, found]) => {
    const first = Math.max(nowMs, Date.parse(found[0]?.starts_at ?? ''));
    const written = formats.day.format(first);
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

/** `20:00 – 22:00`. */
export function timeSpan({ starts_at, ends_at }: Occurrence, formats: Formats): string {
  return formats.time.formatRange(Date.parse(starts_at), Date.parse(ends_at));
}

export function isRunning({ starts_at, ends_at, state }: Occurrence, nowMs: number): boolean {
  return state === 'planned' && Date.parse(starts_at) <= nowMs && nowMs < Date.parse(ends_at);
}
