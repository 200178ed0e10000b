//! The contestants: the programs that each loop runs, written with that loop's own calls.
//!
//! What is the same for all stands in `programs` and is compiled once into each contestant, with
//! that contestant's `spawn`, `sleep` and sockets: each is what its users write by hand, with no
//! layer in between.
// That a program is compiled once into each is the point.
#![allow(clippy::duplicate_mod)]

use crate::job::{Job, Start};
use crate::names;

mod agnostic;
mod any;
mod async_rs;
mod compio;
mod hello;
mod models;
mod monoio;
mod native_alone;
mod raw_epoll;
mod raw_smol;
mod raw_tokio;
pub(crate) mod slowed;

/// Readies the contestant of this name for a job.
pub(crate) fn start(name: &str, job: &Job) -> Start {
    use anyloop::runtime::Backend;
    match (job.workload.as_str(), name) {
        (_, crate::harness::load::NAME) => {}
        (names::HYPER_HELLO, _) => return hello::start(name, job),
        (names::SERVERS, _) => return models::start(name, job),
        _ => {}
    }
    match name {
        names::NATIVE => any::start(Backend::Native, 1, job),
        names::NATIVE_ALONE => native_alone::start(job),
        names::NATIVE_SPIN => any::spinning(job),
        names::NATIVE_MT => any::start(Backend::Native, 2, job),
        names::TOKIO => any::start(Backend::Tokio, 1, job),
        names::TOKIO_MT => any::start(Backend::Tokio, 2, job),
        names::SMOL => any::start(Backend::Smol, 1, job),
        names::SMOL_MT => any::start(Backend::Smol, 2, job),
        names::RAW_TOKIO => raw_tokio::start(1, job),
        names::RAW_TOKIO_MT => raw_tokio::start(2, job),
        names::RAW_SMOL => raw_smol::start(1, job),
        names::RAW_SMOL_MT => raw_smol::start(2, job),
        names::MONOIO => monoio::start(job),
        names::COMPIO => compio::start(job),
        names::AGNOSTIC => agnostic::start(job),
        names::ASYNC_RS => async_rs::start(job),
        names::RAW_EPOLL => raw_epoll::start(job),
        slowed::NAME => slowed::start(job),
        crate::harness::load::NAME => crate::harness::load::start(job),
        _ => Start::left_out(format!("no contestant is called {name}")),
    }
}

/// What a reader has to know of a contestant on this machine.
pub(crate) fn note(name: &str) -> Option<String> {
    Some(match name {
        names::NATIVE_ALONE => {
            "as where no other loop is compiled in: no match on which loop it is".to_owned()
        }
        names::NATIVE_SPIN => format!("looks again for {:?} before it sleeps", any::SPIN),
        names::MONOIO => format!("waits with {} here", monoio::driver()),
        names::COMPIO => format!("waits with {} here", compio::driver()),
        names::AGNOSTIC | names::ASYNC_RS => "over tokio's current-thread runtime".to_owned(),
        _ => return None,
    })
}
