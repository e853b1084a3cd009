import { problemFromFailure, type Problem } from '#shared/api/problems';
import { remember, remembered } from '#shared/remembered';
import { capture, listDevices, type Capture, type Device, type VideoSource } from './capture';
import { sendableCodecs, type VideoCodec } from './codecs';
import {
  frameRates,
  parseBitrateKbps,
  qualities,
  qualityOf,
  suggestedBitrateBps,
  type FrameRate,
  type QualityName,
} from './qualities';
import type { Encoding } from './whip-connection';

function rememberedOne<Value extends string>(
  name: string,
  values: readonly Value[],
  otherwise: Value,
): Value {
  const kept = remembered(name);
  return values.find((value) => value === kept) ?? otherwise;
}

/** What the person chose to send, and the devices it comes from. */
export class StudioSetup {
  readonly codecs = sendableCodecs(RTCRtpSender.getCapabilities('video')?.codecs ?? []);
  source = $state<VideoSource>('camera');
  cameraId = $state('');
  microphoneId = $state('');
  codec = $state<VideoCodec>('AV1');
  qualityName = $state<QualityName>('720p');
  frameRate = $state<`${FrameRate}`>('30');
  bitrateKbps = $state('');
  cleansVoice = $state(remembered('studio.voice') === 'true');
  soundIsOn = $state(true);
  pictureIsOn = $state(true);
  cameras = $state.raw<Device[]>([]);
  microphones = $state.raw<Device[]>([]);
  #capture = $state.raw<Capture | null>(null);
  #problem = $state.raw<Problem | null>(null);
  #isOpening = $state(false);
  #attempt = 0;

  constructor() {
    const codecs = this.codecs.map(({ value }) => value);
    const first = codecs[0] ?? 'VP8';
    // H.264 at first: a machine that cannot encode AV1 in time would only find out on air.
    this.codec = rememberedOne('studio.codec', codecs, codecs.includes('H264') ? 'H264' : first);
    this.qualityName = rememberedOne(
      'studio.quality',
      qualities.map(({ name }) => name),
      '720p',
    );
    this.frameRate = rememberedOne(
      'studio.frame-rate',
      frameRates.map((rate) => `${rate}` as const),
      '30',
    );
    this.suggestBitrate();
  }

  get stream(): MediaStream | null {
    return this.#capture?.stream ?? null;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  get isOpening(): boolean {
    return this.#isOpening;
  }

  get bitrateBps(): number | null {
    return parseBitrateKbps(this.bitrateKbps);
  }

  get encoding(): Encoding {
    const quality = qualityOf(this.qualityName);
    const frameRate: FrameRate = this.frameRate === '60' ? 60 : 30;
    const { codec } = this;
    const bitrateBps = this.bitrateBps ?? suggestedBitrateBps(quality, codec, frameRate);
    return { codec, quality, frameRate, bitrateBps };
  }

  suggestBitrate(): void {
    const rate: FrameRate = this.frameRate === '60' ? 60 : 30;
    const bps = suggestedBitrateBps(qualityOf(this.qualityName), this.codec, rate);
    this.bitrateKbps = String(bps / 1000);
  }

  remember(): void {
    remember('studio.codec', this.codec);
    remember('studio.quality', this.qualityName);
    remember('studio.frame-rate', this.frameRate);
    remember('studio.voice', String(this.cleansVoice));
  }

  /** Opens the chosen devices, closing the ones before. Null when that failed; `problem` says why. */
  async open(): Promise<MediaStream | null> {
    const attempt = ++this.#attempt;
    this.#isOpening = true;
    this.#problem = null;
    try {
      const { quality, frameRate } = this.encoding;
      const { source, cameraId, microphoneId, cleansVoice } = this;
      const opened = await capture({ source, cameraId, microphoneId, cleansVoice, quality, frameRate });
      if (this.#attempt !== attempt) {
        opened.stop();
        return null;
      }
      this.#capture?.stop();
      this.#capture = opened;
      this.#applySwitches();
      for (const track of opened.stream.getTracks()) {
        track.addEventListener('ended', () => {
          if (this.#capture === opened) this.close();
        });
      }
      await this.#listDevices();
      return opened.stream;
    } catch (failure) {
      if (this.#attempt === attempt) this.#problem = problemFromFailure(failure);
      return null;
    } finally {
      if (this.#attempt === attempt) this.#isOpening = false;
    }
  }

  /** Opens without a question where the person has already allowed this page the camera. */
  async openIfAllowed(): Promise<void> {
    const attempt = this.#attempt;
    try {
      const camera = await navigator.permissions.query({ name: 'camera' });
      // Not when the page was left, or a device opened, meanwhile.
      if (camera.state === 'granted' && this.#attempt === attempt) await this.open();
    } catch {
      // A browser that will not say is asked by the button.
    }
  }

  close(): void {
    this.#attempt += 1;
    this.#isOpening = false;
    this.#capture?.stop();
    this.#capture = null;
  }

  setSound(isOn: boolean): void {
    this.soundIsOn = isOn;
    this.#applySwitches();
  }

  setPicture(isOn: boolean): void {
    this.pictureIsOn = isOn;
    this.#applySwitches();
  }

  #applySwitches(): void {
    for (const track of this.stream?.getAudioTracks() ?? []) track.enabled = this.soundIsOn;
    for (const track of this.stream?.getVideoTracks() ?? []) track.enabled = this.pictureIsOn;
  }

  async #listDevices(): Promise<void> {
    const { cameras, microphones } = await listDevices();
    this.cameras = cameras;
    this.microphones = microphones;
  }
}
