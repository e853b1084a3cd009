import CalendarDays from '@lucide/svelte/icons/calendar-days';
import ChartColumn from '@lucide/svelte/icons/chart-column';
import KeyRound from '@lucide/svelte/icons/key-round';
import SlidersHorizontal from '@lucide/svelte/icons/sliders-horizontal';
import SquarePen from '@lucide/svelte/icons/square-pen';
import FileText from '@lucide/svelte/icons/file-text';
import Users from '@lucide/svelte/icons/users';
import type { Component } from 'svelte';

export type SectionName = 'channel' | 'about' | 'schedule' | 'people' | 'keys' | 'statistics' | 'name';

interface ChannelSection {
  readonly name: SectionName;
  readonly label: string;
  readonly Icon: Component<{ size?: number }>;
  /** Editors do not see it. */
  readonly isOwners: boolean;
}

export const channelSections: readonly ChannelSection[] = [
  { name: 'channel', label: 'Channel', Icon: SlidersHorizontal, isOwners: false },
  { name: 'about', label: 'About', Icon: FileText, isOwners: false },
  { name: 'schedule', label: 'Schedule', Icon: CalendarDays, isOwners: false },
  { name: 'people', label: 'People', Icon: Users, isOwners: true },
  { name: 'keys', label: 'Stream keys', Icon: KeyRound, isOwners: true },
  { name: 'statistics', label: 'Statistics', Icon: ChartColumn, isOwners: false },
  { name: 'name', label: 'Name and deletion', Icon: SquarePen, isOwners: true },
];

/** Where a section is: `/studio/channel`, of another's channel `/studio/channel/about?channel=ada`. */
export function sectionHref(section: SectionName, othersChannel: string): string {
  const path = section === 'channel' ? '/studio/channel' : `/studio/channel/${section}`;
  return othersChannel === '' ? path : `${path}?channel=${encodeURIComponent(othersChannel)}`;
}
