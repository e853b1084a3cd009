//! UDP sockets as the load needs them: many datagrams a system call, the kernel's arrival times and its count of
//! datagrams that found a full receive buffer. The only module with `unsafe`. Linux only.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, RawFd};
use std::ptr;

const MESSAGES: usize = 32;
/// The most the kernel joins into one message (UDP_GRO).
pub const JOINED_BYTES: usize = 1 << 16;
/// Room for a `sockaddr_in6`.
const ADDRESS_BYTES: usize = 28;
/// Room for a segment size and a time, aligned as control messages must be.
const CONTROL_WORDS: usize = 8;

/// More than a burst of keyframes, so that the load's own pauses lose nothing.
const RECEIVE_BUFFER_BYTES: libc::c_int = 4 << 20;
const SEND_BUFFER_BYTES: libc::c_int = 8 << 20;

/// Asks for large buffers; past the system's limit for those who may, else up to it.
pub fn enlarge_buffers(socket: &impl AsRawFd) -> io::Result<()> {
    let raw = socket.as_raw_fd();
    for (forced, plain, bytes) in [
        (libc::SO_RCVBUFFORCE, libc::SO_RCVBUF, RECEIVE_BUFFER_BYTES),
        (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF, SEND_BUFFER_BYTES),
    ] {
        if set_option(raw, libc::SOL_SOCKET, forced, bytes).is_err() {
            set_option(raw, libc::SOL_SOCKET, plain, bytes)?;
        }
    }
    Ok(())
}

/// Lets the kernel hand over joined datagrams of one sender as one message.
pub fn join_datagrams(socket: &impl AsRawFd) -> io::Result<()> {
    set_option(socket.as_raw_fd(), libc::SOL_UDP, libc::UDP_GRO, 1)
}

/// Has the kernel note when each datagram reached the socket, however late it is read.
pub fn note_arrival_times(socket: &impl AsRawFd) -> io::Result<()> {
    set_option(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1)
}

/// Datagrams that this socket's full receive buffer has cost so far.
pub fn receive_drops(socket: &impl AsRawFd) -> io::Result<u32> {
    let mut values = [0u32; libc::SK_MEMINFO_DROPS as usize + 1];
    let mut length = size_of_val(&values) as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes into an array of that size.
    let result = unsafe {
        let values = values.as_mut_ptr().cast();
        libc::getsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_MEMINFO, values, &mut length)
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(values[libc::SK_MEMINFO_DROPS as usize])
}

fn set_option(fd: RawFd, level: libc::c_int, name: libc::c_int, value: libc::c_int) -> io::Result<()> {
    // SAFETY: the option value is an int that lives through the call, and its size is given.
    let result = unsafe {
        libc::setsockopt(fd, level, name, (&raw const value).cast(), size_of::<libc::c_int>() as libc::socklen_t)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Buffers for receiving many datagrams with one system call. What a buffer has no room for is cut off.
pub struct ReceiveBatch {
    message_bytes: usize,
    bytes: Box<[u8]>,
    addresses: Box<[[u8; ADDRESS_BYTES]]>,
    control: Box<[[u64; CONTROL_WORDS]]>,
    vectors: Box<[libc::iovec]>,
    headers: Box<[libc::mmsghdr]>,
    received: usize,
}

pub struct Datagram<'a> {
    /// Its beginning, as far as the batch keeps it.
    pub bytes: &'a [u8],
    /// Nanoseconds since the Unix epoch, from a socket that notes arrival times.
    pub arrived_at: Option<u64>,
    address: &'a [u8; ADDRESS_BYTES],
}

impl Datagram<'_> {
    pub fn source(&self) -> Option<SocketAddr> {
        let address = self.address;
        let port = u16::from_be_bytes([address[2], address[3]]);
        match libc::c_int::from(u16::from_ne_bytes([address[0], address[1]])) {
            libc::AF_INET => {
                let ip: [u8; 4] = address[4..8].try_into().ok()?;
                Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(ip)), port))
            }
            libc::AF_INET6 => {
                let ip: [u8; 16] = address[8..24].try_into().ok()?;
                Some(SocketAddr::new(IpAddr::V6(Ipv6Addr::from(ip)), port))
            }
            _ => None,
        }
    }
}

impl ReceiveBatch {
    pub fn new(message_bytes: usize) -> Self {
        // SAFETY: all-zero headers and vectors are valid: null pointers with length zero.
        let (header, vector) = unsafe { (std::mem::zeroed::<libc::mmsghdr>(), std::mem::zeroed::<libc::iovec>()) };
        Self {
            message_bytes,
            bytes: vec![0; MESSAGES * message_bytes].into(),
            addresses: vec![[0; ADDRESS_BYTES]; MESSAGES].into(),
            control: vec![[0; CONTROL_WORDS]; MESSAGES].into(),
            vectors: vec![vector; MESSAGES].into(),
            headers: vec![header; MESSAGES].into(),
            received: 0,
        }
    }

    /// Takes what waits in the socket; true when there may be more.
    pub fn receive(&mut self, socket: &impl AsRawFd) -> io::Result<bool> {
        // The pointers are written anew for every call, so that moving the batch cannot make them stale.
        for (index, chunk) in self.bytes.chunks_exact_mut(self.message_bytes).enumerate() {
            self.vectors[index] = libc::iovec { iov_base: chunk.as_mut_ptr().cast(), iov_len: chunk.len() };
            let header = &mut self.headers[index].msg_hdr;
            header.msg_iov = &raw mut self.vectors[index];
            header.msg_iovlen = 1;
            header.msg_name = self.addresses[index].as_mut_ptr().cast();
            header.msg_namelen = ADDRESS_BYTES as libc::socklen_t;
            header.msg_control = self.control[index].as_mut_ptr().cast();
            header.msg_controllen = size_of_val(&self.control[index]) as _;
        }
        self.received = 0;
        // SAFETY: every header points into buffers of this batch, with their true lengths, which outlive the call.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                MESSAGES as libc::c_uint,
                libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        if count < 0 {
            let error = io::Error::last_os_error();
            return match error.raw_os_error() {
                Some(libc::EAGAIN | libc::ENOBUFS | libc::ENOMEM) => Ok(false),
                // An ICMP error of an earlier send is reported here: the server has closed its socket.
                Some(libc::EINTR | libc::ECONNREFUSED | libc::EHOSTUNREACH | libc::ENETUNREACH) => Ok(true),
                _ => Err(error),
            };
        }
        self.received = count as usize;
        Ok(self.received == MESSAGES)
    }

    pub fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        (0..self.received).flat_map(move |index| {
            let length = (self.headers[index].msg_len as usize).min(self.message_bytes);
            let message = &self.bytes[index * self.message_bytes..][..length];
            let (segment, arrived_at) = self.control(index);
            let address = &self.addresses[index];
            let pieces = message.chunks(segment.unwrap_or(JOINED_BYTES).max(1));
            pieces.map(move |bytes| Datagram { bytes, arrived_at, address })
        })
    }

    /// Segment size of joined datagrams and when they arrived.
    fn control(&self, index: usize) -> (Option<usize>, Option<u64>) {
        let (mut segment, mut arrived_at) = (None, None);
        let header = &self.headers[index].msg_hdr;
        // SAFETY: the kernel filled the control buffer and its length; the CMSG functions stay within it, and each
        // value is read unaligned, of the type its level and kind stand for.
        unsafe {
            let mut message = libc::CMSG_FIRSTHDR(header);
            while !message.is_null() {
                let data = libc::CMSG_DATA(message);
                match ((*message).cmsg_level, (*message).cmsg_type) {
                    (libc::SOL_UDP, libc::UDP_GRO) => {
                        segment = usize::try_from(data.cast::<libc::c_int>().read_unaligned()).ok();
                    }
                    (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => {
                        let time = data.cast::<libc::timespec>().read_unaligned();
                        arrived_at = Some(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64);
                    }
                    _ => {}
                }
                message = libc::CMSG_NXTHDR(header, message);
            }
        }
        (segment, arrived_at)
    }
}

/// Collects datagrams of one size a group, each group one message that the kernel cuts up (GSO).
pub struct SendBatch {
    arena: Vec<u8>,
    used: usize,
    groups: Vec<Group>,
    vectors: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
}

struct Group {
    start: usize,
    end: usize,
    address: libc::sockaddr_in,
    control: [u64; CONTROL_WORDS],
}

impl SendBatch {
    pub fn new(capacity_bytes: usize) -> Self {
        let arena = vec![0; capacity_bytes];
        Self { arena, used: 0, groups: Vec::new(), vectors: Vec::new(), headers: Vec::new() }
    }

    /// Room for one message to `destination`, to be cut after every `segment` bytes.
    pub fn reserve(&mut self, destination: SocketAddr, length: usize, segment: u16) -> io::Result<&mut [u8]> {
        let SocketAddr::V4(destination) = destination else {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "only IPv4 destinations"));
        };
        let start = self.used;
        self.used += length;
        if self.used > self.arena.len() {
            self.arena.resize(self.used, 0);
        }
        let address = libc::sockaddr_in {
            sin_family: libc::AF_INET as libc::sa_family_t,
            sin_port: destination.port().to_be(),
            sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(destination.ip().octets()) },
            sin_zero: [0; 8],
        };
        let mut group = Group { start, end: start + length, address, control: [0; CONTROL_WORDS] };
        if length > usize::from(segment) {
            write_segment_size(&mut group.control, segment);
        }
        self.groups.push(group);
        Ok(&mut self.arena[start..self.used])
    }

    /// Bytes reserved since the last flush.
    pub fn length(&self) -> usize {
        self.used
    }

    /// Sends everything; returns how many messages the kernel had no room for.
    pub fn flush(&mut self, socket: &impl AsRawFd) -> io::Result<usize> {
        self.vectors.clear();
        self.headers.clear();
        for group in &self.groups {
            let bytes = &mut self.arena[group.start..group.end];
            self.vectors.push(libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() });
        }
        for (group, vector) in self.groups.iter_mut().zip(&mut self.vectors) {
            // SAFETY: an all-zero message header is valid: null pointers with length zero.
            let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
            header.msg_hdr.msg_name = (&raw mut group.address).cast();
            header.msg_hdr.msg_namelen = size_of_val(&group.address) as libc::socklen_t;
            header.msg_hdr.msg_iov = vector;
            header.msg_hdr.msg_iovlen = 1;
            if group.control[0] != 0 {
                header.msg_hdr.msg_control = group.control.as_mut_ptr().cast();
                // SAFETY: computes a length from a length.
                header.msg_hdr.msg_controllen = unsafe { libc::CMSG_SPACE(size_of::<u16>() as u32) } as _;
            }
            self.headers.push(header);
        }
        let (mut done, mut dropped) = (0, 0);
        while done < self.headers.len() {
            let rest = &mut self.headers[done..];
            // SAFETY: every header points into this batch, with true lengths, and all of it outlives the call.
            let sent = unsafe {
                let count = rest.len() as libc::c_uint;
                libc::sendmmsg(socket.as_raw_fd(), rest.as_mut_ptr(), count, libc::MSG_DONTWAIT)
            };
            if sent >= 0 {
                done += sent as usize;
                continue;
            }
            let error = io::Error::last_os_error();
            match error.raw_os_error() {
                Some(libc::EINTR) => {}
                Some(libc::EAGAIN | libc::ENOBUFS) => {
                    dropped += 1;
                    done += 1;
                }
                _ => return Err(error),
            }
        }
        self.used = 0;
        self.groups.clear();
        Ok(dropped)
    }
}

fn write_segment_size(control: &mut [u64; CONTROL_WORDS], segment: u16) {
    // SAFETY: an all-zero message header is valid; it points at a control buffer with room for one u16, into which
    // the CMSG functions lead, and the value is written unaligned.
    unsafe {
        let mut header: libc::msghdr = std::mem::zeroed();
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = size_of_val(control) as _;
        let message = libc::CMSG_FIRSTHDR(&header);
        (*message).cmsg_level = libc::SOL_UDP;
        (*message).cmsg_type = libc::UDP_SEGMENT;
        (*message).cmsg_len = libc::CMSG_LEN(size_of::<u16>() as u32) as _;
        libc::CMSG_DATA(message).cast::<u16>().write_unaligned(segment);
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    fn bound() -> (UdpSocket, SocketAddr) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    #[test]
    fn a_group_is_cut_into_datagrams_and_each_arrives_with_source_and_time() {
        let ((sender, from), (receiver, to)) = (bound(), bound());
        note_arrival_times(&receiver).unwrap();
        let mut sending = SendBatch::new(0);
        sending.reserve(to, 250, 100).unwrap().copy_from_slice(&[7; 250]);
        sending.reserve(to, 30, 100).unwrap().copy_from_slice(&[8; 30]);
        assert_eq!(sending.flush(&sender).unwrap(), 0);
        let mut receiving = ReceiveBatch::new(64);
        assert!(!receiving.receive(&receiver).unwrap());
        let lengths: Vec<_> = receiving.datagrams().map(|datagram| datagram.bytes.len()).collect();
        assert_eq!(lengths, [64, 64, 50, 30], "cut to the batch's room");
        assert!(receiving.datagrams().all(|datagram| datagram.source() == Some(from)));
        assert!(receiving.datagrams().all(|datagram| datagram.arrived_at.is_some()));
    }

    #[test]
    fn joined_datagrams_are_taken_apart() {
        let ((sender, _), (receiver, to)) = (bound(), bound());
        join_datagrams(&receiver).unwrap();
        let mut sending = SendBatch::new(0);
        sending.reserve(to, 2500, 1000).unwrap();
        sending.flush(&sender).unwrap();
        let mut receiving = ReceiveBatch::new(JOINED_BYTES);
        receiving.receive(&receiver).unwrap();
        let lengths: Vec<_> = receiving.datagrams().map(|datagram| datagram.bytes.len()).collect();
        assert_eq!(lengths, [1000, 1000, 500]);
    }

    #[test]
    fn a_full_receive_buffer_is_told() {
        let ((sender, _), (receiver, to)) = (bound(), bound());
        assert_eq!(receive_drops(&receiver).unwrap(), 0);
        set_option(receiver.as_raw_fd(), libc::SOL_SOCKET, libc::SO_RCVBUF, 4096).unwrap();
        for _ in 0..100 {
            sender.send_to(&[0; 1200], to).unwrap();
        }
        let dropped = receive_drops(&receiver).unwrap();
        assert!((50..100).contains(&dropped), "{dropped}");
    }
}
