//! str0m's DTLS, which besides keeps a connection's SRTP keys for those who write RTCP themselves.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use srtp::{MasterKey, Profile};
use str0m::config::{CryptoProvider, DtlsCert, DtlsVersion};
use str0m::crypto::CryptoError;
use str0m::crypto::dtls::{
    DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, KeyingMaterial, ProtocolVersion, SrtpProfile,
};

/// What one connection seals with and what it opens with.
pub struct Keys {
    pub own: MasterKey,
    pub others: MasterKey,
}

/// Filled when DTLS has agreed on keys.
pub type KeySlot = Arc<OnceLock<Keys>>;

thread_local! {
    /// str0m begins a connection's DTLS while the connection is made and tells nobody which.
    static LATEST: RefCell<KeySlot> = RefCell::default();
}

/// The slot of the connection that this thread made last.
pub fn latest_slot() -> KeySlot {
    LATEST.with_borrow(Arc::clone)
}

/// str0m's cryptography with the DTLS of this module.
pub fn crypto_provider() -> CryptoProvider {
    static DTLS: KeepingDtls = KeepingDtls;
    CryptoProvider { dtls_provider: &DTLS, ..str0m::crypto::from_feature_flags() }
}

#[derive(Debug)]
struct KeepingDtls;

impl DtlsProvider for KeepingDtls {
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
        let provider = str0m::crypto::from_feature_flags().dtls_provider;
        let connection = provider.new_dtls(certificate, now, version, mtu)?;
        let keys = KeySlot::default();
        LATEST.set(keys.clone());
        Ok(Box::new(Connection { connection, keys }))
    }
}

struct Connection {
    connection: Box<dyn DtlsInstance>,
    keys: KeySlot,
}

impl Connection {
    fn keep(keys: &KeySlot, material: &KeyingMaterial, profile: SrtpProfile, is_client: bool) {
        let profile = match profile {
            SrtpProfile::AES128_CM_SHA1_80 => Profile::Aes128CmHmacSha1_80,
            SrtpProfile::AEAD_AES_128_GCM => Profile::AeadAes128Gcm,
            SrtpProfile::AEAD_AES_256_GCM => Profile::AeadAes256Gcm,
            _ => return,
        };
        if let Ok((client, server)) = MasterKey::from_dtls(profile, material) {
            let (own, others) = if is_client { (client, server) } else { (server, client) };
            // str0m keeps the first keys of a connection, too.
            let _ = keys.set(Keys { own, others });
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Connection")
    }
}

impl DtlsInstance for Connection {
    fn set_active(&mut self, active: bool) {
        self.connection.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.connection.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        let is_client = self.connection.is_active();
        let output = self.connection.poll_output(buffer);
        if let DtlsOutput::KeyingMaterial(material, profile) = &output {
            Self::keep(&self.keys, material, *profile, is_client);
        }
        output
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.connection.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<(), DtlsImplError> {
        self.connection.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.connection.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.connection.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.connection.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.connection.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.connection.close()
    }
}
