import { describe, expect, it } from 'vitest';
import type { HealthSample, PlaybackHealth } from '#shared/api/types';
import { arrivedSummary, senderAdvice, viewersAdvice, viewersSummary } from './health-advice';
import { freezesBySample, viewerPlots } from './health-series';

const forty: PlaybackHealth = {
  viewers: 40,
  stalled: 0,
  lossy: 0,
  unplayable: 0,
  bitrate_bps: 100_000_000,
  loss_fraction: 0.003,
  worst_loss_fraction: 0.02,
  jitter_ms: 4,
  rtt_ms: 34,
  worst_rtt_ms: 120,
  freezes: 0,
};

function sample(second: number, changed: Partial<HealthSample> = {}): HealthSample {
  return {
    at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
    video_bitrate_bps: 2_400_000,
    audio_bitrate_bps: 100_000,
    frames_per_second: 30,
    loss_fraction: 0,
    rtt_ms: 20,
    jitter_ms: 3,
    freezes: 0,
    viewers: changed.playback?.viewers ?? 0,
    playback: null,
    ...changed,
  };
}

/** Seconds of the same, or of what the function says of each. */
function watched(count: number, playback: (second: number) => Partial<PlaybackHealth>): HealthSample[] {
  return Array.from({ length: count }, (_, second) =>
    sample(second, { playback: { ...forty, ...playback(second) } }),
  );
}

describe('what viewers receive', () => {
  it('is said in words', () => {
    expect(viewersSummary(watched(5, (second) => ({ freezes: second < 3 ? 4 : 6, stalled: 1 })))).toBe(
      '40 viewers at 2.50 Mbit/s each, 0.3 % lost on average, 2.0 % at worst, round trip 34 ms, 2.5 % of them stalled; 2 freezes in two minutes.',
    );
    expect(viewersSummary(watched(2, () => ({ viewers: 1, bitrate_bps: 2_500_000 })))).toBe(
      '1 viewer at 2.50 Mbit/s, 0.3 % lost, round trip 34 ms; no freezes in two minutes.',
    );
  });

  it('is nothing yet when nobody watches, and says so', () => {
    expect(viewersSummary([])).toContain('Nobody watches yet');
    expect(viewersSummary([sample(0)])).toContain('Nobody watches yet');
    expect(viewersAdvice([sample(0), sample(1), sample(2)])).toBeNull();
  });

  it('becomes lines that end now', () => {
    const plots = viewerPlots(watched(3, (second) => ({ freezes: second, loss_fraction: second / 100 })));
    expect(plots.lossPercent[1]?.slice(-4)).toEqual([null, 0, 1, 2]);
    expect(plots.lossPercent[2]?.at(-1)).toBe(2);
    expect(plots.freezes[1]?.slice(-3)).toEqual([null, 1, 1]);
    expect(plots.viewers[1]?.at(-1)).toBe(40);
    expect(viewerPlots([]).viewers[1]?.every((value) => value === null)).toBe(true);
  });
});

describe('advice about viewers', () => {
  it('is silent while all is well, or has not lasted', () => {
    expect(viewersAdvice(watched(5, () => ({})))).toBeNull();
    expect(viewersAdvice(watched(5, (second) => ({ lossy: second === 4 ? 3 : 0 })))).toBeNull();
    expect(viewersAdvice(watched(2, () => ({ lossy: 3 })))).toBeNull();
    expect(viewersAdvice(watched(9, (second) => ({ lossy: second % 3 === 0 ? 1 : 0 })))).toBeNull();
  });

  it('speaks of what lasts although single seconds are better', () => {
    expect(viewersAdvice(watched(9, (second) => ({ lossy: second % 3 === 0 ? 0 : 1 })))).toContain('1 of 40');
  });

  it.each([
    [{ lossy: 3 }, '3 of 40 viewers lose more than 5 %: a lower bitrate is easier'],
    [{ lossy: 30 }, '30 of 40 viewers lose more than 5 %: the server’s line may be full'],
    [{ lossy: 1 }, '1 of 40 viewers loses more than 5 %'],
    [{ lossy: 1, viewers: 1 }, 'The one viewer loses more than 5 %'],
    [{ lossy: 3, unplayable: 2 }, '2 of 40 viewers cannot play the codec you send'],
    [{ stalled: 12 }, 'Nothing is heard of 12 of 40 viewers any more'],
  ])('names what is wrong and what to do: %j', (wrong, sentence) => {
    expect(viewersAdvice(watched(5, () => wrong))).toContain(sentence);
  });

  it('speaks of freezes when they are many for so many viewers', () => {
    expect(viewersAdvice(watched(10, (second) => ({ freezes: second })))).toBeNull();
    expect(viewersAdvice(watched(10, (second) => ({ freezes: 10 * second })))).toContain(
      'stood still 90 times',
    );
  });
});

describe('advice about what is sent', () => {
  const well = { isSending: true, limitation: 'none', sentLossFraction: 0, arrived: [] };
  const seconds = (changed: (second: number) => Partial<HealthSample>) =>
    Array.from({ length: 8 }, (_, second) => sample(second, changed(second)));

  it.each([
    [{ ...well, limitation: 'cpu' }, 'cannot encode fast enough'],
    [{ ...well, limitation: 'bandwidth' }, 'carries less'],
    [{ ...well, sentLossFraction: 0.1 }, 'Packets get lost'],
    [{ ...well, isSending: false, arrived: seconds(() => ({ loss_fraction: 0.1 })) }, 'Packets get lost'],
    [{ ...well, isSending: false, arrived: seconds(() => ({ jitter_ms: 80 })) }, 'jitter 80 ms'],
    [{ ...well, arrived: seconds((second) => ({ freezes: second })) }, '7 pictures came late'],
  ])('names what is wrong: %#', (health, words) => {
    expect(senderAdvice(health)).toContain(words);
  });

  it('is silent while all is well, and about what only this page could know when another program sends', () => {
    expect(senderAdvice(well)).toBeNull();
    expect(senderAdvice({ ...well, isSending: false, limitation: 'cpu', sentLossFraction: 1 })).toBeNull();
    expect(arrivedSummary(seconds((second) => ({ freezes: second > 3 ? 1 : 0 })))).toBe(
      '2.50 Mbit/s arrives at the server; 1 freeze in two minutes.',
    );
  });

  it('counts freezes on when an encoder begins a new session', () => {
    const counted = [5, 6, 0, 2].map((freezes, second) => sample(second, { freezes }));
    expect([...freezesBySample(counted, ({ freezes }) => freezes).values()]).toEqual([1, 0, 2]);
  });
});
