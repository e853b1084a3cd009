const counts = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** `7`, `1.2K`: viewers and the like. */
export function compactCount(count: number): string {
  return counts.format(count);
}

/** `640 kbit/s`, `2.5 Mbit/s`. */
export function bitrate(bps: number): string {
  if (bps < 1_000_000) return `${Math.round(bps / 1000)} kbit/s`;
  return `${(bps / 1_000_000).toFixed(bps < 10_000_000 ? 2 : 1)} Mbit/s`;
}

/** `0 %`, `0.4 %`, `12 %` from a fraction between 0 and 1. */
export function percent(fraction: number): string {
  const value = fraction * 100;
  return `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}

/** `85 ms`, `1.2 s`. */
export function latency(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `812 kB`, `3.4 MB`: decimal, as browsers say how much they have loaded. */
export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** `1 viewer`, `2 viewers`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
