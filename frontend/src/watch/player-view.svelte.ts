import { remember, remembered } from '#shared/remembered';

function rememberedVolume(): number {
  const volume = Number(remembered('volume') ?? '1');
  return Number.isFinite(volume) ? Math.min(1, Math.max(0, volume)) : 1;
}

/**
 * What the `<video>` element does, as the page shows it. Buttons ask; the state changes only when the
 * element reports that it did.
 */
export class PlayerView {
  #video: HTMLVideoElement | null = null;
  /** The person paused: another connection does not start the picture by itself. */
  #isHeld = false;
  isPaused = $state(true);
  isMuted = $state(remembered('muted') === 'true');
  volume = $state(rememberedVolume());
  isFullScreen = $state(false);
  isInPicture = $state(false);
  /** The browser let us play only without sound. */
  soundIsRefused = $state(false);

  readonly canPictureInPicture = 'pictureInPictureEnabled' in document && document.pictureInPictureEnabled;

  attach(video: HTMLVideoElement): () => void {
    this.#video = video;
    video.volume = this.volume;
    video.muted = this.isMuted;
    const listeners: [string, () => void][] = [
      ['play', () => (this.isPaused = false)],
      ['pause', () => (this.isPaused = true)],
      [
        'volumechange',
        () => {
          this.#noteVolume(video);
        },
      ],
      ['enterpictureinpicture', () => (this.isInPicture = true)],
      ['leavepictureinpicture', () => (this.isInPicture = false)],
    ];
    for (const [name, listener] of listeners) video.addEventListener(name, listener);
    const onFullScreen = () => (this.isFullScreen = document.fullscreenElement !== null);
    document.addEventListener('fullscreenchange', onFullScreen);
    return () => {
      for (const [name, listener] of listeners) video.removeEventListener(name, listener);
      document.removeEventListener('fullscreenchange', onFullScreen);
      this.#video = null;
    };
  }

  #noteVolume(video: HTMLVideoElement): void {
    this.volume = video.volume;
    this.isMuted = video.muted;
    if (!video.muted) this.soundIsRefused = false;
    if (this.soundIsRefused) return;
    remember('volume', String(video.volume));
    remember('muted', String(video.muted));
  }

  /** Plays `stream`; without sound where the browser wants a click first. */
  async show(stream: MediaStream | null): Promise<void> {
    const video = this.#video;
    if (video === null) return;
    video.srcObject = stream;
    if (stream !== null && !this.#isHeld) await this.play();
  }

  async play(): Promise<void> {
    this.#isHeld = false;
    const video = this.#video;
    if (video === null) return;
    try {
      await video.play();
    } catch (failure) {
      const refused = failure instanceof DOMException && failure.name === 'NotAllowedError';
      if (!refused || video.muted) return;
      this.soundIsRefused = true;
      video.muted = true;
      await video.play().catch(() => undefined);
    }
  }

  pause(): void {
    this.#isHeld = true;
    this.#video?.pause();
  }

  toggle(): void {
    if (this.isPaused) void this.play();
    else this.pause();
  }

  setVolume(volume: number): void {
    if (this.#video === null) return;
    this.#video.volume = Math.min(1, Math.max(0, Math.round(volume * 100) / 100));
    this.#video.muted = this.#video.volume === 0;
  }

  toggleSound(): void {
    if (this.#video === null) return;
    if (this.#video.muted && this.#video.volume === 0) this.#video.volume = 0.5;
    this.#video.muted = !this.#video.muted;
  }

  async toggleFullScreen(frame: HTMLElement): Promise<void> {
    try {
      if (document.fullscreenElement !== null) await document.exitFullscreen();
      else await frame.requestFullscreen();
    } catch {
      // Refused by the browser or the page around us: nothing changes, nothing to say.
    }
  }

  async togglePictureInPicture(): Promise<void> {
    try {
      if (document.pictureInPictureElement !== null) await document.exitPictureInPicture();
      else await this.#video?.requestPictureInPicture();
    } catch {
      // The same.
    }
  }
}
