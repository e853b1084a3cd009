// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { heldInBrowser, latencyFromCapture, latencyFromServer, smoothed } from './playback-latency';
import { samplePlayback } from './playback-sample';
import { actForKey } from './player-keys';

const reports = [
  { type: 'inbound-rtp', kind: 'audio', packetsReceived: 50, bytesReceived: 4000 },
  {
    type: 'inbound-rtp',
    kind: 'video',
    packetsReceived: 200,
    bytesReceived: 90_000,
    framesDecoded: 60,
    frameWidth: 640,
    frameHeight: 360,
    codecId: 'C1',
    totalProcessingDelay: 1.2,
    jitterBufferDelay: 0.9,
    jitterBufferEmittedCount: 60,
  },
  { type: 'codec', id: 'C1', mimeType: 'video/AV1' },
  { type: 'candidate-pair', nominated: false, currentRoundTripTime: 9 },
  { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.02 },
];

describe('samplePlayback', () => {
  it('reads picture, codec and the round trip of the chosen path', () => {
    expect(samplePlayback(reports)).toMatchObject({
      progress: 60,
      width: 640,
      codec: 'AV1',
      bytesReceived: 94_000,
      roundTripMs: 20,
    });
  });

  it('takes sound for progress where there is no picture', () => {
    const sound = [reports[0]!, { type: 'inbound-rtp', kind: 'video', packetsReceived: 0 }];
    expect(samplePlayback(sound).progress).toBe(50);
  });

  it('reads an empty report as nothing', () => {
    expect(samplePlayback([])).toMatchObject({ progress: 0, codec: null, roundTripMs: null });
  });
});

describe('latency', () => {
  const before = samplePlayback(reports);
  const after = { ...before, framesDecoded: 90, processingDelayS: 2.4, framesEmitted: 90 };

  it('is half a round trip, then what a frame waited', () => {
    expect(latencyFromServer(before, after, null)).toEqual({ ms: 50, from: 'server' });
    expect(latencyFromServer(before, after, 33)).toEqual({ ms: 43, from: 'server' });
  });

  it('is not guessed without a round trip or frames', () => {
    expect(latencyFromServer(before, { ...after, roundTripMs: null }, 33)).toBeNull();
    expect(latencyFromServer(before, before, null)).toBeNull();
  });

  it('comes from the capture time where the frame has a believable one', () => {
    expect(latencyFromCapture({ expectedDisplayTime: 500, captureTime: 380 })).toEqual({
      ms: 120,
      from: 'capture',
    });
    expect(latencyFromCapture({ expectedDisplayTime: 500 })).toBeNull();
    expect(latencyFromCapture({ expectedDisplayTime: 500, captureTime: 900 })).toBeNull();
    expect(heldInBrowser({ expectedDisplayTime: 500, receiveTime: 470 })).toBe(30);
    expect(heldInBrowser({ expectedDisplayTime: 500 })).toBeNull();
  });

  it('is smoothed only with its own kind', () => {
    const server = { ms: 100, from: 'server' } as const;
    expect(smoothed(server, { ms: 50, from: 'server' }).ms).toBe(75);
    expect(smoothed(server, { ms: 300, from: 'capture' }).ms).toBe(300);
  });
});

describe('actForKey', () => {
  function press(key: string, target: EventTarget | null = document.body, isFocused = false) {
    return actForKey({ key, ctrlKey: false, metaKey: false, altKey: false, target }, isFocused);
  }

  it('knows the keys, in capitals too', () => {
    expect(press('k')).toBe('play-or-pause');
    expect(press('M')).toBe('mute');
    expect(press('x')).toBeNull();
  });

  it('leaves what is typed alone', () => {
    expect(press('k', document.createElement('textarea'))).toBeNull();
    expect(press('m', document.createElement('input'))).toBeNull();
  });

  it('lets the space bar press buttons', () => {
    expect(press(' ', document.createElement('button'))).toBeNull();
    expect(press(' ')).toBe('play-or-pause');
  });

  it('lets the arrows scroll unless the player has the focus', () => {
    expect(press('ArrowUp')).toBeNull();
    expect(press('ArrowUp', document.body, true)).toBe('louder');
  });

  it('leaves the shortcuts of the browser alone', () => {
    const target = document.body;
    expect(actForKey({ key: 'f', ctrlKey: true, metaKey: false, altKey: false, target }, true)).toBeNull();
  });
});
