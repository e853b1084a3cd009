//! An audience with its source beside it, or several.

use super::*;
use crate::continuity::tests::packet;
use crate::packet::{IngestPacket, SourceId};
use crate::source::{IngestId, Source};

mod joining;
mod replaying;
mod retransmission;
mod splitting;

#[derive(Clone, Debug, PartialEq)]
struct Sent {
    viewer: ViewerId,
    again: bool,
    kind: MediaKind,
    payload_type: PayloadType,
    sequence: u64,
    timestamp: u32,
    room_sequence: u64,
}

#[derive(Default)]
struct Collected {
    sent: Vec<Sent>,
    finished: Vec<ViewerId>,
}

impl Collected {
    fn push(&mut self, viewer: ViewerId, again: bool, packet: OutgoingPacket<'_>) {
        self.sent.push(Sent {
            viewer,
            again,
            kind: packet.packet.codec.kind(),
            payload_type: packet.payload_type,
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            room_sequence: packet.packet.sequence,
        });
    }

    fn of(&self, viewer: ViewerId) -> Vec<Sent> {
        self.sent.iter().filter(|sent| sent.viewer == viewer).cloned().collect()
    }

    fn take(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.sent)
    }
}

impl PacketSink for Collected {
    fn write(&mut self, viewer: ViewerId, packet: OutgoingPacket<'_>) {
        self.push(viewer, false, packet);
    }

    fn retransmit(&mut self, viewer: ViewerId, packet: OutgoingPacket<'_>) {
        self.push(viewer, true, packet);
    }

    fn finish(&mut self, viewer: ViewerId) {
        self.finished.push(viewer);
    }
}

const ONE: ViewerId = ViewerId(1);
const TWO: ViewerId = ViewerId(2);
const INGEST: IngestId = IngestId(1);

fn at(millis: u64) -> MonotonicTime {
    MonotonicTime::since_start(Duration::from_millis(millis))
}

/// A packet of video; it starts a keyframe if `opens`.
fn picture(sequence: u64, opens: bool, millis: u64) -> IngestPacket {
    IngestPacket { payload: [0x10, u8::from(!opens)].into(), ..packet(sequence, millis as u32 * 90, millis) }
}

fn sound(sequence: u64, millis: u64) -> IngestPacket {
    IngestPacket { codec: Codec::Opus, ..packet(sequence, millis as u32 * 48, millis) }
}

fn tracks() -> ViewerTracks {
    ViewerTracks { audio: vec![(Codec::Opus, 111)], video: vec![(Codec::Vp8, 96)] }
}

/// A source with one audience that has been seeded.
struct Room {
    source: Source,
    audience: Audience,
    sink: Collected,
    sequence: u64,
}

impl Room {
    fn live() -> Self {
        let mut source = Source::new(CacheLimits::default());
        source.open_ingest(INGEST, false, Duration::ZERO, at(0)).unwrap();
        let mut audience = Audience::new(CacheLimits::default());
        audience.seed(&source.history());
        Self { source, audience, sink: Collected::default(), sequence: 0 }
    }

    /// One picture of one packet, forwarded at once.
    fn picture(&mut self, opens: bool, millis: u64) {
        self.sequence += 1;
        self.source.receive(picture(self.sequence, opens, millis));
        self.pass_on(millis);
    }

    fn pass_on(&mut self, millis: u64) {
        if let Some(batch) = self.source.take() {
            self.audience.receive(&batch);
        }
        self.audience.forward(at(millis), &mut self.sink);
        if self.audience.take_keyframe_wish() {
            self.source.want_keyframe();
        }
    }

    fn add(&mut self, viewer: ViewerId, millis: u64) {
        self.audience.add_viewer(viewer, tracks(), at(millis), &mut self.sink);
    }

    fn nack(&mut self, viewer: ViewerId, lost: impl IntoIterator<Item = u16>, millis: u64) -> Vec<Sent> {
        self.sink.take();
        self.audience.answer_nack(viewer, MediaKind::Video, lost.into_iter(), at(millis), &mut self.sink);
        self.sink.take()
    }

    /// The encoder answers a request, so that it is known to.
    fn teach_to_answer(&mut self, millis: u64) {
        self.picture(true, millis);
        self.source.want_keyframe();
        assert_eq!(self.source.poll_keyframe_request(at(millis + 100)), Some(INGEST));
        self.picture(true, millis + 200);
    }
}

fn is_contiguous(sent: &[Sent]) -> bool {
    sent.windows(2).all(|pair| pair[0].sequence + 1 == pair[1].sequence)
}
