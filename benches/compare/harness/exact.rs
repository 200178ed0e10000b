//! Counts that are the same in every run: instructions, system calls, allocations. Each is the
//! difference between a run of `2 n` operations and one of `n`, so that starting, connecting and
//! ending do not count.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::load;
use super::process::{Child, Hello};
use crate::job::Job;
use crate::results::Metric;

/// What counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// valgrind's callgrind: instructions.
    Callgrind,
    /// strace: system calls.
    Strace,
    /// The child's own allocator.
    Allocator,
}

impl Tool {
    /// What of the machine it needs.
    pub(crate) fn program(self) -> Option<&'static str> {
        match self {
            Self::Callgrind => Some("valgrind"),
            Self::Strace => Some("strace"),
            Self::Allocator => None,
        }
    }

    fn metrics(self) -> &'static [Metric] {
        match self {
            Self::Callgrind => &[Metric::InstructionsPerOp],
            Self::Strace => &[Metric::SyscallsPerOp, Metric::ControlCallsPerOp],
            Self::Allocator => &[Metric::AllocationsPerOp],
        }
    }
}

/// How many operations the shorter run makes.
const TIMES: u64 = 1000;

/// What one operation of a contestant takes, by this tool's metrics.
pub(crate) fn count(tool: Tool, contestant: &str, job: &Job) -> io::Result<Vec<(Metric, f64)>> {
    if tool == Tool::Allocator {
        return allocations(contestant, job);
    }
    let (short, long) = (total(tool, contestant, job, TIMES)?, total(tool, contestant, job, 2 * TIMES)?);
    if short.iter().zip(&long).any(|(short, long)| long < short) {
        return Err(io::Error::other("twice the work took less: there is nothing exact to be counted"));
    }
    let each = short.iter().zip(&long).map(|(short, long)| (long - short) / TIMES as f64);
    Ok(tool.metrics().iter().copied().zip(each).collect())
}

/// The second thousand, when all queues and tables have grown.
fn allocations(contestant: &str, job: &Job) -> io::Result<Vec<(Metric, f64)>> {
    let (mut child, hello) = Child::with(&[], contestant, job, &["--allocations"])?;
    if let Hello::LeftOut(why) = hello {
        return Err(io::Error::other(why));
    }
    child.run(TIMES)?;
    Ok(child.run(TIMES)?.values)
}

/// A whole run of `times` operations, by this tool's metrics.
fn total(tool: Tool, contestant: &str, job: &Job, times: u64) -> io::Result<Vec<f64>> {
    let log = Log::new();
    let path = log.0.display().to_string();
    let (file, under): (String, Vec<&str>);
    match tool {
        Tool::Callgrind => {
            file = format!("--log-file={path}");
            under = vec!["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", &file];
        }
        _ => {
            file = path.clone();
            under = vec!["strace", "-f", "-c", "-qq", "-o", &file];
        }
    }
    let (mut child, hello) = Child::with(&under, contestant, job, &["--exact"])?;
    match hello {
        Hello::LeftOut(why) => return Err(io::Error::other(why)),
        Hello::Ready => {
            child.run(times)?;
            child.finish(false)?;
        }
        Hello::Listening(port) => {
            let mut client = load::client(job, port, false)?;
            client.run(times)?;
            child.finish(true)?;
        }
    }
    let text = std::fs::read_to_string(&log.0)?;
    match tool {
        Tool::Callgrind => Ok(vec![collected(&text).ok_or_else(|| unclear(&text))?]),
        _ => Ok(calls(&text).ok_or_else(|| unclear(&text))?.to_vec()),
    }
}

fn unclear(text: &str) -> io::Error {
    io::Error::other(format!("no counts in: {text}"))
}

/// The instructions that callgrind's log tells: `==1== Collected : 123`.
fn collected(log: &str) -> Option<f64> {
    log.split("Collected :").nth(1)?.split_whitespace().next()?.parse().ok()
}

/// All system calls of strace's table, and those that change what is waited for.
fn calls(table: &str) -> Option<[f64; 2]> {
    let (mut all, mut control) = (0.0, 0.0);
    let mut rows = 0;
    for line in table.lines() {
        // "% time, seconds, usecs/call, calls, [errors,] syscall"; between rules of dashes, and
        // above a line of totals.
        let words: Vec<_> = line.split_whitespace().collect();
        let (Some(calls), Some(name)) = (words.get(3).and_then(|n| n.parse::<f64>().ok()), words.last())
        else {
            continue;
        };
        if *name == "total" {
            continue;
        }
        rows += 1;
        all += calls;
        if name.starts_with("epoll_ctl") || name.starts_with("timerfd_") || name.starts_with("eventfd") {
            control += calls;
        }
    }
    (rows > 0).then_some([all, control])
}

/// A file of its own under the system's folder for such; gone when it is dropped.
struct Log(PathBuf);

impl Log {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name =
            format!("anyloop-compare-{}-{}.log", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // It may never have been written.
        let _gone = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_of_callgrind_tells_its_count() {
        assert_eq!(collected("==7== Events    : Ir\n==7== Collected : 666739\n==7== \n"), Some(666739.0));
        assert_eq!(collected("==7== Process terminating"), None);
    }

    #[test]
    fn a_table_of_strace_tells_all_and_those_that_control() {
        let table = "% time     seconds  usecs/call     calls    errors syscall\n\
                     ------ ----------- ----------- --------- --------- ------------------\n \
                     60.00    0.000600           1      1000         3 read\n \
                     30.00    0.000300           1       500           epoll_pwait2\n \
                     10.00    0.000100          25         4         1 epoll_ctl\n\
                     ------ ----------- ----------- --------- --------- ------------------\n\
                     100.00    0.001000           1      1504         4 total\n";
        assert_eq!(calls(table), Some([1504.0, 4.0]));
        assert_eq!(calls("strace: cannot attach"), None);
    }
}
