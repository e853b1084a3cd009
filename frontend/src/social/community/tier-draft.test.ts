import { describe, expect, it } from 'vitest';
import type { Tier } from '#shared/api/types';
import { TierDraft } from './tier-draft.svelte';

const tier: Tier = {
  id: 'tir_1',
  name: 'Gold',
  price: { amount: 499, currency: 'EUR' },
  benefits: [
    { kind: 'badge', months: [1, 6] },
    { kind: 'replays' },
    { kind: 'custom', text: 'A postcard' },
    { kind: 'custom', text: 'A song' },
  ],
  is_offered: true,
};

describe('TierDraft', () => {
  it('writes a tier as it was read', () => {
    const { name, price, benefits } = tier;
    expect(new TierDraft(tier, 'USD').body()).toEqual({ name, price, benefits });
  });

  it('begins with what most tiers have, and says nothing good of an empty name', () => {
    const draft = new TierDraft(null, 'EUR');
    expect(draft.body()).toBeNull();
    draft.name = ' Silver ';
    draft.price = '3';
    expect(draft.body()).toMatchObject({ name: 'Silver', price: { amount: 300, currency: 'EUR' } });
  });

  it.each(['', '3, 1', '1, 1', '0', '1, x', '121', '1 2 3 4 5 6 7 8 9 10 11 12 13'])(
    'takes no badge after %s months',
    (months) => {
      const draft = new TierDraft(tier, 'EUR');
      draft.badgeMonths = months;
      expect(draft.badgeProblem).not.toBeNull();
      expect(draft.body()).toBeNull();
    },
  );

  it('minds a badge only where there is one', () => {
    const draft = new TierDraft(tier, 'EUR');
    draft.badgeMonths = 'x';
    draft.hasBadge = false;
    expect(draft.body()?.benefits.some(({ kind }) => kind === 'badge')).toBe(false);
  });

  it('takes custom benefits line by line', () => {
    const draft = new TierDraft(tier, 'EUR');
    draft.custom = ' one \n\n two';
    expect(draft.body()?.benefits.filter(({ kind }) => kind === 'custom')).toEqual([
      { kind: 'custom', text: 'one' },
      { kind: 'custom', text: 'two' },
    ]);
    draft.custom = Array.from({ length: 11 }, (_, line) => String(line)).join('\n');
    expect(draft.customProblem).not.toBeNull();
  });
});
