"""Going live and watching: WHIP, WHEP, stream keys, broadcasts."""

from __future__ import annotations

from cpc.kernel.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Unauthenticated,
    Unavailable,
    Unprocessable,
)
from livehouse.web.problem_types.problem_type import ProblemType

STREAMING = (
    ProblemType(
        "playback-token-missing",
        Unauthenticated,
        "The channel is for its members, so its media takes a playback token.",
        "Ask for one by `POST /api/v1/channels/{name}/playback-token` and send it as bearer token.",
    ),
    ProblemType(
        "playback-token-refused",
        Unauthenticated,
        "The playback token is forged, for another channel, or older than a minute.",
        "Ask for a new one for each connection.",
    ),
    ProblemType(
        "too-many-viewings",
        Forbidden,
        "You watch this channel, which is for its members, in four places at once already.",
        "Close one of them; one that was lost counts for some seconds more.",
    ),
    ProblemType(
        "not-live",
        (NotFound, Conflict),
        "The channel is not live. 404 answers a look at the broadcast, 409 a player that wants to watch.",
        "Wait until it goes live; a player may try again after `Retry-After`.",
    ),
    ProblemType(
        "already-live",
        Conflict,
        "Another encoder sends to this channel, or is just starting.",
        "Stop that one, or take over with `?takeover=true`.",
    ),
    ProblemType(
        "broadcast-ended", Conflict, "The broadcast is over.", "Send a new offer; it starts a new one."
    ),
    ProblemType(
        "stream-key-missing",
        Unauthenticated,
        "An encoder shows that it may by the stream key, and none came.",
        "Send `Authorization: Bearer` with the stream key.",
    ),
    ProblemType(
        "stream-key-refused",
        Unauthenticated,
        "The stream key is wrong or revoked.",
        "Copy it again, or make a new one in the studio.",
    ),
    ProblemType(
        "stream-key-expired",
        Unauthenticated,
        "The stream key was made for a time that is over.",
        "Make a new one in the studio, and give it to the encoder.",
    ),
    ProblemType(
        "stream-key-name",
        Invalid,
        "A stream key needs a name of visible characters.",
        "Send 1 to 60 of them.",
    ),
    ProblemType(
        "stream-key-lifetime",
        Invalid,
        "The lifetime is too short or too long.",
        "Choose from a minute to ten years, or leave it out.",
    ),
    ProblemType(
        "no-such-stream-key",
        NotFound,
        "The channel has no such stream key, or it was revoked.",
        "Load the list of keys again.",
    ),
    ProblemType(
        "too-many-stream-keys", Conflict, "A channel can have so many stream keys and no more.", "Revoke one."
    ),
    ProblemType(
        "malformed-sdp",
        Invalid,
        "The body is empty or no text.",
        "Send the SDP of your offer or its fragment.",
    ),
    ProblemType(
        "malformed-offer",
        Invalid,
        "The SDP offer could not be read; `detail` says where.",
        "Send the offer as the WebRTC library made it.",
    ),
    ProblemType(
        "malformed-fragment",
        Invalid,
        "The SDP fragment could not be read (RFC 8840).",
        "Send candidates, or new ICE credentials, as an SDP fragment.",
    ),
    ProblemType("malformed-takeover", Invalid, "`takeover` is true or false.", "Correct the parameter."),
    ProblemType(
        "unsupported-codec",
        Unprocessable,
        "The offer holds no codec that this server forwards.",
        "Offer AV1, H.264, VP9 or VP8, and Opus.",
    ),
    ProblemType(
        "offer-direction",
        Unprocessable,
        "The offer would send where it must receive, or the other way round.",
        "WHIP takes `sendonly`, WHEP takes `recvonly`.",
    ),
    ProblemType(
        "no-such-session",
        NotFound,
        "There is no such session, or it is over.",
        "Send a new offer.",
    ),
    ProblemType(
        "etag-missing",
        PreconditionRequired,
        "A change of an ICE session says which one it means (RFC 9725 section 4.3).",
        'Send `If-Match` with the `ETag` of the answer for candidates, or `"*"` for an ICE restart.',
    ),
    ProblemType(
        "etag-stale",
        PreconditionFailed,
        "The ICE session has been restarted meanwhile.",
        "Drop these candidates; those of the new ICE session come with its own tag.",
    ),
    ProblemType(
        "no-media-node", Unavailable, "No media node runs at the moment.", "Try again in a few seconds."
    ),
    ProblemType(
        "media-node-away", Unavailable, "The media node does not answer.", "Try again in a few seconds."
    ),
    ProblemType(
        "media-node-busy",
        Unavailable,
        "The media node is full or busy; `detail` says why.",
        "Try again shortly.",
    ),
    ProblemType(
        "bus-away",
        Unavailable,
        "The parts of this server cannot reach each other.",
        "Try again in a few seconds.",
    ),
)
