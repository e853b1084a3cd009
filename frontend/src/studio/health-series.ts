import type { HealthSample, PlaybackHealth } from '#shared/api/types';
import type { SenderSample } from './sender-sample';

/** Seconds on the plots. */
export const healthWindowS = 120;

/** Seconds, then a row of values for each line of the plot; null where nothing is known. */
export type PlotRows = [x: number[], ...lines: (number | null)[][]];

/** What we sent and what the server says arrived; of jitter only the latter. */
export interface HealthPlots {
  readonly bitrateKbps: PlotRows;
  readonly framesPerSecond: PlotRows;
  readonly lossPercent: PlotRows;
  readonly jitterMs: PlotRows;
}

/** What viewers get: all and those stalled; average and worst; average and worst; in each second. */
export interface ViewerPlots {
  readonly viewers: PlotRows;
  readonly lossPercent: PlotRows;
  readonly roundTripMs: PlotRows;
  readonly freezes: PlotRows;
}

export function keepWindow<Sample extends { readonly atMs: number }>(
  samples: readonly Sample[],
  nowMs: number,
): readonly Sample[] {
  return samples.filter(({ atMs }) => atMs > nowMs - healthWindowS * 1000);
}

function seconds(): number[] {
  return Array.from({ length: healthWindowS + 1 }, (_, at) => at - healthWindowS);
}

/** By seconds before the newest: the server's clock may differ from ours, so its last sample is laid on now. */
function byAge<Sample extends { readonly at: string }>(samples: readonly Sample[]): Map<number, Sample> {
  const newest = Math.max(...samples.map(({ at }) => Date.parse(at)));
  return new Map(samples.map((sample) => [Math.round((Date.parse(sample.at) - newest) / 1000), sample]));
}

/** Both views on one axis of whole seconds that ends now. */
export function healthPlots(
  sent: readonly SenderSample[],
  arrived: readonly HealthSample[],
  nowMs: number,
): HealthPlots {
  const end = Math.floor(nowMs / 1000);
  const x = seconds();
  const here = new Map(sent.map((sample) => [Math.floor(sample.atMs / 1000) - end, sample]));
  const there = byAge(arrived);
  const ours = (value: (sample: SenderSample) => number) => x.map((second) => map(here.get(second), value));
  const theirs = (value: (sample: HealthSample) => number | null) =>
    x.map((second) => map(there.get(second), value));
  return {
    bitrateKbps: [
      x,
      ours(({ bitrateBps }) => bitrateBps / 1000),
      theirs((sample) => (sample.video_bitrate_bps + sample.audio_bitrate_bps) / 1000),
    ],
    framesPerSecond: [
      x,
      ours((sample) => sample.framesPerSecond),
      theirs((sample) => sample.frames_per_second),
    ],
    lossPercent: [
      x,
      ours(({ lossFraction }) => lossFraction * 100),
      theirs((sample) => sample.loss_fraction * 100),
    ],
    jitterMs: [x, theirs((sample) => sample.jitter_ms)],
  };
}

export function viewerPlots(samples: readonly HealthSample[]): ViewerPlots {
  const x = seconds();
  const there = byAge(samples);
  const row = (value: (playback: PlaybackHealth) => number | null) =>
    x.map((second) => map(there.get(second)?.playback ?? undefined, value));
  const frozen = freezesBySample(samples, (sample) => sample.playback?.freezes);
  return {
    viewers: [x, x.map((second) => map(there.get(second), ({ viewers }) => viewers)), row((p) => p.stalled)],
    lossPercent: [x, row((p) => percentOf(p.loss_fraction)), row((p) => percentOf(p.worst_loss_fraction))],
    roundTripMs: [x, row((p) => p.rtt_ms), row((p) => p.worst_rtt_ms)],
    freezes: [x, x.map((second) => map(there.get(second), (sample) => frozen.get(sample) ?? null))],
  };
}

/**
 * How many freezes came with each sample. The counter begins anew with a session of the encoder, or when
 * nobody watched; the first sample of all tells no number.
 */
export function freezesBySample(
  samples: readonly HealthSample[],
  counter: (sample: HealthSample) => number | undefined,
): Map<HealthSample, number> {
  const found = new Map<HealthSample, number>();
  for (const [at, sample] of samples.entries()) {
    const before = samples[at - 1];
    const count = counter(sample);
    if (before === undefined || count === undefined) continue;
    const known = counter(before) ?? 0;
    found.set(sample, count >= known ? count - known : count);
  }
  return found;
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function percentOf(fraction: number | null): number | null {
  return fraction === null ? null : fraction * 100;
}

function map<Sample>(sample: Sample | undefined, value: (sample: Sample) => number | null): number | null {
  return sample === undefined ? null : value(sample);
}
