//! What the node changes in the answers str0m writes.

use std::fmt::Write as _;

use crate::offer::SessionKind;

/// Media stream and CNAME of what a player gets: one for audio and video, as players keep the tracks of one stream
/// in step (RFC 8830 section 2, RFC 3550 section 6.5.1).
pub(crate) const STREAM: &str = "broadcast";

pub(crate) fn finished(answer: &str, kind: SessionKind) -> String {
    let mut text = String::with_capacity(answer.len() + 64);
    let lines: Vec<&str> = answer.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        match kind {
            // The node sends nothing to an encoder, so it has no stream to name.
            SessionKind::Ingest if line.starts_with("a=msid") => {}
            SessionKind::Ingest => push(&mut text, line),
            SessionKind::Playback => push(&mut text, &in_one_stream(line)),
        }
        let is_candidate = |line: &&str| line.starts_with("a=candidate:");
        if is_candidate(line) && !lines.get(index + 1).is_some_and(is_candidate) {
            // All are here: none will be trickled (RFC 9725 section 4.3.2).
            push(&mut text, "a=end-of-candidates");
        }
    }
    text
}

fn push(text: &mut String, line: &str) {
    let _ = write!(text, "{line}\r\n");
}

fn in_one_stream(line: &str) -> String {
    if line.starts_with("a=msid-semantic:") {
        return format!("a=msid-semantic: WMS {STREAM}");
    }
    if let Some(names) = line.strip_prefix("a=msid:") {
        let track = names.split_once(' ').map_or(names, |(_, track)| track);
        return format!("a=msid:{STREAM} {track}");
    }
    let Some((ssrc, attribute)) = line.strip_prefix("a=ssrc:").and_then(|rest| rest.split_once(' ')) else {
        return line.to_owned();
    };
    match attribute.split_once(':') {
        Some(("cname", _)) => format!("a=ssrc:{ssrc} cname:{STREAM}"),
        Some(("msid", names)) => {
            let track = names.split_once(' ').map_or(names, |(_, track)| track);
            format!("a=ssrc:{ssrc} msid:{STREAM} {track}")
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_gets_audio_and_video_in_one_stream() {
        let answer = "v=0\r\na=msid-semantic: WMS x y\r\nm=audio 9 RTP 111\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n\
            a=candidate:2 1 udp 1 192.0.2.2 9 typ host\r\na=msid:x audio1\r\nm=video 9 RTP 96\r\na=msid:y video1\r\n\
            a=ssrc:7 cname:abc\r\na=ssrc:7 msid:y video1\r\na=ssrc-group:FID 7 8\r\n";
        assert_eq!(
            finished(answer, SessionKind::Playback),
            "v=0\r\na=msid-semantic: WMS broadcast\r\nm=audio 9 RTP 111\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n\
            a=candidate:2 1 udp 1 192.0.2.2 9 typ host\r\na=end-of-candidates\r\na=msid:broadcast audio1\r\nm=video 9 RTP 96\r\n\
            a=msid:broadcast video1\r\na=ssrc:7 cname:broadcast\r\na=ssrc:7 msid:broadcast video1\r\na=ssrc-group:FID 7 8\r\n"
        );
    }

    #[test]
    fn an_encoder_is_named_no_stream() {
        let answer = "v=0\r\na=msid-semantic: WMS x\r\nm=audio 9 RTP 111\r\na=msid:x audio1\r\n";
        assert_eq!(finished(answer, SessionKind::Ingest), "v=0\r\nm=audio 9 RTP 111\r\n");
    }
}
