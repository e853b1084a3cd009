import { api, taggedAnswerOf, type Tagged } from '#shared/api/client';
import type { About } from '#shared/api/types';
import { Draft } from './draft.svelte';

export const mostPanels = 12;
export const longestDescription = 5000;
export const longestPanelText = 2500;

export interface EditedPanel {
  title: string;
  text: string;
  link_url: string | null;
  /** Set by the API only; kept as it is. */
  image: string | null;
}

export interface EditedAbout {
  description: string;
  panels: EditedPanel[];
}

export function aboutDraft(name: string): Draft<EditedAbout> {
  const path = { path: { name } };
  return new Draft<EditedAbout>({
    load: async () =>
      edited(await taggedAnswerOf(api.GET('/api/v1/channels/{name}/about', { params: path }))),
    // The whole is replaced: what was not changed goes along.
    save: async (fields, _changes, etag) =>
      edited(
        await taggedAnswerOf(
          api.PUT('/api/v1/channels/{name}/about', {
            params: { ...path, ...(etag === null ? {} : { header: { 'if-match': etag } }) },
            body: fields,
          }),
        ),
      ),
  });
}

function edited({ body, etag }: Tagged<About>): Tagged<EditedAbout> {
  const panels = body.panels.map(({ title, text, link_url, image }) => ({ title, text, link_url, image }));
  return { body: { description: body.description, panels }, etag };
}

export function moved<Item>(items: readonly Item[], from: number, to: number): Item[] {
  const rest = items.filter((_, place) => place !== from);
  const item = items[from];
  return item === undefined ? rest : rest.toSpliced(to, 0, item);
}

/** An empty field is no link; what the server would refuse is said before it is asked. */
export function linkProblem(link: string | null): string | null {
  if (link === null || link === '') return null;
  return /^https?:\/\/[^\s/@]+(\/\S*)?$/i.test(link)
    ? null
    : 'A whole address, such as https://example.org/shop.';
}
