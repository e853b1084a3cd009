import { describe, expect, it, vi } from 'vitest';
import { download } from './download';

const never = new AbortController().signal;

function answer(response: Response): void {
  vi.spyOn(globalThis, 'fetch').mockResolvedValue(response);
}

describe('download', () => {
  it('tells how much has come, and what the server calls it', async () => {
    const parts = [new Uint8Array(3), new Uint8Array(4)];
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const part = parts.shift();
        if (part === undefined) controller.close();
        else controller.enqueue(part);
      },
    });
    const headers = { 'content-disposition': 'attachment; filename="livehouse-ada.zip"' };
    answer(new Response(body, { headers }));
    const seen: number[] = [];
    const downloaded = await download('/x', (bytes) => seen.push(bytes), never);
    expect(seen).toEqual([3, 7]);
    expect(downloaded.name).toBe('livehouse-ada.zip');
    expect(downloaded.file.size).toBe(7);
  });

  it('takes no path out of a name', async () => {
    answer(new Response('x', { headers: { 'content-disposition': 'attachment; filename="../../x"' } }));
    expect((await download('/x', () => undefined, never)).name).toBe('livehouse.zip');
  });

  it('says what the server says when it refuses', async () => {
    answer(new Response('{"type":"/problems/too-many-exports","detail":"Wait a while."}', { status: 429 }));
    await expect(download('/x', () => undefined, never)).rejects.toMatchObject({
      slug: 'too-many-exports',
      message: 'Wait a while.',
    });
  });

  it('says so when the connection goes away in the middle', async () => {
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new TypeError('network error'));
      },
    });
    answer(new Response(body));
    await expect(download('/x', () => undefined, never)).rejects.toMatchObject({ slug: 'offline' });
  });
});
