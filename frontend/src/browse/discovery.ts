import type { Part } from '#shared/paged-list.svelte';
import { answerOf, api } from '#shared/api/client';
import type { Category, ChannelCard, SearchResult } from '#shared/api/types';
import { plural } from '#shared/format/numbers';

/** What the live list is narrowed to; empty: not at all. */
export interface Filters {
  /** A slug. */
  readonly category: string;
  readonly tag: string;
  readonly language: string;
}

const pageSize = 24;

export function liveChannels({ category, tag, language }: Filters) {
  return async (cursor: string | null): Promise<Part<ChannelCard>> => {
    const page = await answerOf(
      api.GET('/api/v1/channels', {
        params: {
          query: {
            live: true,
            limit: pageSize,
            ...(category === '' ? {} : { category }),
            ...(tag === '' ? {} : { tag }),
            ...(language === '' ? {} : { language }),
            ...(cursor === null ? {} : { cursor }),
          },
        },
      }),
    );
    return { items: page.channels, next: page.next_cursor };
  };
}

/** A tag as it is kept: letters and digits alone, whatever was typed around them. */
export function cleanTag(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N}]/gu, '').slice(0, 25);
}

export interface Suggestion {
  readonly kind: 'channel' | 'category';
  readonly name: string;
  readonly words: string;
  readonly href: string;
  readonly isLive: boolean;
  readonly avatarUrl: string | null;
}

export function categoryWords({ live_channels, viewers }: Category): string {
  return live_channels === 0 ? 'Nobody is live' : `${plural(viewers, 'viewer')}, ${live_channels} live`;
}

/** As many of each kind as the server gives: search has no second page. */
export function searchAll(text: string, limit = 50): Promise<SearchResult> {
  return answerOf(api.GET('/api/v1/search', { params: { query: { q: text, limit } } }));
}

/** A few of both kinds, for a list below the search box. */
export async function suggest(text: string): Promise<Suggestion[]> {
  const { channels, categories } = await searchAll(text, 5);
  return [...channels.map(channelSuggestion), ...categories.slice(0, 3).map(categorySuggestion)];
}

function channelSuggestion({
  name,
  display_name,
  title,
  category,
  is_live,
  avatar_url,
}: ChannelCard): Suggestion {
  return {
    kind: 'channel',
    name: display_name,
    words: title || category,
    href: `/${name}`,
    isLive: is_live,
    avatarUrl: avatar_url,
  };
}

function categorySuggestion(category: Category): Suggestion {
  return {
    kind: 'category',
    name: category.name,
    words: categoryWords(category),
    href: `/category/${category.slug}`,
    isLive: false,
    avatarUrl: null,
  };
}
