use std::net::UdpSocket;
use std::time::Instant;

use rtc_server::MediaNode;
use str0m::change::SdpAnswer;
use str0m::{Candidate, Input};

use super::Client;

impl Client {
    /// Moves to another port and restarts ICE by SDP fragments; returns the new entity tag.
    pub fn restart_ice(&mut self, node: &MediaNode, session: &str) -> String {
        let mut changes = self.rtc.sdp_api();
        changes.ice_restart(false);
        let (offer, pending) = changes.apply().unwrap();
        let offer = offer.to_sdp_string();
        // From another port: only checks with the new credentials can bring media there.
        self.socket = UdpSocket::bind((self.local.ip(), 0)).unwrap();
        self.local = self.socket.local_addr().unwrap();
        let is_credential = |line: &&str| line.starts_with("a=ice-ufrag") || line.starts_with("a=ice-pwd");
        let fragment: Vec<&str> = offer.lines().filter(is_credential).take(2).collect();
        let patch = node.patch_session(session, &fragment.join("\r\n"), true).unwrap();
        let fragment = patch.sdp_fragment.unwrap();
        let credentials: Vec<&str> = fragment.lines().filter(is_credential).collect();
        // A browser's page would put the fragment into the answer it has, as is done here.
        let answer: String = self
            .answer
            .lines()
            .map(|line| {
                let key = line.split(':').next().unwrap();
                let new = credentials.iter().find(|credential| is_credential(&line) && credential.starts_with(key));
                format!("{}\r\n", new.unwrap_or(&line))
            })
            .filter(|line| !line.starts_with("a=candidate"))
            .collect();
        let answer = answer.replace("a=end-of-candidates\r\n", &candidates(&fragment));
        self.rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(&answer).unwrap()).unwrap();
        self.rtc.add_local_candidate(Candidate::host(self.local, "udp").unwrap());
        self.rtc.handle_input(Input::Timeout(Instant::now())).unwrap();
        self.drain();
        patch.etag.unwrap()
    }
}

fn candidates(fragment: &str) -> String {
    fragment.lines().filter(|line| line.starts_with("a=candidate")).map(|line| format!("{line}\r\n")).collect()
}
