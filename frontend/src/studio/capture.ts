import { Problem } from '#shared/api/problems';
import type { FrameRate, Quality } from './qualities';

export type VideoSource = 'camera' | 'screen';

export interface CaptureWish {
  readonly source: VideoSource;
  /** Empty for the browser's own choice. */
  readonly cameraId: string;
  /** Empty for the browser's own choice, `none` for silence. */
  readonly microphoneId: string;
  readonly quality: Quality;
  readonly frameRate: FrameRate;
  /** Echo and noise taken out, loudness levelled: good for speech, bad for music. */
  readonly cleansVoice: boolean;
}

export interface Capture {
  readonly stream: MediaStream;
  stop(): void;
}

function stopAll(...streams: (MediaStream | null)[]): void {
  for (const stream of streams) for (const track of stream?.getTracks() ?? []) track.stop();
}

function audioWish(wish: CaptureWish): MediaTrackConstraints | false {
  if (wish.microphoneId === 'none') return false;
  return {
    ...(wish.microphoneId === '' ? {} : { deviceId: { exact: wish.microphoneId } }),
    echoCancellation: wish.cleansVoice,
    noiseSuppression: wish.cleansVoice,
    autoGainControl: wish.cleansVoice,
    channelCount: { ideal: wish.cleansVoice ? 1 : 2 },
  };
}

function pictureWish({ quality, frameRate }: CaptureWish): MediaTrackConstraints {
  return {
    width: { ideal: quality.width },
    height: { ideal: quality.height },
    frameRate: { ideal: frameRate },
  };
}

/** The browser hides `mediaDevices` on pages that are not secure, whatever the types say. */
function mediaDevices(): MediaDevices {
  const { mediaDevices } = navigator as { mediaDevices?: MediaDevices };
  if (mediaDevices === undefined) {
    throw new Problem(
      'The browser gives camera and microphone to secure pages only. Open Livehouse by https, or as localhost on this machine.',
      { slug: 'insecure-page', status: 0 },
    );
  }
  return mediaDevices;
}

async function captureCamera(wish: CaptureWish): Promise<Capture> {
  const stream = await mediaDevices().getUserMedia({
    video: {
      ...pictureWish(wish),
      ...(wish.cameraId === '' ? {} : { deviceId: { exact: wish.cameraId } }),
    },
    audio: audioWish(wish),
  });
  return {
    stream,
    stop() {
      stopAll(stream);
    },
  };
}

/** The sound of the shared tab or screen and the microphone, mixed to one track. */
function mixSound(
  screen: MediaStream,
  microphone: MediaStream,
): { track: MediaStreamTrack; close: () => void } {
  const context = new AudioContext();
  const output = context.createMediaStreamDestination();
  for (const stream of [screen, microphone]) context.createMediaStreamSource(stream).connect(output);
  const [track] = output.stream.getAudioTracks();
  if (track === undefined) throw new Error('the mixer has no track');
  return { track, close: () => void context.close() };
}

async function captureScreen(wish: CaptureWish): Promise<Capture> {
  const devices = mediaDevices();
  const screen = await devices.getDisplayMedia({ video: pictureWish(wish), audio: true });
  let microphone: MediaStream | null = null;
  const audio = audioWish(wish);
  try {
    microphone = audio === false ? null : await devices.getUserMedia({ audio });
  } catch (failure) {
    stopAll(screen);
    throw failure;
  }
  const hasSound = screen.getAudioTracks().length > 0;
  const mixed = hasSound && microphone !== null ? mixSound(screen, microphone) : null;
  const sound = mixed?.track ?? microphone?.getAudioTracks()[0] ?? screen.getAudioTracks()[0];
  return {
    stream: new MediaStream([...screen.getVideoTracks(), ...(sound === undefined ? [] : [sound])]),
    stop() {
      stopAll(screen, microphone);
      mixed?.close();
    },
  };
}

const sentences: Record<string, string> = {
  NotAllowedError:
    'The browser was not allowed to use it. Allow camera and microphone for this page (the sign beside the address), then try again.',
  NotFoundError: 'No camera or microphone was found. Connect one, choose "No microphone", or share a screen.',
  NotReadableError:
    'The device is in use by another program, or broken. Close the other program and try again.',
  OverconstrainedError: 'This device is gone. Choose another one.',
  AbortError: 'The device stopped before it gave a picture. Try again.',
};

/** Opens what was wished for; what goes wrong is thrown as a sentence. */
export async function capture(wish: CaptureWish): Promise<Capture> {
  try {
    const captured = await (wish.source === 'screen' ? captureScreen(wish) : captureCamera(wish));
    // Moving pictures: the encoder keeps the frame rate rather than the last bit of sharpness.
    for (const track of captured.stream.getVideoTracks()) track.contentHint = 'motion';
    return captured;
  } catch (failure) {
    if (!(failure instanceof DOMException)) throw failure;
    throw new Problem(sentences[failure.name] ?? `The browser refused: ${failure.message}`, {
      slug: failure.name,
      status: 0,
    });
  }
}

export interface Device {
  readonly value: string;
  readonly label: string;
}

/** Cameras and microphones, with names once the browser has been allowed to give them. */
export async function listDevices(): Promise<{ cameras: Device[]; microphones: Device[] }> {
  const devices = await mediaDevices().enumerateDevices();
  const ofKind = (kind: MediaDeviceKind, noun: string): Device[] =>
    devices
      .filter((device) => device.kind === kind && device.deviceId !== '')
      .map(({ deviceId, label }, at) => ({ value: deviceId, label: label || `${noun} ${at + 1}` }));
  return { cameras: ofKind('videoinput', 'Camera'), microphones: ofKind('audioinput', 'Microphone') };
}
