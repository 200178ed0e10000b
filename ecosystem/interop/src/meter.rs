//! What an operation costs, counted by the system for the whole process.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::str::FromStr;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::Outcome;

/// Repeats the operation of a use, and counts.
#[derive(Debug, Clone)]
pub struct Meter {
    budget: Duration,
    counts: Rc<RefCell<Counts>>,
}

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    /// How many operations were measured. None were if this is zero.
    pub operations: u64,
    /// The time that they took.
    pub wall: Duration,
    /// The processor time that the process used meanwhile, on all of its threads.
    pub cpu: Duration,
    /// How often a thread of the process went to sleep meanwhile.
    pub switches: u64,
    /// The names of the threads that ran at the end.
    pub threads: Vec<String>,
}

impl Meter {
    /// One that lets every operation run twice, and measures nothing more.
    pub fn off() -> Meter {
        Meter::for_time(Duration::ZERO)
    }

    /// One that repeats the operation until `budget` is used up.
    pub fn for_time(budget: Duration) -> Meter {
        Meter { budget, counts: Rc::default() }
    }

    /// Runs the operation once to see that it works and to have everything set up, and then
    /// measures.
    pub(crate) async fn each(&self, mut operation: impl AsyncFnMut() -> Outcome) -> Outcome {
        operation().await?;
        let before = Usage::now();
        let mut operations = 0;
        loop {
            operation().await?;
            operations += 1;
            if before.at.elapsed() >= self.budget {
                break;
            }
        }
        let after = Usage::now();
        *self.counts.borrow_mut() = Counts {
            operations,
            wall: after.at - before.at,
            cpu: after.cpu.saturating_sub(before.cpu),
            switches: after.switches - before.switches,
            threads: threads(),
        };
        Ok(())
    }

    /// What was counted last.
    pub fn counts(&self) -> Counts {
        self.counts.borrow().clone()
    }
}

/// The names of this process's threads, in the order in which they were started.
pub fn threads() -> Vec<String> {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return Vec::new() };
    let id = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    let mut ids: Vec<_> = tasks.filter_map(|entry| id(entry.ok()?)).collect();
    ids.sort_unstable();
    // A thread may end while it is looked at.
    let name = |id| std::fs::read_to_string(format!("/proc/self/task/{id}/comm")).ok();
    ids.into_iter().filter_map(name).map(|name| name.trim_end().to_owned()).collect()
}

struct Usage {
    at: Instant,
    cpu: Duration,
    switches: u64,
}

impl Usage {
    fn now() -> Usage {
        let usage = getrusage(UsageWho::RUSAGE_SELF).expect("a process can ask for its own usage");
        let cpu = duration(usage.user_time()) + duration(usage.system_time());
        let switches = u64::try_from(usage.voluntary_context_switches()).unwrap_or(0);
        Usage { at: Instant::now(), cpu, switches }
    }
}

fn duration(time: TimeVal) -> Duration {
    let micros = time.tv_sec() * 1_000_000 + time.tv_usec();
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// One line, to be read back by the process that counts for the page.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (wall, cpu) = (self.wall.as_nanos(), self.cpu.as_nanos());
        write!(f, "counts {} {wall} {cpu} {} {}", self.operations, self.switches, self.threads.join(","))
    }
}

impl FromStr for Counts {
    type Err = String;

    fn from_str(line: &str) -> Result<Counts, String> {
        let wrong = || format!("{line:?} is no line of counts");
        let mut parts = line.strip_prefix("counts ").ok_or_else(wrong)?.splitn(5, ' ');
        let mut number = || parts.next()?.parse::<u64>().ok();
        let numbers = [number(), number(), number(), number()];
        let [Some(operations), Some(wall), Some(cpu), Some(switches)] = numbers else { return Err(wrong()) };
        let threads = parts.next().ok_or_else(wrong)?.split(',').map(str::to_owned).collect();
        let (wall, cpu) = (Duration::from_nanos(wall), Duration::from_nanos(cpu));
        Ok(Counts { operations, wall, cpu, switches, threads })
    }
}
