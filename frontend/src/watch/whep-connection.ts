import { deleteSession, negotiate } from '#shared/webrtc/signalling';
import { videoCodecs, withStereoOpus } from '#shared/webrtc/sdp';
import { samplePlayback, type PlaybackSample } from './playback-sample';

/** One WhepSession with its peer connection. */
export interface WhepConnection {
  readonly stream: MediaStream;
  readonly transport: RTCPeerConnectionState;
  /** What the server may send on this connection, such as `AV1`; a picture in another codec does not come. */
  readonly videoCodecs: ReadonlySet<string>;
  sample(): Promise<PlaybackSample>;
  close(): void;
}

/** `token`: a playback token, where the channel is for members only. */
export type OpenWhepConnection = (
  url: string,
  signal: AbortSignal,
  token: string | null,
) => Promise<WhepConnection>;

export const openWhepConnection: OpenWhepConnection = async (url, signal, token) => {
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const stream = new MediaStream();
  for (const kind of ['video', 'audio'] as const) {
    const { receiver } = connection.addTransceiver(kind, { direction: 'recvonly' });
    // Play at once; only loss and jitter may make the buffer grow.
    receiver.jitterBufferTarget = 0;
    stream.addTrack(receiver.track);
  }
  let sessionUrl: string;
  let agreed: ReadonlySet<string>;
  try {
    const answer = await negotiate(
      connection,
      token === null ? { url, signal } : { url, signal, bearer: token },
      { local: withStereoOpus, remote: withStereoOpus },
    );
    sessionUrl = answer.sessionUrl;
    agreed = videoCodecs(answer.sdp);
  } catch (failure) {
    connection.close();
    throw failure;
  }
  let open = true;
  return {
    stream,
    videoCodecs: agreed,
    get transport() {
      return connection.connectionState;
    },
    async sample() {
      const report = (await connection.getStats()) as unknown as ReadonlyMap<string, Record<string, unknown>>;
      return samplePlayback(report.values());
    },
    close() {
      if (!open) return;
      open = false;
      connection.close();
      void deleteSession(sessionUrl);
    },
  };
};
