use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ptr;

use super::UdpSocket;
use super::address::RawAddress;

const MESSAGES: usize = 32;
/// The most the kernel joins into one message (UDP_GRO).
const MESSAGE_BYTES: usize = 1 << 16;
/// Room for a segment size and a packet info of either family, aligned as control messages must be.
const CONTROL_WORDS: usize = 16;

/// Buffers for receiving many datagrams with one system call.
pub(crate) struct ReceiveBatch {
    bytes: Box<[u8]>,
    addresses: Box<[RawAddress]>,
    control: Box<[[u64; CONTROL_WORDS]]>,
    vectors: Box<[libc::iovec]>,
    headers: Box<[libc::mmsghdr]>,
    received: usize,
}

/// One datagram, and which address of the node it came to when the kernel tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Datagram<'a> {
    pub(crate) source: SocketAddr,
    pub(crate) local: Option<IpAddr>,
    pub(crate) bytes: &'a [u8],
}

impl ReceiveBatch {
    pub(crate) fn new() -> Self {
        // SAFETY: all-zero headers and vectors are valid: null pointers with length zero.
        let (header, vector) = unsafe { (std::mem::zeroed::<libc::mmsghdr>(), std::mem::zeroed::<libc::iovec>()) };
        Self {
            bytes: vec![0; MESSAGES * MESSAGE_BYTES].into(),
            addresses: vec![RawAddress::empty(); MESSAGES].into(),
            control: vec![[0; CONTROL_WORDS]; MESSAGES].into(),
            vectors: vec![vector; MESSAGES].into(),
            headers: vec![header; MESSAGES].into(),
            received: 0,
        }
    }

    /// Takes what waits in the socket; true when there may be more.
    pub(crate) fn receive(&mut self, socket: &UdpSocket) -> io::Result<bool> {
        // The pointers are written anew for every call, so that moving the batch cannot make them stale.
        for (index, chunk) in self.bytes.chunks_exact_mut(MESSAGE_BYTES).enumerate() {
            self.vectors[index] = libc::iovec { iov_base: chunk.as_mut_ptr().cast(), iov_len: MESSAGE_BYTES };
            let header = &mut self.headers[index].msg_hdr;
            header.msg_iov = &raw mut self.vectors[index];
            header.msg_iovlen = 1;
            header.msg_name = self.addresses[index].as_mut_ptr().cast();
            header.msg_namelen = RawAddress::CAPACITY;
            header.msg_control = self.control[index].as_mut_ptr().cast();
            header.msg_controllen = size_of_val(&self.control[index]) as _;
        }
        self.received = 0;
        // SAFETY: every header points into buffers of this batch, with their true lengths, which outlive the call.
        let count = unsafe {
            libc::recvmmsg(
                socket.raw(),
                self.headers.as_mut_ptr(),
                MESSAGES as libc::c_uint,
                libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        if count < 0 {
            let error = io::Error::last_os_error();
            return match error.raw_os_error() {
                // Without memory now; the next turn tries again.
                Some(libc::EAGAIN | libc::ENOBUFS | libc::ENOMEM) => Ok(false),
                // An ICMP error of an earlier send is reported here; the socket goes on.
                Some(libc::EINTR | libc::ECONNREFUSED | libc::EHOSTUNREACH | libc::ENETUNREACH) => Ok(true),
                _ => Err(error),
            };
        }
        self.received = count as usize;
        Ok(self.received == MESSAGES)
    }

    pub(crate) fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        (0..self.received).flat_map(move |index| {
            let length = (self.headers[index].msg_len as usize).min(MESSAGE_BYTES);
            let message = &self.bytes[index * MESSAGE_BYTES..][..length];
            let (segment, local) = self.control(index);
            let source = self.addresses[index].get();
            let pieces = message.chunks(segment.unwrap_or(MESSAGE_BYTES).max(1));
            pieces.filter_map(move |bytes| source.map(|source| Datagram { source, local, bytes }))
        })
    }

    /// Segment size of joined datagrams and the address they came to.
    fn control(&self, index: usize) -> (Option<usize>, Option<IpAddr>) {
        let (mut segment, mut local) = (None, None);
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
                    (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                        let info = data.cast::<libc::in_pktinfo>().read_unaligned();
                        local = Some(IpAddr::from(info.ipi_addr.s_addr.to_ne_bytes()));
                    }
                    (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                        let info = data.cast::<libc::in6_pktinfo>().read_unaligned();
                        local = Some(IpAddr::from(info.ipi6_addr.s6_addr).to_canonical());
                    }
                    _ => {}
                }
                message = libc::CMSG_NXTHDR(header, message);
            }
        }
        (segment, local)
    }
}

// SAFETY: the pointers in the headers and vectors are written before every use and point only into the batch itself.
unsafe impl Send for ReceiveBatch {}
