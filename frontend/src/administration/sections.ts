import Radio from '@lucide/svelte/icons/radio';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import Tags from '@lucide/svelte/icons/tags';
import Users from '@lucide/svelte/icons/users';
import type { Component } from 'svelte';
import type { Section } from '#shared/section';
import AuditSection from './AuditSection.svelte';
import CategoriesSection from './CategoriesSection.svelte';
import ChannelsSection from './ChannelsSection.svelte';
import PeopleSection from './PeopleSection.svelte';

interface AdministrationSection extends Section {
  readonly Content: Component;
}

export const sections: readonly AdministrationSection[] = [
  { href: '/admin', label: 'People', Icon: Users, Content: PeopleSection },
  { href: '/admin/channels', label: 'Channels', Icon: Radio, Content: ChannelsSection },
  { href: '/admin/categories', label: 'Categories', Icon: Tags, Content: CategoriesSection },
  { href: '/admin/audit-log', label: 'Audit log', Icon: ScrollText, Content: AuditSection },
];
