use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use str0m::rtp::RtpPacket;

use crate::film::{self, FilmCodec, Piece};

/// A player that waits this long for what is missing asks for a keyframe.
const PATIENCE: Duration = Duration::from_millis(700);
const ASKS_EVERY: Duration = Duration::from_millis(500);

/// Puts pictures together as a player does: whole ones only, from a keyframe on, each after the one it builds on.
#[derive(Debug)]
pub(crate) struct Player {
    codec: FilmCodec,
    room: u8,
    pieces: BTreeMap<u64, (Piece, u32)>,
    /// Sequence number of the next picture's first packet.
    next: Option<u64>,
    pub(crate) decoded: Vec<Decoded>,
    pub(crate) sounds: usize,
    pub(crate) requests: usize,
    /// When the last packet came, whatever was in it.
    pub(crate) heard: Instant,
    last_progress: Instant,
    last_asked: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) at: Instant,
    pub(crate) generation: u8,
    pub(crate) frame: u32,
    pub(crate) is_keyframe: bool,
    pub(crate) timestamp: u32,
}

impl Player {
    pub(crate) fn new(codec: FilmCodec, room: u8, now: Instant) -> Self {
        Self {
            codec,
            room,
            pieces: BTreeMap::new(),
            next: None,
            decoded: Vec::new(),
            sounds: 0,
            requests: 0,
            heard: now,
            last_progress: now,
            last_asked: None,
        }
    }

    /// Takes a packet, which must be one that was sent in this room, byte for byte.
    pub(crate) fn receive(&mut self, packet: &RtpPacket, now: Instant) -> Result<(), String> {
        self.heard = now;
        if film::is_sound(&packet.payload) {
            let sound = Piece::of_sound(&packet.payload).ok_or("sound nobody sent")?;
            self.sounds += 1;
            return self.is_of_this_room(sound);
        }
        // Padding, to find out what the link carries, is no part of the film.
        if packet.payload.is_empty() {
            return Ok(());
        }
        let piece = Piece::of_picture(self.codec, &packet.payload).ok_or("a picture packet nobody sent")?;
        self.is_of_this_room(piece)?;
        if packet.header.marker != (piece.part + 1 == piece.parts()) {
            return Err(format!("{piece:?} has the wrong marker"));
        }
        let (sequence, timestamp) = (*packet.seq_no, packet.header.timestamp);
        if self.next.is_none_or(|next| sequence >= next)
            && let Some(before) = self.pieces.insert(sequence, (piece, timestamp))
            && before != (piece, timestamp)
        {
            return Err(format!("sequence number {sequence} is {before:?} and {piece:?} with {timestamp}"));
        }
        while self.decode(now)? {}
        Ok(())
    }

    fn is_of_this_room(&self, piece: Piece) -> Result<(), String> {
        if piece.room == self.room { Ok(()) } else { Err(format!("{piece:?} in room {}", self.room)) }
    }

    /// The next picture if it is whole; else the next whole keyframe.
    fn decode(&mut self, now: Instant) -> Result<bool, String> {
        let is_whole = |first: u64| self.whole(first).is_some();
        let next = self.next.filter(|next| is_whole(*next));
        let start = next.or_else(|| {
            let keyframes = self.pieces.iter().filter(|(_, (piece, _))| piece.part == 0 && piece.is_keyframe);
            keyframes.map(|(sequence, _)| *sequence).find(|sequence| is_whole(*sequence))
        });
        let Some(start) = start else { return Ok(false) };
        let (piece, timestamp) = self.whole(start).ok_or("unreachable")?;
        let picture = Decoded {
            at: now,
            generation: piece.generation,
            frame: piece.frame,
            is_keyframe: piece.is_keyframe,
            timestamp,
        };
        if let Some(last) = self.decoded.last() {
            let follows = (last.generation, last.frame + 1) == (picture.generation, picture.frame);
            let is_newer = (last.generation, last.frame) < (picture.generation, picture.frame);
            if !is_newer || !(follows || picture.is_keyframe) {
                return Err(format!("{picture:?} cannot follow {last:?}"));
            }
            if timestamp.wrapping_sub(last.timestamp) >= 1 << 31 || timestamp == last.timestamp {
                return Err(format!("the timestamp of {picture:?} goes back from {last:?}"));
            }
        }
        self.decoded.push(picture);
        self.last_progress = now;
        let end = start + u64::from(piece.parts());
        self.next = Some(end);
        self.pieces = self.pieces.split_off(&end);
        Ok(true)
    }

    /// The picture whose first packet has this sequence number, if all of it is there.
    fn whole(&self, first: u64) -> Option<(Piece, u32)> {
        let &(piece, timestamp) = self.pieces.get(&first).filter(|(piece, _)| piece.part == 0)?;
        let has = |part: u8| self.pieces.get(&(first + u64::from(part))) == Some(&(Piece { part, ..piece }, timestamp));
        (1..piece.parts()).all(has).then_some((piece, timestamp))
    }

    /// What it waits with, for one who wants to know why.
    pub(crate) fn state(&self) -> String {
        let missing =
            self.next.map(|next| (next..next + 8).map(|at| self.pieces.contains_key(&at)).collect::<Vec<_>>());
        let keyframes = self.pieces.values().filter(|(piece, _)| piece.is_keyframe && piece.part == 0).count();
        format!(
            "{} pieces wait ({missing:?}, {keyframes} keyframes begin), asked {} times",
            self.pieces.len(),
            self.requests
        )
    }

    /// Whether it has lost patience and asks for a keyframe.
    pub(crate) fn asks_for_keyframe(&mut self, now: Instant) -> bool {
        let is_stuck = now - self.last_progress > PATIENCE && !self.pieces.is_empty();
        let has_asked = self.last_asked.is_some_and(|at| now - at < ASKS_EVERY);
        let asks = is_stuck && !has_asked;
        if asks {
            self.last_asked = Some(now);
            self.requests += 1;
        }
        asks
    }
}
