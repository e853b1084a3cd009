export type Theme = 'dark' | 'light' | 'system';

const storageKey = 'livehouse.theme';

function isTheme(value: string | undefined | null): value is Theme {
  return value === 'dark' || value === 'light' || value === 'system';
}

/** The chosen theme; `public/theme.js` has put it on the document before the first paint. */
class ThemeChoice {
  #chosen = $state<Theme>('dark');
  #systemIsLight = $state(false);

  constructor() {
    const set = document.documentElement.dataset['theme'];
    if (isTheme(set)) this.#chosen = set;
    const query = globalThis.matchMedia('(prefers-color-scheme: light)');
    this.#systemIsLight = query.matches;
    query.addEventListener('change', (change) => {
      this.#systemIsLight = change.matches;
    });
  }

  get chosen(): Theme {
    return this.#chosen;
  }

  /** What is on the screen, "system" resolved. */
  get shown(): 'dark' | 'light' {
    if (this.#chosen !== 'system') return this.#chosen;
    return this.#systemIsLight ? 'light' : 'dark';
  }

  choose(theme: Theme): void {
    this.#chosen = theme;
    document.documentElement.dataset['theme'] = theme;
    try {
      localStorage.setItem(storageKey, theme);
    } catch {
      // Storage is switched off: the choice lasts until the page is closed.
    }
  }
}

export const theme = new ThemeChoice();
