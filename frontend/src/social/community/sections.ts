import Heart from '@lucide/svelte/icons/heart';
import Layers from '@lucide/svelte/icons/layers';
import Star from '@lucide/svelte/icons/star';
import type { Component } from 'svelte';
import type { Standing, StudioSection } from '#shared/standings';
import FollowersSection from './FollowersSection.svelte';
import SupportersSection from './SupportersSection.svelte';
import TiersSection from './TiersSection.svelte';

interface CommunitySection extends StudioSection {
  readonly Content: Component<{ channelName: string; standings: readonly Standing[] }>;
}

export const sections: readonly CommunitySection[] = [
  {
    href: '/studio/community',
    label: 'Supporters',
    Icon: Star,
    opens: ['owner', 'editor', 'administrator'],
    Content: SupportersSection,
  },
  {
    href: '/studio/community/tiers',
    label: 'Tiers',
    Icon: Layers,
    opens: ['owner', 'editor', 'administrator'],
    Content: TiersSection,
  },
  {
    href: '/studio/community/followers',
    label: 'Followers',
    Icon: Heart,
    opens: ['owner', 'editor', 'moderator'],
    Content: FollowersSection,
  },
];
