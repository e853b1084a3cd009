import type { PlaybackSample } from './playback-sample';

export interface PlaybackLatency {
  readonly ms: number;
  /**
   * `capture`: from the broadcaster's camera, by the capture time the frame itself carries.
   * `server`: from the server to this screen only; the broadcaster's half is not in it.
   */
  readonly from: 'capture' | 'server';
}

const slowestBelievableMs = 30_000;

/** How long a frame of the last interval took from the server to the screen: half a round trip, then buffer and decoder. */
export function latencyFromServer(
  before: PlaybackSample,
  after: PlaybackSample,
  heldMs: number | null,
): PlaybackLatency | null {
  if (after.roundTripMs === null) return null;
  // What the frame callback measured holds the way to the screen too; the statistics end at the decoder.
  if (heldMs !== null) return { ms: after.roundTripMs / 2 + heldMs, from: 'server' };
  const decoded = after.framesDecoded - before.framesDecoded;
  const emitted = after.framesEmitted - before.framesEmitted;
  let heldS: number;
  if (decoded > 0 && after.processingDelayS > before.processingDelayS) {
    heldS = (after.processingDelayS - before.processingDelayS) / decoded;
  } else if (emitted > 0) {
    heldS = (after.jitterBufferDelayS - before.jitterBufferDelayS) / emitted;
  } else {
    return null;
  }
  return { ms: after.roundTripMs / 2 + heldS * 1000, from: 'server' };
}

/** Chromium gives `captureTime` when sender reports or the capture-time extension reach it. */
export function latencyFromCapture(frame: {
  readonly expectedDisplayTime: number;
  readonly captureTime?: number;
}): PlaybackLatency | null {
  const ms = frame.expectedDisplayTime - (frame.captureTime ?? Number.NaN);
  return ms > 0 && ms < slowestBelievableMs ? { ms, from: 'capture' } : null;
}

/** From the arrival of a frame's last packet to its place on the screen, where the browser says it. */
export function heldInBrowser(frame: {
  readonly expectedDisplayTime: number;
  readonly receiveTime?: number;
}): number | null {
  const ms = frame.expectedDisplayTime - (frame.receiveTime ?? Number.NaN);
  return ms >= 0 && ms < slowestBelievableMs ? ms : null;
}

/** Half old, half new: a figure that changes each second should not dance. */
export function smoothed(before: PlaybackLatency | null, after: PlaybackLatency): PlaybackLatency {
  if (before?.from !== after.from) return after;
  return { ms: before.ms * 0.5 + after.ms * 0.5, from: after.from };
}
