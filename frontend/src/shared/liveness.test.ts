import { expect, it } from 'vitest';
import type { FollowedChannel, LiveChannel } from './api/types';
import { byLiveness } from './liveness';

function followed(id: string, viewers: number | null = null): FollowedChannel {
  return {
    id,
    name: id,
    display_name: id,
    title: `${id} paints`,
    category: 'Art',
    avatar_url: null,
    is_live: viewers !== null,
    viewers,
    notifies: true,
    followed_at: '2026-01-01T00:00:00Z',
  };
}

function card(id: string, viewers: number): LiveChannel {
  const started_at = '2026-01-01T12:00:00Z';
  return { id, name: id, display_name: id, title: id, category: '', avatar_url: null, viewers, started_at };
}

it('tells what is live apart, the most watched first, and leaves the others as they were', () => {
  const { live, offline } = byLiveness(
    [followed('ada'), followed('grace', 3), followed('linus'), followed('alan', 7)],
    [],
  );
  expect(live.map(({ id, viewers }) => [id, viewers])).toEqual([
    ['alan', 7],
    ['grace', 3],
  ]);
  expect(offline.map(({ id }) => id)).toEqual(['ada', 'linus']);
});

it('believes the newer list of what is live anywhere', () => {
  const { live, offline } = byLiveness(
    [followed('ada'), followed('grace', 3)],
    [card('ada', 1), card('grace', 9), card('nobody_follows', 50)],
  );
  expect(live.map(({ id, viewers }) => [id, viewers])).toEqual([
    ['grace', 9],
    ['ada', 1],
  ]);
  expect(offline).toEqual([]);
});
