import type { ChannelState, Privacy } from '#shared/api/types';

export const channelStates: readonly { readonly value: ChannelState | ''; readonly label: string }[] = [
  { value: '', label: 'All' },
  { value: 'active', label: 'Active' },
  { value: 'suspended', label: 'Suspended' },
  { value: 'deleting', label: 'To be deleted' },
];

/** Beside the name of a channel that not everybody finds. */
export function privacyMark(privacy: Privacy): string | undefined {
  if (privacy === 'public') return undefined;
  return privacy === 'unlisted' ? 'Unlisted' : 'Members only';
}
