import { answerOf, api, taggedAnswerOf, type Tagged } from '#shared/api/client';
import type { About } from '#shared/api/types';
import { pictureUpload } from '#shared/pictures';
import { Draft } from './draft.svelte';

export const mostPanels = 12;
export const longestDescription = 5000;
export const longestPanelText = 2500;
export const longestAlt = 200;

export interface EditedPanel {
  title: string;
  text: string;
  link_url: string | null;
  /** Path of a picture that was sent here. */
  image: string | null;
  /** What it shows, for who does not see it. */
  image_alt: string;
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
  const panels = body.panels.map(({ title, text, link_url, image, image_alt }) => ({
    title,
    text,
    link_url,
    image,
    image_alt,
  }));
  return { body: { description: body.description, panels }, etag };
}

/** The path of the picture the server made of the file; a panel that is saved with it keeps it. */
export async function sendPanelPicture(name: string, file: File): Promise<string> {
  const params = { path: { name } };
  const sent = await answerOf(
    api.PUT('/api/v1/channels/{name}/about/image', { params, ...pictureUpload(file) }),
  );
  return sent.image;
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
