import type { HealthSample, PlaybackHealth } from '#shared/api/types';
import { bitrate, latency, percent } from '#shared/format/numbers';
import { freezesBySample, sum } from './health-series';

/** A trouble must last for so many samples, about as many seconds, before it is worth a sentence. */
const lasting = 3;
/** What single viewers report jumps from second to second: the median of so many is what counts. */
const settling = 5;
const lossyAbove = 0.03;
const unevenAboveMs = 60;
/** Freezes in the window of `recent` samples that are too many for chance. */
const recent = 15;
const freezesAtMost = 2;

export interface SenderHealth {
  /** Whether this page sends; else only what arrives is known. */
  readonly isSending: boolean;
  readonly limitation: string;
  readonly sentLossFraction: number;
  readonly arrived: readonly HealthSample[];
}

/** What is wrong on the way to the server and what to do, or null. */
export function senderAdvice({
  isSending,
  limitation,
  sentLossFraction,
  arrived,
}: SenderHealth): string | null {
  if (isSending && limitation === 'cpu') {
    return 'This machine cannot encode fast enough. End, then choose a smaller quality or H.264.';
  }
  const last = arrived.slice(-lasting);
  const lossAtLeast = last.length < lasting ? 0 : Math.min(...last.map((sample) => sample.loss_fraction));
  if ((isSending && sentLossFraction > lossyAbove) || lossAtLeast > lossyAbove) {
    return 'Packets get lost on the way. A cable or a lower bitrate helps.';
  }
  if (isSending && limitation === 'bandwidth') {
    return 'The connection carries less than the bitrate you chose; the picture is coarser for now.';
  }
  const freezes = freezesIn(arrived.slice(-recent), ({ freezes }) => freezes);
  if (freezes > freezesAtMost) {
    return `${freezes} pictures came late in the last seconds. Close other programs, or use a cable or a smaller quality.`;
  }
  const jitterAtLeast = last.length < lasting ? 0 : Math.min(...last.map((sample) => sample.jitter_ms ?? 0));
  if (jitterAtLeast > unevenAboveMs) {
    return `Packets arrive unevenly (jitter ${latency(jitterAtLeast)}). A cable instead of Wi-Fi helps.`;
  }
  return null;
}

/** What is wrong on the way to the viewers and what to do, or null. */
export function viewersAdvice(samples: readonly HealthSample[]): string | null {
  const last = samples.slice(-settling).map(({ playback }) => playback);
  const now = last.at(-1) ?? null;
  if (now === null || last.length < lasting) return null;
  const usual = (count: (playback: PlaybackHealth) => number) =>
    Math.min(now.viewers, median(last.map((playback) => (playback === null ? 0 : count(playback)))));
  const unplayable = usual((playback) => playback.unplayable);
  if (unplayable > 0) {
    return `${ofViewers(unplayable, now)} cannot play the codec you send and get no picture. H.264 plays everywhere.`;
  }
  const lossy = usual((playback) => playback.lossy);
  if (lossy > 0 && 2 * lossy > now.viewers) {
    return `${ofViewers(lossy, now)} ${lossy === 1 ? 'loses' : 'lose'} more than 5 %: the server’s line may be full. Lower the bitrate.`;
  }
  if (lossy > 0) {
    return `${ofViewers(lossy, now)} ${lossy === 1 ? 'loses' : 'lose'} more than 5 %: a lower bitrate is easier on weak connections.`;
  }
  const stalled = usual((playback) => playback.stalled);
  if (stalled > 1 && 5 * stalled > now.viewers) {
    return `Nothing is heard of ${ofViewers(stalled, now)} any more. If they come back at once, look at the server’s network.`;
  }
  // One each in the window is much; a single viewer with a bad evening is not.
  const freezes = freezesIn(samples.slice(-recent), ({ playback }) => playback?.freezes);
  if (freezes > freezesAtMost && freezes >= now.viewers) {
    return `The picture stood still ${freezes} times at viewers in the last seconds. If yours is steady, the server is busy: “livehouse doctor” says more.`;
  }
  return null;
}

/** The plots in words. */
export function viewersSummary(samples: readonly HealthSample[]): string {
  const now = samples.at(-1)?.playback ?? null;
  if (now === null || now.viewers === 0) {
    return 'Nobody watches yet. Once somebody does, what they receive is drawn here.';
  }
  const each = now.bitrate_bps / now.viewers;
  const parts = [`${viewers(now.viewers)} at ${bitrate(each)}${now.viewers === 1 ? '' : ' each'}`];
  if (now.loss_fraction !== null) {
    parts.push(
      `${percent(now.loss_fraction)} lost${
        now.viewers === 1 ? '' : ` on average, ${percent(now.worst_loss_fraction ?? 0)} at worst`
      }`,
    );
  }
  if (now.rtt_ms !== null) parts.push(`round trip ${latency(now.rtt_ms)}`);
  if (now.stalled > 0) parts.push(`${percent(now.stalled / now.viewers)} of them stalled`);
  const freezes = freezesIn(samples, ({ playback }) => playback?.freezes);
  return `${parts.join(', ')}; ${freezes === 0 ? 'no freezes' : times(freezes)} in two minutes.`;
}

/** Freezes of what arrived, in words; null when nothing did. */
export function arrivedSummary(samples: readonly HealthSample[]): string | null {
  const now = samples.at(-1);
  if (now === undefined) return null;
  const freezes = freezesIn(samples, (sample) => sample.freezes);
  const rate = bitrate(now.video_bitrate_bps + now.audio_bitrate_bps);
  return `${rate} arrives at the server; ${freezes === 0 ? 'no freezes' : times(freezes)} in two minutes.`;
}

/** The lower one of an even number. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}

function freezesIn(
  samples: readonly HealthSample[],
  counter: (sample: HealthSample) => number | undefined,
): number {
  return sum(freezesBySample(samples, counter).values());
}

function viewers(count: number): string {
  return count === 1 ? '1 viewer' : `${count} viewers`;
}

function times(count: number): string {
  return count === 1 ? '1 freeze' : `${count} freezes`;
}

/** `3 of 40 viewers`, `1 of 40 viewers`, `The one viewer`. */
function ofViewers(count: number, { viewers: all }: PlaybackHealth): string {
  return all === 1 ? 'The one viewer' : `${count} of ${all} viewers`;
}
