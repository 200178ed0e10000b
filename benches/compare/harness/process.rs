//! The parent's end of a child.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::job::{Job, Values};

/// A child process at its job; killed when it is dropped.
pub(crate) struct Child {
    name: String,
    process: std::process::Child,
    /// `None` when it has been told to end.
    input: Option<ChildStdin>,
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
    /// Starts this program again as `contestant` at `job`, on one core if that is said, and hears
    /// what it says.
    pub(crate) fn start(contestant: &str, job: &Job, core: Option<usize>) -> io::Result<(Self, Hello)> {
        let core = core.map(|core| format!("--core={core}"));
        Self::with(&[], contestant, job, core.as_deref().as_slice())
    }

    /// The same under another program, such as strace, and with flags for the child.
    pub(crate) fn with(
        under: &[&str],
        contestant: &str,
        job: &Job,
        flags: &[&str],
    ) -> io::Result<(Self, Hello)> {
        let this = std::env::current_exe()?;
        let mut command = match under {
            [] => Command::new(this),
            [program, args @ ..] => {
                let mut command = Command::new(program);
                command.args(args).arg(this);
                command
            }
        };
        command.arg("child").args(flags).args([contestant, &job.workload, &job.params.to_string()]);
        let name = format!("{contestant} at {} {}", job.workload, job.params);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = (process.stdin.take(), process.stdout.take().map(BufReader::new));
        let (Some(input), Some(output)) = (input, output) else {
            return Err(io::Error::other("the child has no pipes"));
        };
        let mut child = Self { name, process, input: Some(input), output };
        let line = child.hear()?;
        let hello = match line.split_once(' ') {
            None if line == "ready" => Hello::Ready,
            Some(("listening", port)) => Hello::Listening(port.parse().map_err(io::Error::other)?),
            _ => match line.strip_prefix("left out: ") {
                Some(why) => Hello::LeftOut(why.to_owned()),
                None => return Err(io::Error::other(format!("{} said {line:?}", child.name))),
            },
        };
        Ok((child, hello))
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Has it do `times` operations.
    pub(crate) fn run(&mut self, times: u64) -> io::Result<Tally> {
        let input = self.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(input, "run {times}")?;
        let line = self.hear()?;
        let name = &self.name;
        parse(&line).ok_or_else(|| io::Error::other(format!("{name} said {line:?}")))
    }

    /// Has it end by itself, and waits until it has: at the end of its input, or by SIGTERM if it
    /// is a server, which reads none. Under another program it is the child of that.
    pub(crate) fn finish(mut self, server: bool) -> io::Result<()> {
        drop(self.input.take());
        if server {
            let id = self.id();
            let below = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"))?;
            let id = below.split_whitespace().next().and_then(|id| id.parse().ok()).unwrap_or(id);
            let pid = rustix::process::Pid::from_raw(id as i32).ok_or(io::ErrorKind::NotFound)?;
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        }
        self.process.wait()?;
        Ok(())
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
