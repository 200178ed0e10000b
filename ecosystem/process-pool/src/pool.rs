//! The pool: workers that wait, and jobs that wait for one.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::process::{Child, ChildStdin, ChildStdout, Command};
use anyloop::runtime::Handle;
use anyloop::sync::Semaphore;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind};
use crate::frame::{self, Answer, Request};
use crate::jobs::{Jobs, VARIABLE};

/// Worker processes, started when they are first needed, each for one job at a time.
///
/// They live on the loop that they were started on, and are replaced once that is closed. Dropping the
/// pool kills those that wait; one that runs a job is killed when that is dropped.
pub struct ProcessPool {
    program: PathBuf,
    names: Vec<&'static str>,
    workers: usize,
    /// How many jobs may run at once.
    places: Semaphore,
    waiting: Mutex<Vec<Worker>>,
}

struct Worker {
    /// The loop it was started on.
    home: Handle,
    // Killed when it is dropped.
    child: Child,
    requests: ChildStdin,
    answers: ChildStdout,
}

impl ProcessPool {
    /// A pool of as many workers, one at least, which do the jobs that the program does not have
    /// done by [`work_if_worker`](Jobs::work_if_worker) itself. It needs no loop yet.
    ///
    /// # Errors
    ///
    /// Any error of finding the program's own path; `InvalidInput` inside a worker, which is one
    /// because `work_if_worker` was not called, or too late.
    pub fn new(jobs: Jobs, workers: usize) -> io::Result<ProcessPool> {
        if std::env::var_os(VARIABLE).is_some() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a worker of a process pool starts a pool: call Jobs::work_if_worker first in main",
            ));
        }
        let workers = workers.clamp(1, Semaphore::MAX_PERMITS);
        Ok(ProcessPool {
            program: std::env::current_exe()?,
            names: jobs.names(),
            workers,
            places: Semaphore::new(workers),
            waiting: Mutex::default(),
        })
    }

    /// Runs a job in a worker, as soon as one is free, and gives its result. Dropping the future
    /// before it is ready ends the job: its worker is killed, and another is started for the next.
    ///
    /// # Errors
    ///
    /// An [`Error`], whose kind tells what went wrong; the pool goes on.
    pub async fn run<A, R>(&self, job: &str, argument: &A) -> Result<R, Error>
    where
        A: Serialize + ?Sized,
        R: DeserializeOwned,
    {
        let data = |error: String| Error::new(ErrorKind::Data, job, error);
        if !self.names.contains(&job) {
            let there = format!("there is {}", self.names.join(", "));
            return Err(Error::new(ErrorKind::Unknown, job, there));
        }
        let argument = serde_json::to_value(argument).map_err(|error| data(error.to_string()))?;
        let request = Request { job: job.to_owned(), argument };
        let request = serde_json::to_vec(&request).map_err(|error| data(error.to_string()))?;
        let header = frame::header(&request).map_err(data)?;

        let place = self.places.acquire().await.expect("it is never closed");
        let mut worker = match self.waiting_one() {
            Some(worker) => worker,
            None => self.start().map_err(|error| Error::new(ErrorKind::Start, job, error))?,
        };
        let answer = match worker.ask(header, &request).await {
            Ok(answer) => answer,
            // It ends with this.
            Err(error) => return Err(Error::new(ErrorKind::Died, job, worker.why(error))),
        };
        self.lock().push(worker);
        drop(place);
        match answer {
            Answer::Done(result) => serde_json::from_value(result).map_err(|error| data(error.to_string())),
            Answer::Unknown => Err(Error::new(ErrorKind::Unknown, job, "the worker's program is another")),
            Answer::Panicked(message) => Err(Error::new(ErrorKind::Panicked, job, message)),
            Answer::Data(error) => Err(data(error)),
        }
    }

    /// A worker that waits, on a loop that is open.
    fn waiting_one(&self) -> Option<Worker> {
        loop {
            // The lock is not held while one is killed.
            let worker = self.lock().pop()?;
            if !worker.home.is_closed() {
                return Some(worker);
            }
        }
    }

    fn start(&self) -> io::Result<Worker> {
        let home = Handle::try_current()?;
        let mut child = Command::new(&self.program)
            .env(VARIABLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("the worker has no pipes"));
        };
        Ok(Worker { home, child, requests, answers })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Worker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker {
    async fn ask(&mut self, header: [u8; 4], request: &[u8]) -> io::Result<Answer> {
        self.requests.write_all(&header).await?;
        self.requests.write_all(request).await?;
        self.requests.flush().await?;
        let mut header = [0; 4];
        self.answers.read_exact(&mut header).await?;
        let mut answer = vec![0; frame::length(header).map_err(io::Error::other)?];
        self.answers.read_exact(&mut answer).await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// What is known of its end.
    fn why(&mut self, error: io::Error) -> String {
        match self.child.try_wait() {
            Ok(Some(status)) => status.to_string(),
            _ => error.to_string(),
        }
    }
}

impl fmt::Debug for ProcessPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessPool")
            .field("workers", &self.workers)
            .field("jobs", &self.names)
            .finish_non_exhaustive()
    }
}
