//! The program as a test of a node uses it: an echo server behind it, its figures at the end.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(20);

struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Running {
    fn start(server: SocketAddr, flags: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_netem-relay"))
            .args(["--listen", "127.0.0.1:0", "--to", &server.to_string()])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let first: Value = serde_json::from_str(&line).unwrap();
        let address = first["listening"].as_str().unwrap().parse().unwrap();
        Self { child, output, address }
    }

    fn stop(mut self) -> Value {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let mut text = String::new();
        self.output.read_to_string(&mut text).unwrap();
        assert!(self.child.wait().unwrap().success());
        serde_json::from_str(&text).unwrap()
    }
}

/// Sends everything back to whom it came from.
fn echo() -> SocketAddr {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 2_000];
        while let Ok((length, from)) = server.recv_from(&mut buffer) {
            let _ = server.send_to(&buffer[..length], from);
        }
    });
    address
}

fn client(relay: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(relay).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

#[test]
fn each_client_gets_its_own_answers() {
    let relay = Running::start(echo(), &["--delay-ms", "5"]);
    let clients: Vec<UdpSocket> = (0..3).map(|_| client(relay.address)).collect();
    for (number, socket) in clients.iter().enumerate() {
        socket.send(&[number as u8]).unwrap();
    }
    for (number, socket) in clients.iter().enumerate() {
        let mut buffer = [0; 10];
        assert_eq!((socket.recv(&mut buffer).unwrap(), buffer[0]), (1, number as u8));
    }
    let figures = relay.stop();
    assert_eq!((&figures["to_server"]["entered"], &figures["to_clients"]["entered"]), (&3.into(), &3.into()));
    assert_eq!(figures["delivered"], 6);
}

#[test]
fn it_loses_about_what_it_is_told_to() {
    let relay = Running::start(echo(), &["--loss", "0.1", "--seed", "7"]);
    let socket = client(relay.address);
    // One at a time, so that no buffer overflows.
    socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let came_back = (0..500u16)
        .filter(|number| {
            socket.send(&number.to_be_bytes()).unwrap();
            socket.recv(&mut [0; 10]).is_ok()
        })
        .count();
    let figures = relay.stop();
    assert_eq!(figures["to_server"]["entered"], 500);
    let lost = |way: &str| figures[way]["lost"].as_u64().unwrap();
    assert!((25..80).contains(&lost("to_server")) && (20..80).contains(&lost("to_clients")), "{figures}");
    assert!(came_back <= 500 - lost("to_server") as usize, "{figures}");
}

#[test]
fn what_is_no_share_is_refused_with_a_sentence() {
    let refused = Command::new(env!("CARGO_BIN_EXE_netem-relay")).args(["--loss", "5"]).output().unwrap();
    let text = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && text.contains("a share is a number from 0 to 1"), "{text}");
}
