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

/// Datagrams for which a receive buffer of this network namespace had no room, since it began: IPv4 and IPv6.
pub fn receive_buffer_errors() -> Result<u64, Failure> {
    Ok(buffer_errors(&fs::read_to_string("/proc/net/snmp")?, &fs::read_to_string("/proc/net/snmp6")?))
}

fn buffer_errors(v4: &str, v6: &str) -> u64 {
    let mut lines = v4.lines().filter_map(|line| line.strip_prefix("Udp: "));
    let (names, values) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let column = names.split_whitespace().position(|name| name == "RcvbufErrors");
    let of_v4 = number(column.and_then(|column| values.split_whitespace().nth(column)));
    let mut rows = v6.lines().map(str::split_whitespace);
    let of_v6 = rows.find_map(|mut row| (row.next() == Some("Udp6RcvbufErrors")).then(|| row.next()).flatten());
    of_v4 + number(of_v6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_both_families_are_added() {
        let v4 = "Ip: a\nIp: 1\nUdp: InDatagrams OutDatagrams RcvbufErrors\nUdp: 5 70 8\nUdpLite: x\nUdpLite: 1\n";
        let v6 = "Udp6OutDatagrams                 \t30\nUdp6RcvbufErrors   2\n";
        assert_eq!(buffer_errors(v4, v6), 10);
    }
}
