type Rgb = readonly [number, number, number];

const shades: Record<'dark' | 'light', { readonly ground: Rgb; readonly toward: Rgb }> = {
  dark: { ground: [0x1e, 0x22, 0x2b], toward: [255, 255, 255] },
  light: { ground: [0xf3, 0xee, 0xe4], toward: [0, 0, 0] },
};
/** WCAG 2.2, 1.4.3. */
const enoughContrast = 4.5;

function parse(hex: string): Rgb | null {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex);
  if (match === null) return null;
  const [r, g, b] = match.slice(1).map((part) => Number.parseInt(part, 16));
  return r === undefined || g === undefined || b === undefined ? null : [r, g, b];
}

function luminance(color: Rgb): number {
  const [r, g, b] = color.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

export function contrast(one: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

/** The person's own colour, moved toward white or black until it can be read on the theme. Null if it is no colour. */
export function readableColor(hex: string | null, theme: 'dark' | 'light'): string | null {
  const chosen = hex === null ? null : parse(hex);
  if (chosen === null) return null;
  const { ground, toward } = shades[theme];
  for (let share = 0; share <= 1; share += 0.05) {
    const [r, g, b] = chosen.map((channel, at) =>
      Math.round(channel + ((toward[at] ?? 0) - channel) * share),
    );
    const mixed: Rgb = [r ?? 0, g ?? 0, b ?? 0];
    if (contrast(mixed, ground) >= enoughContrast) return `rgb(${mixed.join(' ')})`;
  }
  return `rgb(${toward.join(' ')})`;
}
