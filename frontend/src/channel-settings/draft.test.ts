import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '#shared/api/problems';
import { Draft } from './draft.svelte';

interface Fields {
  title: string;
  tags: string[];
}

/** A server with versions, as the real one has them. */
class FakeServer {
  there: Fields = { title: 'Painting', tags: ['art'] };
  version = 1;
  readonly saved: Partial<Fields>[] = [];

  readonly draft = new Draft<Fields>({
    load: () => Promise.resolve({ body: this.there, etag: `"${this.version}"` }),
    save: (_fields, changes, etag) => {
      if (etag !== `"${this.version}"`) {
        return Promise.reject(new Problem('Changed meanwhile.', { slug: 'channel-changed', status: 412 }));
      }
      this.saved.push(changes);
      this.become({ ...this.there, ...changes });
      return Promise.resolve({ body: this.there, etag: `"${this.version}"` });
    },
  });

  become(fields: Fields): void {
    this.there = fields;
    this.version += 1;
  }
}

let server: FakeServer;
let draft: Draft<Fields>;

beforeEach(async () => {
  server = new FakeServer();
  ({ draft } = server);
  await draft.load();
});

describe('Draft', () => {
  it('knows a change from a change taken back', () => {
    draft.change({ title: 'Drawing' });
    expect(draft).toMatchObject({ isChanged: true, fields: { title: 'Drawing', tags: ['art'] } });
    draft.change({ title: 'Painting', tags: ['art'] });
    expect(draft.isChanged).toBe(false);
  });

  it('saves what was changed and nothing else', async () => {
    draft.change({ title: 'Drawing' });
    expect(await draft.save()).toBe(true);
    expect(server.saved).toEqual([{ title: 'Drawing' }]);
    expect(draft).toMatchObject({ isChanged: false, isSaved: true });
    expect(await draft.save()).toBe(false);
  });

  it('keeps what was typed when others were quicker, and takes over what they changed', async () => {
    draft.change({ title: 'Drawing' });
    server.become({ title: 'Singing', tags: ['music'] });
    expect(await draft.save()).toBe(false);
    expect(draft.isConflict).toBe(true);
    await draft.load();
    expect(draft).toMatchObject({ isConflict: false, fields: { title: 'Drawing', tags: ['music'] } });
    expect(await draft.save()).toBe(true);
    expect(server.there).toEqual({ title: 'Drawing', tags: ['music'] });
  });

  it('has nothing left to save when others made the same change', async () => {
    draft.change({ title: 'Singing' });
    server.become({ title: 'Singing', tags: ['art'] });
    await draft.save();
    await draft.load();
    expect(draft.isChanged).toBe(false);
  });

  it('keeps what is typed while it is saved', async () => {
    draft.change({ title: 'Drawing' });
    const saving = draft.save();
    draft.change({ title: 'Drawing birds' });
    await saving;
    expect(draft).toMatchObject({ isChanged: true, isSaved: false, fields: { title: 'Drawing birds' } });
  });

  it('goes back to what the server has', () => {
    draft.change({ tags: [] });
    draft.discard();
    expect(draft).toMatchObject({ isChanged: false, fields: { tags: ['art'] } });
  });
});
