/** Languages that a channel may be in and that browsers can name, by their BCP 47 primary tags. */
const tags = (
  'ar bg bn ca cs da de el en es et eu fa fi fil fr ga gl he hi hr hu id is it ja ka ko lt lv ms mt nb nl pl ' +
  'pt ro ru sk sl sq sr sv sw ta te th tr uk ur vi zh'
).split(' ');

const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' });

/** `German` for `de`; the tag itself when nobody knows it. */
export function languageName(tag: string): string {
  try {
    return names.of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** For a menu, by name; one that is not in the list (an API may set any) is added. */
export function languageOptions(chosen: string): { value: string; label: string }[] {
  return (tags.includes(chosen) || chosen === '' ? tags : [...tags, chosen])
    .map((value) => ({ value, label: languageName(value) }))
    .sort((a, b) => a.label.localeCompare(b.label, 'en'));
}
