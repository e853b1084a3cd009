//! What the media node is to others on the wire, over real UDP. Each test names the clause it is about.

mod connectivity;
mod media;
mod security;
mod session_description;
mod stun;
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;

const HOST: &str = "127.0.0.1";
