import type { ManagedChannel } from './api/types';
import type { Section } from './section';

/** What somebody is to a channel, as far as it opens parts of its studio; docs/access.md says which. */
export type Standing = 'owner' | 'editor' | 'moderator' | 'administrator';

/** A part of the studio; `href` is its path, of one's own channel. */
export interface StudioSection extends Section {
  readonly opens: readonly Standing[];
}

export interface Person {
  readonly name: string;
  readonly is_administrator: boolean;
}

/** `managed`: the channels one has a role on. */
export function standingsOn(
  channelName: string,
  person: Person,
  managed: readonly ManagedChannel[],
): readonly Standing[] {
  if (channelName === person.name) return ['owner'];
  const role = managed.find(({ name }) => name === channelName)?.role;
  const byRole: Standing[] = role === 'editor' || role === 'moderator' ? [role] : [];
  return person.is_administrator ? [...byRole, 'administrator'] : byRole;
}

export function sectionsFor<Of extends StudioSection>(
  sections: readonly Of[],
  standings: readonly Standing[],
): readonly Of[] {
  return sections.filter(({ opens }) => opens.some((standing) => standings.includes(standing)));
}

/** Where a section of another's channel is: `/studio/channel/about?channel=ada`. */
export function hrefOn(path: string, othersChannel: string): string {
  return othersChannel === '' ? path : `${path}?channel=${encodeURIComponent(othersChannel)}`;
}
