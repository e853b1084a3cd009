use std::mem;
use std::time::Instant;

use crate::broadcaster::Broadcaster;
use crate::peer::{Peer, PeerOutput};
use crate::viewer::Player;

/// Someone with a peer connection to the node.
pub(crate) struct Person {
    pub(crate) peer: Peer,
    pub(crate) session: String,
    pub(crate) role: Role,
}

pub(crate) enum Role {
    Broadcaster(Broadcaster),
    Viewer { player: Player, room: usize, index: usize },
}

impl Person {
    /// Does what its time has come for.
    pub(crate) fn live(&mut self, now: Instant, output: &mut PeerOutput) {
        self.peer.pass_time(now, output);
        match &mut self.role {
            Role::Broadcaster(film) if self.peer.is_connected => film.play(&mut self.peer, now, output),
            Role::Broadcaster(_) => {}
            Role::Viewer { player, .. } => {
                let asks = self.peer.is_connected && player.asks_for_keyframe(now);
                if asks {
                    self.peer.ask_for_keyframe(now, output);
                }
            }
        }
    }

    pub(crate) fn take(&mut self, output: &mut PeerOutput, now: Instant) -> Result<(), String> {
        match &mut self.role {
            Role::Broadcaster(film) => film.want_keyframes(mem::take(&mut output.keyframe_requests)),
            Role::Viewer { player, .. } => {
                for packet in output.packets.drain(..) {
                    player.receive(&packet, now).map_err(|error| format!("{}: {error}", self.session))?;
                }
            }
        }
        Ok(())
    }
}
