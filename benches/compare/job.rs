//! What a contestant is asked to do, and what it answers.

use std::net::TcpListener;

use crate::results::{Metric, Params};

/// One workload with its parameters, as it stands on a child's command line.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) workload: String,
    pub(crate) params: Params,
}

impl Job {
    /// The parameter of this name, which the workload's list of parameters promises.
    pub(crate) fn param(&self, name: &str) -> usize {
        let value = self.params.get(name);
        value.unwrap_or_else(|| panic!("{} needs the parameter {name}", self.workload)) as usize
    }

    /// The same with a parameter of another value, or with one more.
    pub(crate) fn with(&self, name: &str, value: u64) -> Self {
        let mut job = self.clone();
        job.params.0.retain(|(other, _)| other != name);
        job.params.0.push((name.to_owned(), value));
        job
    }
}

/// What one slice found beside its time: the middle of what it measured itself.
pub(crate) type Values = Vec<(Metric, f64)>;

/// How a contestant does a job.
pub(crate) enum Start {
    /// Does that many operations at each call.
    Steps(Box<dyn FnMut(u64) -> Values>),
    /// Serves until it is killed; the one client that all share drives it.
    Server(Box<dyn FnOnce(TcpListener)>),
    /// Cannot do it, and why.
    LeftOut(String),
}

impl Start {
    /// Work that finds nothing beside its time.
    pub(crate) fn steps(mut work: impl FnMut(u64) + 'static) -> Self {
        Self::Steps(Box::new(move |times| {
            work(times);
            Values::new()
        }))
    }

    pub(crate) fn server(serve: impl FnOnce(TcpListener) + 'static) -> Self {
        Self::Server(Box::new(serve))
    }

    pub(crate) fn left_out(why: impl Into<String>) -> Self {
        Self::LeftOut(why.into())
    }

    /// What a contestant says of a workload that it does not know.
    pub(crate) fn lacks(contestant: &str, job: &Job) -> Self {
        Self::left_out(format!("{contestant} has no program for {}", job.workload))
    }
}
