use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ptr;

/// CPU time the calling thread has used, in seconds.
pub(crate) fn thread_cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes one timespec that lives through the call.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Addresses of the interfaces that are up: those others can reach, or the loopback ones when there are none.
pub(crate) fn local_addresses() -> Vec<IpAddr> {
    let mut list: *mut libc::ifaddrs = ptr::null_mut();
    let mut found = Vec::new();
    // SAFETY: getifaddrs gives a list that is only read here, entry by entry, each address by the type its family
    // stands for, and freed once afterwards.
    unsafe {
        if libc::getifaddrs(&mut list) != 0 {
            return found;
        }
        let mut entry = list;
        while let Some(interface) = entry.as_ref() {
            entry = interface.ifa_next;
            if interface.ifa_addr.is_null() || interface.ifa_flags & libc::IFF_UP as libc::c_uint == 0 {
                continue;
            }
            let address = match libc::c_int::from((*interface.ifa_addr).sa_family) {
                libc::AF_INET => {
                    let v4 = interface.ifa_addr.cast::<libc::sockaddr_in>().read_unaligned();
                    IpAddr::V4(Ipv4Addr::from(v4.sin_addr.s_addr.to_ne_bytes()))
                }
                libc::AF_INET6 => {
                    let v6 = interface.ifa_addr.cast::<libc::sockaddr_in6>().read_unaligned();
                    IpAddr::V6(Ipv6Addr::from(v6.sin6_addr.s6_addr))
                }
                _ => continue,
            };
            if !found.contains(&address) {
                found.push(address);
            }
        }
        libc::freeifaddrs(list);
    }
    let (loopback, mut reachable): (Vec<_>, Vec<_>) = found.into_iter().partition(IpAddr::is_loopback);
    // A link-local address means nothing without its interface, which SDP cannot name.
    reachable.retain(|address| match address {
        IpAddr::V4(v4) => !v4.is_link_local(),
        IpAddr::V6(v6) => !v6.is_unicast_link_local(),
    });
    if reachable.is_empty() { loopback } else { reachable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_an_address_and_time_passes() {
        assert!(!local_addresses().is_empty());
        assert!(thread_cpu_seconds() > 0.0);
    }
}
