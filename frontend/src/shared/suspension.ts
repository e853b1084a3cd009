import type { Suspension } from './api/types';
import { momentWords } from './format/times.svelte';

/** One whose end has passed is still told of, and counts no more. */
export function counts(suspension: Suspension | null, nowMs: number): suspension is Suspension {
  return suspension !== null && (suspension.until === null || Date.parse(suspension.until) > nowMs);
}

export function suspensionWords({ until }: Suspension): string {
  return until === null ? 'Suspended for good' : `Suspended until ${momentWords(until)}`;
}
