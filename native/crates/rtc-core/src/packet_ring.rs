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
