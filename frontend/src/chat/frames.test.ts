import { describe, expect, it } from 'vitest';
import { readFrame, readMessage } from './frames';
import { openChat } from './room-modes';

const message = {
  seq: 4,
  id: 'msg_4',
  sender: { id: 'acc_1', name: 'ada', color: '#ff0000' },
  badges: ['broadcaster'],
  fragments: [{ type: 'text', text: 'hi' }],
  sent_at: '2026-01-01T00:00:00Z',
};

describe('readFrame', () => {
  it.each([
    ['not JSON', 'hello'],
    ['a list', '[]'],
    ['an unknown type', '{"type":"exec"}'],
    ['an ack without a seq', '{"type":"ack","nonce":"n"}'],
    ['bytes', new ArrayBuffer(4)],
  ])('drops %s', (_, data) => {
    expect(readFrame(data)).toBeNull();
  });

  it('reads a welcome with and without a person', () => {
    const welcome = {
      type: 'welcome',
      channel: { id: 'chn_1', name: 'ada' },
      you: null,
      limits: { message_characters: 200 },
      last_seq: 9,
      broadcast: { state: 'live', viewers: 3, started_at: null },
    };
    expect(readFrame(JSON.stringify(welcome))).toEqual({
      type: 'welcome',
      you: null,
      limits: { messageCharacters: 200 },
      lastSeq: 9,
      modes: openChat,
      broadcast: { state: 'live', viewers: 3, startedAt: null, title: null },
    });
    const you = { id: 'acc_2', name: 'bob', can_send: true };
    expect(readFrame(JSON.stringify({ ...welcome, you }))).toMatchObject({ you: { canSend: true } });
  });

  it('reads the modes of the room, and takes what it cannot read for off', () => {
    const modes = { slow_mode_s: 30, followers_only_min: 0, members_only: true, emotes_only: true };
    expect(readFrame(JSON.stringify({ type: 'modes', modes }))).toEqual({
      type: 'modes',
      modes: { slowModeS: 30, followersOnlyMin: 0, isMembersOnly: true, isEmotesOnly: true },
    });
    const strange = { slow_mode_s: -1, followers_only_min: 'ten', members_only: 'yes', emotes_only: null };
    for (const given of [strange, null, 7]) {
      expect(readFrame(JSON.stringify({ type: 'modes', modes: given }))).toEqual({
        type: 'modes',
        modes: openChat,
      });
    }
  });

  it('drops the messages it cannot read and keeps the others', () => {
    const frame = readFrame(JSON.stringify({ type: 'messages', messages: [message, { seq: 'x' }, null] }));
    expect(frame).toMatchObject({ type: 'messages', isHistory: false, messages: [{ seq: 4 }] });
  });

  it('reads a refusal', () => {
    const error = { type: '/problems/rate-limited', title: 'Slow down', retry_after_s: 3 };
    expect(readFrame(JSON.stringify({ type: 'error', nonce: 'n1', error }))).toEqual({
      type: 'error',
      nonce: 'n1',
      slug: 'rate-limited',
      sentence: 'Slow down',
      retryAfterMs: 3000,
    });
  });
});

describe('readMessage', () => {
  it.each(['javascript:alert(1)', 'data:text/html,x', 'not a url', 7])('makes no link to %s', (url) => {
    const read = readMessage({ ...message, fragments: [{ type: 'link', text: 'click', url }] });
    expect(read?.fragments).toEqual([{ type: 'text', text: 'click' }]);
  });

  it('shows fragments of a kind it does not know as text', () => {
    const read = readMessage({ ...message, fragments: [{ type: 'emote', text: ':wave:' }] });
    expect(read?.fragments).toEqual([{ type: 'text', text: ':wave:' }]);
  });
});
