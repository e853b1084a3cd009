import { Problem, problemFromFailure, problemFromResponse } from '#shared/api/problems';

/** What a WHIP or WHEP endpoint answered an offer with (RFC 9725, 4.2; WHEP draft-03, 4.2). */
export interface SignallingAnswer {
  readonly sdp: string;
  /** Address of the WhipSession or WhepSession: DELETE ends it. */
  readonly sessionUrl: string;
  readonly iceServers: RTCIceServer[];
}

export interface Offer {
  readonly url: string;
  readonly sdp: string;
  /** The stream key, for WHIP; a playback token, for WHEP. */
  readonly bearer?: string;
  readonly signal?: AbortSignal;
}

/** An answer that takes longer is lost: the next attempt should not wait for the browser to give up. */
const answerMs = 15_000;

function authorization(bearer: string | undefined): Record<string, string> {
  return bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` };
}

export async function postOffer(offer: Offer): Promise<SignallingAnswer> {
  const { signal } = offer;
  const timeout = AbortSignal.timeout(answerMs);
  try {
    return await exchange(offer, signal === undefined ? timeout : AbortSignal.any([signal, timeout]));
  } catch (failure) {
    if (signal?.aborted === true) throw failure;
    if (timeout.aborted) {
      throw new Problem('Livehouse does not answer. Check your connection and try again.', {
        slug: 'no-answer',
        status: 0,
      });
    }
    throw problemFromFailure(failure);
  }
}

async function exchange({ url, sdp, bearer }: Offer, signal: AbortSignal): Promise<SignallingAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp', ...authorization(bearer) },
    body: sdp,
    // The stream key is the only authority here; the cookie stays home.
    credentials: 'omit',
    signal,
  });
  if (response.status !== 201) throw await problemFromResponse(response);
  const location = response.headers.get('location');
  if (location === null) {
    throw new Problem('The server opened a connection without an address.', {
      slug: 'no-location',
      status: response.status,
    });
  }
  return {
    sdp: await response.text(),
    sessionUrl: new URL(location, response.url || url).href,
    iceServers: iceServersFrom(response.headers.get('link')),
  };
}

/** Ends the session; safe to call while the page is being left. */
export async function deleteSession(sessionUrl: string, bearer?: string): Promise<void> {
  try {
    await fetch(sessionUrl, {
      method: 'DELETE',
      headers: authorization(bearer),
      credentials: 'omit',
      keepalive: true,
    });
  } catch {
    // Nobody there to tell: the media node notices the silence by itself.
  }
}

/** Reads `Link: <turn:…>; rel="ice-server"; username="…"; credential="…"` (RFC 9725, 4.6). */
export function iceServersFrom(link: string | null): RTCIceServer[] {
  const servers: RTCIceServer[] = [];
  for (const match of (link ?? '').matchAll(
    /<([^>]+)>((?:\s*;\s*[\w-]+=(?:"(?:[^"\\]|\\.)*"|[^\s;,]+))*)/g,
  )) {
    const [, urls, rest] = match;
    if (urls === undefined || !/^(stun|turn)s?:/i.test(urls)) continue;
    const attributes = new Map<string, string>();
    for (const [, name, quoted, bare] of (rest ?? '').matchAll(
      /;\s*([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;,]+))/g,
    )) {
      if (name !== undefined) {
        attributes.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');
      }
    }
    if (attributes.get('rel') !== 'ice-server') continue;
    const username = attributes.get('username');
    const credential = attributes.get('credential');
    servers.push(
      username !== undefined && credential !== undefined ? { urls, username, credential } : { urls },
    );
  }
  return servers;
}

/**
 * Offers, and sets both descriptions. The server is ICE-lite on public addresses, so candidates of ours
 * add nothing: it learns them from the checks. The local description is set after the answer, because
 * only then are the ICE servers of the `Link` header known (RFC 9725, 4.6).
 */
export async function negotiate(
  connection: RTCPeerConnection,
  endpoint: Omit<Offer, 'sdp'>,
  rewrite: { local: (sdp: string) => string; remote: (sdp: string) => string },
): Promise<SignallingAnswer> {
  const offer = await connection.createOffer();
  const sdp = rewrite.local(offer.sdp ?? '');
  const answer = await postOffer({ ...endpoint, sdp });
  try {
    if (answer.iceServers.length > 0) {
      // Everything else as it was: a configuration that leaves the bundle policy out asks for another one,
      // and is refused (WebRTC 1.0, 4.4.1.6).
      connection.setConfiguration({ ...connection.getConfiguration(), iceServers: answer.iceServers });
    }
    await connection.setLocalDescription({ type: 'offer', sdp });
    await connection.setRemoteDescription({ type: 'answer', sdp: rewrite.remote(answer.sdp) });
  } catch (failure) {
    void deleteSession(answer.sessionUrl, endpoint.bearer);
    throw failure;
  }
  return answer;
}
