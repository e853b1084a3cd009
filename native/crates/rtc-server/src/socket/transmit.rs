use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ptr;
use std::sync::Arc;

use super::UdpSocket;
use super::address::RawAddress;
use super::send::{Run, SendCounters, Transmit};

/// Destinations remembered as unable to take groups; when there are more, all are tried anew.
const UNSEGMENTED: usize = 8192;
/// The kernel looks at no more in one call (UIO_MAXIOV).
const MESSAGES_A_CALL: usize = 1024;
/// Room for a segment size and a packet info of either family, aligned as control messages must be.
const CONTROL_WORDS: usize = 12;

/// Sends by a socket: each run as a single message that the kernel cuts up (GSO), unless the device or the path to that
/// destination cannot.
pub(crate) struct SocketTransmit {
    socket: Arc<UdpSocket>,
    unsegmented: HashSet<SocketAddr>,
    messages: Vec<Message>,
    headers: Vec<libc::mmsghdr>,
}

/// A run, or one datagram of a run that cannot go as a whole.
struct Message {
    run: usize,
    /// Datagrams in it.
    count: usize,
    vector: libc::iovec,
    address: RawAddress,
    control: [u64; CONTROL_WORDS],
    control_length: usize,
}

impl SocketTransmit {
    pub(crate) fn new(socket: Arc<UdpSocket>) -> Self {
        Self { socket, unsegmented: HashSet::new(), messages: Vec::new(), headers: Vec::new() }
    }

    fn transmit_by(
        &mut self,
        arena: &[u8],
        runs: &[Run],
        counters: &mut SendCounters,
        mut send: impl FnMut(&mut [libc::mmsghdr]) -> io::Result<usize>,
    ) {
        let mut start = 0;
        while start < runs.len() {
            start = self.transmit_from(start, arena, runs, counters, &mut send);
        }
    }

    /// Sends from run `start` on and returns where to go on: the end, or a run to send again one by one.
    fn transmit_from(
        &mut self,
        start: usize,
        arena: &[u8],
        runs: &[Run],
        counters: &mut SendCounters,
        send: &mut impl FnMut(&mut [libc::mmsghdr]) -> io::Result<usize>,
    ) -> usize {
        self.prepare(start, arena, runs);
        let mut done = 0;
        while done < self.headers.len() {
            let end = self.headers.len().min(done + MESSAGES_A_CALL);
            counters.system_calls += 1;
            let error = match send(&mut self.headers[done..end]) {
                Ok(sent) => {
                    for message in &self.messages[done..done + sent] {
                        counters.packets += message.count as u64;
                        counters.bytes += message.vector.iov_len as u64;
                    }
                    counters.messages += sent as u64;
                    done += sent;
                    continue;
                }
                Err(error) => error,
            };
            let message = &self.messages[done];
            match error.raw_os_error() {
                Some(libc::EINTR) => {}
                // No segmentation for this device or this destination, or segments longer than the path takes, which
                // the kernel cuts up when they go one by one. One viewer's path decides for nobody else.
                Some(libc::EINVAL | libc::EIO | libc::EOPNOTSUPP | libc::EMSGSIZE) if message.count > 1 => {
                    if self.unsegmented.len() >= UNSEGMENTED {
                        self.unsegmented.clear();
                    }
                    self.unsegmented.insert(runs[message.run].route.destination);
                    return message.run;
                }
                _ => {
                    counters.drops += message.count as u64;
                    done += 1;
                }
            }
        }
        runs.len()
    }

    fn prepare(&mut self, start: usize, arena: &[u8], runs: &[Run]) {
        self.messages.clear();
        self.headers.clear();
        for (index, run) in runs.iter().enumerate().skip(start) {
            let address = RawAddress::new(run.route.destination, self.socket.is_v6);
            let whole = self.unsegmented.is_empty() || !self.unsegmented.contains(&run.route.destination);
            let segment = (run.count > 1 && whole).then_some(run.segment as u16);
            let mut control = [0; CONTROL_WORDS];
            let control_length = write_control(&mut control, segment, run.route.source, self.socket.is_v6);
            let mut add = |start: usize, length: usize, count| {
                let bytes = &arena[start..start + length];
                let vector = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: length };
                self.messages.push(Message { run: index, count, vector, address, control, control_length });
            };
            if whole {
                add(run.start, run.length, run.count);
            } else {
                run.datagrams().for_each(|(start, length)| add(start, length, 1));
            }
        }
        for message in &mut self.messages {
            // SAFETY: an all-zero message header is valid: null pointers with length zero.
            let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
            header.msg_hdr.msg_name = message.address.as_mut_ptr().cast();
            header.msg_hdr.msg_namelen = message.address.length();
            header.msg_hdr.msg_iov = &raw mut message.vector;
            header.msg_hdr.msg_iovlen = 1;
            if message.control_length > 0 {
                header.msg_hdr.msg_control = message.control.as_mut_ptr().cast();
                header.msg_hdr.msg_controllen = message.control_length as _;
            }
            self.headers.push(header);
        }
    }
}

impl Transmit for SocketTransmit {
    fn transmit(&mut self, arena: &[u8], runs: &[Run], counters: &mut SendCounters) {
        let socket = self.socket.clone();
        self.transmit_by(arena, runs, counters, |headers| send_messages(&socket, headers));
        // Nothing may be read through what points into the arena.
        self.messages.clear();
        self.headers.clear();
    }
}

/// Sends the first messages, one at least, and says how many.
fn send_messages(socket: &UdpSocket, headers: &mut [libc::mmsghdr]) -> io::Result<usize> {
    // SAFETY: every header points to an address, a vector and control data of the messages prepared with it, and the
    // vector to bytes of the arena; all are borrowed, and untouched, until the call returns.
    let sent = unsafe { libc::sendmmsg(socket.raw(), headers.as_mut_ptr(), headers.len() as libc::c_uint, 0) };
    if sent > 0 { Ok(sent as usize) } else { Err(io::Error::last_os_error()) }
}

/// Writes the control messages of one group and returns their length.
fn write_control(
    control: &mut [u64; CONTROL_WORDS],
    segment: Option<u16>,
    source: Option<IpAddr>,
    is_v6: bool,
) -> usize {
    let mut used = 0;
    if let Some(segment) = segment {
        used += put(control, used, libc::SOL_UDP, libc::UDP_SEGMENT, segment);
    }
    // SAFETY: all-zero packet infos are valid: no interface, no address.
    let (mut v4, mut v6) = unsafe { (std::mem::zeroed::<libc::in_pktinfo>(), std::mem::zeroed::<libc::in6_pktinfo>()) };
    match source {
        Some(IpAddr::V4(ip)) if !is_v6 => {
            v4.ipi_spec_dst.s_addr = u32::from_ne_bytes(ip.octets());
            used += put(control, used, libc::IPPROTO_IP, libc::IP_PKTINFO, v4);
        }
        Some(IpAddr::V4(ip)) => {
            v6.ipi6_addr.s6_addr = ip.to_ipv6_mapped().octets();
            used += put(control, used, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, v6);
        }
        Some(IpAddr::V6(ip)) => {
            v6.ipi6_addr.s6_addr = ip.octets();
            used += put(control, used, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, v6);
        }
        None => {}
    }
    used
}

fn put<T>(control: &mut [u64; CONTROL_WORDS], at: usize, level: libc::c_int, kind: libc::c_int, value: T) -> usize {
    let size = size_of::<T>() as libc::c_uint;
    // SAFETY: CMSG_SPACE and CMSG_LEN are arithmetic only.
    let (space, length) = unsafe { (libc::CMSG_SPACE(size) as usize, libc::CMSG_LEN(size) as usize) };
    assert!(
        at.is_multiple_of(align_of::<u64>()) && at + space <= size_of_val(control),
        "control messages outgrow their room"
    );
    // SAFETY: the assertion keeps header and value inside the buffer, and `at` is aligned like the buffer itself.
    unsafe {
        let header = control.as_mut_ptr().cast::<u8>().add(at).cast::<libc::cmsghdr>();
        let mut empty: libc::cmsghdr = std::mem::zeroed();
        empty.cmsg_level = level;
        empty.cmsg_type = kind;
        empty.cmsg_len = length as _;
        ptr::write(header, empty);
        ptr::write_unaligned(libc::CMSG_DATA(header).cast::<T>(), value);
    }
    space
}

// SAFETY: the pointers in headers and vectors are written before every use, and gone or never followed after it.
unsafe impl Send for SocketTransmit {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::{ReceiveBatch, Route};

    fn route(to: &UdpSocket) -> Route {
        Route { destination: to.local_address(), source: Some(to.local_address().ip()) }
    }

    fn socket(address: &str) -> Arc<UdpSocket> {
        Arc::new(UdpSocket::bind(address.parse().unwrap()).unwrap())
    }

    /// Sizes of the datagrams as runs of at most `in_a_run` equal ones.
    fn runs(route: Route, sizes: &[usize], in_a_run: usize) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut at = 0;
        for length in sizes {
            match runs.last_mut() {
                Some(run) if run.route == route && run.segment == *length && run.count < in_a_run => {
                    run.length += length;
                    run.count += 1;
                }
                _ => runs.push(Run { route, start: at, length: *length, segment: *length, count: 1 }),
            }
            at += length;
        }
        runs
    }

    fn exchange_by(
        address: &str,
        sizes: &[usize],
        mut send: impl FnMut(&UdpSocket, &mut [libc::mmsghdr]) -> io::Result<usize>,
    ) -> (Vec<usize>, SendCounters) {
        let (sender, receiver) = (socket(address), socket(address));
        let arena = vec![7; sizes.iter().sum()];
        let mut counters = SendCounters::default();
        let runs = runs(route(&receiver), sizes, 20);
        SocketTransmit::new(sender.clone()).transmit_by(&arena, &runs, &mut counters, |headers| send(&sender, headers));
        let mut incoming = ReceiveBatch::new();
        let mut received = Vec::new();
        while received.len() < sizes.len() {
            crate::socket::wait(&receiver, &crate::socket::Bell::new().unwrap(), std::time::Duration::from_secs(5));
            incoming.receive(&receiver).unwrap();
            for datagram in incoming.datagrams() {
                assert_eq!(datagram.source, sender.local_address());
                assert_eq!(datagram.local, Some(receiver.local_address().ip()));
                received.push(datagram.bytes.len());
            }
        }
        (received, counters)
    }

    #[test]
    fn datagrams_of_any_sizes_arrive_whole_and_in_order() {
        let sizes: Vec<usize> = (0..200).map(|index| if index % 7 == 0 { 300 } else { 1200 }).collect();
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let (received, counters) = exchange_by(address, &sizes, send_messages);
            assert_eq!(received, sizes);
            assert_eq!((counters.packets, counters.drops), (200, 0));
            assert_eq!(counters.bytes, sizes.iter().sum::<usize>() as u64);
            assert_eq!((counters.messages, counters.system_calls), (58, 1));
        }
    }

    #[test]
    fn what_a_device_cannot_cut_up_goes_out_one_by_one() {
        let sizes: Vec<usize> = (0..100).map(|index| if index % 9 == 0 { 300 } else { 1200 }).collect();
        for refusal in [libc::EINVAL, libc::EIO, libc::EOPNOTSUPP, libc::EMSGSIZE] {
            let (mut refused, mut sent_before) = (0, 0);
            let (received, counters) = exchange_by("127.0.0.1:0", &sizes, |socket, headers| {
                // As the kernel does: what comes before the first message it cannot send is sent.
                match headers.iter().take_while(|header| !is_segmented(header)).count() {
                    0 => {
                        refused += 1;
                        Err(io::Error::from_raw_os_error(refusal))
                    }
                    single => {
                        sent_before += usize::from(refused == 0);
                        send_messages(socket, &mut headers[..single])
                    }
                }
            });
            assert_eq!(received, sizes);
            assert_eq!((counters.packets, counters.drops), (100, 0));
            assert_eq!((refused, sent_before), (1, 1), "one refusal is enough, and nothing is sent twice");
        }
    }

    #[test]
    fn one_destination_without_segmentation_leaves_the_others_theirs() {
        let sender = socket("127.0.0.1:0");
        let receivers = [(); 2].map(|()| socket("127.0.0.1:0"));
        let mut transmit = SocketTransmit::new(sender.clone());
        let mut counters = SendCounters::default();
        let arena = vec![7; 8 * 1200];
        let mut messages = Vec::new();
        let runs = [0, 1].map(|receiver: usize| Run {
            route: route(&receivers[receiver]),
            start: receiver * 4 * 1200,
            length: 4 * 1200,
            segment: 1200,
            count: 4,
        });
        for _ in 0..2 {
            messages.clear();
            let mut is_first = true;
            transmit.transmit_by(&arena, &runs, &mut counters, |headers| {
                // The first run is refused whenever it goes as one.
                if std::mem::take(&mut is_first) && is_segmented(&headers[0]) {
                    return Err(io::Error::from_raw_os_error(libc::EINVAL));
                }
                messages.extend(headers.iter().map(is_segmented));
                send_messages(&sender, headers)
            });
        }
        assert_eq!(messages, [false, false, false, false, true]);
        assert_eq!((counters.packets, counters.drops), (16, 0));
    }

    #[test]
    fn a_destination_out_of_reach_is_counted_as_drops_and_stops_nothing() {
        let sender = socket("127.0.0.1:0");
        let unreachable = Route { destination: "203.0.113.1:9".parse().unwrap(), source: None };
        let reachable = Route { destination: sender.local_address(), source: None };
        let runs = [unreachable, reachable].map(|route| Run { route, start: 0, length: 10, segment: 10, count: 1 });
        let mut counters = SendCounters::default();
        SocketTransmit::new(sender).transmit(&[0; 10], &runs, &mut counters);
        assert_eq!((counters.packets, counters.drops), (1, 1));
    }

    #[test]
    fn a_full_kernel_costs_the_message_and_no_other() {
        let sender = socket("127.0.0.1:0");
        let runs = runs(route(&sender), &[100; 3], 1);
        for full in [libc::EAGAIN, libc::ENOBUFS] {
            let (mut counters, mut is_full) = (SendCounters::default(), true);
            SocketTransmit::new(sender.clone()).transmit_by(&[0; 300], &runs, &mut counters, |headers| {
                if std::mem::take(&mut is_full) {
                    return Err(io::Error::from_raw_os_error(full));
                }
                Ok(headers.len())
            });
            assert_eq!((counters.packets, counters.drops, counters.system_calls), (2, 1, 2));
        }
    }

    /// Whether a message carries a segment size, and so more than one datagram.
    fn is_segmented(header: &libc::mmsghdr) -> bool {
        // SAFETY: the header and its control data were prepared together and are alive here.
        unsafe {
            let message = libc::CMSG_FIRSTHDR(&header.msg_hdr);
            !message.is_null() && (*message).cmsg_level == libc::SOL_UDP
        }
    }
}
