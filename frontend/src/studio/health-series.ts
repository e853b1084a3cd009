import type { HealthSample } from '#shared/api/types';
import type { SenderSample } from './sender-sample';

/** Seconds on the plots. */
export const healthWindowS = 120;

/** One row of x and y values a plot: seconds, what we sent, what the server says arrived. */
export type PlotRows = [x: number[], sent: (number | null)[], arrived: (number | null)[]];

export interface HealthPlots {
  readonly bitrateKbps: PlotRows;
  readonly framesPerSecond: PlotRows;
  readonly lossPercent: PlotRows;
}

export function keepWindow<Sample extends { readonly atMs: number }>(
  samples: readonly Sample[],
  nowMs: number,
): readonly Sample[] {
  return samples.filter(({ atMs }) => atMs > nowMs - healthWindowS * 1000);
}

/**
 * Both views on one axis of whole seconds that ends now. The server's clock may differ from ours, so its
 * last sample is laid on now.
 */
export function healthPlots(
  sent: readonly SenderSample[],
  arrived: readonly HealthSample[],
  nowMs: number,
): HealthPlots {
  const end = Math.floor(nowMs / 1000);
  const x = Array.from({ length: healthWindowS + 1 }, (_, at) => at - healthWindowS);
  const here = new Map(sent.map((sample) => [Math.floor(sample.atMs / 1000) - end, sample]));
  const newest = Math.max(...arrived.map(({ at }) => Date.parse(at)));
  const there = new Map(
    arrived.map((sample) => [Math.round((Date.parse(sample.at) - newest) / 1000), sample]),
  );
  const rows = (
    ours: (sample: SenderSample) => number,
    theirs: (sample: HealthSample) => number,
  ): PlotRows => [
    x,
    x.map((second) => map(here.get(second), ours)),
    x.map((second) => map(there.get(second), theirs)),
  ];
  return {
    bitrateKbps: rows(
      (sample) => sample.bitrateBps / 1000,
      (sample) => (sample.video_bitrate_bps + sample.audio_bitrate_bps) / 1000,
    ),
    framesPerSecond: rows(
      (sample) => sample.framesPerSecond,
      (sample) => sample.frames_per_second,
    ),
    lossPercent: rows(
      (sample) => sample.lossFraction * 100,
      (sample) => sample.loss_fraction * 100,
    ),
  };
}

function map<Sample>(sample: Sample | undefined, value: (sample: Sample) => number): number | null {
  return sample === undefined ? null : value(sample);
}
