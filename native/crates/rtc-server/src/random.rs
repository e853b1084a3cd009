use std::fs::File;
use std::io::{self, Read};

/// RFC 8839 section 5.4: ice-char.
const ICE_CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A random text with 6 bits of the system's randomness in each character.
pub(crate) fn random_token(length: usize) -> io::Result<String> {
    let mut bytes = vec![0; length];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| char::from(ICE_CHARS[usize::from(byte & 63)])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_the_length_asked_for_and_differ() {
        let (one, other) = (random_token(32).unwrap(), random_token(32).unwrap());
        assert_eq!(one.len(), 32);
        assert_ne!(one, other);
    }
}
