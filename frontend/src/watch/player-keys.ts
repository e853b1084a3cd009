export type PlayerAct =
  | 'play-or-pause'
  | 'mute'
  | 'full-screen'
  | 'theatre'
  | 'picture-in-picture'
  | 'louder'
  | 'quieter'
  | 'figures';

/** Keys as on YouTube and Twitch. */
export const playerKeys: readonly (readonly [key: string, act: PlayerAct, words: string])[] = [
  ['k', 'play-or-pause', 'Play or pause'],
  [' ', 'play-or-pause', 'Play or pause'],
  ['m', 'mute', 'Sound on or off'],
  ['f', 'full-screen', 'Full screen'],
  ['t', 'theatre', 'Theatre'],
  ['i', 'picture-in-picture', 'Picture in picture'],
  ['ArrowUp', 'louder', 'Louder'],
  ['ArrowDown', 'quieter', 'Quieter'],
  ['s', 'figures', 'Figures of this stream'],
];

interface Key {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly target: EventTarget | null;
}

/** What a key means for the player, or null: keys typed into a field or on a control are not ours. */
export function actForKey(pressed: Key, playerHasFocus: boolean): PlayerAct | null {
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null;
  const { target } = pressed;
  if (target instanceof HTMLElement) {
    if (target.isContentEditable || target.matches('input, textarea, select')) return null;
    if (pressed.key === ' ' && target.closest('button, a, summary, [role="tab"]') !== null) return null;
  }
  // The arrows scroll the page unless the player has the focus.
  if (pressed.key.startsWith('Arrow') && !playerHasFocus) return null;
  const key = pressed.key.length === 1 ? pressed.key.toLowerCase() : pressed.key;
  return playerKeys.find(([bound]) => bound === key)?.[1] ?? null;
}
