//! What the programs share: their options, the choice of a loop, and the clean stop.

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyloop::fs::File;
use anyloop::net::{TcpListener, TcpStream};
use anyloop::runtime::{Backend, Builder};
use anyloop::task::JoinSet;
use anyloop::time::timeout;
use clap::Parser;

mod race;
mod stop;

pub use stop::Stop;

/// The options that every server here has.
#[derive(Debug, Clone, Parser)]
// That is not what a program is.
#[command(about = None, long_about = None)]
pub struct Options {
    /// The loop to run on: native, tokio or smol. Without it, ANYLOOP_BACKEND or the first that is
    /// compiled in.
    #[arg(long)]
    pub backend: Option<Backend>,
    /// The address to listen on, as HOST:PORT; port 0 lets the system choose.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: String,
}

/// What clients may take, so that none of them uses up the server.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Limits {
    /// How many clients are served at once; further ones wait in the backlog.
    #[arg(long, default_value_t = 1024)]
    pub connections: usize,
    /// How many seconds the server waits for a client that owes it something, or takes nothing.
    #[arg(long, default_value = "10", value_parser = seconds)]
    pub patience: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

impl Limits {
    /// Runs `future` for as long as the server is patient.
    ///
    /// # Errors
    ///
    /// Any error of `future`, or `TimedOut`.
    pub async fn wait<T>(&self, future: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        match timeout(self.patience, future).await {
            Ok(result) => result,
            Err(_elapsed) => Err(io::Error::new(io::ErrorKind::TimedOut, "the client took too long")),
        }
    }

    /// Accepts a connection as soon as one more is within the limit. Those that have ended are
    /// taken out. Cancel safe.
    ///
    /// # Errors
    ///
    /// As [`TcpListener::accept`].
    pub async fn accept(
        &self,
        listener: &TcpListener,
        connections: &mut JoinSet<()>,
    ) -> io::Result<(TcpStream, SocketAddr)> {
        while connections.try_join_next().is_some() {}
        while connections.len() >= self.connections.max(1) {
            connections.join_next().await;
        }
        listener.accept().await
    }
}

/// What a program's own part ends with.
pub type Outcome = Result<(), Box<dyn Error>>;

/// Runs `program` on the loop that was asked for until it ends or the program is told to stop; both
/// are a clean end. An error is told on standard error and gives exit code 1.
pub fn serve<F: Future<Output = Outcome>>(backend: Option<Backend>, program: impl FnOnce() -> F) -> ExitCode {
    run(backend, || async {
        // Before the program says that it is ready.
        let mut stop = Stop::listen()?;
        match race::race(program(), stop.asked()).await {
            Some(outcome) => outcome,
            None => {
                eprintln!("stopped");
                Ok(())
            }
        }
    })
}

/// Runs `program` on the loop that was asked for until it ends. An error is told on standard error
/// and gives exit code 1.
pub fn run<F: Future<Output = Outcome>>(backend: Option<Backend>, program: impl FnOnce() -> F) -> ExitCode {
    match try_run(backend, program) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn try_run<F: Future<Output = Outcome>>(backend: Option<Backend>, program: impl FnOnce() -> F) -> Outcome {
    allow_many_descriptors();
    let mut builder = Builder::new();
    if let Some(backend) = backend {
        builder.backend(backend);
    }
    let mut runtime = builder.build()?;
    eprintln!("loop: {}", runtime.choice());
    runtime.block_on(async { program().await })
}

/// Raises this process's limit of open descriptors as far as the system lets it, and tells what it
/// is now.
pub fn allow_many_descriptors() -> u64 {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        // It is a wish: the old limit still serves.
        let _refused = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
        getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
    }
    #[cfg(not(unix))]
    u64::MAX
}

/// Brings the name of a file that is new or was renamed to the disk, so that it is found after a crash.
///
/// # Errors
///
/// Those of opening and syncing its folder.
pub async fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new("."))).await?.sync_all().await?;
    }
    Ok(())
}
