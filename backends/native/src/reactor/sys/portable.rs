//! Everywhere but Linux: the polling crate as it is. `--cfg anyloop_portable` has it on Linux too,
//! reporting once as on Windows, or with edges as on the BSDs if `--cfg anyloop_edge` is given as
//! well.
#![allow(unsafe_code)]

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use loop_api::readiness::AsSource;
use polling::PollMode;

use super::{Event, Registered};

/// A poller of the polling crate.
#[derive(Debug)]
pub(crate) struct Poller {
    poller: polling::Poller,
    /// Held from the look at the waiters to the order for them: of two orders, the later one knows
    /// of more.
    arming: Mutex<()>,
    /// Whether a thread is in a wait.
    waiting: AtomicBool,
}

/// What a wait reported.
pub(crate) struct Events {
    list: polling::Events,
}

impl Poller {
    /// Whether a source reports once, and then has to be armed again. kqueue has edges; the others
    /// do not.
    pub(crate) const ONESHOT: bool = !cfg!(any(
        target_vendor = "apple",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "dragonfly",
        anyloop_edge
    ));
    /// Sources are registered for both directions from the beginning.
    pub(crate) const BOTH: bool = true;
    /// Whether what is asked for during a wait may count from the next one on only. On Windows,
    /// polling takes orders from a queue when a wait begins, and one that comes just after that
    /// stays there.
    const LATE: bool = cfg!(any(windows, anyloop_portable));
    /// polling does not report the other side's end here, so a short read may hide it.
    pub(crate) const SHORT_IS_EMPTY: bool = false;

    pub(crate) fn new() -> io::Result<Poller> {
        let poller = polling::Poller::new()?;
        Ok(Poller { poller, arming: Mutex::new(()), waiting: AtomicBool::new(false) })
    }

    pub(crate) fn add(
        &self,
        source: &Registered<impl AsSource>,
        key: usize,
        _writes: bool,
    ) -> io::Result<()> {
        // With no interest, on Windows, an error of a source without a waiter would make the wait
        // spin inside polling.
        let interest = polling::Event::all(key);
        let mode = if Self::ONESHOT { PollMode::Oneshot } else { PollMode::Edge };
        // SAFETY: a source is deleted from the poller before it is closed: `NativeSource` owns it,
        // and its drop deletes it. It is the same one that is deleted, because `Registered` gives
        // no other.
        let added = unsafe { self.poller.add_with_mode(raw(source), interest, mode) };
        added.map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => super::always_ready(),
            _ => error,
        })?;
        self.renew_wait();
        Ok(())
    }

    pub(crate) fn delete(&self, source: &Registered<impl AsSource>) -> io::Result<()> {
        self.poller.delete(borrow(source))
    }

    /// Asks for one report of the directions that are awaited: reading, writing.
    pub(crate) fn arm(
        &self,
        source: &Registered<impl AsSource>,
        key: usize,
        awaited: impl FnOnce() -> (bool, bool),
    ) -> io::Result<()> {
        let arming = self.arming.lock().unwrap_or_else(PoisonError::into_inner);
        let (readable, writable) = awaited();
        if !readable && !writable {
            // An event has woken them all meanwhile.
            return Ok(());
        }
        let interest = polling::Event::new(key, readable, writable);
        self.poller.modify_with_mode(borrow(source), interest, PollMode::Oneshot)?;
        drop(arming);
        self.renew_wait();
        Ok(())
    }

    /// Has another thread's wait begin anew, if there is one that may not know what was just asked
    /// for.
    fn renew_wait(&self) {
        if Self::LATE && self.waiting.load(Ordering::SeqCst) {
            self.notify();
        }
    }

    /// Wakes the wait that is under way, or the next one.
    pub(crate) fn notify(&self) {
        // It fails only where the poller itself is broken, and then the wait says so.
        let _ = self.poller.notify();
    }

    /// Waits for events, for at most `timeout`. Coming back early or without events is normal.
    pub(crate) fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        events.list.clear();
        self.waiting.store(true, Ordering::SeqCst);
        let done = self.poller.wait(&mut events.list, timeout);
        self.waiting.store(false, Ordering::SeqCst);
        match done {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            done => done.map(drop),
        }
    }
}

#[cfg(unix)]
fn raw(source: &Registered<impl AsSource>) -> std::os::fd::RawFd {
    std::os::fd::AsRawFd::as_raw_fd(&borrow(source))
}

#[cfg(unix)]
fn borrow(source: &Registered<impl AsSource>) -> std::os::fd::BorrowedFd<'_> {
    std::os::fd::AsFd::as_fd(source)
}

#[cfg(windows)]
fn raw(source: &Registered<impl AsSource>) -> std::os::windows::io::RawSocket {
    std::os::windows::io::AsRawSocket::as_raw_socket(&borrow(source))
}

#[cfg(windows)]
fn borrow(source: &Registered<impl AsSource>) -> std::os::windows::io::BorrowedSocket<'_> {
    std::os::windows::io::AsSocket::as_socket(source)
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

    /// Whether nothing happened. A wake may count as nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether there may be more than the buffer held.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= self.list.capacity().get()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        self.list.iter().map(|event| Event {
            key: event.key,
            readable: event.readable,
            writable: event.writable,
            cut: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::sync::Barrier;
    use std::thread;
    use std::time::Instant;

    use super::*;

    #[test]
    fn of_two_orders_at_once_the_one_that_knows_more_stands() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        stream.set_nonblocking(true).unwrap();
        let stream = Registered::new(stream);
        let poller = Poller::new().unwrap();
        poller.add(&stream, 1, true).unwrap();
        let mut events = Events::new();
        // A new source is reported once by itself.
        poller.wait(&mut events, Some(Duration::from_secs(10))).unwrap();

        let (writes, looked) = (AtomicBool::new(false), Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                let look = || {
                    let seen = (true, writes.load(Ordering::SeqCst));
                    looked.wait();
                    thread::sleep(Duration::from_millis(50));
                    seen
                };
                poller.arm(&stream, 1, look).unwrap();
            });
            looked.wait();
            writes.store(true, Ordering::SeqCst);
            poller.arm(&stream, 1, || (true, true)).unwrap();
        });
        for _ in 0..10 {
            poller.wait(&mut events, Some(Duration::from_secs(1))).unwrap();
            if events.iter().any(|event| event.key == 1 && event.writable) {
                return poller.delete(&stream).unwrap();
            }
        }
        panic!("the order for writing was lost");
    }

    #[test]
    fn what_is_asked_for_during_a_wait_counts_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        stream.set_nonblocking(true).unwrap();
        let stream = Registered::new(stream);
        let poller = Poller::new().unwrap();
        poller.add(&stream, 1, true).unwrap();
        for _ in 0..200 {
            thread::scope(|scope| {
                scope.spawn(|| poller.arm(&stream, 1, || (false, true)).unwrap());
                let (mut events, end) = (Events::new(), Instant::now() + Duration::from_secs(10));
                while !events.iter().any(|event| event.writable) {
                    assert!(Instant::now() < end, "the order was not seen");
                    poller.wait(&mut events, Some(Duration::from_secs(10))).unwrap();
                }
            });
        }
        poller.delete(&stream).unwrap();
    }
}
