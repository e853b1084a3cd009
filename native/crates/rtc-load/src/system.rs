//! What the system says of this process and of UDP on this machine.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::CpuSet;
use rustix::time::{ClockId, clock_gettime};

use crate::Failure;

/// Lets the process hold as many sockets as its hard limit allows.
pub fn raise_file_limit() -> Result<(), Failure> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    Ok(())
}

/// CPU time of all threads of this process.
pub fn process_cpu() -> Duration {
    cpu(ClockId::ProcessCPUTime)
}

pub fn thread_cpu() -> Duration {
    cpu(ClockId::ThreadCPUTime)
}

fn cpu(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Keeps this thread on one core.
pub fn pin_thread(core: usize) -> Result<(), Failure> {
    let mut cores = CpuSet::new();
    cores.set(core);
    rustix::thread::sched_setaffinity(None, &cores)?;
    Ok(())
}

/// Nanoseconds since the Unix epoch: the clock of the kernel's arrival times.
pub fn wall_clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64)
}

/// UDP of the whole network namespace since it began, IPv4 and IPv6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UdpCounters {
    /// Messages: one that the kernel cuts up (GSO) counts once.
    pub sent: u64,
    /// Datagrams for which a receive buffer had no room.
    pub receive_buffer_errors: u64,
}

impl UdpCounters {
    pub fn read() -> Result<Self, Failure> {
        Ok(Self::parse(&fs::read_to_string("/proc/net/snmp")?, &fs::read_to_string("/proc/net/snmp6")?))
    }

    fn parse(v4: &str, v6: &str) -> Self {
        let mut lines = v4.lines().filter_map(|line| line.strip_prefix("Udp: "));
        let (names, values) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let of_v4 = |wanted: &str| {
            let column = names.split_whitespace().position(|name| name == wanted);
            number(column.and_then(|column| values.split_whitespace().nth(column)))
        };
        let of_v6 = |wanted: &str| {
            let mut rows = v6.lines().map(str::split_whitespace);
            number(rows.find_map(|mut row| (row.next() == Some(wanted)).then(|| row.next()).flatten()))
        };
        Self {
            sent: of_v4("OutDatagrams") + of_v6("Udp6OutDatagrams"),
            receive_buffer_errors: of_v4("RcvbufErrors") + of_v6("Udp6RcvbufErrors"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_of_both_families_are_added() {
        let v4 = "Ip: a\nIp: 1\nUdp: InDatagrams OutDatagrams RcvbufErrors\nUdp: 5 70 8\nUdpLite: x\nUdpLite: 1\n";
        let v6 = "Udp6OutDatagrams                 \t30\nUdp6RcvbufErrors   2\n";
        assert_eq!(UdpCounters::parse(v4, v6), UdpCounters { sent: 100, receive_buffer_errors: 10 });
    }
}
