//! Whether to wait for the rest of a picture before sending its beginning.

use rtc_core::MediaKind;

use super::Shard;
use crate::webrtc::PeerEvent;

/// For fewer, messages saved are not worth a wait.
const VIEWERS_WORTH_A_HOLD: usize = 8;

impl Shard {
    /// Of a picture for several viewers here the beginning has come, and its end has not.
    pub(crate) fn is_amid_picture(&self) -> bool {
        let last = self.outlet.events.iter().rev().find_map(|(id, event)| match event {
            PeerEvent::Packet(packet) if packet.codec.kind() == MediaKind::Video => Some((id, packet.marker)),
            _ => None,
        });
        last.is_some_and(|(id, is_end)| {
            let room = self.sessions.get(id).and_then(|session| self.rooms.get(session.room));
            !is_end && room.is_some_and(|room| room.sessions.len() > VIEWERS_WORTH_A_HOLD)
        })
    }
}
