import { answerOf, api } from '#shared/api/client';
import type { RoleGrant } from '#shared/api/types';
import type { Part } from '#shared/paged-list.svelte';

export type GrantedRole = RoleGrant['role'];

export const roleWords: readonly { role: GrantedRole; one: string; many: string; words: string }[] = [
  {
    role: 'editor',
    one: 'Editor',
    many: 'Editors',
    words:
      'Change title, settings, schedule and what stands below the player, end a broadcast, and moderate.',
  },
  {
    role: 'moderator',
    one: 'Moderator',
    many: 'Moderators',
    words: 'Keep the chat in order. They write without its limits.',
  },
  {
    role: 'vip',
    one: 'VIP',
    many: 'VIPs',
    words: 'Have a badge, write without the limits of the chat, and see what is for members.',
  },
];

export function rolesOf(name: string) {
  return async (cursor: string | null): Promise<Part<RoleGrant>> => {
    const params = { path: { name }, query: { limit: 100, ...(cursor === null ? {} : { cursor }) } };
    const page = await answerOf(api.GET('/api/v1/channels/{name}/roles', { params }));
    return { items: page.roles, next: page.next_cursor };
  };
}
