import { plural } from '#shared/format/numbers';
import type { ChatMessage } from './frames';

export function plainText(message: ChatMessage): string {
  return message.fragments.map(({ text }) => text).join('');
}

/** What a screen reader hears of a busy chat: the latest line and how many it stands for. */
export function announcement(fresh: readonly ChatMessage[]): string {
  const last = fresh.at(-1);
  if (last === undefined) return '';
  const others = fresh.length - 1;
  const words = `${last.sender.displayName}: ${plainText(last)}`;
  return others === 0 ? words : `${words} (and ${plural(others, 'more line')})`;
}
