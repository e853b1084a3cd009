import { describe, expect, it } from 'vitest';
import type { BroadcastStatistics } from '#shared/api/types';
import { plotOf } from './viewers-plot';

function broadcast(id: string, average_viewers: number, peak_viewers: number): BroadcastStatistics {
  return {
    broadcast_id: id,
    title: '',
    hours_streamed: 1,
    started_at: '2026-11-22T20:00:00Z',
    ended_at: null,
    average_viewers,
    peak_viewers,
    messages: 0,
  };
}

describe('plotOf', () => {
  it('draws the oldest first, by a top that is a round number', () => {
    const plot = plotOf([broadcast('new', 40, 83), broadcast('old', 5, 10)]);
    expect(plot.bars.map(({ id }) => id)).toEqual(['old', 'new']);
    expect(plot).toMatchObject({ top: 100, ticks: [0, 20, 40, 60, 80, 100] });
    expect(plot.bars[1]).toMatchObject({ mostPercent: 83, averagePercent: 40 });
  });

  it.each([
    [0, 1, [0, 1]],
    [1, 1, [0, 1]],
    [7, 8, [0, 2, 4, 6, 8]],
    [12_345, 15_000, [0, 5000, 10_000, 15_000]],
  ])('has whole viewers at its lines for %d', (most, top, ticks) => {
    expect(plotOf([broadcast('one', 0, most)])).toMatchObject({ top, ticks });
  });

  it('keeps to the last thirty', () => {
    const plot = plotOf(Array.from({ length: 50 }, (_, place) => broadcast(String(place), 1, 2)));
    expect(plot.bars).toHaveLength(30);
    expect(plot.bars.at(-1)?.id).toBe('0');
  });
});
