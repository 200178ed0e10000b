//! CPU time, and which core a process runs on.

use std::io;
use std::time::{Duration, Instant};

use rustix::thread::CpuSet;
use rustix::time::{ClockId, clock_gettime};

/// What all threads of this process have used, those that have ended too.
pub fn own() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// What another process has used.
///
/// The scheduler's own account (`schedstat`) is exact to the nanosecond and has the threads that are
/// alive. A thread that runs is in that account up to the last tick only, which may be 10 ms ago, so
/// this waits a moment for all to sleep. Where threads have ended, such as one for each request, the
/// account of the whole process is taken instead, which counts ticks of 10 ms.
pub fn of_process(pid: u32) -> io::Result<Duration> {
    of_process_within(pid, Duration::from_millis(50))
}

/// As [`of_process`], with a limit for the wait.
fn of_process_within(pid: u32, limit: Duration) -> io::Result<Duration> {
    wait_for_sleep(pid, limit)?;
    let mut sum = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        // One that has ended in between is in the account of the process.
        let Ok(text) = std::fs::read_to_string(task?.path().join("schedstat")) else { continue };
        let first = text.split_whitespace().next().and_then(|n| n.parse::<u64>().ok());
        sum += first.ok_or_else(|| io::Error::other(format!("schedstat says {text:?}")))?;
    }
    let (alive, all) = (Duration::from_nanos(sum), in_ticks(pid)?);
    // Ticks are rounded, and those of the user's and of the system's time each for itself.
    Ok(if all > alive + 2 * tick() { all } else { alive })
}

fn tick() -> Duration {
    Duration::from_secs(1) / u32::try_from(rustix::param::clock_ticks_per_second()).unwrap_or(100)
}

/// What a process has used, its threads that have ended too.
fn in_ticks(pid: u32) -> io::Result<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name is in brackets, and may be anything; behind it the times are the twelfth and the next.
    let times = text.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    let ticks = times.map(str::parse::<u32>).collect::<Result<Vec<_>, _>>();
    match ticks.as_deref() {
        Ok([user, system]) => Ok((*user + *system) * tick()),
        _ => Err(io::Error::other(format!("stat says {text:?}"))),
    }
}

/// Waits until no thread of a process runs, but no longer than `limit`.
pub fn wait_for_sleep(pid: u32, limit: Duration) -> io::Result<()> {
    let begun = Instant::now();
    while !sleeps(pid)? && begun.elapsed() < limit {
        std::thread::sleep(Duration::from_micros(100));
    }
    Ok(())
}

/// Whether no thread of a process runs, is ready to, or stands still for its tracer.
fn sleeps(pid: u32) -> io::Result<bool> {
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread that has ended in between does not run.
        let stat = std::fs::read_to_string(task?.path().join("stat")).unwrap_or_default();
        // The state stands behind the name, which is in brackets and may be anything.
        if stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with(['R', 't'])) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Memory that a process has in use, in bytes.
pub fn resident(pid: u32) -> io::Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/statm"))?;
    let pages = text.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok());
    let pages = pages.ok_or_else(|| io::Error::other(format!("statm says {text:?}")))?;
    Ok(pages * rustix::param::page_size() as u64)
}

/// The most memory that a process has had in use at once, in bytes.
pub fn peak_resident(pid: u32) -> io::Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    Ok(kib.ok_or_else(|| io::Error::other("status has no VmHWM"))? * 1024)
}

/// Keeps this thread, and the threads that it will start, on one core. On a machine with fewer
/// cores it stays where it is.
pub fn pin(core: usize) -> io::Result<()> {
    if core >= std::thread::available_parallelism().map_or(1, usize::from) {
        return Ok(());
    }
    let mut set = CpuSet::new();
    set.set(core);
    Ok(rustix::thread::sched_setaffinity(None, &set)?)
}

/// As many descriptors as the hard limit allows; how many that is.
pub fn raise_descriptors() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // Where it may not be raised, what there is has to do.
    let _refused = setrlimit(Resource::Nofile, wanted);
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn what_a_thread_has_used_that_has_ended_counts() {
        let busy = || {
            let begun = own();
            while own() - begun < Duration::from_millis(100) {}
        };
        std::thread::spawn(busy).join().expect("it ends");
        let used = own();
        let told = of_process(std::process::id()).expect("it lives");
        assert!(told + 3 * tick() >= used, "{told:?} of {used:?}");
    }

    #[test]
    fn what_a_process_has_just_used_is_in_the_account() {
        for _ in 0..5 {
            // It is busy, says that it is done, is busy a little longer, and waits for its input.
            let work =
                "i=0; while [ $i -lt 9000 ]; do i=$((i+1)); [ $i -eq 6000 ] && echo done; done; read nothing";
            let mut shell = Command::new("sh")
                .args(["-c", work])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("a shell");
            let mut line = String::new();
            let output = shell.stdout.take().expect("a pipe");
            BufReader::new(output).read_line(&mut line).expect("a line");
            // However long a busy machine leaves it no core to end its work on.
            let patience = Duration::from_secs(60);
            let first = of_process_within(shell.id(), patience).expect("it lives");
            // By now every tick has come.
            std::thread::sleep(Duration::from_millis(20));
            let later = of_process_within(shell.id(), patience).expect("it lives");
            drop(shell.stdin.take());
            shell.wait().expect("it ends");
            assert!(later - first < Duration::from_millis(1), "{first:?} grew to {later:?}");
        }
    }
}
