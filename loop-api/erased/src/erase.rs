//! Where the types are still known.

use std::fmt;
use std::sync::Arc;

use super::fs::{DynFs, FsOf};
use super::net::{DynNet, NetOf, StdConversions};
use super::process::{DynProcess, ProcessOf};
use super::signal::{DynSignals, SignalsOf};
use super::source::{DynReadiness, ReadinessOf};
use super::{ErasedHandle, Inner};
use loop_api::Handle;
use loop_api::fs::Fs;
use loop_api::net::{Net, StdNet};
use loop_api::process::Process;
use loop_api::readiness::Readiness;
use loop_api::signal::Signals;

/// A handle about to be erased: each method names one thing more that it can do. See
/// [`ErasedHandle::of`].
#[must_use = "call done() for the handle"]
pub struct Erase<H> {
    handle: H,
    net: Option<Box<dyn DynNet>>,
    #[cfg(unix)]
    unix: Option<Box<dyn super::unix::DynUnixNet>>,
    readiness: Option<Box<dyn DynReadiness>>,
    signals: Option<Box<dyn DynSignals>>,
    process: Option<Box<dyn DynProcess>>,
    fs: Option<Box<dyn DynFs>>,
}

impl<H: Handle> Erase<H> {
    pub(super) fn new(handle: H) -> Self {
        Erase {
            handle,
            net: None,
            #[cfg(unix)]
            unix: None,
            readiness: None,
            signals: None,
            process: None,
            fs: None,
        }
    }

    /// It has a network.
    pub fn net(mut self) -> Self
    where
        H: Net,
    {
        self.net = Some(Box::new(NetOf { handle: self.handle.clone(), conversions: None }));
        self
    }

    /// It has a network, and takes and gives the standard library's sockets.
    pub fn std_net(mut self) -> Self
    where
        H: StdNet,
    {
        self.net =
            Some(Box::new(NetOf { handle: self.handle.clone(), conversions: Some(StdConversions::new()) }));
        self
    }

    /// It has unix sockets.
    #[cfg(unix)]
    pub fn unix_net(mut self) -> Self
    where
        H: loop_api::net::UnixNet,
    {
        self.unix = Some(Box::new(super::unix::UnixNetOf { handle: self.handle.clone(), conversions: None }));
        self
    }

    /// It has unix sockets, and takes and gives the standard library's.
    #[cfg(unix)]
    pub fn std_unix_net(mut self) -> Self
    where
        H: loop_api::net::StdUnixNet,
    {
        let conversions = Some(super::unix::StdUnixConversions::new());
        self.unix = Some(Box::new(super::unix::UnixNetOf { handle: self.handle.clone(), conversions }));
        self
    }

    /// It waits for descriptors.
    pub fn readiness(mut self) -> Self
    where
        H: Readiness,
    {
        self.readiness = Some(Box::new(ReadinessOf { handle: self.handle.clone() }));
        self
    }

    /// It tells of signals.
    pub fn signals(mut self) -> Self
    where
        H: Signals,
    {
        self.signals = Some(Box::new(SignalsOf { handle: self.handle.clone() }));
        self
    }

    /// It waits for children.
    pub fn process(mut self) -> Self
    where
        H: Process,
    {
        self.process = Some(Box::new(ProcessOf { handle: self.handle.clone() }));
        self
    }

    /// It has files of its own. Without it, files are the standard library's, by the blocking jobs
    /// of the loop.
    pub fn fs(mut self) -> Self
    where
        H: Fs,
    {
        self.fs = Some(Box::new(FsOf { handle: self.handle.clone() }));
        self
    }

    /// The erased handle.
    pub fn done(self) -> ErasedHandle {
        ErasedHandle {
            inner: Arc::new(Inner {
                handle: Box::new(self.handle),
                net: self.net,
                #[cfg(unix)]
                unix: self.unix,
                readiness: self.readiness,
                signals: self.signals,
                process: self.process,
                fs: self.fs,
            }),
        }
    }
}

impl<H: fmt::Debug> fmt::Debug for Erase<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Erase")
            .field("handle", &self.handle)
            .field("net", &self.net.is_some())
            .field("readiness", &self.readiness.is_some())
            .field("fs", &self.fs.is_some())
            .finish_non_exhaustive()
    }
}
