//! What a use is run on.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::str::FromStr;

use anyloop::runtime::{Backend, Builder, Runtime};

use crate::Outcome;

/// A loop, ours or a third party's, all of them on the calling thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// tokio's current-thread runtime, without anyloop: what the others are compared with.
    PlainTokio,
    /// anyloop on tokio.
    Tokio,
    /// anyloop on its own loop, with tokio's context as a part of it.
    Native,
    /// anyloop on smol's parts, with tokio's context as a part of it.
    Smol,
    /// `smol::block_on`, without anything else: what a program on smol has today.
    PlainSmol,
    /// `smol::block_on` with the future inside async-compat's adapter.
    AsyncCompat,
}

impl Host {
    /// The backends: every use must work on each of them.
    pub const BACKENDS: [Host; 3] = [Host::Native, Host::Tokio, Host::Smol];
    /// All of them, in the order of the page.
    pub const ALL: [Host; 6] =
        [Host::PlainTokio, Host::Tokio, Host::Native, Host::Smol, Host::AsyncCompat, Host::PlainSmol];

    /// Its name, as the command line has it.
    pub fn name(self) -> &'static str {
        match self {
            Host::PlainTokio => "plain-tokio",
            Host::Tokio => "tokio",
            Host::Native => "native",
            Host::Smol => "smol",
            Host::PlainSmol => "plain-smol",
            Host::AsyncCompat => "async-compat",
        }
    }

    /// The loop with its tokio part on, if it is one of anyloop's.
    ///
    /// # Errors
    ///
    /// Any error of making the loop, such as too many open files; and one that says that this host
    /// is none of ours.
    pub fn runtime(self) -> Result<Runtime, Box<dyn Error + Send + Sync>> {
        Ok(self.builder()?.build()?)
    }

    /// As [`runtime`](Self::runtime), with tasks on two threads besides.
    ///
    /// # Errors
    ///
    /// As `runtime`.
    pub fn runtime_with_workers(self) -> Result<Runtime, Box<dyn Error + Send + Sync>> {
        Ok(self.builder()?.worker_threads(2).build()?)
    }

    fn builder(self) -> Result<Builder, Box<dyn Error + Send + Sync>> {
        let backend = match self {
            Host::Tokio => Backend::Tokio,
            Host::Native => Backend::Native,
            Host::Smol => Backend::Smol,
            other => return Err(format!("{other} is not a backend of anyloop").into()),
        };
        let mut builder = Builder::new();
        builder.backend(backend).with_tokio();
        Ok(builder)
    }

    /// Runs a future to its end in a task of the loop, which need not be `Send`. A host that is
    /// none of ours has no such tasks: there it is nothing else than [`run`](Self::run).
    ///
    /// # Errors
    ///
    /// The future's, or any error of making the loop, such as too many open files.
    pub fn run_in_task<F: Future<Output = Outcome> + 'static>(self, future: F) -> Outcome {
        if !Host::BACKENDS.contains(&self) {
            return self.run(future);
        }
        self.runtime()?.block_on(async { anyloop::task::spawn_local(future).await? })
    }

    /// Runs a future to its end.
    ///
    /// # Errors
    ///
    /// The future's, or any error of making the loop, such as too many open files.
    pub fn run<F: Future<Output = Outcome>>(self, future: F) -> Outcome {
        match self {
            Host::PlainTokio => {
                tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
            }
            Host::PlainSmol => smol::block_on(future),
            Host::AsyncCompat => smol::block_on(async_compat::Compat::new(future)),
            Host::Tokio | Host::Native | Host::Smol => self.runtime()?.block_on(future),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Host {
    type Err = String;

    fn from_str(name: &str) -> Result<Host, String> {
        let names = || Host::ALL.map(Host::name).join(", ");
        Host::ALL
            .into_iter()
            .find(|host| host.name() == name)
            .ok_or_else(|| format!("there is no {name:?} here: take one of {}", names()))
    }
}
