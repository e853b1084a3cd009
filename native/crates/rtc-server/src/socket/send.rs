use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ptr;

use super::address::RawAddress;
use super::{Route, UdpSocket};

/// Datagrams kept before they are sent without being asked to.
const DATAGRAMS: usize = 1024;
/// The kernel takes at most 64 segments and 64 KiB in one message (UDP_SEGMENT).
const SEGMENTS: usize = 60;
const MESSAGE_BYTES: usize = 64_000;
/// Destinations remembered as unable to take groups; when there are more, all are tried anew.
const UNSEGMENTED: usize = 8192;
/// Room for a segment size and a packet info of either family, aligned as control messages must be.
const CONTROL_WORDS: usize = 12;

/// Collects datagrams and sends them with few system calls. Neighbours of one route and one size leave as a single
/// message that the kernel cuts up (GSO), unless the device or the path to that destination cannot.
pub(crate) struct SendBatch {
    datagrams: Vec<(Route, Vec<u8>)>,
    unsegmented: HashSet<SocketAddr>,
    counters: SendCounters,
    groups: Vec<Group>,
    vectors: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SendCounters {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    pub(crate) drops: u64,
}

/// Datagrams `start..end` as one message.
struct Group {
    start: usize,
    end: usize,
    address: RawAddress,
    control: [u64; CONTROL_WORDS],
    control_length: usize,
}

impl SendBatch {
    pub(crate) fn new() -> Self {
        Self {
            datagrams: Vec::with_capacity(DATAGRAMS),
            unsegmented: HashSet::new(),
            counters: SendCounters::default(),
            groups: Vec::new(),
            vectors: Vec::new(),
            headers: Vec::new(),
        }
    }

    pub(crate) fn counters(&self) -> SendCounters {
        self.counters
    }

    pub(crate) fn push(&mut self, socket: &UdpSocket, route: Route, bytes: Vec<u8>) {
        self.datagrams.push((route, bytes));
        if self.datagrams.len() >= DATAGRAMS {
            self.flush(socket);
        }
    }

    /// Sends everything. What the kernel has no room for is dropped and counted, as on any network.
    pub(crate) fn flush(&mut self, socket: &UdpSocket) {
        self.flush_by(socket, |headers| send_messages(socket, headers));
    }

    fn flush_by(&mut self, socket: &UdpSocket, mut send: impl FnMut(&mut [libc::mmsghdr]) -> io::Result<usize>) {
        let mut start = 0;
        while start < self.datagrams.len() {
            start = self.flush_from(socket, start, &mut send);
        }
        self.datagrams.clear();
    }

    /// Sends from datagram `start` on and returns where to go on: the end, or a group to send again one by one.
    fn flush_from(
        &mut self,
        socket: &UdpSocket,
        start: usize,
        send: &mut impl FnMut(&mut [libc::mmsghdr]) -> io::Result<usize>,
    ) -> usize {
        self.prepare(socket, start);
        let mut done = 0;
        while done < self.headers.len() {
            let error = match send(&mut self.headers[done..]) {
                Ok(sent) => {
                    for group in &self.groups[done..done + sent] {
                        self.counters.packets += (group.end - group.start) as u64;
                        let sizes = self.datagrams[group.start..group.end].iter().map(|(_, bytes)| bytes.len() as u64);
                        self.counters.bytes += sizes.sum::<u64>();
                    }
                    done += sent;
                    continue;
                }
                Err(error) => error,
            };
            let group = &self.groups[done];
            let (first, end) = (group.start, group.end);
            match error.raw_os_error() {
                Some(libc::EINTR) => {}
                // No segmentation for this device or this destination. One viewer's path decides for nobody else.
                Some(libc::EINVAL | libc::EIO | libc::EOPNOTSUPP) if end - first > 1 => {
                    if self.unsegmented.len() >= UNSEGMENTED {
                        self.unsegmented.clear();
                    }
                    self.unsegmented.insert(self.datagrams[first].0.destination);
                    return first;
                }
                _ => {
                    self.counters.drops += (end - first) as u64;
                    done += 1;
                }
            }
        }
        self.datagrams.len()
    }

    fn prepare(&mut self, socket: &UdpSocket, start: usize) {
        self.groups.clear();
        self.vectors.clear();
        self.headers.clear();
        // The prefix keeps indexes of vectors and datagrams equal.
        for (_, bytes) in &self.datagrams {
            self.vectors.push(libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() });
        }
        let mut first = start;
        while first < self.datagrams.len() {
            let end = self.group_end(first);
            let (route, bytes) = &self.datagrams[first];
            let segment = (end - first > 1).then_some(bytes.len() as u16);
            let mut group = Group {
                start: first,
                end,
                address: RawAddress::new(route.destination, socket.is_v6),
                control: [0; CONTROL_WORDS],
                control_length: 0,
            };
            group.control_length = write_control(&mut group.control, segment, route.source, socket.is_v6);
            self.groups.push(group);
            first = end;
        }
        let vectors = self.vectors.as_mut_ptr();
        for group in &mut self.groups {
            // SAFETY: an all-zero message header is valid: null pointers with length zero.
            let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
            header.msg_hdr.msg_name = group.address.as_mut_ptr().cast();
            header.msg_hdr.msg_namelen = group.address.length();
            // SAFETY: there is one vector for each datagram, and the group's are among them.
            header.msg_hdr.msg_iov = unsafe { vectors.add(group.start) };
            header.msg_hdr.msg_iovlen = (group.end - group.start) as _;
            if group.control_length > 0 {
                header.msg_hdr.msg_control = group.control.as_mut_ptr().cast();
                header.msg_hdr.msg_controllen = group.control_length as _;
            }
            self.headers.push(header);
        }
    }

    /// Segments are equally long but for the last, which may be shorter.
    fn group_end(&self, start: usize) -> usize {
        let (route, first) = &self.datagrams[start];
        let mut end = start + 1;
        if !self.unsegmented.is_empty() && self.unsegmented.contains(&route.destination) {
            return end;
        }
        let mut total = first.len();
        while let Some((next_route, next)) = self.datagrams.get(end) {
            total += next.len();
            if next_route != route || next.len() > first.len() || end - start >= SEGMENTS || total > MESSAGE_BYTES {
                break;
            }
            end += 1;
            if next.len() < first.len() {
                break;
            }
        }
        end
    }
}

/// Sends the first messages, one at least, and says how many.
fn send_messages(socket: &UdpSocket, headers: &mut [libc::mmsghdr]) -> io::Result<usize> {
    // SAFETY: every header points to an address, vectors, bytes and control data owned by the batch and untouched
    // until the call returns.
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

// SAFETY: the pointers in the headers and vectors are rebuilt before every use and point only into the batch itself.
unsafe impl Send for SendBatch {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::ReceiveBatch;

    fn exchange(address: &str, sizes: &[usize]) -> (Vec<usize>, SendCounters) {
        exchange_by(address, sizes, send_messages)
    }

    fn exchange_by(
        address: &str,
        sizes: &[usize],
        mut send: impl FnMut(&UdpSocket, &mut [libc::mmsghdr]) -> io::Result<usize>,
    ) -> (Vec<usize>, SendCounters) {
        let sender = UdpSocket::bind(address.parse().unwrap()).unwrap();
        let receiver = UdpSocket::bind(address.parse().unwrap()).unwrap();
        let route = Route { destination: receiver.local_address(), source: Some(receiver.local_address().ip()) };
        let mut batch = SendBatch::new();
        for size in sizes {
            batch.push(&sender, route, vec![7; *size]);
        }
        batch.flush_by(&sender, |headers| send(&sender, headers));
        let mut incoming = ReceiveBatch::new();
        let mut received = Vec::new();
        while received.len() < sizes.len() {
            crate::socket::wait(&receiver, &crate::socket::Wake::new().unwrap(), std::time::Duration::from_secs(5));
            incoming.receive(&receiver).unwrap();
            for datagram in incoming.datagrams() {
                assert_eq!(datagram.source, sender.local_address());
                assert_eq!(datagram.local, Some(receiver.local_address().ip()));
                received.push(datagram.bytes.len());
            }
        }
        (received, batch.counters())
    }

    #[test]
    fn datagrams_of_any_sizes_arrive_whole_and_in_order() {
        let sizes: Vec<usize> = (0..200).map(|index| if index % 7 == 0 { 300 } else { 1200 }).collect();
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let (received, counters) = exchange(address, &sizes);
            assert_eq!(received, sizes);
            assert_eq!((counters.packets, counters.drops), (200, 0));
        }
    }

    #[test]
    fn what_a_device_cannot_cut_up_goes_out_one_by_one() {
        let sizes: Vec<usize> = (0..100).map(|index| if index % 9 == 0 { 300 } else { 1200 }).collect();
        for refusal in [libc::EINVAL, libc::EIO, libc::EOPNOTSUPP] {
            let (mut refused, mut sent_before) = (0, 0);
            let (received, counters) = exchange_by("127.0.0.1:0", &sizes, |socket, headers| {
                // As the kernel does: what comes before the first message it cannot send is sent.
                match headers.iter().take_while(|header| header.msg_hdr.msg_iovlen == 1).count() {
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
        let sender = UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let receivers = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap());
        let mut batch = SendBatch::new();
        let mut messages = Vec::new();
        for _ in 0..2 {
            messages.clear();
            for receiver in &receivers {
                let route = Route { destination: receiver.local_address(), source: None };
                (0..4).for_each(|_| batch.push(&sender, route, vec![7; 1200]));
            }
            let mut is_first = true;
            batch.flush_by(&sender, |headers| {
                // The first group is refused whenever it is one.
                if std::mem::take(&mut is_first) && headers[0].msg_hdr.msg_iovlen > 1 {
                    return Err(io::Error::from_raw_os_error(libc::EINVAL));
                }
                messages.extend(headers.iter().map(|header| header.msg_hdr.msg_iovlen));
                send_messages(&sender, headers)
            });
        }
        assert_eq!(messages, [1, 1, 1, 1, 4]);
        assert_eq!((batch.counters().packets, batch.counters().drops), (16, 0));
    }

    #[test]
    fn a_destination_out_of_reach_is_counted_as_drops_and_stops_nothing() {
        let sender = UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let mut batch = SendBatch::new();
        let unreachable = Route { destination: "203.0.113.1:9".parse().unwrap(), source: None };
        let reachable = Route { destination: sender.local_address(), source: None };
        batch.push(&sender, unreachable, vec![0; 10]);
        batch.push(&sender, reachable, vec![0; 10]);
        batch.flush(&sender);
        assert_eq!((batch.counters().packets, batch.counters().drops), (1, 1));
    }
}
