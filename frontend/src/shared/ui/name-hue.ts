/** A hue between 0 and 359 that is always the same for a name: for avatars nobody has chosen yet. */
export function nameHue(name: string): number {
  let hash = 2166136261;
  for (const character of name.toLowerCase()) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619);
  }
  return (hash >>> 0) % 360;
}
