import CalendarDays from '@lucide/svelte/icons/calendar-days';
import ChartColumn from '@lucide/svelte/icons/chart-column';
import KeyRound from '@lucide/svelte/icons/key-round';
import SlidersHorizontal from '@lucide/svelte/icons/sliders-horizontal';
import SquarePen from '@lucide/svelte/icons/square-pen';
import FileText from '@lucide/svelte/icons/file-text';
import Users from '@lucide/svelte/icons/users';
import type { StudioSection } from '#shared/standings';

export type SectionName = 'channel' | 'about' | 'schedule' | 'people' | 'keys' | 'statistics' | 'name';

export interface ChannelSection extends StudioSection {
  readonly name: SectionName;
}

export const sections: readonly ChannelSection[] = [
  {
    name: 'channel',
    href: '/studio/channel',
    label: 'Channel',
    Icon: SlidersHorizontal,
    opens: ['owner', 'editor'],
  },
  {
    name: 'about',
    href: '/studio/channel/about',
    label: 'About',
    Icon: FileText,
    opens: ['owner', 'editor'],
  },
  {
    name: 'schedule',
    href: '/studio/channel/schedule',
    label: 'Schedule',
    Icon: CalendarDays,
    opens: ['owner', 'editor'],
  },
  {
    name: 'people',
    href: '/studio/channel/people',
    label: 'People',
    Icon: Users,
    opens: ['owner', 'editor', 'moderator', 'administrator'],
  },
  {
    name: 'keys',
    href: '/studio/channel/keys',
    label: 'Stream keys',
    Icon: KeyRound,
    opens: ['owner'],
  },
  {
    name: 'statistics',
    href: '/studio/channel/statistics',
    label: 'Statistics',
    Icon: ChartColumn,
    opens: ['owner', 'editor', 'administrator'],
  },
  {
    name: 'name',
    href: '/studio/channel/name',
    label: 'Name and deletion',
    Icon: SquarePen,
    opens: ['owner'],
  },
];
