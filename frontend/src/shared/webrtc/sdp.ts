/** Rewrites the `a=fmtp` line of every payload type whose codec name matches. */
function withFormatParameters(
  sdp: string,
  codec: RegExp,
  parameters: Readonly<Record<string, string>>,
): string {
  const lines = sdp.split('\r\n');
  for (const [index, line] of lines.entries()) {
    const map = /^a=rtpmap:(\d+) ([^/]+)\//.exec(line);
    if (map?.[1] === undefined || map[2] === undefined || !codec.test(map[2])) continue;
    const prefix = `a=fmtp:${map[1]} `;
    const added = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
    const at = lines.findIndex((candidate) => candidate.startsWith(prefix));
    if (at === -1) {
      lines[index] = `${line}\r\n${prefix}${added.join(';')}`;
      continue;
    }
    const kept = (lines[at] ?? '')
      .slice(prefix.length)
      .split(';')
      .filter((entry) => !((entry.split('=')[0] ?? '').trim() in parameters));
    lines[at] = prefix + [...kept, ...added].join(';');
  }
  return lines.join('\r\n');
}

/** Opus is decoded to two channels, and sent with two, only when the description says so (RFC 7587, 6.1). */
export function withStereoOpus(sdp: string): string {
  return withFormatParameters(sdp, /^opus$/i, { stereo: '1', 'sprop-stereo': '1' });
}

/**
 * For the publisher's remote description. Chromium's estimate starts at 300 kbit/s and takes seconds to
 * climb; these parameters of its own start it near what was asked for.
 */
export function withPublishingBitrates(
  sdp: string,
  { videoBps, audioBps }: { videoBps: number; audioBps: number },
): string {
  const videoKbps = Math.round(videoBps / 1000);
  const video = withFormatParameters(sdp, /^(AV1|H264|VP8|VP9)$/i, {
    'x-google-start-bitrate': String(Math.round(videoKbps * 0.7)),
    'x-google-max-bitrate': String(videoKbps),
  });
  return withFormatParameters(video, /^opus$/i, {
    stereo: '1',
    maxaveragebitrate: String(audioBps),
  });
}

/** Names of the codecs that the description's first video section takes, such as `AV1` and `rtx`, upper case. */
export function videoCodecs(sdp: string): ReadonlySet<string> {
  const [, ...sections] = sdp.split(/^m=/m);
  const video = sections.find((section) => section.startsWith('video')) ?? '';
  return new Set(
    [...video.matchAll(/^a=rtpmap:\d+ ([^/\s]+)\//gm)].map(([, name = '']) => name.toUpperCase()),
  );
}
