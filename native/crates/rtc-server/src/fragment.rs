//! SDP fragments of trickle ICE and ICE restarts (RFC 8840 section 9, RFC 9725 section 4.3).

use std::net::SocketAddr;

use crate::error::{MediaError, MediaErrorKind};

const MAX_FRAGMENT_BYTES: usize = 16 * 1024;
const MAX_CANDIDATES: usize = 64;

/// ICE credentials of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IceCredentials {
    pub(crate) ufrag: String,
    pub(crate) password: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fragment {
    pub(crate) credentials: Option<IceCredentials>,
    /// Candidate attributes without `a=`.
    pub(crate) candidates: Vec<String>,
}

impl Fragment {
    pub(crate) fn parse(text: &str) -> Result<Self, MediaError> {
        let malformed = |detail: String| MediaError::new(MediaErrorKind::MalformedFragment, detail);
        if text.len() > MAX_FRAGMENT_BYTES {
            return Err(malformed("The fragment is larger than 16 KiB.".into()));
        }
        let (mut ufrag, mut password) = (None, None);
        let mut candidates = Vec::new();
        for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
            if let Some(value) = line.strip_prefix("a=ice-ufrag:") {
                same(&mut ufrag, value).map_err(&malformed)?;
            } else if let Some(value) = line.strip_prefix("a=ice-pwd:") {
                same(&mut password, value).map_err(&malformed)?;
            } else if let Some(candidate) = line.strip_prefix("a=candidate:") {
                if candidate.split(' ').count() < 8 {
                    return Err(malformed(format!("This candidate is incomplete: {line}")));
                }
                if candidates.len() == MAX_CANDIDATES {
                    return Err(malformed(format!("The fragment has more than {MAX_CANDIDATES} candidates.")));
                }
                candidates.push(format!("candidate:{candidate}"));
            } else if !(line.starts_with("a=") || line.starts_with("m=")) {
                return Err(malformed(format!("A fragment has lines that begin with a= or m= only, not: {line}")));
            }
        }
        let credentials = match (ufrag, password) {
            // RFC 8839 section 5.4 gives these lengths.
            (Some(ufrag), Some(password))
                if (4..=256).contains(&ufrag.len()) && (22..=256).contains(&password.len()) =>
            {
                Some(IceCredentials { ufrag, password })
            }
            (None, None) => None,
            (Some(_), None) if !candidates.is_empty() => None,
            _ => return Err(malformed("The ICE user name fragment and password must come together.".into())),
        };
        if credentials.is_none() && candidates.is_empty() && !text.contains("a=end-of-candidates") {
            return Err(malformed("The fragment has neither candidates nor ICE credentials.".into()));
        }
        Ok(Self { credentials, candidates })
    }
}

/// Bundled sections repeat one value; another one would be a second transport.
fn same(slot: &mut Option<String>, value: &str) -> Result<(), String> {
    let is_ice_char = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    // Some players use characters beyond RFC 8839's; letters, digits and marks do no harm, blanks would.
    if !value.bytes().all(|byte| is_ice_char(byte) || byte.is_ascii_punctuation()) {
        return Err("The ICE credentials hold characters they cannot have.".into());
    }
    match slot {
        Some(before) if before != value => Err("The fragment names two different ICE credentials.".into()),
        _ => {
            *slot = Some(value.to_owned());
            Ok(())
        }
    }
}

/// The server's side of an ICE restart, for the first section of the bundle.
pub(crate) fn restart_fragment(
    media_line: &str,
    mid: &str,
    credentials: &IceCredentials,
    candidates: &[SocketAddr],
) -> String {
    let mut text = format!(
        "a=ice-lite\r\na=ice-options:trickle ice2\r\n{media_line}\r\na=mid:{mid}\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\n",
        credentials.ufrag, credentials.password
    );
    for (index, candidate) in candidates.iter().enumerate() {
        let priority = 2_130_706_431 - (index as u32) * 256;
        text +=
            &format!("a=candidate:{} 1 udp {priority} {} {} typ host\r\n", index + 1, candidate.ip(), candidate.port());
    }
    text + "a=end-of-candidates\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trickled_candidate_and_a_restart_are_read() {
        let trickle = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n\
            a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1\r\n\
            a=end-of-candidates\r\n";
        let fragment = Fragment::parse(trickle).unwrap();
        assert_eq!(fragment.candidates.len(), 1);
        assert_eq!(fragment.credentials.unwrap().ufrag, "EsAw");
        assert_eq!(Fragment::parse("a=end-of-candidates").unwrap().credentials, None);
    }

    #[test]
    fn rubbish_is_refused() {
        for text in [
            "",
            "hello",
            "v=0",
            "a=ice-ufrag:abcd",
            "a=ice-ufrag:abcd\r\na=ice-pwd:short",
            "a=ice-ufrag:ab d\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
            "a=ice-ufrag:abcd\r\na=ice-ufrag:efgh\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
            "a=candidate:1 1 udp",
            &"a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n".repeat(65),
            &"a=x\r\n".repeat(10_000),
        ] {
            let error = Fragment::parse(text).unwrap_err();
            assert_eq!(error.kind, MediaErrorKind::MalformedFragment, "{text}");
        }
    }
}
