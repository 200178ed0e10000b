//! `cargo anyloop bench`: a server of the user's, on each loop in turn.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyloop_bench::{Client, CommandLine, Contest, Entrant, Outcome, Progress};
use clap::{ArgGroup, Args};

/// Measure your server on each loop, all of them alive, in turns.
///
/// It is started once for each loop, with ANYLOOP_BACKEND set to the loop's name: its anyloop has the
/// features of these loops. What counts is its CPU time a request.
#[derive(Args)]
#[command(group(ArgGroup::new("client").required(true)))]
pub(crate) struct Bench {
    /// The server, with {addr} where it is to listen, such as './server --listen {addr}'
    #[arg(long, value_name = "COMMAND")]
    cmd: CommandLine,
    /// What asks it and prints as wrk, h2load or ab do, such as 'wrk -t1 -c50 -d{slice} http://{addr}/'
    #[arg(long, value_name = "COMMAND", group = "client")]
    load: Option<CommandLine>,
    /// Ask for this path by HTTP, in place of a load of yours
    #[arg(long, value_name = "PATH", group = "client")]
    http: Option<String>,
    /// Send this many bytes, which the server sends back
    #[arg(long, value_name = "BYTES", group = "client")]
    echo: Option<usize>,
    /// On how many connections, with --http and --echo
    #[arg(long, default_value_t = 50)]
    connections: usize,
    /// The loops
    #[arg(long, value_delimiter = ',', default_value = "native,tokio,smol")]
    loops: Vec<String>,
    /// How many slices each loop gets, at least 7
    #[arg(long, default_value_t = 21)]
    rounds: usize,
    /// How long a slice is, such as 1s or 250ms
    #[arg(long, default_value = "1s", value_parser = duration)]
    slice: Duration,
    /// Do not count system calls, which takes strace
    #[arg(long)]
    no_calls: bool,
    /// Write a page in Markdown
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Write each slice as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

/// `1s`, `250ms`.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = number.parse().map_err(|_| format!("`{text}` is no time: write 1s or 250ms"))?;
    match unit {
        "s" if number > 0 => Ok(Duration::from_secs(number)),
        "ms" if number > 0 => Ok(Duration::from_millis(number)),
        _ => Err(format!("`{text}` is no time: write 1s or 250ms")),
    }
}

impl Bench {
    /// Measures, prints and writes.
    pub(crate) fn run(self) -> ExitCode {
        let connections = self.connections;
        let client = match (self.load, self.http, self.echo) {
            (Some(load), _, _) => Client::Command(load),
            (_, Some(path), _) => Client::Http { path, connections },
            (_, _, bytes) => Client::Echo { bytes: bytes.unwrap_or(1), connections },
        };
        let contest = Contest {
            entrants: self.loops.iter().map(|name| Entrant::on_loop(name, &self.cmd)).collect(),
            client,
            rounds: self.rounds,
            slice: self.slice,
            count_calls: !self.no_calls,
        };
        let progress = Progress::new(contest.steps());
        let outcome = contest.run(|backend| progress.advance(1, backend));
        progress.finish();
        let command = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
        let done =
            outcome.and_then(|outcome| tell(&outcome, &command, self.page.as_deref(), self.csv.as_deref()));
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("cargo anyloop: {why}");
                ExitCode::from(2)
            }
        }
    }
}

fn tell(outcome: &Outcome, command: &str, page: Option<&Path>, csv: Option<&Path>) -> Result<(), String> {
    println!("{}", outcome.table());
    for finding in outcome.findings() {
        println!("{finding}");
    }
    let write = |path: &Path, text: String| {
        fs::write(path, text).map_err(|error| format!("{}: cannot write it: {error}", path.display()))
    };
    page.map_or(Ok(()), |path| {
        write(path, outcome.page("One server on several loops", &format!("cargo {command}")))
    })?;
    csv.map_or(Ok(()), |path| write(path, outcome.csv()))
}

#[cfg(test)]
mod tests {
    use super::duration;
    use std::time::Duration;

    #[test]
    fn times_have_a_unit() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert!(duration("2").is_err() && duration("0s").is_err() && duration("s").is_err());
    }
}
