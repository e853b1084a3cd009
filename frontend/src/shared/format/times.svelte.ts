import { plural } from './numbers';

/** Every day, time and length of time of the page is written here: in the person's language, by their clock. */

const styles = {
  day: { dateStyle: 'medium' },
  moment: { dateStyle: 'medium', timeStyle: 'short' },
  clock: { timeStyle: 'short' },
  weekday: { weekday: 'long', day: 'numeric', month: 'long' },
  occasion: {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

const minuteMs = 60_000;

/** How one person reads times. The zone is an argument so that tests need no particular machine. */
export class TimeReader {
  readonly zone: string;
  readonly #locale: string | undefined;
  // Made where they are first needed: one costs more than a hundred uses of it.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  readonly #formats = new Map<string, Intl.DateTimeFormat>();

  /** `locale` is as in RFC 5646; undefined: as the browser is set. Throws for one that is no such tag. */
  constructor(locale: string | undefined, zone: string) {
    this.#locale = locale === undefined ? undefined : Intl.getCanonicalLocales(locale)[0];
    this.zone = zone;
  }

  /** `22 Nov 2026`. */
  day(at: string | number): string {
    return this.#format('day').format(instant(at));
  }

  /** `22 Nov 2026, 21:04`. */
  moment(at: string | number): string {
    return this.#format('moment').format(instant(at));
  }

  /** `21:04`. */
  clock(at: string | number): string {
    return this.#format('clock').format(instant(at));
  }

  /** `Sunday 22 November`. */
  weekday(at: string | number): string {
    return this.#format('weekday').format(instant(at));
  }

  /** `20:00 – 22:00`. */
  span(from: string, to: string): string {
    return this.#format('clock').formatRange(instant(from), instant(to));
  }

  /** `Tue 1 Dec, 19:30 CET`: by the clocks of a zone, with what they are set to that day. */
  occasion(at: string, zone: string = this.zone): string {
    return this.#format('occasion', zone).format(instant(at));
  }

  /** `1 Dec 2026` of a calendar's `2026-12-01`, which has no time zone. */
  calendarDay(date: string): string {
    return this.#format('day', 'UTC').format(instant(`${date}T00:00:00Z`));
  }

  /** `19:30`, or `7:30 PM`, of the `19:30` of a clock on some wall. */
  wallClock(time: string): string {
    return this.#format('clock', 'UTC').format(instant(`1970-01-01T${time}:00Z`));
  }

  /** `2026-11-22`: the day of this person's calendar, as inputs take it. */
  key(at: string | number): string {
    const parts = new Intl.DateTimeFormat('en', {
      timeZone: this.zone,
      calendar: 'iso8601',
      numberingSystem: 'latn',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    }).formatToParts(instant(at));
    const [year, month, day] = (['year', 'month', 'day'] as const).map(
      (wanted) => parts.find(({ type }) => type === wanted)?.value ?? '',
    );
    return `${year?.padStart(4, '0') ?? ''}-${month ?? ''}-${day ?? ''}`;
  }

  #format(style: keyof typeof styles, zone: string = this.zone): Intl.DateTimeFormat {
    const key = `${style} ${zone}`;
    const known = this.#formats.get(key);
    if (known !== undefined) return known;
    const made = new Intl.DateTimeFormat(this.#locale, { ...styles[style], timeZone: zone });
    this.#formats.set(key, made);
    return made;
  }
}

function instant(at: string | number): number {
  return typeof at === 'number' ? at : Date.parse(at);
}

const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
let reader = $state.raw(new TimeReader(undefined, timeZone));
let chosen = '';

/** The person's choice; empty: as the browser is set. One the browser does not know changes nothing. */
export function setTimeLocale(locale: string): void {
  if (locale === chosen) return;
  try {
    reader = new TimeReader(locale === '' ? undefined : locale, timeZone);
    chosen = locale;
  } catch {
    // As before.
  }
}

/** Who looks at this page; a choice of another language is seen at once where this is asked. */
export function yourTimes(): TimeReader {
  return reader;
}

/** `22 Nov 2026` from RFC 3339. */
export function dayWords(at: string): string {
  return reader.day(at);
}

/** `22 Nov 2026, 21:04` from RFC 3339. */
export function momentWords(at: string): string {
  return reader.moment(at);
}

/** `0:07`, `12:34`, `1:02:03`: for a clock that counts up. */
export function clockTime(elapsedMs: number): string {
  const seconds = Math.max(0, Math.floor(elapsedMs / 1000));
  const h = Math.floor(seconds / 3600);
  const m = Math.floor((seconds % 3600) / 60);
  const s = String(seconds % 60).padStart(2, '0');
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${s}` : `${m}:${s}`;
}

/** `under a minute`, `30 min`, `2 h`, `1 h 30 min`: how long something takes or took. */
export function durationWords(durationMs: number): string {
  const minutes = Math.floor(durationMs / minuteMs);
  if (minutes < 1) return 'under a minute';
  const rest = minutes % 60;
  const hours = Math.floor(minutes / 60);
  return [hours > 0 ? `${hours} h` : '', rest > 0 ? `${rest} min` : '']
    .filter((part) => part !== '')
    .join(' ');
}

/** `just now`, `12 min`, `3 h 5 min`: since when something runs, where seconds would only flicker. */
export function uptimeWords(elapsedMs: number): string {
  return elapsedMs < minuteMs ? 'just now' : durationWords(elapsedMs);
}

/** `3 days`, `5 hours`, `20 minutes`, `30 seconds`: a length of time in its largest unit. */
export function roughly(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  if (seconds > 0 && seconds < 60) return plural(seconds, 'second');
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return plural(minutes, 'minute');
  const hours = Math.round(minutes / 60);
  return hours < 48 ? plural(hours, 'hour') : plural(Math.round(hours / 24), 'day');
}

/** `30 s`, `10 min`, `3 days`: where there is little room. */
export function briefly(durationMs: number): string {
  if (durationMs < minuteMs) return `${Math.ceil(durationMs / 1000)} s`;
  return durationMs < 2 * 24 * 60 * minuteMs ? durationWords(durationMs) : roughly(durationMs);
}

/** `just now`, `5 minutes ago`, `3 days ago`; further back than a month the day itself. */
export function agoWords(at: string, nowMs: number): string {
  const sinceMs = nowMs - Date.parse(at);
  if (sinceMs < minuteMs) return 'just now';
  return sinceMs < 30 * 24 * 60 * minuteMs ? `${roughly(sinceMs)} ago` : dayWords(at);
}

/** `expires in 3 days`, `expired`. */
export function expiryWords(at: string | null, nowMs: number): string {
  if (at === null) return 'never expires';
  const leftMs = Date.parse(at) - nowMs;
  return leftMs > 0 ? `expires in ${roughly(leftMs)}` : 'expired';
}
