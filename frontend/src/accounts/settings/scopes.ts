import type { Scope } from '#shared/api/types';

interface ScopeWords {
  readonly label: string;
  readonly hint: string;
}

/** What a token may be made for, in words. Each scope of the server has its own (the type asks for it). */
export const scopeWords: Readonly<Record<Scope, ScopeWords>> = {
  'channel:manage': { label: 'Manage channels', hint: 'Title, category and settings of channels you run' },
  'stream:manage': {
    label: 'Manage streams',
    hint: 'Go live, end broadcasts, read their health, stream keys',
  },
  'chat:write': { label: 'Write in chats', hint: 'In your name, and moderate where you may' },
  'social:read': { label: 'Read follows and blocks', hint: 'Whom you follow, support and have blocked' },
  'social:manage': { label: 'Manage follows and blocks', hint: 'Follow, support and block in your name' },
  'account:read': { label: 'Read the account', hint: 'Your settings, with your mail address' },
  'account:manage': {
    label: 'Change the profile',
    hint: 'Display name, bio and language; never password or mail',
  },
  administration: { label: 'Administer this server', hint: 'Suspend accounts, read the audit log' },
};

/** In the order they are offered; administration only to those who could use it. */
export function offeredScopes(isAdministrator: boolean): readonly Scope[] {
  const all = Object.keys(scopeWords) as Scope[];
  return isAdministrator ? all : all.filter((scope) => scope !== 'administration');
}
