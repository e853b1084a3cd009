use std::io;
use std::net::{IpAddr, SocketAddr};

use crate::socket::{Route, local_addresses};

const MAX_CANDIDATES: usize = 8;

/// The addresses the node tells others to send to, and how they relate to those of its socket.
#[derive(Clone, Debug)]
pub(crate) struct Candidates {
    advertised: Vec<SocketAddr>,
    /// The socket is bound to every address, so that answers must name the one to leave from.
    wildcard: bool,
    local: Vec<IpAddr>,
}

impl Candidates {
    /// `bound` is the address of the shard's socket. `public` holds addresses, each with a port of its own when a router maps it: that of the first shard, the
    /// others' follow.
    pub(crate) fn new(bound: SocketAddr, public: &[String], shard: u16) -> io::Result<Self> {
        let wildcard = bound.ip().is_unspecified();
        let local = if wildcard { local_addresses() } else { vec![bound.ip()] };
        let mut advertised = Vec::new();
        for text in public {
            advertised.push(parse(text, bound.port(), shard)?);
        }
        if advertised.is_empty() {
            let reachable = local.iter().filter(|ip| bound.is_ipv6() || ip.is_ipv4());
            advertised.extend(reachable.map(|ip| SocketAddr::new(*ip, bound.port())));
        }
        advertised.truncate(MAX_CANDIDATES);
        if advertised.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::AddrNotAvailable,
                "The machine has no address to be reached at.",
            ));
        }
        Ok(Self { advertised, wildcard, local })
    }

    pub(crate) fn advertised(&self) -> &[SocketAddr] {
        &self.advertised
    }

    /// The candidate a datagram was sent to: ICE must see that address, not the one behind a router.
    pub(crate) fn destination(&self, remote: SocketAddr, local: Option<IpAddr>) -> SocketAddr {
        let same = self.advertised.iter().find(|candidate| Some(candidate.ip()) == local);
        let same_family = || self.advertised.iter().find(|candidate| candidate.is_ipv4() == remote.is_ipv4());
        *same.or_else(same_family).unwrap_or(&self.advertised[0])
    }

    pub(crate) fn route(&self, source: SocketAddr, destination: SocketAddr) -> Route {
        let source = Some(source.ip()).filter(|ip| self.wildcard && self.local.contains(ip));
        Route { destination, source }
    }
}

fn parse(text: &str, own_port: u16, shard: u16) -> io::Result<SocketAddr> {
    let refused = |why| io::Error::new(io::ErrorKind::InvalidInput, format!("The public address {text:?} {why}."));
    let address = match text.parse::<SocketAddr>() {
        Ok(first) => {
            let port = first.port().checked_add(shard).ok_or_else(|| refused("leaves no port for each shard"))?;
            SocketAddr::new(first.ip(), port)
        }
        Err(_) => SocketAddr::new(text.parse::<IpAddr>().map_err(|_| refused("is not an IP address"))?, own_port),
    };
    if address.ip().is_unspecified() { Err(refused("stands for no address")) } else { Ok(address) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(bind: &str, public: &[&str]) -> io::Result<Candidates> {
        candidates_of(0, bind, public)
    }

    fn candidates_of(shard: u16, bind: &str, public: &[&str]) -> io::Result<Candidates> {
        let public: Vec<String> = public.iter().map(|text| (*text).to_owned()).collect();
        Candidates::new(bind.parse().unwrap(), &public, shard)
    }

    #[test]
    fn a_bound_address_is_the_only_candidate_and_needs_no_source() {
        let candidates = candidates("127.0.0.1:8083", &[]).unwrap();
        let [only] = candidates.advertised() else { panic!("one candidate") };
        assert_eq!(only.ip(), IpAddr::from([127, 0, 0, 1]));
        let remote = "127.0.0.1:9".parse().unwrap();
        assert_eq!(candidates.route(*only, remote), Route { destination: remote, source: None });
    }

    #[test]
    fn a_wildcard_lists_real_addresses_and_answers_from_the_one_asked() {
        let candidates = candidates("0.0.0.0:8083", &[]).unwrap();
        assert!(candidates.advertised().iter().all(|address| address.is_ipv4() && !address.ip().is_unspecified()));
        let own = candidates.advertised()[0];
        let remote = "192.0.2.1:9".parse().unwrap();
        assert_eq!(candidates.destination(remote, Some(own.ip())), own);
        assert_eq!(candidates.route(own, remote).source, Some(own.ip()));
    }

    #[test]
    fn public_addresses_stand_in_for_local_ones() {
        let candidates = candidates("127.0.0.1:8083", &["203.0.113.5:9000", "2001:db8::5"]).unwrap();
        let local = Some(IpAddr::from([127, 0, 0, 1]));
        assert_eq!(candidates.destination("192.0.2.1:9".parse().unwrap(), local), "203.0.113.5:9000".parse().unwrap());
        assert!(candidates.destination("[2001:db8::9]:9".parse().unwrap(), None).is_ipv6());
    }

    #[test]
    fn shards_follow_the_first_public_port() {
        let third = candidates_of(2, "127.0.0.1:8083", &["203.0.113.5:9000"]).unwrap();
        assert_eq!(third.advertised(), ["203.0.113.5:9002".parse().unwrap()]);
        let error = candidates_of(2, "127.0.0.1:8083", &["203.0.113.5:65534"]).unwrap_err();
        assert_eq!(error.to_string(), "The public address \"203.0.113.5:65534\" leaves no port for each shard.");
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_sentence() {
        let error = candidates("127.0.0.1:8083", &["example.org"]).unwrap_err();
        assert_eq!(error.to_string(), "The public address \"example.org\" is not an IP address.");
        assert!(candidates("127.0.0.1:8083", &["0.0.0.0"]).is_err());
    }
}
