import { deleteSession, negotiate } from '#shared/webrtc/signalling';
import { withPublishingBitrates, withStereoOpus } from '#shared/webrtc/sdp';
import { preferredCodecs, type VideoCodec } from './codecs';
import { audioBitrateBps, type FrameRate, type Quality } from './qualities';
import { readSender, type SenderCounters } from './sender-sample';

export interface Encoding {
  readonly codec: VideoCodec;
  readonly quality: Quality;
  readonly frameRate: FrameRate;
  readonly bitrateBps: number;
}

/** One WhipSession with its peer connection. */
export interface WhipConnection {
  readonly transport: RTCPeerConnectionState;
  read(): Promise<SenderCounters>;
  /** Sends other devices' picture and sound over the same connection; throws when it has no place for one of them. */
  replace(stream: MediaStream): Promise<void>;
  /** Closes the connection without a word: the broadcast is interrupted and waits for our return. */
  abandon(): void;
  /** Closes the connection and says so to the server (WHIP DELETE), which ends the broadcast. */
  close(): void;
}

export interface WhipWish {
  readonly streamKey: string;
  readonly takesOver: boolean;
  readonly stream: MediaStream;
  readonly encoding: Encoding;
}

export type OpenWhipConnection = (wish: WhipWish) => Promise<WhipConnection>;

function scaleDown(track: MediaStreamTrack, quality: Quality): number {
  const { height } = track.getSettings();
  return height === undefined ? 1 : Math.max(1, height / quality.height);
}

/** Full resolution from the first second: Chromium's default halves it until its estimate has grown. */
async function keepResolution(sender: RTCRtpSender): Promise<void> {
  const parameters = sender.getParameters();
  parameters.degradationPreference = 'maintain-resolution';
  await sender.setParameters(parameters);
}

export const openWhipConnection: OpenWhipConnection = async ({ streamKey, takesOver, stream, encoding }) => {
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const capabilities = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  const { bitrateBps, frameRate, quality, codec } = encoding;
  let sessionUrl: string;
  try {
    for (const track of stream.getTracks()) {
      const isVideo = track.kind === 'video';
      const transceiver = connection.addTransceiver(track, {
        direction: 'sendonly',
        streams: [stream],
        sendEncodings: [
          isVideo
            ? {
                maxBitrate: bitrateBps,
                maxFramerate: frameRate,
                scaleResolutionDownBy: scaleDown(track, quality),
                priority: 'high',
                networkPriority: 'high',
              }
            : { maxBitrate: audioBitrateBps, priority: 'high', networkPriority: 'high' },
        ],
      });
      if (!isVideo) continue;
      transceiver.setCodecPreferences(preferredCodecs(capabilities, codec));
      await keepResolution(transceiver.sender);
    }
    const answer = await negotiate(
      connection,
      { url: `/whip${takesOver ? '?takeover=true' : ''}`, bearer: streamKey },
      {
        local: withStereoOpus,
        remote: (sdp) => withPublishingBitrates(sdp, { videoBps: bitrateBps, audioBps: audioBitrateBps }),
      },
    );
    sessionUrl = answer.sessionUrl;
  } catch (failure) {
    connection.close();
    throw failure;
  }
  let isOpen = true;
  return {
    get transport() {
      return connection.connectionState;
    },
    async read() {
      const report = (await connection.getStats()) as unknown as ReadonlyMap<string, Record<string, unknown>>;
      return readSender(report.values(), Date.now());
    },
    async replace(replacement) {
      const senders = connection.getSenders();
      for (const track of replacement.getTracks()) {
        const sender = senders.find((candidate) => candidate.track?.kind === track.kind);
        if (sender === undefined) throw new Error(`this connection carries no ${track.kind}`);
        await sender.replaceTrack(track);
      }
    },
    abandon() {
      isOpen = false;
      connection.close();
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      connection.close();
      void deleteSession(sessionUrl, streamKey);
    },
  };
};
