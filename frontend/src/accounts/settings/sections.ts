import Ban from '@lucide/svelte/icons/ban';
import Database from '@lucide/svelte/icons/database';
import KeyRound from '@lucide/svelte/icons/key-round';
import Lock from '@lucide/svelte/icons/lock';
import User from '@lucide/svelte/icons/user';
import type { Component } from 'svelte';
import type { AccountSettings } from '#shared/api/types';
import type { Section } from '#shared/section';
import AccessTokensSection from './AccessTokensSection.svelte';
import BlocksSection from './BlocksSection.svelte';
import DataSection from './DataSection.svelte';
import ProfileSection from './ProfileSection.svelte';
import SignInSection from './SignInSection.svelte';

export interface SettingsSection extends Section {
  readonly Content: Component<{ settings: AccountSettings }>;
}

export const sections: readonly SettingsSection[] = [
  { href: '/settings', label: 'Profile', Icon: User, Content: ProfileSection },
  { href: '/settings/sign-in', label: 'Mail and sign-in', Icon: Lock, Content: SignInSection },
  { href: '/settings/tokens', label: 'Access tokens', Icon: KeyRound, Content: AccessTokensSection },
  { href: '/settings/blocks', label: 'Blocked people', Icon: Ban, Content: BlocksSection },
  { href: '/settings/data', label: 'Your data', Icon: Database, Content: DataSection },
];
