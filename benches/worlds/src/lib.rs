//! What the three programs have in common: their arguments, and the line that they print.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// `CLIENTS ROUNDS one|hosts MILLISECONDS`: how many clients, whether they are on one host or each on
/// its own, how many round trips of 64 bytes each makes, and how long it waits after each.
#[derive(Debug, Clone, Copy)]
pub struct Args {
    pub clients: u64,
    pub rounds: u64,
    pub hosts: bool,
    pub wait: Duration,
    start: Duration,
}

impl Args {
    /// # Panics
    ///
    /// If they are not that.
    pub fn parse() -> Args {
        let args: Vec<String> = std::env::args().skip(1).collect();
        let [clients, rounds, hosts, wait] = &args[..] else {
            panic!("CLIENTS ROUNDS one|hosts MILLISECONDS")
        };
        let number = |text: &str| text.parse().expect("a number");
        Args {
            clients: number(clients),
            rounds: number(rounds),
            hosts: hosts == "hosts",
            wait: Duration::from_millis(number(wait)),
            start: cpu_time(),
        }
    }

    /// Seconds of the processor's, round trips and simulated seconds in one of them, and the most
    /// memory that the process had, in kilobytes: numbers, for `benches --bin sim`.
    pub fn report(&self, simulated: Duration) {
        let real = (cpu_time() - self.start).as_secs_f64();
        let trips = (self.clients * self.rounds) as f64 / real;
        println!("{real:.4} {trips:.0} {:.0} {}", simulated.as_secs_f64() / real, peak_memory());
    }
}

/// As Linux tells it; zero elsewhere.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// What this process has used of the processor: others on the machine do not count.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
