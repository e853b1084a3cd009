/** Counters of what leaves this browser, at one moment. */
export interface SenderCounters {
  readonly atMs: number;
  readonly bytesSent: number;
  readonly framesEncoded: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly lossFraction: number;
  readonly roundTripMs: number | null;
  readonly codec: string | null;
  /** Why the encoder gives less than was asked: `cpu`, `bandwidth`, `none`. */
  readonly limitation: string;
}

/** Rates between two moments. */
export interface SenderSample {
  readonly atMs: number;
  readonly bitrateBps: number;
  readonly framesPerSecond: number;
  readonly lossFraction: number;
  readonly roundTripMs: number | null;
}

type Fields = Record<string, unknown>;

function number(report: Fields | undefined, name: string): number | null {
  const value = report?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function string(report: Fields | undefined, name: string): string | null {
  const value = report?.[name];
  return typeof value === 'string' ? value : null;
}

export function readSender(reports: Iterable<Fields>, atMs: number): SenderCounters {
  const all = [...reports];
  const outbound = (kind: string) => all.find((r) => r['type'] === 'outbound-rtp' && r['kind'] === kind);
  const video = outbound('video');
  const remote = all.find((r) => r['type'] === 'remote-inbound-rtp' && r['kind'] === 'video');
  const codec = all.find((r) => r['type'] === 'codec' && r['id'] === video?.['codecId']);
  const pair = all.find((r) => r['type'] === 'candidate-pair' && r['nominated'] === true);
  const roundTripS = number(remote, 'roundTripTime') ?? number(pair, 'currentRoundTripTime');
  return {
    atMs,
    bytesSent: (number(video, 'bytesSent') ?? 0) + (number(outbound('audio'), 'bytesSent') ?? 0),
    framesEncoded: number(video, 'framesEncoded') ?? 0,
    width: number(video, 'frameWidth'),
    height: number(video, 'frameHeight'),
    lossFraction: number(remote, 'fractionLost') ?? 0,
    roundTripMs: roundTripS === null ? null : roundTripS * 1000,
    codec: string(codec, 'mimeType')?.split('/')[1] ?? null,
    limitation: string(video, 'qualityLimitationReason') ?? 'none',
  };
}

/** Null when the counters began anew (another connection) or no time has passed. */
export function rateBetween(before: SenderCounters, after: SenderCounters): SenderSample | null {
  const seconds = (after.atMs - before.atMs) / 1000;
  const bytes = after.bytesSent - before.bytesSent;
  const frames = after.framesEncoded - before.framesEncoded;
  if (seconds <= 0 || bytes < 0 || frames < 0) return null;
  return {
    atMs: after.atMs,
    bitrateBps: (bytes * 8) / seconds,
    framesPerSecond: frames / seconds,
    lossFraction: after.lossFraction,
    roundTripMs: after.roundTripMs,
  };
}
