use crate::packet::RoomPacket;

/// The newest packets of one track by room sequence number, for retransmission to any viewer and to tell packets that
/// came before. The memory is taken with the first packet.
#[derive(Debug)]
pub(crate) struct PacketRing {
    /// A power of two, so that a place is a mask.
    capacity: usize,
    places: Vec<Option<RoomPacket>>,
}

impl PacketRing {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.next_power_of_two(), places: Vec::new() }
    }

    /// False for a packet that is here already, or so old that it would push out a newer one.
    pub(crate) fn insert(&mut self, packet: &RoomPacket) -> bool {
        if self.places.is_empty() {
            self.places.resize(self.capacity, None);
        }
        let at = self.place(packet.sequence);
        let is_new = self.places[at].as_ref().is_none_or(|kept| kept.sequence < packet.sequence);
        if is_new {
            self.places[at] = Some(packet.clone());
        }
        is_new
    }

    pub(crate) fn get(&self, sequence: u64) -> Option<&RoomPacket> {
        self.places.get(self.place(sequence))?.as_ref().filter(|kept| kept.sequence == sequence)
    }

    fn place(&self, sequence: u64) -> usize {
        sequence as usize & (self.capacity - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::continuity::tests::packet;
    use crate::source::{IngestId, Source};

    /// Room packets numbered by these steps from the first.
    fn numbered(steps: &[u64]) -> Vec<RoomPacket> {
        let mut source = Source::new(crate::CacheLimits::default());
        source.open_ingest(IngestId(1), false, std::time::Duration::ZERO, Default::default()).unwrap();
        for step in steps {
            source.receive(crate::IngestPacket { codec: crate::Codec::Opus, ..packet(*step, 0, 0) });
        }
        source.take().unwrap().packets.to_vec()
    }

    #[test]
    fn an_old_packet_pushes_out_no_newer_one_and_none_comes_in_twice() {
        let packets = numbered(&[0, 1, 8, 9, 2]);
        let [first, second, ninth, tenth, third] = &packets[..] else { panic!("five packets") };
        let mut ring = PacketRing::new(8);
        assert!(ring.get(ninth.sequence).is_none());
        assert!([first, ninth, tenth].iter().all(|packet| ring.insert(packet)));
        assert!(![first, second, ninth].iter().any(|packet| ring.insert(packet)));
        assert!(ring.insert(third), "late, but its place was free");
        let kept = packets.iter().map(|packet| ring.get(packet.sequence).is_some()).collect::<Vec<_>>();
        assert_eq!(kept, [false, false, true, true, true]);
    }
}
