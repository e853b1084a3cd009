// @vitest-environment jsdom
import { flushSync } from 'svelte';
import { expect, it } from 'vitest';
import { Attempt } from './attempt.svelte';

it('is begun once by an effect that begins it', async () => {
  const work = new Attempt();
  let begun = 0;
  const leave = $effect.root(() => {
    $effect(() => {
      void work.run(() => {
        begun += 1;
        return Promise.resolve();
      });
    });
  });
  for (let turn = 0; turn < 5; turn += 1) {
    flushSync();
    await Promise.resolve();
  }
  expect(begun).toBe(1);
  leave();
});

it('does one thing at a time, and says what went wrong', async () => {
  const work = new Attempt();
  const first = work.run(() => Promise.reject(new TypeError('network')));
  expect(await work.run(() => Promise.resolve())).toBe(false);
  expect(await first).toBe(false);
  expect(work).toMatchObject({ isBusy: false, problem: { slug: 'offline' } });
});
