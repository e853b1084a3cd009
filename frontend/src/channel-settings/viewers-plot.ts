import type { BroadcastStatistics } from '#shared/api/types';
import { plural } from '#shared/format/numbers';
import { momentWords } from '#shared/format/times.svelte';

interface Bar {
  readonly id: string;
  readonly startedAt: string;
  readonly words: string;
  readonly mostPercent: number;
  readonly averagePercent: number;
}

interface Plot {
  /** What the plot's height stands for. */
  readonly top: number;
  readonly ticks: readonly number[];
  /** The oldest first. */
  readonly bars: readonly Bar[];
}

const mostBars = 30;

export function plotOf(broadcasts: readonly BroadcastStatistics[]): Plot {
  const shown = broadcasts.slice(0, mostBars).toReversed();
  const most = Math.max(1, ...shown.map(({ peak_viewers }) => peak_viewers));
  const step = tickStep(most);
  const top = Math.ceil(most / step) * step;
  const ticks = Array.from({ length: top / step + 1 }, (_, place) => place * step);
  return {
    top,
    ticks,
    bars: shown.map(({ broadcast_id: id, started_at, average_viewers, peak_viewers }) => ({
      id,
      startedAt: started_at,
      words: `${momentWords(started_at)}: ${plural(peak_viewers, 'viewer')} at most, ${average_viewers.toFixed(1)} on average`,
      mostPercent: (peak_viewers / top) * 100,
      averagePercent: (average_viewers / top) * 100,
    })),
  };
}

/** 1, 2 or 5 times a power of ten: at most five lines above the first. */
function tickStep(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most / 5));
  const step = [1, 2, 5, 10].find((times) => most / (times * power) <= 5) ?? 10;
  return Math.max(1, step * power);
}
