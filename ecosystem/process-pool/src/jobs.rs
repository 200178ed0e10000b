//! What a worker can do, and the worker.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::exit;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::frame::{self, Answer, Request};

/// Set for workers.
pub(crate) const VARIABLE: &str = "ANYLOOP_PROCESS_POOL_WORKER";

type Job = Box<dyn Fn(Value) -> Answer + Send + Sync>;

/// The jobs of a program, by name: the same in the program and in its workers, as both come by the
/// same `main`.
#[derive(Default)]
pub struct Jobs {
    by_name: BTreeMap<&'static str, Job>,
}

impl Jobs {
    /// None yet.
    pub fn new() -> Jobs {
        Jobs::default()
    }

    /// Adds a job, in the place of another of the same name. Several arguments are a tuple.
    pub fn with<A, R>(mut self, name: &'static str, job: impl Fn(A) -> R + Send + Sync + 'static) -> Jobs
    where
        A: DeserializeOwned,
        R: Serialize,
    {
        let run = move |argument| match serde_json::from_value(argument) {
            // Nothing of the job is used after it has panicked, but what it shares with others.
            Ok(argument) => match catch_unwind(AssertUnwindSafe(|| job(argument))) {
                Ok(result) => match serde_json::to_value(result) {
                    Ok(result) => Answer::Done(result),
                    Err(error) => Answer::Data(error.to_string()),
                },
                Err(panic) => Answer::Panicked(message(&*panic)),
            },
            Err(error) => Answer::Data(error.to_string()),
        };
        self.by_name.insert(name, Box::new(run));
        self
    }

    /// In a worker: serves jobs until the program ends, and then ends the process. In the program:
    /// gives the jobs back. It belongs at the beginning of `main`, before anything is printed or a
    /// thread is started.
    ///
    /// In a worker standard input and output belong to the pool: a job that writes to standard
    /// output ends its worker. Standard error is the program's.
    pub fn work_if_worker(self) -> Jobs {
        if std::env::var_os(VARIABLE).is_none() {
            return self;
        }
        match self.work(io::stdin().lock(), io::stdout()) {
            Ok(()) => exit(0),
            // The program has gone.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit(0),
            Err(error) => {
                eprintln!("a worker of a process pool: {error}");
                exit(1)
            }
        }
    }

    fn work(&self, mut requests: impl Read, mut answers: impl Write) -> io::Result<()> {
        loop {
            let mut header = [0; 4];
            match requests.read_exact(&mut header) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(error),
            }
            let mut request = vec![0; frame::length(header).map_err(io::Error::other)?];
            requests.read_exact(&mut request)?;
            let Request { job, argument } = serde_json::from_slice(&request)?;
            let answer = match self.by_name.get(&*job) {
                Some(job) => job(argument),
                None => Answer::Unknown,
            };
            let mut answer = serde_json::to_vec(&answer)?;
            let header = match frame::header(&answer) {
                Ok(header) => header,
                Err(too_long) => {
                    answer = serde_json::to_vec(&Answer::Data(too_long))?;
                    frame::header(&answer).map_err(io::Error::other)?
                }
            };
            answers.write_all(&header)?;
            answers.write_all(&answer)?;
            answers.flush()?;
        }
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.by_name.keys().copied().collect()
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "with a value that is no text".to_owned())
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Jobs").field(&self.names()).finish()
    }
}
