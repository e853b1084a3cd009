import { describe, expect, it } from 'vitest';
import { localeChoices } from './locales';
import { programWords } from './program-words';
import { offeredScopes } from './scopes';

describe('programWords', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Safari/537.36 Edg/129.0',
      'Edge on Windows',
    ],
    [
      'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Mobile Safari/537.36',
      'Chrome on Android',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
      'Safari on iPhone',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15',
      'Safari on macOS',
    ],
    ['OBS-Studio/30.2', 'OBS-Studio/30.2'],
    ['  ', 'Unknown program'],
  ])('says %s in words', (userAgent, words) => {
    expect(programWords(userAgent)).toBe(words);
  });

  it('cuts what a program says at length', () => {
    expect(programWords('x'.repeat(300))).toHaveLength(60);
  });
});

describe('localeChoices', () => {
  it('begins with the choice not to choose', () => {
    expect(localeChoices('')[0]).toMatchObject({ value: '' });
  });

  it('has a chosen one it does not offer otherwise', () => {
    expect(localeChoices('gsw').some(({ value }) => value === 'gsw')).toBe(true);
    expect(localeChoices('de').filter(({ value }) => value === 'de')).toHaveLength(1);
  });

  it('calls each language by its own name', () => {
    expect(localeChoices('').find(({ value }) => value === 'de')?.label).toBe('Deutsch');
  });
});

describe('offeredScopes', () => {
  it('offers administration to administrators only', () => {
    expect(offeredScopes(false)).not.toContain('administration');
    expect(offeredScopes(true)).toContain('administration');
  });
});
