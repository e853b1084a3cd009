export const mostTags = 10;
const longestTag = 25;

/** The tags with those of `typed`: letters and digits alone, none twice in other capitals, as many as fit. */
export function addTags(tags: readonly string[], typed: string): string[] {
  const known = new Set(tags.map((tag) => tag.toLowerCase()));
  const added = [...tags];
  for (const word of typed.split(/[\s,;#]+/u)) {
    const tag = Array.from(word.normalize('NFC').replace(/[^\p{L}\p{M}\p{N}]/gu, ''))
      .slice(0, longestTag)
      .join('');
    if (tag === '' || known.has(tag.toLowerCase()) || added.length >= mostTags) continue;
    known.add(tag.toLowerCase());
    added.push(tag);
  }
  return added;
}
