//! What may go wrong, as data: it prints, and what is printed parses.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::duration::{parse_duration, print_duration};
use crate::signals::by_name;

/// Something that happens to a world.
///
/// It prints as a line and parses from one, so that a plan that found a bug goes into a test:
///
/// ```
/// use loop_sim::Fault;
///
/// let fault: Fault = "cut a b".parse()?;
/// assert_eq!(fault, Fault::cut("a", "b"));
/// assert_eq!(Fault::skew("a", -1_500_000_000).to_string(), "skew a -1500000000ns");
/// let error = "cut a".parse::<Fault>().unwrap_err();
/// assert!(error.to_string().contains("cut HOST HOST"), "{error}");
/// # Ok::<(), loop_sim::ParseError>(())
/// ```
///
/// Cuts are counted: two that overlap are healed by two heals.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The host is gone: its tasks are dropped, its connections reset, its ports free.
    Crash(String),
    /// It runs again, from what [`run`](crate::SimHandle::run) was given. It crashes first, if it
    /// still runs.
    Restart(String),
    /// Nothing of the host runs until it is resumed. What is sent to it arrives.
    Pause(String),
    /// It goes on.
    Resume(String),
    /// Nothing passes between the two.
    Cut(String, String),
    /// One cut between the two is healed.
    Heal(String, String),
    /// Nothing passes from the first to the second; the other way it does.
    CutOneWay(String, String),
    /// One cut from the first to the second is healed.
    HealOneWay(String, String),
    /// Nothing passes between the host and any other.
    Isolate(String),
    /// One isolation of the host ends.
    Rejoin(String),
    /// What is sent between the two, datagrams too, waits.
    Hold(String, String),
    /// What waited is sent on.
    Release(String, String),
    /// What is sent between the two takes so much longer, until this is set to zero.
    Slow(String, String, Duration),
    /// After each poll on the host, all of it waits so much longer, until this is set to zero; also
    /// over a restart.
    SlowHost(String, Duration),
    /// The host's clock is off by this many nanoseconds. It never goes back: where it is set back, it
    /// stands still until it is right.
    Skew(String, i64),
    /// The host's clock gains this many millionths; negative: it loses them.
    Drift(String, i64),
    /// Every connection between the two is reset.
    Reset(String, String),
    /// The name cannot be looked up.
    NameFails(String),
    /// It can again.
    NameWorks(String),
    /// The host has no free port for a new connection or for port 0.
    PortsExhausted(String),
    /// It has again.
    PortsFreed(String),
    /// A signal is raised on the host. Those who listen to its kind are told; a program that never
    /// did ends (and what it wrote to its disk stays), or pauses or goes on, or nothing happens, as on a real system.
    Signal(String, String),
    /// As [`Crash`](Fault::Crash), and all that was on its disk is gone.
    Wipe(String),
    /// Nothing more fits on the host's disk: `StorageFull`.
    DiskFull(String),
    /// It does again.
    DiskFreed(String),
    /// Each call of the host's disk takes so much longer, until this is set to zero.
    DiskSlow(String, Duration),
    /// These calls of the host's disk fail: `EIO`. What was written before a sync that failed may
    /// be on the disk or not, and no later sync brings it there.
    DiskFails(String, DiskCall),
    /// They work again.
    DiskWorks(String, DiskCall),
    /// A sync on the host says that it was done, and does nothing.
    SyncLies(String),
    /// It does again what it says.
    SyncHonest(String),
    /// The host can open no file and no socket more, until it restarts: `EMFILE`.
    DescriptorsExhausted(String),
    /// It can again.
    DescriptorsFreed(String),
}

/// Calls of a disk that fail: see [`Fault::DiskFails`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiskCall {
    /// Of files and of folders.
    Reads,
    /// And lengths that are set.
    Writes,
    /// Of files and of folders.
    Syncs,
}

impl DiskCall {
    pub(crate) const ALL: [DiskCall; 3] = [DiskCall::Reads, DiskCall::Writes, DiskCall::Syncs];

    fn word(self) -> &'static str {
        match self {
            DiskCall::Reads => "reads",
            DiskCall::Writes => "writes",
            DiskCall::Syncs => "syncs",
        }
    }

    fn parse(word: &str) -> Option<DiskCall> {
        DiskCall::ALL.into_iter().find(|call| call.word() == word)
    }
}

/// The words of every fault, with what follows each.
const SYNTAX: [(&str, &str); 32] = [
    ("crash", "HOST"),
    ("restart", "HOST"),
    ("pause", "HOST"),
    ("resume", "HOST"),
    ("cut", "HOST HOST"),
    ("heal", "HOST HOST"),
    ("cut-one-way", "HOST HOST"),
    ("heal-one-way", "HOST HOST"),
    ("isolate", "HOST"),
    ("rejoin", "HOST"),
    ("hold", "HOST HOST"),
    ("release", "HOST HOST"),
    ("slow", "HOST HOST TIME"),
    ("slow-host", "HOST TIME"),
    ("skew", "HOST NANOSECONDS, such as -5000ns"),
    ("drift", "HOST MILLIONTHS, such as 200ppm"),
    ("reset", "HOST HOST"),
    ("name-fails", "HOST"),
    ("name-works", "HOST"),
    ("ports-exhausted", "HOST"),
    ("ports-freed", "HOST"),
    ("signal", "HOST SIGNAL, such as SIGTERM"),
    ("wipe", "HOST"),
    ("disk-full", "HOST"),
    ("disk-freed", "HOST"),
    ("disk-slow", "HOST TIME"),
    ("disk-fails", "HOST reads|writes|syncs"),
    ("disk-works", "HOST reads|writes|syncs"),
    ("sync-lies", "HOST"),
    ("sync-honest", "HOST"),
    ("descriptors-exhausted", "HOST"),
    ("descriptors-freed", "HOST"),
];

macro_rules! makers {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) = $variant:ident;)*) => {
        impl Fault {
            $(
                $(#[$doc])*
                pub fn $name($($arg: $type),*) -> Fault {
                    Fault::$variant($($arg.into()),*)
                }
            )*
        }
    };
}

makers! {
    /// [`Fault::Crash`].
    crash(host: &str) = Crash;
    /// [`Fault::Restart`].
    restart(host: &str) = Restart;
    /// [`Fault::Pause`].
    pause(host: &str) = Pause;
    /// [`Fault::Resume`].
    resume(host: &str) = Resume;
    /// [`Fault::Cut`].
    cut(a: &str, b: &str) = Cut;
    /// [`Fault::Heal`].
    heal(a: &str, b: &str) = Heal;
    /// [`Fault::CutOneWay`].
    cut_one_way(from: &str, to: &str) = CutOneWay;
    /// [`Fault::HealOneWay`].
    heal_one_way(from: &str, to: &str) = HealOneWay;
    /// [`Fault::Isolate`].
    isolate(host: &str) = Isolate;
    /// [`Fault::Rejoin`].
    rejoin(host: &str) = Rejoin;
    /// [`Fault::Hold`].
    hold(a: &str, b: &str) = Hold;
    /// [`Fault::Release`].
    release(a: &str, b: &str) = Release;
    /// [`Fault::Slow`].
    slow(a: &str, b: &str, more: Duration) = Slow;
    /// [`Fault::SlowHost`].
    slow_host(host: &str, more: Duration) = SlowHost;
    /// [`Fault::Skew`].
    skew(host: &str, nanos: i64) = Skew;
    /// [`Fault::Drift`].
    drift(host: &str, ppm: i64) = Drift;
    /// [`Fault::Reset`].
    reset(a: &str, b: &str) = Reset;
    /// [`Fault::NameFails`].
    name_fails(name: &str) = NameFails;
    /// [`Fault::NameWorks`].
    name_works(name: &str) = NameWorks;
    /// [`Fault::PortsExhausted`].
    ports_exhausted(host: &str) = PortsExhausted;
    /// [`Fault::PortsFreed`].
    ports_freed(host: &str) = PortsFreed;
    /// [`Fault::Signal`]; the name is one as SIGTERM, or on unix a number.
    signal(host: &str, signal: &str) = Signal;
    /// [`Fault::Wipe`].
    wipe(host: &str) = Wipe;
    /// [`Fault::DiskFull`].
    disk_full(host: &str) = DiskFull;
    /// [`Fault::DiskFreed`].
    disk_freed(host: &str) = DiskFreed;
    /// [`Fault::DiskSlow`].
    disk_slow(host: &str, more: Duration) = DiskSlow;
    /// [`Fault::DiskFails`].
    disk_fails(host: &str, call: DiskCall) = DiskFails;
    /// [`Fault::DiskWorks`].
    disk_works(host: &str, call: DiskCall) = DiskWorks;
    /// [`Fault::SyncLies`].
    sync_lies(host: &str) = SyncLies;
    /// [`Fault::SyncHonest`].
    sync_honest(host: &str) = SyncHonest;
    /// [`Fault::DescriptorsExhausted`].
    descriptors_exhausted(host: &str) = DescriptorsExhausted;
    /// [`Fault::DescriptorsFreed`].
    descriptors_freed(host: &str) = DescriptorsFreed;
}

impl Fault {
    /// What undoes it, if something does.
    ///
    /// ```
    /// use loop_sim::Fault;
    ///
    /// assert_eq!(Fault::cut("a", "b").undone(), Some(Fault::heal("a", "b")));
    /// assert_eq!(Fault::reset("a", "b").undone(), None);
    /// ```
    pub fn undone(&self) -> Option<Fault> {
        use Fault::*;
        Some(match self {
            Crash(host) | Wipe(host) => Restart(host.clone()),
            Pause(host) => Resume(host.clone()),
            Cut(a, b) => Heal(a.clone(), b.clone()),
            CutOneWay(a, b) => HealOneWay(a.clone(), b.clone()),
            Isolate(host) => Rejoin(host.clone()),
            Hold(a, b) => Release(a.clone(), b.clone()),
            Slow(a, b, more) if !more.is_zero() => Slow(a.clone(), b.clone(), Duration::ZERO),
            SlowHost(host, more) if !more.is_zero() => SlowHost(host.clone(), Duration::ZERO),
            Skew(host, by) if *by != 0 => Skew(host.clone(), 0),
            Drift(host, by) if *by != 0 => Drift(host.clone(), 0),
            NameFails(name) => NameWorks(name.clone()),
            PortsExhausted(host) => PortsFreed(host.clone()),
            DiskFull(host) => DiskFreed(host.clone()),
            DiskSlow(host, more) if !more.is_zero() => DiskSlow(host.clone(), Duration::ZERO),
            DiskFails(host, call) => DiskWorks(host.clone(), *call),
            SyncLies(host) => SyncHonest(host.clone()),
            DescriptorsExhausted(host) => DescriptorsFreed(host.clone()),
            _ => return None,
        })
    }

    /// The hosts that it names.
    pub(crate) fn hosts(&self) -> Vec<&str> {
        use Fault::*;
        match self {
            Crash(a)
            | Restart(a)
            | Pause(a)
            | Resume(a)
            | Isolate(a)
            | Rejoin(a)
            | SlowHost(a, _)
            | Skew(a, _)
            | Drift(a, _)
            | PortsExhausted(a)
            | PortsFreed(a)
            | Signal(a, _)
            | Wipe(a)
            | DiskFull(a)
            | DiskFreed(a)
            | DiskSlow(a, _)
            | DiskFails(a, _)
            | DiskWorks(a, _)
            | SyncLies(a)
            | SyncHonest(a)
            | DescriptorsExhausted(a)
            | DescriptorsFreed(a) => vec![a],
            Cut(a, b)
            | Heal(a, b)
            | CutOneWay(a, b)
            | HealOneWay(a, b)
            | Hold(a, b)
            | Release(a, b)
            | Slow(a, b, _)
            | Reset(a, b) => vec![a, b],
            NameFails(_) | NameWorks(_) => Vec::new(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Fault::*;
        match self {
            Crash(a) => write!(f, "crash {a}"),
            Restart(a) => write!(f, "restart {a}"),
            Pause(a) => write!(f, "pause {a}"),
            Resume(a) => write!(f, "resume {a}"),
            Cut(a, b) => write!(f, "cut {a} {b}"),
            Heal(a, b) => write!(f, "heal {a} {b}"),
            CutOneWay(a, b) => write!(f, "cut-one-way {a} {b}"),
            HealOneWay(a, b) => write!(f, "heal-one-way {a} {b}"),
            Isolate(a) => write!(f, "isolate {a}"),
            Rejoin(a) => write!(f, "rejoin {a}"),
            Hold(a, b) => write!(f, "hold {a} {b}"),
            Release(a, b) => write!(f, "release {a} {b}"),
            Slow(a, b, more) => write!(f, "slow {a} {b} {}", print_duration(*more)),
            SlowHost(a, more) => write!(f, "slow-host {a} {}", print_duration(*more)),
            Skew(a, by) => write!(f, "skew {a} {by}ns"),
            Drift(a, by) => write!(f, "drift {a} {by}ppm"),
            Reset(a, b) => write!(f, "reset {a} {b}"),
            NameFails(a) => write!(f, "name-fails {a}"),
            NameWorks(a) => write!(f, "name-works {a}"),
            PortsExhausted(a) => write!(f, "ports-exhausted {a}"),
            PortsFreed(a) => write!(f, "ports-freed {a}"),
            Signal(a, signal) => write!(f, "signal {a} {signal}"),
            Wipe(a) => write!(f, "wipe {a}"),
            DiskFull(a) => write!(f, "disk-full {a}"),
            DiskFreed(a) => write!(f, "disk-freed {a}"),
            DiskSlow(a, more) => write!(f, "disk-slow {a} {}", print_duration(*more)),
            DiskFails(a, call) => write!(f, "disk-fails {a} {}", call.word()),
            DiskWorks(a, call) => write!(f, "disk-works {a} {}", call.word()),
            SyncLies(a) => write!(f, "sync-lies {a}"),
            SyncHonest(a) => write!(f, "sync-honest {a}"),
            DescriptorsExhausted(a) => write!(f, "descriptors-exhausted {a}"),
            DescriptorsFreed(a) => write!(f, "descriptors-freed {a}"),
        }
    }
}

/// Why a fault or a plan could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError(pub(crate) String);

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseError {}

impl FromStr for Fault {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Fault, ParseError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let Some((what, rest)) = words.split_first() else {
            return Err(ParseError(
                "a fault is a word and what it is done to, such as `crash server`".into(),
            ));
        };
        let Some((_, syntax)) = SYNTAX.iter().find(|(word, _)| word == what) else {
            let known: Vec<&str> = SYNTAX.iter().map(|(word, _)| *word).collect();
            return Err(ParseError(format!("there is no fault `{what}`: it is one of {}", known.join(", "))));
        };
        let wrong = || ParseError(format!("`{text}` is not a fault: write `{what} {syntax}`"));
        let number = |text: &str, unit: &str| text.strip_suffix(unit).and_then(|n| n.parse::<i64>().ok());
        Ok(match (*what, rest) {
            ("crash", [a]) => Fault::crash(a),
            ("restart", [a]) => Fault::restart(a),
            ("pause", [a]) => Fault::pause(a),
            ("resume", [a]) => Fault::resume(a),
            ("cut", [a, b]) => Fault::cut(a, b),
            ("heal", [a, b]) => Fault::heal(a, b),
            ("cut-one-way", [a, b]) => Fault::cut_one_way(a, b),
            ("heal-one-way", [a, b]) => Fault::heal_one_way(a, b),
            ("isolate", [a]) => Fault::isolate(a),
            ("rejoin", [a]) => Fault::rejoin(a),
            ("hold", [a, b]) => Fault::hold(a, b),
            ("release", [a, b]) => Fault::release(a, b),
            ("slow", [a, b, more]) => Fault::slow(a, b, parse_duration(more).ok_or_else(wrong)?),
            ("slow-host", [a, more]) => Fault::slow_host(a, parse_duration(more).ok_or_else(wrong)?),
            ("skew", [a, by]) => Fault::skew(a, number(by, "ns").ok_or_else(wrong)?),
            ("drift", [a, by]) => Fault::drift(a, number(by, "ppm").ok_or_else(wrong)?),
            ("reset", [a, b]) => Fault::reset(a, b),
            ("name-fails", [a]) => Fault::name_fails(a),
            ("name-works", [a]) => Fault::name_works(a),
            ("ports-exhausted", [a]) => Fault::ports_exhausted(a),
            ("ports-freed", [a]) => Fault::ports_freed(a),
            ("signal", [a, signal]) if by_name(signal).is_some() => Fault::signal(a, signal),
            ("wipe", [a]) => Fault::wipe(a),
            ("disk-full", [a]) => Fault::disk_full(a),
            ("disk-freed", [a]) => Fault::disk_freed(a),
            ("disk-slow", [a, more]) => Fault::disk_slow(a, parse_duration(more).ok_or_else(wrong)?),
            ("disk-fails", [a, call]) => Fault::disk_fails(a, DiskCall::parse(call).ok_or_else(wrong)?),
            ("disk-works", [a, call]) => Fault::disk_works(a, DiskCall::parse(call).ok_or_else(wrong)?),
            ("sync-lies", [a]) => Fault::sync_lies(a),
            ("sync-honest", [a]) => Fault::sync_honest(a),
            ("descriptors-exhausted", [a]) => Fault::descriptors_exhausted(a),
            ("descriptors-freed", [a]) => Fault::descriptors_freed(a),
            _ => return Err(wrong()),
        })
    }
}
