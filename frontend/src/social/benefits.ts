import type { Benefit } from '#shared/api/types';
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

function listed(months: readonly number[]): string {
  return months.length < 2 ? months.join('') : `${months.slice(0, -1).join(', ')} and ${months.at(-1) ?? ''}`;
}
