//! DTLS as str0m does it with AWS-LC, but for two things: FFmpeg built with GnuTLS (as in PyAV's wheels) makes itself a
//! certificate on the curve P-224, which AWS-LC does not verify; such a signature is verified here. And the SRTP keys
//! are kept for who sends media past str0m.

use std::cell::RefCell;
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aws_lc_rs::digest::{SHA256, SHA384, digest};
use dimpl::crypto::{HashAlgorithm, NamedGroup, SignatureAlgorithm, SignatureVerifier, aws_lc_rs as aws_lc};
use dimpl::{Config, CryptoError as DimplError, Dtls};
use p224::ecdsa::signature::hazmat::PrehashVerifier;
use p224::ecdsa::{DerSignature, VerifyingKey};
use srtp::{MasterKey, Profile};
use str0m::config::{CryptoProvider, DtlsCert, DtlsVersion};
use str0m::crypto::CryptoError;
use str0m::crypto::dtls::{DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, ProtocolVersion, SrtpProfile};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::asn1::ObjectIdentifier;

/// RFC 5480 section 2.1.1.1.
const SECP224R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.33");
/// RFC 8422 section 5.1.1.
const NAMED_GROUP_SECP224R1: u16 = 21;

/// str0m's cryptography with the DTLS of this module.
pub(crate) fn crypto_provider() -> CryptoProvider {
    static DTLS: NodeDtls = NodeDtls;
    CryptoProvider { dtls_provider: &DTLS, ..str0m::crypto::from_feature_flags() }
}

/// The SRTP keys that a handshake agreed on.
#[derive(Debug)]
pub(super) struct MediaKeys {
    pub(super) own: MasterKey,
    pub(super) other: MasterKey,
}

/// Where a connection's keys are put when its handshake is done.
#[derive(Clone, Debug, Default)]
pub(super) struct KeySlot(Arc<Mutex<Option<MediaKeys>>>);

impl KeySlot {
    /// Gives the keys, once.
    pub(super) fn take(&self) -> Option<MediaKeys> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn fill(&self, profile: SrtpProfile, material: &[u8], is_client: bool) {
        let profile = match profile {
            SrtpProfile::AES128_CM_SHA1_80 => Profile::Aes128CmHmacSha1_80,
            SrtpProfile::AEAD_AES_128_GCM => Profile::AeadAes128Gcm,
            SrtpProfile::AEAD_AES_256_GCM => Profile::AeadAes256Gcm,
            _ => return,
        };
        let Ok((mut own, mut other)) = MasterKey::from_dtls(profile, material) else { return };
        if !is_client {
            mem::swap(&mut own, &mut other);
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(MediaKeys { own, other });
    }
}

thread_local! {
    /// For the next connection made on this thread: str0m does not tell for whom it is.
    static NEXT_SLOT: RefCell<Option<KeySlot>> = const { RefCell::new(None) };
}

/// Makes a connection whose keys will be in the slot.
pub(super) fn with_keys_kept<T>(make: impl FnOnce() -> T) -> (T, KeySlot) {
    let slot = KeySlot::default();
    NEXT_SLOT.set(Some(slot.clone()));
    let made = make();
    NEXT_SLOT.take();
    (made, slot)
}

#[derive(Debug)]
struct NodeDtls;

impl DtlsProvider for NodeDtls {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        str0m::crypto::from_feature_flags().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        static VERIFIER: Verifier = Verifier;
        let refused = |detail: String| CryptoError::Other(detail);
        let provider =
            dimpl::crypto::CryptoProvider { signature_verification: &VERIFIER, ..aws_lc::default_provider() };
        // ICE has verified the other side's address, which is what a cookie would do again.
        let mut config = Config::builder().with_crypto_provider(provider).use_server_cookie(false);
        if let Some(mtu) = mtu {
            config = config.mtu(mtu);
        }
        let config = Arc::new(config.build().map_err(|error| refused(error.to_string()))?);
        let dtls = match version {
            DtlsVersion::Dtls12 => Dtls::new_12(config, certificate.clone(), now),
            DtlsVersion::Dtls13 => Dtls::new_13(config, certificate.clone(), now),
            DtlsVersion::Auto => Dtls::new_auto(config, certificate.clone(), now),
            _ => return Err(refused(format!("DTLS {version} is unknown"))),
        };
        Ok(Box::new(Connection { dtls, keys: NEXT_SLOT.take() }))
    }
}

struct Connection {
    dtls: Dtls,
    /// Of a connection whose keys somebody wants.
    keys: Option<KeySlot>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Connection")
    }
}

impl DtlsInstance for Connection {
    fn set_active(&mut self, active: bool) {
        self.dtls.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.dtls.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        let output = self.dtls.poll_output(buffer);
        if let (DtlsOutput::KeyingMaterial(material, profile), Some(slot)) = (&output, &self.keys) {
            slot.fill(*profile, material, self.dtls.is_active());
        }
        output
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.dtls.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<(), DtlsImplError> {
        self.dtls.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.dtls.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.dtls.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.dtls.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.dtls.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.dtls.close()
    }
}

#[derive(Debug)]
struct Verifier;

impl SignatureVerifier for Verifier {
    fn verify_signature(
        &self,
        certificate: &[u8],
        data: &[u8],
        signature: &[u8],
        hash: HashAlgorithm,
        algorithm: SignatureAlgorithm,
    ) -> Result<(), DimplError> {
        match p224_key(certificate) {
            Some(key) if algorithm == SignatureAlgorithm::ECDSA => verify_p224(&key, data, signature, hash),
            _ => {
                let verifier = aws_lc::default_provider().signature_verification;
                verifier.verify_signature(certificate, data, signature, hash, algorithm)
            }
        }
    }
}

/// The key of a certificate on P-224.
fn p224_key(certificate: &[u8]) -> Option<VerifyingKey> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let key = certificate.tbs_certificate.subject_public_key_info;
    let curve: ObjectIdentifier = key.algorithm.parameters.as_ref()?.decode_as().ok()?;
    if curve != SECP224R1 {
        return None;
    }
    VerifyingKey::from_sec1_bytes(key.subject_public_key.as_bytes()?).ok()
}

fn verify_p224(key: &VerifyingKey, data: &[u8], signature: &[u8], hash: HashAlgorithm) -> Result<(), DimplError> {
    let group = NamedGroup::from_u16(NAMED_GROUP_SECP224R1);
    let failed = DimplError::SignatureVerificationFailed { signature: SignatureAlgorithm::ECDSA, hash, group };
    let digest = match hash {
        HashAlgorithm::SHA256 => digest(&SHA256, data),
        HashAlgorithm::SHA384 => digest(&SHA384, data),
        _ => return Err(failed),
    };
    let signature = DerSignature::try_from(signature);
    let verified = signature.is_ok_and(|signature| key.verify_prehash(digest.as_ref(), &signature).is_ok());
    if verified { Ok(()) } else { Err(failed) }
}

#[cfg(test)]
mod tests {
    use p224::ecdsa::SigningKey;
    use p224::ecdsa::signature::hazmat::PrehashSigner;

    use super::*;

    #[test]
    fn a_p224_signature_counts_for_its_key_and_data_only() {
        let key = |fill: u8| SigningKey::from_slice(&[fill; 28]).unwrap();
        let signed: DerSignature = key(7).sign_prehash(digest(&SHA256, b"handshake").as_ref()).unwrap();
        let verify = |fill: u8, data: &[u8], signature: &[u8], hash| {
            verify_p224(key(fill).verifying_key(), data, signature, hash).is_ok()
        };
        let signature = signed.as_bytes();
        assert!(verify(7, b"handshake", signature, HashAlgorithm::SHA256));
        assert!(!verify(8, b"handshake", signature, HashAlgorithm::SHA256));
        assert!(!verify(7, b"other", signature, HashAlgorithm::SHA256));
        assert!(!verify(7, b"handshake", signature, HashAlgorithm::SHA384));
        assert!(!verify(7, b"handshake", &signature[1..], HashAlgorithm::SHA256));
    }

    #[test]
    fn other_certificates_are_left_to_aws_lc() {
        let certificate = NodeDtls.generate_certificate().unwrap();
        assert!(p224_key(&certificate.certificate).is_none());
        assert!(p224_key(b"rubbish").is_none());
    }
}
