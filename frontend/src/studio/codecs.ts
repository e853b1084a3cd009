export type VideoCodec = 'AV1' | 'H264' | 'VP9' | 'VP8';

/** In the order we would choose ourselves. */
const known: readonly { readonly codec: VideoCodec; readonly label: string }[] = [
  { codec: 'AV1', label: 'AV1' },
  { codec: 'H264', label: 'H.264' },
  { codec: 'VP9', label: 'VP9' },
  { codec: 'VP8', label: 'VP8' },
];

export const codecWords: Record<VideoCodec, string> = {
  AV1: 'The best picture for the bitrate. Asks the most of this machine.',
  H264: 'Light on most machines; nearly every viewer can play it.',
  VP9: 'Better than H.264 for the bitrate, heavier than it.',
  VP8: 'The lightest to encode, the coarsest picture.',
};

/** One entry of `RTCRtpSender.getCapabilities('video').codecs`. */
export interface CodecCapability {
  readonly mimeType: string;
  readonly clockRate: number;
  readonly sdpFmtpLine?: string;
}

function codecName(capability: CodecCapability): string {
  return (capability.mimeType.split('/')[1] ?? '').toUpperCase();
}

export function sendableCodecs(
  capabilities: readonly CodecCapability[],
): { value: VideoCodec; label: string }[] {
  const names = new Set(capabilities.map(codecName));
  return known.filter(({ codec }) => names.has(codec)).map(({ codec, label }) => ({ value: codec, label }));
}

/** Profiles every viewer decodes first: AV1 Main and VP9 profile 0; H.264 constrained baseline, non-interleaved. */
function preference(capability: CodecCapability): number {
  const line = capability.sdpFmtpLine ?? '';
  if (codecName(capability) === 'H264') {
    const isNonInterleaved = line.includes('packetization-mode=1');
    const isBaseline = /profile-level-id=42(e0|c0)/i.test(line);
    return (isNonInterleaved ? 0 : 2) + (isBaseline ? 0 : 1);
  }
  const profile = /profile(?:-id)?=(\d+)/.exec(line)?.[1];
  return profile === undefined || profile === '0' ? 0 : 1;
}

/** What to give `setCodecPreferences` so that only `codec` is offered, with its retransmission. */
export function preferredCodecs<Capability extends CodecCapability>(
  capabilities: readonly Capability[],
  codec: VideoCodec,
): Capability[] {
  const chosen = capabilities
    .filter((capability) => codecName(capability) === codec)
    .toSorted((one, other) => preference(one) - preference(other));
  return [...chosen, ...capabilities.filter((capability) => codecName(capability) === 'RTX')];
}
