import CalendarDays from '@lucide/svelte/icons/calendar-days';
import KeyRound from '@lucide/svelte/icons/key-round';
import SlidersHorizontal from '@lucide/svelte/icons/sliders-horizontal';
import ChartColumn from '@lucide/svelte/icons/chart-column';
import FileText from '@lucide/svelte/icons/file-text';
import type { Component } from 'svelte';

export type SectionName = 'channel' | 'about' | 'schedule' | 'keys' | 'statistics';

interface ChannelSection {
  readonly name: SectionName;
  readonly label: string;
  readonly Icon: Component<{ size?: number }>;
}

export const channelSections: readonly ChannelSection[] = [
  { name: 'channel', label: 'Channel', Icon: SlidersHorizontal },
  { name: 'about', label: 'About', Icon: FileText },
  { name: 'schedule', label: 'Schedule', Icon: CalendarDays },
  { name: 'keys', label: 'Stream keys', Icon: KeyRound },
  { name: 'statistics', label: 'Statistics', Icon: ChartColumn },
];

export function sectionHref(section: SectionName): string {
  return section === 'channel' ? '/studio/channel' : `/studio/channel/${section}`;
}
