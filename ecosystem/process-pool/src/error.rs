//! Why a job has no result.

use std::error;
use std::fmt;

type Source = Box<dyn error::Error + Send + Sync>;

/// Why a job has no result; it tells which job it was.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    job: String,
    source: Source,
}

/// What went wrong with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No job has this name.
    Unknown,
    /// It panicked; the message is told. The worker goes on.
    Panicked,
    /// Its worker ended or broke the protocol, such as by a crash, by `exit`, or by writing to
    /// standard output; it is replaced.
    Died,
    /// The argument or the result is not what the other side expects, or too long.
    Data,
    /// No worker could be started.
    Start,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, job: &str, source: impl Into<Source>) -> Error {
        Error { kind, job: job.to_owned(), source: source.into() }
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The name of the job.
    pub fn job(&self) -> &str {
        &self.job
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ErrorKind::Unknown => "no such job",
            ErrorKind::Panicked => "it panicked",
            ErrorKind::Died => "its worker ended",
            ErrorKind::Data => "its argument or result",
            ErrorKind::Start => "starting a worker",
        };
        write!(f, "job {}: {what}: {}", self.job, self.source)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.source)
    }
}
