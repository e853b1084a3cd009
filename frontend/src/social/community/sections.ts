import Heart from '@lucide/svelte/icons/heart';
import Layers from '@lucide/svelte/icons/layers';
import Star from '@lucide/svelte/icons/star';
import type { Component } from 'svelte';
import type { Section } from '#shared/ui/SectionedPage.svelte';
import FollowersSection from './FollowersSection.svelte';
import SupportersSection from './SupportersSection.svelte';
import TiersSection from './TiersSection.svelte';

interface CommunitySection extends Section {
  readonly Content: Component<{ channelName: string }>;
}

export const sections: readonly CommunitySection[] = [
  { href: '/studio/community', label: 'Supporters', Icon: Star, Content: SupportersSection },
  { href: '/studio/community/tiers', label: 'Tiers', Icon: Layers, Content: TiersSection },
  { href: '/studio/community/followers', label: 'Followers', Icon: Heart, Content: FollowersSection },
];
