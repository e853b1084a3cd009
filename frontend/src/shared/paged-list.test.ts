import { describe, expect, it } from 'vitest';
import { Problem } from './api/problems';
import { PagedList, type Part } from './paged-list.svelte';

function parts(): PagedList<number> {
  return new PagedList((cursor) =>
    Promise.resolve(cursor === null ? { items: [1, 2], next: 'b' } : { items: [3], next: null }),
  );
}

describe('PagedList', () => {
  it('adds part to part, and begins again when asked to', async () => {
    const list = parts();
    expect(list.items).toBeNull();
    await list.load();
    expect(list).toMatchObject({ items: [1, 2], hasMore: true });
    await list.more();
    expect(list).toMatchObject({ items: [1, 2, 3], hasMore: false });
    await list.more();
    expect(list.items).toEqual([1, 2, 3]);
    await list.load();
    expect(list).toMatchObject({ items: [1, 2], hasMore: true });
  });

  it('lets no early question answer over a later one', async () => {
    const answers: ((part: Part<string>) => void)[] = [];
    const list = new PagedList<string>(() => new Promise((resolve) => answers.push(resolve)));
    const early = list.load();
    const late = list.load();
    answers[1]!({ items: ['late'], next: null });
    await late;
    answers[0]!({ items: ['early'], next: null });
    await early;
    expect(list).toMatchObject({ items: ['late'], isLoading: false });
  });

  it('keeps what it has when a later part fails, and asks for that part again', async () => {
    let isSlow = true;
    const list = new PagedList<number>((cursor) => {
      if (cursor === null) return Promise.resolve({ items: [1], next: 'b' });
      if (!isSlow) return Promise.resolve({ items: [2], next: null });
      isSlow = false;
      return Promise.reject(new Problem('Slower.', { slug: 'rate-limited', status: 429 }));
    });
    await list.load();
    await list.more();
    expect(list).toMatchObject({ items: [1], hasMore: true, isLoading: false });
    expect(list.problem?.message).toBe('Slower.');
    await list.again();
    expect(list).toMatchObject({ items: [1, 2], hasMore: false, problem: null });
  });

  it('shows once what moved to the next part meanwhile', async () => {
    const list = new PagedList<string>(
      (cursor) =>
        Promise.resolve(
          cursor === null ? { items: ['a', 'b'], next: 'b' } : { items: ['b', 'c'], next: null },
        ),
      (item) => item,
    );
    await list.load();
    await list.more();
    expect(list.items).toEqual(['a', 'b', 'c']);
  });
});
