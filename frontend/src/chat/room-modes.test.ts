import { describe, expect, it } from 'vitest';
import { hindranceOf, modeWords, openChat, type ChatStanding } from './room-modes';

const now = Date.parse('2026-01-01T12:00:00Z');
const stranger: ChatStanding = {
  hasRole: false,
  isSubscriber: false,
  hasMembersChat: false,
  followedAt: null,
};
const strict = { slowModeS: 30, followersOnlyMin: 10, isMembersOnly: true, isEmotesOnly: true };

describe('modeWords', () => {
  it('names those that are on', () => {
    expect(modeWords(openChat)).toEqual([]);
    expect(modeWords(strict)).toEqual([
      'Members only',
      'Followers only (10 min)',
      'Emoji only',
      'Slow mode (30 s)',
    ]);
    expect(modeWords({ ...openChat, followersOnlyMin: 0 })).toEqual(['Followers only']);
  });
});

describe('hindranceOf', () => {
  it('is none in an open chat, once the address is confirmed', () => {
    expect(hindranceOf(openChat, stranger, true, now)).toBeNull();
    expect(hindranceOf(openChat, stranger, false, now)?.way).toBe('confirm-mail');
  });

  it('holds who has a role to nothing', () => {
    expect(hindranceOf(strict, { ...stranger, hasRole: true }, true, now)).toBeNull();
  });

  it('asks for a tier with the chat, not for any', () => {
    expect(hindranceOf(strict, { ...stranger, isSubscriber: true }, true, now)?.way).toBe('subscribe');
    const member = { ...stranger, isSubscriber: true, hasMembersChat: true };
    expect(hindranceOf(strict, member, true, now)).toBeNull();
  });

  it('asks to follow, and then for patience', () => {
    const followers = { ...openChat, followersOnlyMin: 10 };
    expect(hindranceOf(followers, stranger, true, now)).toEqual({
      way: 'follow',
      words: 'Only who has followed for 10 minutes writes here.',
    });
    const fresh = { ...stranger, followedAt: '2026-01-01T11:58:00Z' };
    expect(hindranceOf(followers, fresh, true, now)).toEqual({
      way: 'wait',
      words: 'Only who has followed for 10 minutes writes here. You may in 8 minutes.',
    });
    expect(hindranceOf(followers, fresh, true, now + 8 * 60_000)).toBeNull();
    expect(hindranceOf(followers, { ...stranger, isSubscriber: true }, true, now)).toBeNull();
    expect(hindranceOf({ ...openChat, followersOnlyMin: 0 }, fresh, true, now)).toBeNull();
  });
});
