/// A DTLS-SRTP protection profile (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    Aes128CmHmacSha1_80,
    AeadAes128Gcm,
    AeadAes256Gcm,
}

/// What SRTCP puts after the packet besides the tag: the E flag and the index (RFC 3711 section 3.4).
pub(crate) const RTCP_INDEX_BYTES: usize = 4;

impl Profile {
    /// Bytes of a master key and of a session key.
    pub const fn key_length(self) -> usize {
        match self {
            Self::Aes128CmHmacSha1_80 | Self::AeadAes128Gcm => 16,
            Self::AeadAes256Gcm => 32,
        }
    }

    /// Bytes of a master salt and of a session salt.
    pub const fn salt_length(self) -> usize {
        match self {
            Self::Aes128CmHmacSha1_80 => 14,
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 12,
        }
    }

    pub const fn tag_length(self) -> usize {
        match self {
            Self::Aes128CmHmacSha1_80 => 10,
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 16,
        }
    }

    /// Bytes a packet grows by as SRTP.
    pub const fn rtp_overhead(self) -> usize {
        self.tag_length()
    }

    /// Bytes a packet grows by as SRTCP.
    pub const fn rtcp_overhead(self) -> usize {
        self.tag_length() + RTCP_INDEX_BYTES
    }

    /// Bytes to export from DTLS: key and salt of both sides (RFC 5764 section 4.2).
    pub const fn keying_material_length(self) -> usize {
        2 * (self.key_length() + self.salt_length())
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes128CmHmacSha1_80 => "AES128_CM_HMAC_SHA1_80",
            Self::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Self::AeadAes256Gcm => "AEAD_AES_256_GCM",
        }
    }
}
