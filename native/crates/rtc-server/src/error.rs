use std::fmt;

/// Why the node refuses; the names are part of the Python interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaErrorKind {
    MalformedOffer,
    OfferDirection,
    UnsupportedCodec,
    RoomBusy,
    RoomEmpty,
    NoSuchSession,
    SessionExists,
    MalformedFragment,
    Overloaded,
}

impl MediaErrorKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::MalformedOffer => "malformed_offer",
            Self::OfferDirection => "offer_direction",
            Self::UnsupportedCodec => "unsupported_codec",
            Self::RoomBusy => "room_busy",
            Self::RoomEmpty => "room_empty",
            Self::NoSuchSession => "no_such_session",
            Self::SessionExists => "session_exists",
            Self::MalformedFragment => "malformed_fragment",
            Self::Overloaded => "overloaded",
        }
    }
}

/// A refusal, with a sentence for the one who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaError {
    pub kind: MediaErrorKind,
    pub detail: String,
}

impl MediaError {
    pub(crate) fn new(kind: MediaErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }
}

impl fmt::Display for MediaError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.detail)
    }
}

impl std::error::Error for MediaError {}
