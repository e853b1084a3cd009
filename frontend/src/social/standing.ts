import type { Subscription, Tier } from '#shared/api/types';
import { plural } from '#shared/format/numbers';
import { dayWords } from '#shared/format/times.svelte';
import { moneyWords } from '#shared/format/money';

/** Whether it gives its holder anything, now. */
export function isRunning(subscription: Subscription | null): boolean {
  return subscription?.state === 'active' || subscription?.state === 'cancelled';
}

export function isPending(subscription: Subscription | null): boolean {
  return subscription?.state === 'pending';
}

/** On the button: the state of things, in two words. */
export function buttonWords(subscription: Subscription | null): string {
  if (isPending(subscription)) return 'Requested';
  return isRunning(subscription) ? 'Subscribed' : 'Subscribe';
}

/** How it stands, in a sentence. */
export function standingWords(subscription: Subscription): string {
  const until = subscription.paid_until === null ? '' : dayWords(subscription.paid_until);
  switch (subscription.state) {
    case 'pending':
      return 'Waits for the owner to confirm that you paid.';
    case 'active':
      return subscription.next_tier === null
        ? `Paid for until ${until}, then it renews.`
        : `Paid for until ${until}, then ${subscription.next_tier.name}.`;
    case 'cancelled':
      return `Yours until ${until}. It does not renew.`;
    case 'refused':
      return 'The owner says that no payment came in.';
    case 'expired':
      return 'Nobody confirmed the payment in time.';
    default:
      return until === '' ? 'It has ended.' : `It ended on ${until}.`;
  }
}

/** `3 months, 2 in a row`; empty before the first. */
export function loyaltyWords({
  months,
  streak,
}: {
  readonly months: number;
  readonly streak: number;
}): string {
  if (months === 0) return '';
  return streak > 1 && streak < months
    ? `${plural(months, 'month')}, ${streak} in a row`
    : plural(months, 'month');
}

export interface Act {
  readonly kind: 'take' | 'change' | 'resume';
  readonly label: string;
  readonly words: string;
}

/** What choosing this tier would do; null where it is what one has. */
export function actFor(tier: Tier, subscription: Subscription | null): Act | null {
  if (subscription === null || !(isRunning(subscription) || isPending(subscription))) {
    return {
      kind: 'take',
      label: `Take ${tier.name}`,
      words: tier.price.amount === 0 ? 'It costs nothing, and is yours at once.' : '',
    };
  }
  const asked = subscription.payment;
  if (isPending(subscription)) {
    if (asked?.tier_id === tier.id) return null;
    return { kind: 'change', label: `Ask for ${tier.name} instead`, words: '' };
  }
  if (subscription.state === 'cancelled') {
    if (subscription.tier.id !== tier.id) return null;
    return {
      kind: 'resume',
      label: 'Go on with it',
      words: `It then renews on ${dayWords(subscription.paid_until ?? '')}, for ${moneyWords(tier.price)} a month.`,
    };
  }
  const goesOnWith = (subscription.next_tier ?? subscription.tier).id;
  const isAskedFor = asked?.kind === 'upgrade' && asked.tier_id === tier.id;
  if (isAskedFor || (goesOnWith === tier.id && asked?.kind !== 'upgrade')) return null;
  if (tier.id === subscription.tier.id) return { kind: 'change', label: `Stay with ${tier.name}`, words: '' };
  return tier.price.amount > subscription.tier.price.amount
    ? {
        kind: 'change',
        label: `Upgrade to ${tier.name}`,
        words: 'You pay the difference for the time that is left.',
      }
    : { kind: 'change', label: `Change to ${tier.name}`, words: 'From the next renewal on.' };
}
