/** Languages to choose from, by their own names; the server takes any of RFC 5646. */
const offered = [
  'ar',
  'cs',
  'da',
  'de',
  'el',
  'en',
  'en-GB',
  'en-US',
  'es',
  'fi',
  'fr',
  'he',
  'hi',
  'hu',
  'id',
  'it',
  'ja',
  'ko',
  'nb',
  'nl',
  'pl',
  'pt',
  'pt-BR',
  'ro',
  'ru',
  'sv',
  'th',
  'tr',
  'uk',
  'vi',
  'zh-Hans',
  'zh-Hant',
];

export interface LocaleChoice {
  readonly value: string;
  readonly label: string;
}

/** The chosen one is among them, whatever it is. */
export function localeChoices(chosen: string): readonly LocaleChoice[] {
  const tags = chosen === '' || offered.includes(chosen) ? offered : [...offered, chosen];
  const named = tags.map((tag) => ({ value: tag, label: nameOf(tag) }));
  return [
    { value: '', label: 'As this browser is set' },
    ...named.toSorted((one, other) => one.label.localeCompare(other.label)),
  ];
}

function nameOf(tag: string): string {
  try {
    const name = new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag;
    return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
  } catch {
    return tag;
  }
}
