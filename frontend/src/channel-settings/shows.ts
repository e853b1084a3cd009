import type { ScheduleEntry, Weekday } from '#shared/api/types';
import { durationWords, yourTimes } from '#shared/format/times.svelte';

/** In the order of a calendar's week that begins on Monday. */
export const week: readonly Weekday[] = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
];

const minuteMs = 60_000;
const lists = new Intl.ListFormat('en', { type: 'conjunction' });

export function dayName(weekday: Weekday): string {
  return weekday.slice(0, 1).toUpperCase() + weekday.slice(1);
}

/** `Every Tuesday and Saturday at 19:30 (Europe/Paris), for 2 h, until 1 Mar 2027`. */
export function showWords(entry: ScheduleEntry): string {
  const times = yourTimes();
  const [date = '', time = ''] = entry.starts_at.split('T');
  const days =
    entry.repeats_on.length === 0
      ? times.calendarDay(date)
      : entry.repeats_on.length === week.length
        ? 'Every day'
        : `Every ${lists.format(entry.repeats_on.map(dayName))}`;
  const until = entry.repeats_until === null ? '' : `, until ${times.calendarDay(entry.repeats_until)}`;
  const moved = entry.repeats_on.length === 0 ? movedWords(date, time.slice(0, 5), entry.time_zone) : null;
  const note = moved === null ? '' : `. ${moved}`;
  return `${days} at ${times.wallClock(time.slice(0, 5))} (${zoneWords(entry.time_zone)}), for ${durationWords(entry.duration_min * minuteMs)}${until}${note}`;
}

const hourMs = 3_600_000;

/** How far the clocks of a zone are ahead of UTC at an instant, in milliseconds. */
function offsetMs(zone: string, atMs: number): number {
  // Arithmetic: nobody reads it.
  // eslint-disable-next-line no-restricted-properties
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(atMs);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const shownMs = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return shownMs - Math.floor(atMs / 1000) * 1000;
}

/**
 * When a show begins whose hour the clocks leave out on that day, as `03:30`: so long after the gap as it was meant
 * after its beginning (RFC 5545 section 3.3.5). Null where the hour exists.
 */
export function movedBeginning(date: string, time: string, zone: string): string | null {
  const localMs = Date.parse(`${date}T${time}:00Z`);
  if (Number.isNaN(localMs)) return null;
  const before = offsetMs(zone, localMs - 24 * hourMs);
  const after = offsetMs(zone, localMs + 24 * hourMs);
  const exists = [before, after].some((offset) => offsetMs(zone, localMs - offset) === offset);
  return exists ? null : new Date(localMs - before + after).toISOString().slice(11, 16);
}

/** `02:30 does not exist on this day: it begins at 03:30.`; null where it does. */
export function movedWords(date: string, time: string, zone: string): string | null {
  const moved = movedBeginning(date, time, zone);
  const times = yourTimes();
  return moved === null
    ? null
    : `${times.wallClock(time)} does not exist on this day, on which clocks go forward: it begins at ${times.wallClock(moved)}.`;
}

export function zoneWords(zone: string): string {
  return zone.replaceAll('_', ' ');
}

/** What the form holds: dates and times as their inputs give them. */
export interface ShowForm {
  title: string;
  /** Its name; empty for none. */
  category: string;
  date: string;
  time: string;
  time_zone: string;
  duration_min: number;
  repeats_on: Weekday[];
  repeats_until: string;
}

export function newShow(today: string, time_zone: string): ShowForm {
  return {
    title: '',
    category: '',
    date: today,
    time: '20:00',
    time_zone,
    duration_min: 120,
    repeats_on: [],
    repeats_until: '',
  };
}

export function formOf(entry: ScheduleEntry): ShowForm {
  const [date = '', time = ''] = entry.starts_at.split('T');
  const { title, category, time_zone, duration_min, repeats_on } = entry;
  return {
    title,
    category,
    date,
    time: time.slice(0, 5),
    time_zone,
    duration_min,
    repeats_on: [...repeats_on],
    repeats_until: entry.repeats_until ?? '',
  };
}

/** What is missing, in a sentence. */
export function formProblem(form: ShowForm): string | null {
  if (form.title.trim() === '') return 'Give the show a title.';
  if (form.date === '' || form.time === '') return 'Say on which day and at what time it begins.';
  if (form.repeats_on.length > 0 && form.repeats_until !== '' && form.repeats_until < form.date) {
    return 'The last day is before the first one.';
  }
  return null;
}

/** Without a repetition there is no last day of one. */
export function bodyOf(form: ShowForm) {
  return {
    title: form.title.trim(),
    category: form.category,
    starts_at: `${form.date}T${form.time}:00`,
    time_zone: form.time_zone,
    duration_min: form.duration_min,
    repeats_on: week.filter((one) => form.repeats_on.includes(one)),
    repeats_until: form.repeats_on.length === 0 || form.repeats_until === '' ? null : form.repeats_until,
  };
}

/** Those the browser knows, and the ones in use. */
export function timeZones(...used: string[]): string[] {
  return [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', ...used])].sort();
}

/**
 * The instant a day begins by the clocks of the browser, as RFC 3339; `later` counts days on. By the calendar:
 * a day on which clocks change is not 24 hours long.
 */
export function startOfDay(date: string, later = 0): string {
  const [year = 0, month = 1, dayOfMonth = 1] = date.split('-').map(Number);
  return new Date(year, month - 1, dayOfMonth + later).toISOString();
}
