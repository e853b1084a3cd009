import type { Benefit, Tier } from '#shared/api/types';
import { plural } from '#shared/format/numbers';

/** A benefit as the one who gets it reads it. */
export function benefitWords(benefit: Benefit): string {
  switch (benefit.kind) {
    case 'badge':
      return `A badge in chat${benefit.months.length > 1 ? `, a new one after ${listed(benefit.months)} months` : ''}`;
    case 'emote_slots':
      return `${plural(benefit.slots, 'emote')} of the channel`;
    case 'members_only_chat':
      return 'Chat when it is for members only';
    case 'members_only_broadcasts':
      return 'Streams for members only';
    case 'replays':
      return 'Replays of past streams';
    case 'custom':
      return benefit.text;
  }
}

const lists = new Intl.ListFormat('en', { type: 'conjunction' });

/** `Its tier 'Gold' opens it.`: those that let one into the chat of members, as the server says it too. */
export function chatTierWords(tiers: readonly Pick<Tier, 'name' | 'benefits'>[]): string {
  const opening = tiers
    .filter(({ benefits }) => benefits.some(({ kind }) => kind === 'members_only_chat'))
    .map(({ name }) => `'${name}'`);
  if (opening.length === 0) return '';
  return opening.length === 1
    ? `Its tier ${opening.join('')} opens it.`
    : `Its tiers ${lists.format(opening)} open it.`;
}

function listed(months: readonly number[]): string {
  return months.length < 2 ? months.join('') : `${months.slice(0, -1).join(', ')} and ${months.at(-1) ?? ''}`;
}
