import ScrollText from '@lucide/svelte/icons/scroll-text';
import Users from '@lucide/svelte/icons/users';
import type { Component } from 'svelte';
import type { Section } from '#shared/ui/SectionedPage.svelte';
import AuditSection from './AuditSection.svelte';
import PeopleSection from './PeopleSection.svelte';

interface AdministrationSection extends Section {
  readonly Content: Component;
}

export const sections: readonly AdministrationSection[] = [
  { href: '/admin', label: 'People', Icon: Users, Content: PeopleSection },
  { href: '/admin/audit-log', label: 'Audit log', Icon: ScrollText, Content: AuditSection },
];
