import { api, taggedAnswerOf, type Tagged } from '#shared/api/client';
import type { Channel, Privacy } from '#shared/api/types';
import { Draft } from './draft.svelte';

/** What the form shows, the chat modes beside the rest so that each field changes by itself. */
export interface General {
  title: string;
  category: string;
  tags: string[];
  language: string;
  is_mature: boolean;
  privacy: Privacy;
  slow_mode_s: number;
  followers_only_min: number | null;
  members_only: boolean;
  emotes_only: boolean;
}

/** The body of PATCH: chat modes in a part of their own, all of them when one changed. */
export function changeOf(fields: General, changes: Partial<General>) {
  const { slow_mode_s, followers_only_min, members_only, emotes_only, ...rest } = changes;
  const changed = [slow_mode_s, followers_only_min, members_only, emotes_only];
  if (changed.every((mode) => mode === undefined)) return rest;
  return {
    ...rest,
    chat_modes: {
      slow_mode_s: fields.slow_mode_s,
      followers_only_min: fields.followers_only_min,
      members_only: fields.members_only,
      emotes_only: fields.emotes_only,
    },
  };
}

export function generalDraft(name: string): Draft<General> {
  const path = { params: { path: { name } } };
  return new Draft<General>({
    load: async () => general(await taggedAnswerOf(api.GET('/api/v1/channels/{name}', path))),
    save: async (fields, changes, etag) =>
      general(
        await taggedAnswerOf(
          api.PATCH('/api/v1/channels/{name}', {
            params: { path: { name }, ...(etag === null ? {} : { header: { 'if-match': etag } }) },
            body: changeOf(fields, changes),
          }),
        ),
      ),
  });
}

function general({ body, etag }: Tagged<Channel>): Tagged<General> {
  const { title, category, tags, language, is_mature, privacy, chat_modes } = body;
  return { body: { title, category, tags, language, is_mature, privacy, ...chat_modes }, etag };
}
