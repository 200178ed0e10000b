//! Everywhere but Linux: the polling crate as it is.
#![allow(unsafe_code)]

use std::io;
use std::time::Duration;

use loop_api::readiness::AsSource;
use polling::PollMode;

use super::Event;

/// A poller of the polling crate.
#[derive(Debug)]
pub(crate) struct Poller {
    poller: polling::Poller,
}

/// What a wait reported.
pub(crate) struct Events {
    list: polling::Events,
}

impl Poller {
    /// Whether a source reports once, and then has to be armed again. kqueue has edges; the others do not.
    pub(crate) const ONESHOT: bool = !cfg!(any(
        target_vendor = "apple",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "dragonfly"
    ));
    /// polling does not report the other side's end here, so a short read may hide it.
    pub(crate) const SHORT_IS_EMPTY: bool = false;

    pub(crate) fn new() -> io::Result<Poller> {
        Ok(Poller { poller: polling::Poller::new()? })
    }

    pub(crate) fn add(&self, source: &impl AsSource, key: usize) -> io::Result<()> {
        let (interest, mode) = if Self::ONESHOT {
            (polling::Event::none(key), PollMode::Oneshot)
        } else {
            (polling::Event::all(key), PollMode::Edge)
        };
        // SAFETY: a source is deleted from the poller before it is closed: `Registration` holds it, and its drop deletes it.
        unsafe { self.poller.add_with_mode(raw(source), interest, mode) }
    }

    pub(crate) fn delete(&self, source: &impl AsSource) -> io::Result<()> {
        self.poller.delete(lend(source))
    }

    /// Asks for one report of the directions given.
    pub(crate) fn arm(
        &self,
        source: &impl AsSource,
        key: usize,
        readable: bool,
        writable: bool,
    ) -> io::Result<()> {
        self.poller.modify_with_mode(
            lend(source),
            polling::Event::new(key, readable, writable),
            PollMode::Oneshot,
        )
    }

    /// Wakes the wait that is under way, or the next one.
    pub(crate) fn notify(&self) {
        // It fails only where the poller itself is broken, and then the wait says so.
        let _ = self.poller.notify();
    }

    /// Waits for events, for at most `timeout`. Coming back early or without events is normal.
    pub(crate) fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        events.list.clear();
        match self.poller.wait(&mut events.list, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            done => done.map(drop),
        }
    }
}

#[cfg(unix)]
fn raw(source: &impl AsSource) -> std::os::fd::RawFd {
    std::os::fd::AsRawFd::as_raw_fd(&source.as_fd())
}

#[cfg(unix)]
fn lend(source: &impl AsSource) -> std::os::fd::BorrowedFd<'_> {
    source.as_fd()
}

#[cfg(windows)]
fn raw(source: &impl AsSource) -> std::os::windows::io::RawSocket {
    std::os::windows::io::AsRawSocket::as_raw_socket(&source.as_socket())
}

#[cfg(windows)]
fn lend(source: &impl AsSource) -> std::os::windows::io::BorrowedSocket<'_> {
    source.as_socket()
}

#[cfg(unix)]
impl std::os::fd::AsFd for Poller {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.poller.as_fd()
    }
}

impl Events {
    pub(crate) fn new() -> Events {
        Events { list: polling::Events::new() }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        self.list.iter().map(|event| Event {
            key: event.key,
            readable: event.readable,
            writable: event.writable,
            closed: false,
        })
    }
}
