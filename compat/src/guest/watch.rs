//! What a loop of ours watches for a guest.

use std::fmt;
use std::future::Future;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll};

use loop_api::host::Watch;
use loop_api::io::Interest;
use loop_api::readiness::{Readiness, Source};
use loop_api::time::{Instant, Sleep};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// A descriptor and a moment, watched by any loop that can wait for descriptors.
pub struct HandleWatch<H: Readiness> {
    source: H::Source<OwnedFd>,
    sleep: Option<Pin<Box<H::Sleep>>>,
    host: H,
}

impl<H: Readiness> HandleWatch<H> {
    /// Registers `fd` with the loop of `host`.
    ///
    /// # Errors
    ///
    /// Any error of [`Readiness::register`].
    pub fn new(host: H, fd: OwnedFd) -> io::Result<Self> {
        Ok(HandleWatch { source: host.register(fd)?, sleep: None, host })
    }
}

impl<H: Readiness> Watch for HandleWatch<H> {
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // An error of the descriptor is the guest's to find.
        self.source.poll_io(cx, Interest::Readable, has_events).map(drop)
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        if deadline <= self.host.now() {
            return Poll::Ready(());
        }
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(self.host.sleep_until(deadline)));
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(cx)
    }

    fn is_closed(&self) -> bool {
        self.host.shared().is_closed()
    }
}

/// `WouldBlock` unless `fd` is readable now.
fn has_events(fd: &OwnedFd) -> io::Result<()> {
    let mut fds = [PollFd::new(fd, PollFlags::IN)];
    match poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))? {
        0 => Err(io::ErrorKind::WouldBlock.into()),
        _ => Ok(()),
    }
}

impl<H: Readiness> fmt::Debug for HandleWatch<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandleWatch").field("host", &self.host).finish_non_exhaustive()
    }
}
