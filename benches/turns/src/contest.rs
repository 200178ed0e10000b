//! Several servers, all alive, in turns.

use std::io;
use std::time::Duration;

use crate::machine::Machine;
use crate::{Better, Ratio, Summary, in_turns};

mod client;
mod command;
mod report;
mod server;
mod tool;

pub use client::Client;
use client::Working;
pub use command::{CommandError, CommandLine};
use server::Server;
pub use tool::{Found, read_load};

/// A server that takes part.
#[derive(Clone, Debug)]
pub struct Entrant {
    /// What it is called.
    pub name: String,
    /// How it is started, with `{addr}` or `{port}` for where it listens.
    pub command: CommandLine,
    /// What its environment has more.
    pub env: Vec<(String, String)>,
}

impl Entrant {
    /// A program on anyloop, on a loop of this name.
    pub fn on_loop(backend: &str, command: &CommandLine) -> Entrant {
        let env = vec![("ANYLOOP_BACKEND".to_owned(), backend.to_owned())];
        Entrant { name: backend.to_owned(), command: command.clone(), env }
    }
}

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Contest {
    /// The servers.
    pub entrants: Vec<Entrant>,
    /// What asks them.
    pub client: Client,
    /// How many slices each gets; fewer than seven tell nothing of a difference.
    pub rounds: usize,
    /// How long a slice is.
    pub slice: Duration,
    /// Whether one slice more is run under strace, to count the system calls.
    pub count_calls: bool,
}

/// What a slice came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slice {
    /// Of the server's processes.
    pub cpu: Duration,
    /// What the client found.
    pub found: Found,
}

impl Slice {
    /// In nanoseconds.
    pub fn cpu_each(&self) -> f64 {
        self.cpu.as_nanos() as f64 / self.found.requests.max(1.0)
    }
}

/// What a server came to.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The entrant's name.
    pub name: String,
    /// Round by round.
    pub slices: Vec<Slice>,
    /// The most that the server had in use, in bytes.
    pub memory: u64,
    /// System calls a request, or why they were not counted.
    pub calls: Result<f64, String>,
}

impl Measured {
    /// What a figure of the slices says; `None` where none of them tells it.
    pub fn summary(&self, figure: impl Fn(&Slice) -> Option<f64>, better: Better) -> Option<Summary> {
        let samples: Vec<f64> = self.slices.iter().filter_map(figure).collect();
        Summary::of(&samples, better)
    }

    /// CPU time a request, to that of another.
    pub fn ratio_to(&self, other: &Measured) -> Option<Ratio> {
        let each = |measured: &Measured| measured.slices.iter().map(Slice::cpu_each).collect::<Vec<_>>();
        Ratio::of(&each(self), &each(other))
    }
}

/// What a contest found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was measured.
    pub contest: Contest,
    /// Where.
    pub machine: Machine,
    /// The servers, the cheapest first.
    pub measured: Vec<Measured>,
    /// Those that did not take part, and why.
    pub left_out: Vec<(String, String)>,
}

struct Contender<'a> {
    name: &'a str,
    server: Server,
    client: Working<'a>,
    slices: Vec<Slice>,
    failed: Option<String>,
}

impl Contender<'_> {
    fn slice(&mut self, time: Duration) -> io::Result<Slice> {
        let before = self.server.cpu()?;
        let found = self.client.slice(time)?;
        // A few, which are told in the end, do no harm to the figures.
        if found.failed > found.requests / 100.0 {
            let (failed, all) = (found.failed, found.requests + found.failed);
            return Err(io::Error::other(format!("{failed} of {all} requests failed")));
        }
        Ok(Slice { cpu: self.server.cpu()?.saturating_sub(before), found })
    }
}

impl Contest {
    /// How many steps `tell` hears of.
    pub fn steps(&self) -> usize {
        self.entrants.len() * (self.rounds + 2)
    }

    /// Measures; `tell` hears which server is at work, at each step.
    ///
    /// # Errors
    ///
    /// A sentence, if nothing could be measured.
    pub fn run(&self, mut tell: impl FnMut(&str)) -> Result<Outcome, String> {
        let placeless = |entrant: &&Entrant| !entrant.command.has("{addr}") && !entrant.command.has("{port}");
        if let Some(Entrant { command, .. }) = self.entrants.iter().find(placeless) {
            return Err(format!("the server is not told where to listen: write {{addr}} in `{command}`"));
        }
        let mut machine = Machine::here();
        machine.load = crate::machine::load().map(|load| load.to_string()).unwrap_or_default();
        let (mut left_out, mut contenders) = (Vec::new(), Vec::new());
        for entrant in &self.entrants {
            tell(&entrant.name);
            match self.start(entrant) {
                Ok(contender) => contenders.push(contender),
                Err(error) => left_out.push((entrant.name.clone(), error.to_string())),
            }
        }
        in_turns(self.rounds, &mut contenders, |_round, contender| {
            tell(contender.name);
            if contender.failed.is_none() {
                match contender.slice(self.slice) {
                    Ok(slice) => contender.slices.push(slice),
                    Err(error) => contender.failed = Some(error.to_string()),
                }
            }
        });
        let mut measured = Vec::new();
        for contender in contenders {
            tell(contender.name);
            let name = contender.name.to_owned();
            match self.end(contender) {
                Ok(found) => measured.push(found),
                Err(why) => left_out.push((name, why)),
            }
        }
        if measured.is_empty() {
            let why: Vec<_> = left_out.iter().map(|(who, why)| format!("{who}: {why}")).collect();
            return Err(format!("nothing could be measured\n{}", why.join("\n")));
        }
        let cpu = |measured: &Measured| {
            measured.summary(|slice| Some(slice.cpu_each()), Better::Lower).unwrap_or_default().median
        };
        measured.sort_by(|one, other| cpu(one).total_cmp(&cpu(other)));
        Ok(Outcome { contest: self.clone(), machine, measured, left_out })
    }

    fn start<'a>(&'a self, entrant: &'a Entrant) -> io::Result<Contender<'a>> {
        let server = Server::start(&entrant.command, &entrant.env)?;
        let client = self.client.start(server.addr)?;
        let name = &entrant.name;
        let mut contender = Contender { name, server, client, slices: Vec::new(), failed: None };
        // Not counted: caches and pools fill.
        contender.slice(self.slice)?;
        Ok(contender)
    }

    fn end(&self, contender: Contender<'_>) -> Result<Measured, String> {
        if let Some(why) = contender.failed {
            return Err(why);
        }
        let memory = contender.server.peak_memory().map_err(|error| error.to_string())?;
        let calls = if self.count_calls {
            // On new connections: a call that is under way when counting begins may not be seen.
            let addr = contender.server.addr;
            let counted = contender.server.system_calls(|| self.client.start(addr)?.slice(self.slice));
            counted.map(|(calls, found)| calls as f64 / found.requests.max(1.0)).map_err(|e| e.to_string())
        } else {
            Err("not asked for".to_owned())
        };
        Ok(Measured { name: contender.name.to_owned(), slices: contender.slices, memory, calls })
    }
}
