//! The parent's end of a child.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::job::{Job, Values};

/// A child process at its job; killed when it is dropped.
pub(crate) struct Child {
    name: String,
    process: std::process::Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// What a child says first.
pub(crate) enum Hello {
    Ready,
    Listening(u16),
    LeftOut(String),
}

/// What one slice came to.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    pub(crate) operations: u64,
    /// Of the process that did them.
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    pub(crate) values: Values,
}

impl Tally {
    pub(crate) fn cpu_per_operation(&self) -> f64 {
        self.cpu.as_nanos() as f64 / self.operations as f64
    }

    pub(crate) fn wall_per_operation(&self) -> f64 {
        self.wall.as_nanos() as f64 / self.operations as f64
    }
}

impl Child {
    /// Starts this program again as `contestant` at `job`, on one core if that is said, and hears what it says.
    pub(crate) fn start(contestant: &str, job: &Job, core: Option<usize>) -> io::Result<(Self, Hello)> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("child");
        if let Some(core) = core {
            command.args(["--core", &core.to_string()]);
        }
        command.args([contestant, &job.workload, &job.params.to_string()]);
        Self::of(&format!("{contestant} at {} {}", job.workload, job.params), command)
    }

    /// The same with a command of one's own, such as this program under strace.
    pub(crate) fn of(name: &str, mut command: Command) -> io::Result<(Self, Hello)> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = (process.stdin.take(), process.stdout.take().map(BufReader::new));
        let (Some(input), Some(output)) = (input, output) else {
            return Err(io::Error::other("the child has no pipes"));
        };
        let mut child = Self { name: name.to_owned(), process, input, output };
        let line = child.hear()?;
        let hello = match line.split_once(' ') {
            None if line == "ready" => Hello::Ready,
            Some(("listening", port)) => Hello::Listening(port.parse().map_err(io::Error::other)?),
            _ => match line.strip_prefix("left out: ") {
                Some(why) => Hello::LeftOut(why.to_owned()),
                None => return Err(io::Error::other(format!("{name} said {line:?}"))),
            },
        };
        Ok((child, hello))
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Has it do so many operations.
    pub(crate) fn run(&mut self, times: u64) -> io::Result<Tally> {
        writeln!(self.input, "run {times}")?;
        let line = self.hear()?;
        let name = &self.name;
        parse(&line).ok_or_else(|| io::Error::other(format!("{name} said {line:?}")))
    }

    fn hear(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            let status = self.process.wait()?;
            return Err(io::Error::other(format!("{} ended ({status})", self.name)));
        }
        Ok(line.trim_end().to_owned())
    }
}

fn parse(line: &str) -> Option<Tally> {
    let mut words = line.strip_prefix("done ")?.split(' ');
    let mut number = || words.next()?.parse().ok();
    let (operations, cpu, wall) = (number()?, number()?, number()?);
    let values = words.map(|word| {
        let (metric, value) = word.split_once('=')?;
        Some((metric.parse().ok()?, value.parse().ok()?))
    });
    Some(Tally {
        operations,
        cpu: Duration::from_nanos(cpu),
        wall: Duration::from_nanos(wall),
        values: values.collect::<Option<_>>()?,
    })
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}
