import { answerOf, api } from '#shared/api/client';
import { isMadeAlready } from '#shared/api/problems';
import type { IssuedStreamKey, StreamKey } from '#shared/api/types';

/** How long the key the studio makes for itself is good; it is revoked when the stream is ended. */
const studioKeyLifeS = 86_400;

function path(name: string) {
  return { params: { path: { name } } };
}

export async function listStreamKeys(channel: string): Promise<StreamKey[]> {
  const listed = await answerOf(api.GET('/api/v1/channels/{name}/stream-keys', path(channel)));
  return listed.stream_keys;
}

/** `lifeS` is null for a key that does not expire. */
export function createStreamKey(
  channel: string,
  name: string,
  lifeS: number | null,
): Promise<IssuedStreamKey> {
  return answerOf(
    api.POST('/api/v1/channels/{name}/stream-keys', {
      ...path(channel),
      body: { name, expires_in_s: lifeS },
    }),
  );
}

export function createStudioKey(channel: string): Promise<IssuedStreamKey> {
  return withSecret(() => createStreamKey(channel, 'studio', studioKeyLifeS));
}

export function rotateStreamKey(channel: string, id: string): Promise<IssuedStreamKey> {
  return withSecret(() =>
    answerOf(
      api.POST('/api/v1/channels/{name}/stream-keys/{stream_key_id}/rotate', {
        params: { path: { name: channel, stream_key_id: id } },
      }),
    ),
  );
}

/** Once more when the secret was lost on its way here: the next one takes its place. */
async function withSecret(make: () => Promise<IssuedStreamKey>): Promise<IssuedStreamKey> {
  try {
    return await make();
  } catch (failure) {
    if (!isMadeAlready(failure)) throw failure;
    return await make();
  }
}

export async function revokeStreamKey(channel: string, id: string): Promise<void> {
  await answerOf(
    api.DELETE('/api/v1/channels/{name}/stream-keys/{stream_key_id}', {
      params: { path: { name: channel, stream_key_id: id } },
    }),
  );
}

export async function endBroadcast(channel: string): Promise<void> {
  await answerOf(api.DELETE('/api/v1/channels/{name}/broadcast', path(channel)));
}
