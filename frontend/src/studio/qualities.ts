import type { VideoCodec } from './codecs';

export type QualityName = '360p' | '480p' | '720p' | '1080p';

export interface Quality {
  readonly name: QualityName;
  readonly width: number;
  readonly height: number;
  /** What H.264 and VP8 want at 30 frames a second. */
  readonly bitrateBps: number;
}

export const qualities: readonly Quality[] = [
  { name: '360p', width: 640, height: 360, bitrateBps: 1_000_000 },
  { name: '480p', width: 854, height: 480, bitrateBps: 1_600_000 },
  { name: '720p', width: 1280, height: 720, bitrateBps: 3_000_000 },
  { name: '1080p', width: 1920, height: 1080, bitrateBps: 5_000_000 },
];

export const frameRates = [30, 60] as const;
export type FrameRate = (typeof frameRates)[number];

export const audioBitrateBps = 160_000;
export const leastBitrateBps = 200_000;
export const mostBitrateBps = 20_000_000;

export function qualityOf(name: QualityName): Quality {
  return qualities.find((quality) => quality.name === name) ?? { ...fallback, name };
}

const fallback = { width: 1280, height: 720, bitrateBps: 3_000_000 };

/** What newer codecs need for the same picture, beside H.264. */
const thrift: Record<VideoCodec, number> = { AV1: 0.65, VP9: 0.75, H264: 1, VP8: 1 };

/** A sensible bitrate; twice the frames cost half as much again. */
export function suggestedBitrateBps(quality: Quality, codec: VideoCodec, frameRate: FrameRate): number {
  const bps = quality.bitrateBps * thrift[codec] * (frameRate === 60 ? 1.5 : 1);
  return Math.round(bps / 50_000) * 50_000;
}

/** Text of a field in kbit/s to bits a second; null when it is no sensible bitrate. */
export function parseBitrateKbps(text: string): number | null {
  const bps = Number(text) * 1000;
  return Number.isFinite(bps) && bps >= leastBitrateBps && bps <= mostBitrateBps ? bps : null;
}
