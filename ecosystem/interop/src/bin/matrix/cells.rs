//! Runs every use on every host, a process each, and keeps what was counted.

use std::collections::BTreeMap;
use std::error::Error;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use interop::servers::{Servers, Service};
use interop::{Counts, Env, Host, Use};

/// How long a process may take beyond its measuring.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a use did on a host.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    /// It worked in every round; what was counted in each.
    Passed(Vec<Counts>),
    /// It did not, and this is what it said.
    Failed(String),
    /// A server is not installed.
    Skipped(String),
}

/// Everything that was measured: the uses in order, and a cell for each and each host.
#[derive(Debug)]
pub(crate) struct Matrix {
    pub(crate) uses: Vec<Use>,
    pub(crate) cells: BTreeMap<(usize, Host), Cell>,
}

/// Measures. Within a round every use is run on all hosts one after the other, so that the
/// machine's noise is shared; every other round takes the hosts in the opposite order.
pub(crate) fn measure(
    uses: Vec<Use>,
    time: Duration,
    rounds: u32,
) -> Result<Matrix, Box<dyn Error + Send + Sync>> {
    let program = std::env::current_exe()?;
    let needed: Vec<Service> = uses.iter().flat_map(|one| one.needs).copied().collect();
    let servers = Servers::start(&needed, &program)?;
    let env = servers.env();
    let mut matrix = Matrix { uses, cells: BTreeMap::new() };
    let cells = matrix.uses.len() * Host::ALL.len() * usize::try_from(rounds)?;
    let bar = ProgressBar::new(cells as u64).with_style(ProgressStyle::with_template(
        "{elapsed_precise} {wide_bar} {pos}/{len} {msg:42} {eta} to go",
    )?);
    for round in 0..rounds {
        for (i, one) in matrix.uses.iter().enumerate() {
            let mut hosts = Host::ALL;
            if round % 2 == 1 {
                hosts.reverse();
            }
            for host in hosts {
                bar.set_message(format!("{} on {host}", one.name));
                let cell = matrix.cells.entry((i, host)).or_insert_with(|| Cell::Passed(Vec::new()));
                if let Cell::Passed(counts) = cell {
                    match (one.missing(), counts) {
                        (Some(reason), _) => *cell = Cell::Skipped(reason),
                        (None, counts) => match run(one, host, time, &env) {
                            Ok(counted) => counts.push(counted),
                            Err(error) => *cell = Cell::Failed(error.to_string()),
                        },
                    }
                }
                bar.inc(1);
            }
        }
    }
    bar.finish_and_clear();
    Ok(matrix)
}

fn run(one: &Use, host: Host, time: Duration, env: &Env) -> Result<Counts, Box<dyn Error + Send + Sync>> {
    let log = tempfile::NamedTempFile::new()?;
    let mut command = Command::new(std::env::current_exe()?);
    env.pass_to(&mut command);
    command.args(["cell", one.name, "--host", host.name(), "--time", &time.as_millis().max(1).to_string()]);
    command.env("RUST_BACKTRACE", "0").stdin(Stdio::null());
    let mut child = command.stdout(log.reopen()?).stderr(log.as_file().try_clone()?).spawn()?;
    let begun = Instant::now();
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if begun.elapsed() > time + PATIENCE => {
                child.kill()?;
                child.wait()?;
                return Err("does not end".into());
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let said = std::fs::read_to_string(log.path())?;
    if status.success() {
        let line = said.lines().find(|line| line.starts_with("counts ")).ok_or("it counted nothing")?;
        return Ok(line.parse()?);
    }
    // A panic's message stands on the line after the one that says where.
    let mut lines =
        said.lines().skip_while(|line| !line.contains("panicked at") && !line.starts_with("error: "));
    let first = lines.next().unwrap_or("it ended without a word");
    let reason = if first.contains("panicked at") { lines.next().unwrap_or(first) } else { first };
    Err(reason.to_owned().into())
}
