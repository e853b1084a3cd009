import { describe, expect, it, vi } from 'vitest';
import { videoCodecs, withPublishingBitrates, withStereoOpus } from './sdp';
import { iceServersFrom, negotiate, postOffer } from './signalling';

const sdp = [
  'v=0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 0',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:0 PCMU/8000',
  'm=video 9 UDP/TLS/RTP/SAVPF 45 46',
  'a=rtpmap:45 AV1/90000',
  'a=rtpmap:46 rtx/90000',
  'a=fmtp:46 apt=45',
  '',
].join('\r\n');

describe('session descriptions', () => {
  it('asks for stereo and keeps the other parameters', () => {
    expect(withStereoOpus(sdp)).toContain(
      'a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1\r\n',
    );
  });

  it('asks once, however often it is applied', () => {
    expect(withStereoOpus(withStereoOpus(sdp))).toBe(withStereoOpus(sdp));
  });

  it('adds format parameters where a codec has none, and leaves retransmission alone', () => {
    const rewritten = withPublishingBitrates(sdp, { videoBps: 1_000_000, audioBps: 128_000 });
    expect(rewritten).toContain('a=fmtp:45 x-google-start-bitrate=700;x-google-max-bitrate=1000\r\n');
    expect(rewritten).toContain('maxaveragebitrate=128000');
    expect(rewritten).toContain('a=fmtp:46 apt=45\r\n');
  });
});

describe('codecs of an answer', () => {
  it('are those of the video section alone', () => {
    expect([...videoCodecs(sdp)]).toEqual(['AV1', 'RTX']);
    expect([...videoCodecs('v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n')]).toEqual([]);
  });
});

describe('Link: ice-server (RFC 9725, 4.6)', () => {
  it('reads several servers, credentials with quotes and commas, and passes over other relations', () => {
    const link = [
      '<stun:stun.example.net>; rel="ice-server"',
      String.raw`<turn:turn.example.net?transport=udp>; rel="ice-server"; username="a,b"; credential="s\"; x"; credential-type="password"`,
      '<https://example.net/ext>; rel="urn:ietf:params:whip:ext:example"',
    ].join(', ');
    expect(iceServersFrom(link)).toEqual([
      { urls: 'stun:stun.example.net' },
      { urls: 'turn:turn.example.net?transport=udp', username: 'a,b', credential: 's"; x' },
    ]);
  });

  it('needs no header', () => {
    expect(iceServersFrom(null)).toEqual([]);
  });
});

describe('postOffer', () => {
  it('sends the offer with its key and finds the session beside it', async () => {
    const fetched = vi
      .spyOn(globalThis, 'fetch')
      .mockResolvedValue(
        new Response('v=0 answer', { status: 201, headers: { location: '/whip/sessions/n.1' } }),
      );
    const answer = await postOffer({ url: 'http://node.example/whip', sdp, bearer: 'lhk_secret' });
    expect(answer).toEqual({
      sdp: 'v=0 answer',
      sessionUrl: 'http://node.example/whip/sessions/n.1',
      iceServers: [],
    });
    const [, request] = fetched.mock.calls[0]!;
    expect(request).toMatchObject({
      method: 'POST',
      credentials: 'omit',
      headers: { 'Content-Type': 'application/sdp', Authorization: 'Bearer lhk_secret' },
    });
  });

  it('throws what the endpoint refused it with', async () => {
    vi.spyOn(globalThis, 'fetch').mockResolvedValue(
      new Response(JSON.stringify({ type: '/problems/room-empty', title: 'Nobody is live' }), {
        status: 409,
        headers: { 'retry-after': '4' },
      }),
    );
    await expect(postOffer({ url: 'http://node.example/whep/ada', sdp })).rejects.toMatchObject({
      status: 409,
      slug: 'room-empty',
      retryAfterMs: 4000,
    });
  });
});

describe('negotiate', () => {
  it('gives the connection the ICE servers of the answer and changes nothing else of its configuration', async () => {
    vi.spyOn(globalThis, 'fetch').mockResolvedValue(
      new Response('v=0 answer', {
        status: 201,
        headers: { location: '/whep/sessions/n.1', link: '<stun:stun.example.net>; rel="ice-server"' },
      }),
    );
    const setConfiguration = vi.fn();
    const connection = {
      createOffer: () => Promise.resolve({ sdp }),
      getConfiguration: () => ({ bundlePolicy: 'max-bundle', iceServers: [] }),
      setConfiguration,
      setLocalDescription: () => Promise.resolve(),
      setRemoteDescription: () => Promise.resolve(),
    } as unknown as RTCPeerConnection;
    const same = (text: string) => text;
    await negotiate(connection, { url: 'http://node.example/whep/ada' }, { local: same, remote: same });
    expect(setConfiguration).toHaveBeenCalledExactlyOnceWith({
      bundlePolicy: 'max-bundle',
      iceServers: [{ urls: 'stun:stun.example.net' }],
    });
  });
});
