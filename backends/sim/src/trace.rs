//! What happened, as a number and, where it is asked for, as a list.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What is known of a run so far.
///
/// ```
/// use loop_api::EventLoop;
/// use loop_sim::SimLoop;
///
/// let run = |seed| {
///     let mut sim = SimLoop::builder().seed(seed).build();
///     sim.block_on(async { loop_api::Handle::sleep(&loop_sim::SimHandle::current(), std::time::Duration::from_secs(1)).await });
///     sim.world().stats()
/// };
/// assert_eq!(run(1), run(1), "a run repeats itself");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Of every poll, timer, packet, call of a disk and fault with its time: equal for equal runs.
    pub hash: u64,
    /// Polls of tasks, of the main future, and turns of blocking jobs.
    pub polls: u64,
    /// Timers, packets, what disks did, and faults.
    pub events: u64,
    /// Blocking jobs that kept the world waiting for too long: with each the run is one that
    /// cannot be repeated. Always zero in a strict world, where that is an error.
    pub escaped: u64,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Poll { host: u32, task: u64 },
    Timer { number: u64 },
    Packet { kind: &'static str, from: u32, to: u32, id: u64, len: u64, sent: u64 },
    Disk { host: u32, what: &'static str, inode: u64, len: u64 },
    Fault(Arc<str>),
    Call { number: u64 },
    Escaped { task: u64 },
    Note(Arc<str>),
}

/// A line of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceEvent {
    at: u64,
    what: What,
}

impl TraceEvent {
    /// When it happened, since the world began.
    pub fn at(&self) -> Duration {
        Duration::from_nanos(self.at)
    }

    pub(crate) fn nanos(&self) -> u64 {
        self.at
    }

    pub(crate) fn what(&self) -> &What {
        &self.what
    }
}

impl fmt::Display for TraceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>14.9} ", self.at().as_secs_f64())?;
        match &self.what {
            What::Poll { host, task: 0 } => write!(f, "poll   host {host} main future"),
            What::Poll { host, task } => write!(f, "poll   host {host} task {task}"),
            What::Timer { number } => write!(f, "timer  {number}"),
            What::Packet { kind, from, to, id, len: 0, .. } => {
                write!(f, "packet {kind} from host {from} to host {to}, socket {id}")
            }
            What::Packet { kind, from, to, id, len, .. } => {
                write!(f, "packet {kind} of {len} bytes from host {from} to host {to}, socket {id}")
            }
            What::Disk { host, what, inode: 0, .. } => write!(f, "disk   {what} on host {host}"),
            What::Disk { host, what, inode, len: 0 } => {
                write!(f, "disk   {what} on host {host}, file {inode}")
            }
            What::Disk { host, what, inode, len } => {
                write!(f, "disk   {what} of {len} bytes on host {host}, file {inode}")
            }
            What::Fault(fault) => write!(f, "fault  {fault}"),
            What::Call { number } => write!(f, "call   {number}"),
            What::Escaped { task } => write!(f, "escape of job {task}"),
            What::Note(note) => write!(f, "note   {note}"),
        }
    }
}

/// The trace of a world.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) stats: Stats,
    log: Option<Vec<TraceEvent>>,
}

const PRIME: u64 = 0x0000_0100_0000_01b3;

fn mix(hash: u64, word: u64) -> u64 {
    (hash ^ word).wrapping_mul(PRIME).rotate_left(23)
}

fn mix_text(hash: u64, text: &str) -> u64 {
    text.bytes().fold(hash, |hash, byte| mix(hash, u64::from(byte)))
}

impl Trace {
    pub(crate) fn new(log: bool) -> Trace {
        let stats = Stats { hash: 0xcbf2_9ce4_8422_2325, ..Stats::default() };
        Trace { stats, log: log.then(Vec::new) }
    }

    #[inline]
    pub(crate) fn add(&mut self, at: u64, what: What) {
        let stats = &mut self.stats;
        let hash = mix(stats.hash, at);
        stats.hash = match &what {
            What::Poll { host, task } => {
                stats.polls += 1;
                mix(mix(hash, u64::from(*host)), *task)
            }
            What::Timer { number } => {
                stats.events += 1;
                mix(mix(hash, 1 << 32), *number)
            }
            What::Packet { kind, from, to, id, len, .. } => {
                stats.events += 1;
                let ends = u64::from(*from) << 32 | u64::from(*to);
                mix(mix(mix(mix(hash, kind.len() as u64 + (2 << 32)), ends), *id), *len)
            }
            What::Disk { host, what, inode, len } => {
                stats.events += 1;
                mix(mix(mix(mix_text(hash, what), u64::from(*host) + (5 << 32)), *inode), *len)
            }
            What::Fault(fault) => {
                stats.events += 1;
                mix_text(hash, fault)
            }
            What::Call { number } => {
                stats.events += 1;
                mix(mix(hash, 3 << 32), *number)
            }
            What::Escaped { task } => {
                stats.escaped += 1;
                mix(mix(hash, 4 << 32), *task)
            }
            What::Note(note) => mix_text(hash, note),
        };
        if let Some(log) = &mut self.log {
            log.push(TraceEvent { at, what });
        }
    }

    /// The list, where it is kept.
    pub(crate) fn log(&self) -> Vec<TraceEvent> {
        self.log.clone().unwrap_or_default()
    }
}
