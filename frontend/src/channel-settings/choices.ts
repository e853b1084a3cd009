import type { Privacy } from '#shared/api/types';
import { plural } from '#shared/format/numbers';
import { roughly } from '#shared/format/times.svelte';

interface Option {
  readonly value: string;
  readonly label: string;
}

export const privacyWords: readonly { value: Privacy; label: string; words: string }[] = [
  { value: 'public', label: 'Everybody', words: 'The channel is in lists, categories and search.' },
  { value: 'unlisted', label: 'Whoever has the address', words: 'The channel is in no list and no search.' },
  {
    value: 'members_only',
    label: 'Members',
    words:
      'Everybody finds the channel; the people with a role, and those whose tier has streams for members, see the picture.',
  },
];

const slowModes = [0, 3, 5, 10, 30, 60, 120, 300, 900, 1800];

/** One that an API set to another number is among them. */
export function slowModeOptions(seconds: number): Option[] {
  return withChosen(slowModes, seconds).map((value) => ({
    value: String(value),
    label: value === 0 ? 'Off' : value < 60 ? plural(value, 'second') : roughly(value * 1000),
  }));
}

const followTimes = [0, 10, 60, 1440, 10_080, 43_200, 129_600];

export function followersOnlyOptions(minutes: number | null): Option[] {
  const times = withChosen(followTimes, minutes ?? 0).map((value) => ({
    value: String(value),
    label: value === 0 ? 'Any follower' : roughly(value * 60_000),
  }));
  return [{ value: 'off', label: 'Off' }, ...times];
}

function withChosen(values: readonly number[], chosen: number): number[] {
  return [...new Set([...values, chosen])].sort((a, b) => a - b);
}
