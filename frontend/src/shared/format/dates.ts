let locale: string | undefined;
let day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
let moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** The person's choice (RFC 5646); empty: as the browser is set. One the browser does not know changes nothing. */
export function setDateLocale(chosen: string): void {
  const wanted = chosen === '' ? undefined : chosen;
  if (wanted === locale) return;
  try {
    day = new Intl.DateTimeFormat(wanted, { dateStyle: 'medium' });
    moment = new Intl.DateTimeFormat(wanted, { dateStyle: 'medium', timeStyle: 'short' });
    locale = wanted;
  } catch {
    // As before.
  }
}

/** `22 Nov 2026` from RFC 3339. */
export function dayWords(at: string): string {
  return day.format(Date.parse(at));
}

/** `22 Nov 2026, 21:04` from RFC 3339. */
export function momentWords(at: string): string {
  return moment.format(Date.parse(at));
}
