//! What this process uses, as /proc tells it.

use std::io;
use std::time::Duration;

/// A moment's readings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// CPU time of the main thread, which runs the loop.
    pub(crate) cpu: Duration,
    pub(crate) resident_kib: u64,
    pub(crate) descriptors: usize,
    pub(crate) threads: u64,
}

pub(crate) fn read() -> io::Result<Reading> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        let word = line.and_then(|line| line.split_whitespace().nth(1));
        word.and_then(|word| word.parse().ok())
            .ok_or_else(|| io::Error::other(format!("no {name} in /proc/self/status")))
    };
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = schedstat.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
    Ok(Reading {
        cpu: Duration::from_nanos(nanos.ok_or_else(|| io::Error::other("no CPU time in schedstat"))?),
        resident_kib: field("VmRSS:")?,
        descriptors: std::fs::read_dir("/proc/self/fd")?.count(),
        threads: field("Threads:")?,
    })
}
