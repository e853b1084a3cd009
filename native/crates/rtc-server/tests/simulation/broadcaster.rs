use std::time::{Duration, Instant};

use str0m::media::MediaKind;

use crate::film::{FRAMES_PER_SECOND, FilmCodec, Piece, TICKS_A_FRAME};
use crate::peer::{Peer, PeerOutput};

const FRAME_TIME: Duration = Duration::from_millis(1_000 / FRAMES_PER_SECOND as u64);
const SOUND_TIME: Duration = Duration::from_millis(20);
const TICKS_A_SOUND: u32 = 960;

/// The film as one encoder sends it.
#[derive(Debug)]
pub(crate) struct Broadcaster {
    codec: FilmCodec,
    room: u8,
    generation: u8,
    keyframe_every: u32,
    next_frame: Option<Instant>,
    next_sound: Instant,
    pub(crate) frame: u32,
    sound: u32,
    sequence: u64,
    first_timestamp: u32,
    since_keyframe: u32,
    is_keyframe_wanted: bool,
    pub(crate) requests: usize,
}

impl Broadcaster {
    pub(crate) fn new(
        codec: FilmCodec,
        room: u8,
        generation: u8,
        keyframe_every: u32,
        sequence: u64,
        timestamp: u32,
        now: Instant,
    ) -> Self {
        Self {
            codec,
            room,
            generation,
            keyframe_every,
            next_frame: None,
            next_sound: now,
            frame: 0,
            sound: 0,
            sequence,
            first_timestamp: timestamp,
            since_keyframe: 0,
            is_keyframe_wanted: true,
            requests: 0,
        }
    }

    pub(crate) fn want_keyframes(&mut self, count: usize) {
        self.requests += count;
        self.is_keyframe_wanted |= count > 0;
    }

    /// Sends what is due.
    pub(crate) fn play(&mut self, peer: &mut Peer, now: Instant, output: &mut PeerOutput) {
        let next_frame = *self.next_frame.get_or_insert_with(|| {
            self.next_sound = now;
            now
        });
        let mut has_written = false;
        if now >= next_frame {
            self.next_frame = Some(next_frame + FRAME_TIME);
            self.send_picture(peer, now);
            has_written = true;
        }
        if now >= self.next_sound {
            self.next_sound += SOUND_TIME;
            let piece =
                Piece { room: self.room, generation: self.generation, frame: self.sound, part: 0, is_keyframe: false };
            let timestamp = self.sound.wrapping_mul(TICKS_A_SOUND);
            peer.send(MediaKind::Audio, self.sound.into(), timestamp, false, piece.sound(), now);
            self.sound += 1;
            has_written = true;
        }
        if has_written {
            peer.flush(now, output);
        }
    }

    fn send_picture(&mut self, peer: &mut Peer, now: Instant) {
        let is_keyframe = self.is_keyframe_wanted || self.since_keyframe + 1 >= self.keyframe_every;
        self.since_keyframe = if is_keyframe { 0 } else { self.since_keyframe + 1 };
        self.is_keyframe_wanted = false;
        let first = Piece { room: self.room, generation: self.generation, frame: self.frame, part: 0, is_keyframe };
        let timestamp = self.first_timestamp.wrapping_add(self.frame.wrapping_mul(TICKS_A_FRAME));
        for part in 0..first.parts() {
            let piece = Piece { part, ..first };
            let is_last = part + 1 == first.parts();
            peer.send(MediaKind::Video, self.sequence, timestamp, is_last, piece.picture(self.codec), now);
            self.sequence += 1;
        }
        self.frame += 1;
    }
}
