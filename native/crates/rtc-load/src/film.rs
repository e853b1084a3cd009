//! What the broadcaster sends: VP8 frames of constant size and Opus packets, on time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::format::Codec;
use str0m::rtp::RtpWrite;

use crate::Failure;
use crate::peer::Peer;

const FRAME_INTERVAL: Duration = Duration::from_nanos(33_333_333);
const OPUS_INTERVAL: Duration = Duration::from_millis(20);
/// A frame leaves in bursts, as Chromium's pacer sends it.
const BURST_INTERVAL: Duration = Duration::from_millis(5);
const BURST_PACKETS: u32 = 3;
const PACKETS_A_FRAME: u32 = 9;
const PACKETS_A_KEYFRAME: u32 = 27;
/// With 9 packets a frame and 30 frames a second: 2.5 Mbit/s.
const VIDEO_PAYLOAD_BYTES: usize = 1160;
const OPUS_PAYLOAD_BYTES: usize = 120;
/// Where a video payload carries the time it was sent, in nanoseconds since the swarm began.
const SENT_AT: std::ops::Range<usize> = 16..24;

pub struct Film {
    epoch: Instant,
    next_frame: Instant,
    next_burst: Instant,
    next_opus: Instant,
    left_of_frame: u32,
    frame_begins: bool,
    keyframe: bool,
    keyframe_wanted: bool,
    video_number: u64,
    video_time: u32,
    audio_number: u64,
    audio_time: u32,
}

impl Film {
    pub fn new(epoch: Instant, now: Instant) -> Self {
        Self {
            epoch,
            next_frame: now,
            next_burst: now,
            next_opus: now,
            left_of_frame: 0,
            frame_begins: true,
            keyframe: true,
            keyframe_wanted: true,
            video_number: 1000,
            video_time: 0,
            audio_number: 1000,
            audio_time: 0,
        }
    }

    pub fn want_keyframe(&mut self) {
        self.keyframe_wanted = true;
    }

    /// Writes what is due; whether something was.
    pub fn play(&mut self, peer: &mut Peer, now: Instant) -> Result<bool, Failure> {
        let video_type = peer.payload_type(Codec::Vp8).ok_or("the server takes no VP8")?;
        let audio_type = peer.payload_type(Codec::Opus).ok_or("the server takes no Opus")?;
        let (audio, video) = (peer.audio, peer.video);
        let mut wrote = false;
        if self.left_of_frame == 0 && now >= self.next_frame {
            self.next_frame += FRAME_INTERVAL;
            self.next_burst = now;
            self.keyframe = std::mem::take(&mut self.keyframe_wanted);
            self.left_of_frame = if self.keyframe { PACKETS_A_KEYFRAME } else { PACKETS_A_FRAME };
            self.frame_begins = true;
            self.video_time = self.video_time.wrapping_add(3000);
        }
        let mut direct = peer.rtc.direct_api();
        if self.left_of_frame > 0 && now >= self.next_burst {
            self.next_burst += BURST_INTERVAL;
            let stream = direct.stream_tx_by_mid(video, None).ok_or("no video stream to send")?;
            for _ in 0..BURST_PACKETS.min(self.left_of_frame) {
                self.left_of_frame -= 1;
                self.video_number += 1;
                let payload = self.video_payload(now);
                let packet = RtpWrite::new(video_type, self.video_number.into(), self.video_time, now, payload)
                    .marker(self.left_of_frame == 0)
                    .nackable(true);
                stream.write_rtp(packet);
            }
            wrote = true;
        }
        if now >= self.next_opus {
            self.next_opus += OPUS_INTERVAL;
            self.audio_number += 1;
            self.audio_time = self.audio_time.wrapping_add(960);
            let stream = direct.stream_tx_by_mid(audio, None).ok_or("no audio stream to send")?;
            let payload: Arc<[u8]> = Arc::new([0xFC; OPUS_PAYLOAD_BYTES]);
            let packet = RtpWrite::new(audio_type, self.audio_number.into(), self.audio_time, now, payload);
            stream.write_rtp(packet);
            wrote = true;
        }
        Ok(wrote)
    }

    fn video_payload(&mut self, now: Instant) -> Arc<[u8]> {
        let mut payload = [0x55u8; VIDEO_PAYLOAD_BYTES];
        if std::mem::take(&mut self.frame_begins) {
            // RFC 7741 section 4.2: S bit; section 4.3: the frame tag's lowest bit is 0 for a keyframe.
            payload[0] = 0x10;
            payload[1] = if self.keyframe { 0x10 } else { 0x11 };
            // RFC 6386 section 9.1: start code, then width and height.
            payload[4..11].copy_from_slice(&[0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01]);
        } else {
            payload[0] = 0x00;
        }
        let sent_at = now.duration_since(self.epoch).as_nanos() as u64;
        payload[SENT_AT].copy_from_slice(&sent_at.to_be_bytes());
        payload.as_slice().into()
    }
}

/// Time since a received video payload was written, if it is one of ours.
pub fn travel_time(payload: &[u8], epoch: Instant, now: Instant) -> Option<Duration> {
    if payload.len() != VIDEO_PAYLOAD_BYTES {
        return None;
    }
    let sent_at = u64::from_be_bytes(payload[SENT_AT].try_into().ok()?);
    now.duration_since(epoch).checked_sub(Duration::from_nanos(sent_at))
}
