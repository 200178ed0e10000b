//! A child over readiness: of its pidfd, or of who listens to `SIGCHLD`.

use std::fmt;
use std::future::poll_fn;
use std::io;
#[cfg(any(target_os = "linux", target_os = "android"))]
use std::os::fd::OwnedFd;
use std::process::{self, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use loop_api::Closed;
#[cfg(any(target_os = "linux", target_os = "android"))]
use loop_api::io::Interest;
use loop_api::process as api;
use loop_api::readiness::Readiness;
#[cfg(any(target_os = "linux", target_os = "android"))]
use loop_api::readiness::Source;
use loop_api::signal::{Signal as _, SignalKind};

use super::orphans;
use crate::signal::Signal;

/// Whether this system has pidfds, as far as is known.
static PIDFD: AtomicBool = AtomicBool::new(cfg!(any(target_os = "linux", target_os = "android")));

/// Has all loops wait for children by `SIGCHLD` from now on: for tests.
#[doc(hidden)]
pub fn without_pidfd() {
    PIDFD.store(false, Ordering::Relaxed);
}

/// A child on the loop of `H`: see [`Child`](loop_api::process::Child).
///
/// Only one that is waited for has a descriptor, on the loop where that begins; if that is none of
/// this kind, on the one that started it, which has to run then. One that is dropped before its end is given to a
/// task of the loop, which waits for it.
pub struct Child<H: Readiness> {
    /// `None` only while it is dropped.
    child: Option<process::Child>,
    status: Option<ExitStatus>,
    end: Option<End<H>>,
    handle: H,
    /// Whether it is the loop's task that waits for it.
    orphan: bool,
}

/// What tells that a child may have ended.
enum End<H: Readiness> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    Pidfd(H::Source<OwnedFd>),
    Signal(Signal<H>),
}

impl<H: Readiness> End<H> {
    fn of(handle: &H, child: &process::Child) -> io::Result<Self> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if PIDFD.load(Ordering::Relaxed) {
            use rustix::io::Errno;
            use rustix::process::{Pid, PidfdFlags, pidfd_open};
            match pidfd_open(Pid::from_child(child), PidfdFlags::empty()) {
                // A poller that refuses it may still take what listens to SIGCHLD.
                Ok(pidfd) => {
                    if let Ok(source) = handle.register(pidfd) {
                        return Ok(End::Pidfd(source));
                    }
                }
                // An old kernel, or a sandbox.
                Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => without_pidfd(),
                Err(_) => {}
            }
        }
        let _ = child;
        Signal::new(handle, SignalKind::child()).map(End::Signal)
    }
}

impl<H: Readiness> Child<H> {
    /// Has `start` start a child.
    ///
    /// # Errors
    ///
    /// As [`Process::spawn_child`](loop_api::process::Process::spawn_child).
    pub fn start(handle: &H, start: impl FnOnce() -> io::Result<process::Child>) -> io::Result<Self> {
        if handle.shared().is_closed() {
            return Err(Closed.into());
        }
        orphans::reap();
        let child = Some(start()?);
        Ok(Child { child, status: None, end: None, handle: handle.clone(), orphan: false })
    }

    fn child(&self) -> &process::Child {
        match &self.child {
            Some(child) => child,
            None => unreachable!("a child is used after it was dropped"),
        }
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<ExitStatus>> {
        let Some(child) = &mut self.child else { unreachable!("a child is used after it was dropped") };
        let end = match &mut self.end {
            Some(end) => end,
            None => {
                // The loop that is waited in goes on now, which the one that started it may not.
                let here = H::try_current();
                self.end.insert(End::of(here.as_ref().unwrap_or(&self.handle), child)?)
            }
        };
        match end {
            #[cfg(any(target_os = "linux", target_os = "android"))]
            End::Pidfd(source) => source.poll_io(cx, Interest::Readable, |_| {
                child.try_wait()?.ok_or_else(|| io::ErrorKind::WouldBlock.into())
            }),
            End::Signal(listener) => loop {
                // It listens already: a signal from here on is not missed.
                if let Some(status) = child.try_wait()? {
                    return Poll::Ready(Ok(status));
                }
                if ready!(listener.poll_recv(cx)).is_none() {
                    return Poll::Ready(Err(Closed.into()));
                }
            },
        }
    }
}

impl<H: Readiness> api::Child for Child<H> {
    fn id(&self) -> u32 {
        self.child().id()
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<ExitStatus>> {
        if let Some(status) = self.status {
            return Poll::Ready(Ok(status));
        }
        let ended = ready!(self.poll_end(cx));
        self.end = None;
        self.status = ended.as_ref().ok().copied();
        orphans::reap();
        Poll::Ready(ended)
    }

    fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        if let (None, Some(child)) = (self.status, &mut self.child) {
            self.status = child.try_wait()?;
            if self.status.is_some() {
                self.end = None;
            }
        }
        Ok(self.status)
    }

    fn start_kill(&mut self) -> io::Result<()> {
        match (self.status, &mut self.child) {
            (None, Some(child)) => child.kill(),
            _ => Ok(()),
        }
    }
}

impl<H: Readiness> Unpin for Child<H> {}

impl<H: Readiness> Drop for Child<H> {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // An error says that there is nothing to wait for.
        if self.status.is_some() || !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        if self.orphan || self.handle.shared().is_closed() {
            orphans::keep(child);
            return;
        }
        let end = self.end.take();
        let mut orphan =
            Child { child: Some(child), status: None, end, handle: self.handle.clone(), orphan: true };
        // Detached. A loop that ends before the child drops the task.
        drop(self.handle.spawn(async move {
            let _ = poll_fn(|cx| api::Child::poll_wait(&mut orphan, cx)).await;
        }));
    }
}

impl<H: Readiness> fmt::Debug for Child<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.child.as_ref().map(process::Child::id);
        f.debug_struct("Child").field("id", &id).field("status", &self.status).finish_non_exhaustive()
    }
}
