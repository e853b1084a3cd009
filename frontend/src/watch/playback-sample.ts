/** What one look at the receiver's statistics says. */
export interface PlaybackSample {
  /** Grows while media arrives and is decoded; unchanged means a stall. */
  readonly progress: number;
  readonly framesDecoded: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly framesPerSecond: number | null;
  readonly codec: string | null;
  readonly bytesReceived: number;
  /** Counters behind the waiting time in the jitter buffer and decoder, in seconds and frames. */
  readonly processingDelayS: number;
  readonly jitterBufferDelayS: number;
  readonly framesEmitted: number;
  readonly roundTripMs: number | null;
  readonly packetsLost: number;
  readonly packetsReceived: number;
}

type Fields = Record<string, unknown>;

function number(report: Fields | undefined, name: string): number {
  const value = report?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function maybe(report: Fields | undefined, name: string): number | null {
  const value = report?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function samplePlayback(reports: Iterable<Fields>): PlaybackSample {
  const all = [...reports];
  const inbound = (kind: string) => all.find((r) => r['type'] === 'inbound-rtp' && r['kind'] === kind);
  const video = inbound('video');
  const audio = inbound('audio');
  const pair = all.find((r) => r['type'] === 'candidate-pair' && r['nominated'] === true);
  const codecReport = all.find((r) => r['type'] === 'codec' && r['id'] === video?.['codecId']);
  const mime = codecReport?.['mimeType'];
  const roundTripS = maybe(pair, 'currentRoundTripTime');
  const framesDecoded = number(video, 'framesDecoded');
  const hasVideo = number(video, 'packetsReceived') > 0;
  return {
    // A broadcast may be sound alone: then its packets are the progress.
    progress: hasVideo ? framesDecoded : number(audio, 'packetsReceived'),
    framesDecoded,
    width: maybe(video, 'frameWidth'),
    height: maybe(video, 'frameHeight'),
    framesPerSecond: maybe(video, 'framesPerSecond'),
    codec: typeof mime === 'string' ? (mime.split('/')[1] ?? null) : null,
    bytesReceived: number(video, 'bytesReceived') + number(audio, 'bytesReceived'),
    processingDelayS: number(video, 'totalProcessingDelay'),
    jitterBufferDelayS: number(video, 'jitterBufferDelay') || number(audio, 'jitterBufferDelay'),
    framesEmitted: number(video, 'jitterBufferEmittedCount') || number(audio, 'jitterBufferEmittedCount'),
    roundTripMs: roundTripS === null ? null : roundTripS * 1000,
    packetsLost: number(video, 'packetsLost'),
    packetsReceived: number(video, 'packetsReceived'),
  };
}
