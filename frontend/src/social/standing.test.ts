import { describe, expect, it } from 'vitest';
import type { Subscription, Tier } from '#shared/api/types';
import { benefitWords } from './benefits';
import { actFor, buttonWords, isRunning, loyaltyWords, standingWords } from './standing';

function tier(id: string, amount: number): Tier {
  return { id, name: id, price: { amount, currency: 'EUR' }, benefits: [], is_offered: true };
}

const silver = tier('Silver', 300);
const gold = tier('Gold', 700);
const paidFor = '2026-02-01T00:00:00Z';

function subscription(state: string, fields: Partial<Subscription> = {}): Subscription {
  return {
    id: 'sub_1',
    channel: 'ada',
    channel_id: 'chn_1',
    state,
    tier: silver,
    next_tier: null,
    months: 1,
    streak: 1,
    started_at: null,
    paid_until: paidFor,
    payment: null,
    ...fields,
  };
}

function payment(kind: string, tierId: string): NonNullable<Subscription['payment']> {
  return {
    id: 'pay_1',
    kind,
    state: 'pending',
    tier_id: tierId,
    amount: { amount: 300, currency: 'EUR' },
    months: 1,
    provider: 'manual',
    reference: 'K7QX',
    created_at: paidFor,
    due_at: paidFor,
    settled_at: null,
  };
}

describe('actFor', () => {
  it.each([null, 'ended', 'refused', 'expired'])('takes a tier when there is none running: %s', (state) => {
    expect(actFor(gold, state === null ? null : subscription(state))?.kind).toBe('take');
  });

  it('asks for another tier while the first one waits, and not for the same again', () => {
    const pending = subscription('pending', { payment: payment('first', 'Silver') });
    expect(actFor(silver, pending)).toBeNull();
    expect(actFor(gold, pending)?.kind).toBe('change');
  });

  it('upgrades at once and changes down from the renewal on', () => {
    expect(actFor(gold, subscription('active'))?.label).toBe('Upgrade to Gold');
    expect(actFor(silver, subscription('active', { tier: gold }))?.label).toBe('Change to Silver');
    expect(actFor(silver, subscription('active'))).toBeNull();
  });

  it('offers the way back from a change that waits', () => {
    const upgrading = subscription('active', { payment: payment('upgrade', 'Gold') });
    expect(actFor(gold, upgrading)).toBeNull();
    expect(actFor(silver, upgrading)?.label).toBe('Stay with Silver');
    const changing = subscription('active', { tier: gold, next_tier: silver });
    expect(actFor(silver, changing)).toBeNull();
    expect(actFor(gold, changing)?.label).toBe('Stay with Gold');
  });

  it('goes on with a cancelled one, and with no other before', () => {
    expect(actFor(silver, subscription('cancelled'))?.kind).toBe('resume');
    expect(actFor(gold, subscription('cancelled'))).toBeNull();
  });
});

describe('words of a subscription', () => {
  it('say on the button how it stands', () => {
    expect(buttonWords(null)).toBe('Subscribe');
    expect(buttonWords(subscription('ended'))).toBe('Subscribe');
    expect(buttonWords(subscription('active'))).toBe('Subscribed');
    expect(isRunning(subscription('cancelled'))).toBe(true);
  });

  it('name what comes next', () => {
    expect(standingWords(subscription('active', { next_tier: gold }))).toMatch(/then Gold/);
    expect(standingWords(subscription('cancelled'))).toMatch(/does not renew/);
  });

  it('count months', () => {
    expect(loyaltyWords({ months: 0, streak: 0 })).toBe('');
    expect(loyaltyWords({ months: 1, streak: 1 })).toBe('1 month');
    expect(loyaltyWords({ months: 7, streak: 3 })).toBe('7 months, 3 in a row');
  });

  it('name benefits', () => {
    expect(benefitWords({ kind: 'badge', months: [1, 3, 6] })).toMatch(/after 1, 3 and 6 months/);
    expect(benefitWords({ kind: 'custom', text: 'A postcard' })).toBe('A postcard');
  });
});
