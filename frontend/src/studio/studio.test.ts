import { afterEach, describe, expect, it, vi } from 'vitest';
import { capture, listDevices } from './capture';
import { preferredCodecs, sendableCodecs } from './codecs';
import { healthPlots, healthWindowS, keepWindow } from './health-series';
import { parseBitrateKbps, qualityOf, suggestedBitrateBps } from './qualities';
import { rateBetween, readSender } from './sender-sample';

const capabilities = [
  { mimeType: 'video/VP8', clockRate: 90_000 },
  { mimeType: 'video/rtx', clockRate: 90_000 },
  { mimeType: 'video/H264', clockRate: 90_000, sdpFmtpLine: 'packetization-mode=0;profile-level-id=42001f' },
  { mimeType: 'video/H264', clockRate: 90_000, sdpFmtpLine: 'packetization-mode=1;profile-level-id=42e01f' },
  { mimeType: 'video/AV1', clockRate: 90_000, sdpFmtpLine: 'level-idx=5;profile=0;tier=0' },
  { mimeType: 'video/red', clockRate: 90_000 },
];

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('codecs', () => {
  it('offers what the browser can send, best first', () => {
    expect(sendableCodecs(capabilities).map(({ value }) => value)).toEqual(['AV1', 'H264', 'VP8']);
    expect(sendableCodecs([])).toEqual([]);
  });

  it('prefers the profile everybody decodes, with retransmission and nothing else', () => {
    const chosen = preferredCodecs(capabilities, 'H264');
    expect(chosen.map(({ mimeType }) => mimeType)).toEqual(['video/H264', 'video/H264', 'video/rtx']);
    expect(chosen[0]?.sdpFmtpLine).toContain('42e01f');
  });
});

describe('qualities', () => {
  it('suggests less for thriftier codecs and more for more frames', () => {
    const quality = qualityOf('720p');
    const h264 = suggestedBitrateBps(quality, 'H264', 30);
    expect(suggestedBitrateBps(quality, 'AV1', 30)).toBeLessThan(h264);
    expect(suggestedBitrateBps(quality, 'H264', 60)).toBeGreaterThan(h264);
  });

  it.each([
    ['1000', 1_000_000],
    ['', null],
    ['fast', null],
    ['50', null],
    ['90000', null],
  ])('reads a bitrate of %j', (text, bps) => {
    expect(parseBitrateKbps(text)).toBe(bps);
  });
});

describe('what is sent', () => {
  const counters = readSender(
    [
      {
        type: 'outbound-rtp',
        kind: 'video',
        bytesSent: 1000,
        framesEncoded: 30,
        codecId: 'C',
        frameHeight: 360,
      },
      { type: 'outbound-rtp', kind: 'audio', bytesSent: 200 },
      { type: 'remote-inbound-rtp', kind: 'video', fractionLost: 0.02, roundTripTime: 0.03 },
      { type: 'codec', id: 'C', mimeType: 'video/AV1' },
    ],
    10_000,
  );

  it('is read from the statistics', () => {
    expect(counters).toMatchObject({ bytesSent: 1200, codec: 'AV1', lossFraction: 0.02, roundTripMs: 30 });
  });

  it('becomes rates, but not over a new connection', () => {
    const later = { ...counters, atMs: 12_000, bytesSent: 251_200, framesEncoded: 90 };
    expect(rateBetween(counters, later)).toMatchObject({ bitrateBps: 1_000_000, framesPerSecond: 30 });
    expect(rateBetween(later, { ...counters, atMs: 13_000 })).toBeNull();
    expect(rateBetween(counters, counters)).toBeNull();
  });
});

describe('health plots', () => {
  const nowMs = Date.parse('2026-01-01T00:10:00.400Z');
  const sent = [nowMs - 130_000, nowMs - 1000, nowMs].map((atMs) => ({
    atMs,
    bitrateBps: 1_000_000,
    framesPerSecond: 30,
    lossFraction: 0.01,
    roundTripMs: 5,
  }));

  it('forgets what left the window', () => {
    expect(keepWindow(sent, nowMs)).toHaveLength(2);
  });

  it('lays both views on one axis that ends now, whatever the clock of the server says', () => {
    const arrived = {
      at: '2026-01-01T03:00:00Z',
      video_bitrate_bps: 900_000,
      audio_bitrate_bps: 100_000,
      frames_per_second: 29,
      loss_fraction: 0,
      rtt_ms: 5,
      jitter_ms: 2,
      freezes: 0,
      viewers: 1,
      playback: null,
    };
    const [x, ours = [], theirs = []] = healthPlots(sent, [arrived], nowMs).bitrateKbps;
    expect(x).toHaveLength(healthWindowS + 1);
    expect(x.at(-1)).toBe(0);
    expect(ours.slice(-2)).toEqual([1000, 1000]);
    expect(theirs.at(-1)).toBe(1000);
    expect(ours[0]).toBeNull();
  });
});

describe('capture', () => {
  const wish = {
    source: 'camera',
    cameraId: '',
    microphoneId: 'none',
    quality: qualityOf('360p'),
    frameRate: 30,
    cleansVoice: false,
  } as const;

  it('explains a page that is not secure', async () => {
    vi.stubGlobal('navigator', {});
    await expect(capture(wish)).rejects.toMatchObject({ slug: 'insecure-page' });
    await expect(listDevices()).rejects.toMatchObject({ slug: 'insecure-page' });
  });

  it('turns a refusal into a sentence', async () => {
    const getUserMedia = () => Promise.reject(new DOMException('denied', 'NotAllowedError'));
    vi.stubGlobal('navigator', { mediaDevices: { getUserMedia } });
    await expect(capture(wish)).rejects.toMatchObject({
      slug: 'NotAllowedError',
      message: expect.stringContaining('Allow camera and microphone') as string,
    });
  });

  it('asks for the untouched sound unless the voice is to be cleaned', async () => {
    const getUserMedia = vi.fn().mockResolvedValue({ getVideoTracks: () => [], getTracks: () => [] });
    vi.stubGlobal('navigator', { mediaDevices: { getUserMedia } });
    await capture({ ...wish, microphoneId: '' });
    expect(getUserMedia).toHaveBeenCalledWith(
      expect.objectContaining({
        audio: expect.objectContaining({ noiseSuppression: false, autoGainControl: false }) as unknown,
      }),
    );
  });
});
