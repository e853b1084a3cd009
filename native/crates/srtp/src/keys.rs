use std::error::Error;
use std::fmt;

use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use zeroize::Zeroizing;

use crate::profile::Profile;

const MAX_KEY: usize = 32;
const MAX_SALT: usize = 14;
/// HMAC-SHA1 takes a key of 160 bits (RFC 3711 section 8.2).
const AUTHENTICATION_KEY: usize = 20;

/// One side's master key and salt; forgotten bytewise when dropped, and never shown.
pub struct MasterKey {
    profile: Profile,
    key: Zeroizing<[u8; MAX_KEY]>,
    salt: Zeroizing<[u8; MAX_SALT]>,
}

/// Key, salt or keying material of another length than the profile has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongLength;

impl fmt::Display for WrongLength {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("The keying material has another length than the SRTP profile asks for.")
    }
}

impl Error for WrongLength {}

impl MasterKey {
    pub fn new(profile: Profile, key: &[u8], salt: &[u8]) -> Result<Self, WrongLength> {
        if key.len() != profile.key_length() || salt.len() != profile.salt_length() {
            return Err(WrongLength);
        }
        let mut master = Self { profile, key: Zeroizing::new([0; MAX_KEY]), salt: Zeroizing::new([0; MAX_SALT]) };
        master.key[..key.len()].copy_from_slice(key);
        master.salt[..salt.len()].copy_from_slice(salt);
        Ok(master)
    }

    /// The keys of what the DTLS client sends and of what the DTLS server sends, from what DTLS exported (RFC 5764
    /// section 4.2).
    pub fn from_dtls(profile: Profile, material: &[u8]) -> Result<(Self, Self), WrongLength> {
        if material.len() != profile.keying_material_length() {
            return Err(WrongLength);
        }
        let (keys, salts) = material.split_at(2 * profile.key_length());
        let (client_key, server_key) = keys.split_at(profile.key_length());
        let (client_salt, server_salt) = salts.split_at(profile.salt_length());
        Ok((Self::new(profile, client_key, client_salt)?, Self::new(profile, server_key, server_salt)?))
    }

    pub fn profile(&self) -> Profile {
        self.profile
    }

    pub(crate) fn rtp_keys(&self) -> SessionKeys {
        self.session_keys([0, 1, 2])
    }

    pub(crate) fn rtcp_keys(&self) -> SessionKeys {
        self.session_keys([3, 4, 5])
    }

    /// By the labels of encryption, authentication and salt (RFC 3711 section 4.3.2).
    fn session_keys(&self, [encryption, authentication, salting]: [u8; 3]) -> SessionKeys {
        let mut keys = SessionKeys {
            profile: self.profile,
            encryption: Zeroizing::new([0; MAX_KEY]),
            authentication: Zeroizing::new([0; AUTHENTICATION_KEY]),
            salt: Zeroizing::new([0; MAX_SALT]),
        };
        self.derive(encryption, &mut keys.encryption[..self.profile.key_length()]);
        self.derive(authentication, &mut *keys.authentication);
        self.derive(salting, &mut keys.salt[..self.profile.salt_length()]);
        keys
    }

    /// AES in counter mode as pseudo-random function (RFC 3711 section 4.3.3, with 256 bits RFC 6188 section 2), at a
    /// key derivation rate of zero. A salt of 96 bits is filled up with zeros behind it (RFC 7714 section 11).
    fn derive(&self, label: u8, out: &mut [u8]) {
        let mut counter = [0; 16];
        counter[..MAX_SALT].copy_from_slice(&*self.salt);
        counter[7] ^= label;
        out.fill(0);
        counter_mode(&self.key[..self.profile.key_length()])
            .less_safe_encrypt(out, EncryptionContext::Iv128(counter.into()))
            .expect("counter mode takes any length");
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MasterKey({})", self.profile.name())
    }
}

/// What protects RTP or RTCP of one direction.
pub(crate) struct SessionKeys {
    pub(crate) profile: Profile,
    encryption: Zeroizing<[u8; MAX_KEY]>,
    authentication: Zeroizing<[u8; AUTHENTICATION_KEY]>,
    salt: Zeroizing<[u8; MAX_SALT]>,
}

impl SessionKeys {
    pub(crate) fn encryption(&self) -> &[u8] {
        &self.encryption[..self.profile.key_length()]
    }

    pub(crate) fn authentication(&self) -> &[u8] {
        &*self.authentication
    }

    pub(crate) fn salt(&self) -> &[u8] {
        &self.salt[..self.profile.salt_length()]
    }
}

pub(crate) fn counter_mode(key: &[u8]) -> EncryptingKey {
    let algorithm = if key.len() == 16 { &AES_128 } else { &AES_256 };
    let key = UnboundCipherKey::new(algorithm, key).expect("the profile's key length is the algorithm's");
    EncryptingKey::ctr(key).expect("AES has a counter mode")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;

    /// RFC 3711 appendix B.3.
    #[test]
    fn session_keys_are_those_of_rfc_3711_b_3() {
        let master = MasterKey::new(
            Profile::Aes128CmHmacSha1_80,
            &hex("E1F97A0D3E018BE0D64FA32C06DE4139"),
            &hex("0EC675AD498AFEEBB6960B3AABE6"),
        )
        .unwrap();
        let keys = master.rtp_keys();
        assert_eq!(keys.encryption(), hex("C61E7A93744F39EE10734AFE3FF7A087"));
        assert_eq!(keys.salt(), hex("30CBBC08863D8C85D49DB34A9AE1"));
        assert_eq!(keys.authentication(), hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
        let mut long = [0; 94];
        master.derive(1, &mut long);
        assert_eq!(
            long[..],
            hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCEE049646C43D9327AD175578EF7227098
                 6371C10C9A369AC2F94A8C5FBCDDDC256D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2")
        );
    }

    /// RFC 5764 section 4.2: client key, server key, client salt, server salt.
    #[test]
    fn keying_material_is_cut_up_in_the_order_of_rfc_5764() {
        for profile in [Profile::Aes128CmHmacSha1_80, Profile::AeadAes128Gcm, Profile::AeadAes256Gcm] {
            let (key, salt) = (profile.key_length(), profile.salt_length());
            let material = [vec![1; key], vec![2; key], vec![3; salt], vec![4; salt]].concat();
            let (client, server) = MasterKey::from_dtls(profile, &material).unwrap();
            assert!(
                client.key[..key].iter().all(|byte| *byte == 1) && client.salt[..salt].iter().all(|byte| *byte == 3)
            );
            assert!(
                server.key[..key].iter().all(|byte| *byte == 2) && server.salt[..salt].iter().all(|byte| *byte == 4)
            );
            assert_eq!(MasterKey::from_dtls(profile, &material[1..]).err(), Some(WrongLength));
            assert_eq!(MasterKey::new(profile, &[0; 15], &vec![0; salt]).err(), Some(WrongLength));
        }
    }

    #[test]
    fn no_key_is_shown() {
        let master = MasterKey::new(Profile::AeadAes128Gcm, &[0xab; 16], &[0xcd; 12]).unwrap();
        assert_eq!(format!("{master:?}"), "MasterKey(AEAD_AES_128_GCM)");
    }
}
