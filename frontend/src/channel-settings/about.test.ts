// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { linkProblem, moved } from './about';
import { changeOf, type General } from './general';

describe('moved', () => {
  it('takes an item up, down and nowhere', () => {
    expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'c', 'b']);
    expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c']);
    expect(moved(['a', 'b'], 1, 1)).toEqual(['a', 'b']);
  });
});

describe('linkProblem', () => {
  it.each(['https://example.org', 'http://example.org:8080/a?b#c', '', null])('takes %s', (link) => {
    expect(linkProblem(link)).toBeNull();
  });

  it.each(['example.org', 'javascript:alert(1)', 'https://', 'https://me@example.org/', 'https://a b'])(
    'refuses %s',
    (link) => {
      expect(linkProblem(link)).toMatch(/https:/);
    },
  );
});

describe('changeOf', () => {
  const modes = { slow_mode_s: 5, followers_only_min: null, members_only: false, emotes_only: true };
  const fields: General = {
    ...modes,
    title: 'Sea',
    category: '',
    tags: [],
    language: '',
    is_mature: false,
    privacy: 'public',
  };

  it('sends the chat modes in a part of their own, when one of them changed', () => {
    expect(changeOf(fields, { title: 'Sea', followers_only_min: null })).toEqual({
      title: 'Sea',
      chat_modes: modes,
    });
    expect(changeOf(fields, { tags: [] })).toEqual({ tags: [] });
  });
});
