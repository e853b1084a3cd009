// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it } from 'vitest';
import ChatLine from './ChatLine.svelte';
import { readMessage } from './frames';

function show(fragments: unknown[], name = 'mallory', badges: object = { badges: ['broadcaster'] }) {
  const message = readMessage({
    seq: 1,
    id: 'msg_1',
    sender: { id: 'acc_2', name, color: '#ffffff' },
    ...badges,
    fragments,
    sent_at: '2026-01-01T00:00:00Z',
  })!;
  const you = { id: 'acc_1', name: 'ada', displayName: 'Ada', canSend: true };
  render(ChatLine, { props: { message, you } });
  return screen.getByTestId('chat-message');
}

afterEach(cleanup);

describe('ChatLine', () => {
  it('shows the name as its owner writes it', () => {
    const sender = { id: 'acc_2', name: 'fresh_one', display_name: 'Fresh_One', color: null };
    const line = show([{ type: 'text', text: 'hi' }], 'fresh_one', { sender });
    expect(line.textContent).toContain('Fresh_One:');
  });

  it('shows markup as the text it is', () => {
    const line = show([{ type: 'text', text: '<img src=x onerror=alert(1)><b>hi</b>' }], '<i>m</i>');
    expect(line.querySelector('img, b, i')).toBeNull();
    expect(line.textContent).toContain('<img src=x onerror=alert(1)><b>hi</b>');
    expect(line.textContent).toContain('<i>m</i>');
  });

  it('marks a line that names me, in any case', () => {
    const line = show([{ type: 'mention', text: '@ada', name: 'ada' }]);
    expect(line.classList.contains('for-you')).toBe(true);
  });

  it('says for how many months a supporter has their badge', () => {
    const line = show([], 'bob', { badges: ['vip', 'subscriber'], badge_months: 6 });
    const badges = [...line.querySelectorAll('[role="img"]')].map((badge) =>
      badge.getAttribute('aria-label'),
    );
    expect(badges).toEqual(['VIP', 'Subscriber, 6 months']);
  });

  it('opens links apart, without telling where from', () => {
    const line = show([{ type: 'link', text: 'example.org', url: 'https://example.org/' }]);
    const link = line.querySelector('a')!;
    expect(link.getAttribute('href')).toBe('https://example.org/');
    expect(link.rel).toContain('noopener');
  });
});
