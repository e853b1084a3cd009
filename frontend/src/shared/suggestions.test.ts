import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Suggestions } from './suggestions.svelte';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function fruits(ask = vi.fn((text: string) => Promise.resolve([`${text}1`, `${text}2`]))) {
  return { list: new Suggestions<string>({ ask, shortest: 2 }), ask };
}

async function type(list: Suggestions<string>, text: string) {
  list.typed(text);
  await vi.advanceTimersByTimeAsync(1000);
}

describe('Suggestions', () => {
  it('asks once for a word typed at one go', async () => {
    const { list, ask } = fruits();
    list.typed('ap');
    list.typed('app');
    await type(list, 'apple');
    expect(ask.mock.calls).toEqual([['apple']]);
    expect(list).toMatchObject({ isOpen: true, options: ['apple1', 'apple2'], active: -1 });
  });

  it('asks nothing for too short a text, and forgets what it showed', async () => {
    const { list, ask } = fruits();
    await type(list, 'ap');
    await type(list, ' a ');
    expect(ask).toHaveBeenCalledOnce();
    expect(list).toMatchObject({ isOpen: false, options: [] });
  });

  it('goes round by the arrows, through the text itself', async () => {
    const { list } = fruits();
    await type(list, 'ap');
    const seen = [1, 1, 1, 1, -1, -1].map((step) => {
      list.move(step as 1 | -1);
      return list.activeOption;
    });
    expect(seen).toEqual(['ap1', 'ap2', null, 'ap1', null, 'ap2']);
  });

  it('lets no early question answer over a later one, nor after it was closed', async () => {
    const answers: ((options: string[]) => void)[] = [];
    const { list } = fruits(vi.fn(() => new Promise<string[]>((resolve) => answers.push(resolve))));
    await type(list, 'early');
    await type(list, 'late');
    answers[1]!(['late']);
    await vi.advanceTimersByTimeAsync(0);
    answers[0]!(['early']);
    await vi.advanceTimersByTimeAsync(0);
    expect(list.options).toEqual(['late']);
    await type(list, 'later');
    list.close();
    answers[2]!(['later']);
    await vi.advanceTimersByTimeAsync(0);
    expect(list).toMatchObject({ isOpen: false, options: ['late'] });
  });

  it('opens again with the arrow after Escape', async () => {
    const { list } = fruits();
    await type(list, 'ap');
    list.close();
    expect(list.isOpen).toBe(false);
    list.move(1);
    expect(list).toMatchObject({ isOpen: true, active: 0 });
  });

  it('says what went wrong', async () => {
    const { list } = fruits(vi.fn(() => Promise.reject(new TypeError('network'))));
    await type(list, 'ap');
    expect(list.problem?.slug).toBe('offline');
    expect(list.isOpen).toBe(true);
  });
});
