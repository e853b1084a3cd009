use aws_lc_rs::hmac;
use str0m::ice::StunMessage;

use super::guard::guarded;

/// A connectivity check made by one who knows the password (RFC 8445 section 7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// The other side wants media to go this way (USE-CANDIDATE, RFC 8445 section 7.1.2).
    pub(crate) nominates: bool,
}

/// Reads a binding request; `None` unless its MESSAGE-INTEGRITY was made with `password` (RFC 8489 section 14.5).
pub(crate) fn check(datagram: &[u8], password: &str) -> Option<Check> {
    // Anyone may send these: a parser that panics must not take the thread along.
    guarded(|| {
        let message = StunMessage::parse(datagram).ok()?;
        let is_genuine = message.is_binding_request() && message.verify(password.as_bytes(), sha1_hmac);
        is_genuine.then(|| Check { nominates: message.use_candidate() })
    })?
}

fn sha1_hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key));
    parts.iter().for_each(|part| context.update(part));
    let mut tag = [0; 20];
    tag.copy_from_slice(context.sign().as_ref());
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5769 section 2.1: a request of `evtj:h6vY` made with this password.
    const PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";
    const REQUEST: [u8; 108] = [
        0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87,
        0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73, 0x74, 0x20, 0x63, 0x6c,
        0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff, 0x80, 0x29, 0x00, 0x08, 0x93, 0x2f,
        0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09, 0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76,
        0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14, 0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e,
        0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49, 0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf,
    ];

    #[test]
    fn the_request_of_rfc_5769_counts_for_its_password_only() {
        assert_eq!(check(&REQUEST, PASSWORD), Some(Check { nominates: false }));
        assert_eq!(check(&REQUEST, "VOkJxbRl1RmTxUk/WvJxBu"), None);
        for byte in 0..100 {
            let mut forged = REQUEST;
            forged[byte] ^= 1;
            assert_eq!(check(&forged, PASSWORD), None, "byte {byte}");
        }
        for length in 0..REQUEST.len() {
            assert_eq!(check(&REQUEST[..length], PASSWORD), None);
        }
    }
}
