//! Real servers, from the system's packages, on free loopback ports and in a folder of their own;
//! they end with the value that holds them.

mod config;
mod start;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use outside::{Running, in_path};
use tempfile::TempDir;

use crate::Env;
pub use crate::service::Service;

impl Service {
    /// Where its program is, if it is installed.
    pub fn program(self) -> Option<PathBuf> {
        match self {
            Service::PostgreSql => start::postgres_program("postgres"),
            Service::Redis => in_path("redis-server"),
            Service::Nginx => in_path("nginx"),
            Service::Dbus => in_path("dbus-daemon"),
            Service::Dovecot => in_path("dovecot"),
            Service::Peer => Some(PathBuf::new()),
        }
    }

    /// What a test says that cannot run without it; `None` if it is there.
    pub fn missing(self) -> Option<String> {
        self.program()
            .is_none()
            .then(|| format!("skipped: {self} is not installed (package {})", self.package()))
    }
}

/// The servers that were started. Dropping this ends them.
#[derive(Debug)]
pub struct Servers {
    running: Vec<Running>,
    addresses: BTreeMap<Service, String>,
    dir: TempDir,
}

impl Servers {
    /// Starts those of `wanted` that are installed. `program` is one that serves as
    /// [`peer`](crate::peer) when it is called with the argument `peer`.
    ///
    /// # Errors
    ///
    /// One that says which of them does not start, with its output; or of making the folder.
    pub fn start(wanted: &[Service], program: &Path) -> Result<Servers, Box<dyn Error + Send + Sync>> {
        let dir = tempfile::Builder::new().prefix("interop-").tempdir()?;
        config::open_to_others(dir.path())?;
        let mut servers = Servers { running: Vec::new(), addresses: BTreeMap::new(), dir };
        let mut wanted: Vec<_> = wanted.iter().filter(|service| service.missing().is_none()).collect();
        wanted.sort();
        wanted.dedup();
        for &service in wanted {
            let (running, address) = start::start(service, servers.dir.path(), program)
                .map_err(|error| format!("{service} does not start: {error}"))?;
            servers.running.push(running);
            servers.addresses.insert(service, address);
        }
        Ok(servers)
    }

    /// Where they are.
    pub fn env(&self) -> Env {
        Env::new(self.addresses.clone(), self.dir.path())
    }
}
