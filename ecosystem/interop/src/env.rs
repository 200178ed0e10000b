//! Where a use finds its servers.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use crate::service::Service;

/// What a use ends with.
pub type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// The addresses of the servers that run, and a folder to write into. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Env {
    addresses: Arc<BTreeMap<Service, String>>,
    dir: Arc<PathBuf>,
}

impl Env {
    /// With these servers, and an empty folder of the caller's.
    pub fn new(addresses: BTreeMap<Service, String>, dir: &Path) -> Env {
        Env { addresses: Arc::new(addresses), dir: Arc::new(dir.to_owned()) }
    }

    /// What [`pass_to`](Self::pass_to) gave to this process.
    pub fn from_parent(dir: &Path) -> Env {
        let address = |service: &Service| Some((*service, std::env::var(variable(*service)).ok()?));
        Env::new(Service::ALL.iter().filter_map(address).collect(), dir)
    }

    /// Tells a child process where the servers are.
    pub fn pass_to(&self, command: &mut Command) {
        for (service, address) in &*self.addresses {
            command.env(variable(*service), address);
        }
    }

    /// HOST:PORT of a server, or for dbus the address in its own form.
    pub(crate) fn address(&self, service: Service) -> Result<&str, Box<dyn Error + Send + Sync>> {
        let address = self.addresses.get(&service).map(String::as_str);
        address.ok_or_else(|| format!("{service} is needed, and does not run").into())
    }

    /// A folder to write into.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }
}

fn variable(service: Service) -> String {
    format!("INTEROP_{}", service.to_string().replace(' ', "_").to_uppercase())
}
