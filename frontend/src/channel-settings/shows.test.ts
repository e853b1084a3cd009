import { beforeEach, describe, expect, it } from 'vitest';
import type { ScheduleEntry } from '#shared/api/types';
import { setTimeLocale } from '#shared/format/times.svelte';
import { bodyOf, formOf, formProblem, movedBeginning, newShow, showWords, timeZones } from './shows';

const weekly: ScheduleEntry = {
  id: 'sch_1',
  title: 'Painting the sea',
  category: 'Art',
  category_slug: 'art',
  starts_at: '2026-12-01T19:30:00',
  time_zone: 'America/New_York',
  duration_min: 90,
  repeats_on: ['tuesday', 'saturday'],
  repeats_until: '2027-03-01',
  cancelled: [],
  etag: '"1-0a1b2c3d"',
};

describe('showWords', () => {
  beforeEach(() => {
    setTimeLocale('en-GB');
  });

  it('says a weekly show, a daily one and a single one', () => {
    expect(showWords(weekly)).toBe(
      'Every Tuesday and Saturday at 19:30 (America/New York), for 1 h 30 min, until 1 Mar 2027',
    );
    expect(showWords({ ...weekly, repeats_on: [], repeats_until: null })).toMatch(/^1 Dec 2026 at 19:30/);
    const daily = [...newShow('', '').repeats_on, 'monday', 'tuesday', 'wednesday', 'thursday', 'friday'];
    expect(
      showWords({ ...weekly, repeats_on: [...daily, 'saturday', 'sunday'] as ScheduleEntry['repeats_on'] }),
    ).toMatch(/^Every day at/);
  });
});

describe('the form', () => {
  it('gives back what it took', () => {
    const { title, category, starts_at, time_zone, duration_min, repeats_on, repeats_until } = weekly;
    expect(bodyOf(formOf(weekly))).toEqual({
      title,
      category,
      starts_at,
      time_zone,
      duration_min,
      repeats_on,
      repeats_until,
    });
  });

  it('sends the days in the order of the week, and no last day of a single show', () => {
    const form = formOf(weekly);
    expect(bodyOf({ ...form, repeats_on: ['sunday', 'monday'] }).repeats_on).toEqual(['monday', 'sunday']);
    expect(bodyOf({ ...form, repeats_on: [] }).repeats_until).toBeNull();
    expect(bodyOf({ ...form, repeats_until: '' }).repeats_until).toBeNull();
  });

  it('says what is missing', () => {
    const form = formOf(weekly);
    expect(formProblem(form)).toBeNull();
    expect(formProblem({ ...form, title: '  ' })).toMatch(/title/);
    expect(formProblem({ ...form, time: '' })).toMatch(/time/);
    expect(formProblem({ ...form, repeats_until: '2026-11-30' })).toMatch(/before/);
  });

  it('offers a zone the browser does not list', () => {
    expect(timeZones('Antarctica/Troll', 'Etc/GMT+5')).toEqual(
      expect.arrayContaining(['UTC', 'Antarctica/Troll', 'Etc/GMT+5', 'Europe/Paris']),
    );
  });
});

describe('a show at an hour that the clocks leave out', () => {
  it.each([
    ['2027-03-28', '02:30', 'Europe/Berlin', '03:30'],
    ['2027-03-28', '01:59', 'Europe/Berlin', null],
    ['2027-03-28', '03:00', 'Europe/Berlin', null],
    // It comes twice, and exists.
    ['2026-10-25', '02:30', 'Europe/Berlin', null],
    ['2027-03-14', '02:00', 'America/New_York', '03:00'],
    // Half an hour is left out here.
    ['2026-10-04', '02:15', 'Australia/Lord_Howe', '02:45'],
    ['2027-03-28', '02:30', 'UTC', null],
    ['', '02:30', 'Europe/Berlin', null],
  ])('%s %s in %s begins at %s', (date, time, zone, begins) => {
    expect(movedBeginning(date, time, zone)).toBe(begins);
  });

  it('says so where it is listed', () => {
    const once = { ...weekly, repeats_on: [], repeats_until: null, time_zone: 'Europe/Berlin' };
    expect(showWords({ ...once, starts_at: '2027-03-28T02:30:00' })).toMatch(
      /02:30 does not exist on this day, .* begins at 03:30\.$/,
    );
    expect(showWords({ ...once, starts_at: '2027-03-27T02:30:00' })).not.toContain('exist');
  });
});
