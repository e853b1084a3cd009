import { answerOf, api } from '#shared/api/client';
import type { Category } from '#shared/api/types';
import type { Part } from '#shared/paged-list.svelte';

/** Those whose name is like `query`, or all, the most watched first. */
export function findCategories(query: string, limit = 48) {
  return async (cursor: string | null): Promise<Part<Category>> => {
    const page = await answerOf(
      api.GET('/api/v1/categories', {
        params: {
          query: { limit, ...(query === '' ? {} : { query }), ...(cursor === null ? {} : { cursor }) },
        },
      }),
    );
    return { items: page.categories, next: page.next_cursor };
  };
}

export function oneCategory(slug: string): Promise<Category> {
  return answerOf(api.GET('/api/v1/categories/{slug}', { params: { path: { slug } } }));
}
