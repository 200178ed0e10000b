//! Linux: each source is registered once, edge triggered; a wait is one system call. That a source
//! can be written is asked for when a task waits for it: nearly all writes succeed at once, and a
//! unix socket reports it each time that its peer has read.
//!
//! `Poller::wait` of polling makes five (it sets a timerfd, re-arms it, waits, reads the notifier
//! and re-arms that), so the wait goes to the poller's epoll descriptor directly. So does the
//! registration, because polling cannot ask for `EPOLLRDHUP`, without which a short read cannot
//! tell "no more bytes yet" from "bytes, and then the end, both seen already".
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use loop_api::readiness::AsSource;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use rustix::io::Errno;

use super::{Event, Registered};

/// The key of the eventfd. polling keeps it for itself, so no source has it; its own notifier has
/// it, too, and is never used.
const WAKE: usize = usize::MAX;

/// Set once the system has refused `epoll_pwait2`: kernels before 5.11, old container filters, old
/// valgrinds.
static COARSE: AtomicBool = AtomicBool::new(false);

/// An epoll instance, and an eventfd that ends a wait in it.
#[derive(Debug)]
pub(crate) struct Poller {
    poller: polling::Poller,
    /// Edge triggered: each write wakes one wait, and it need not be read.
    wake: OwnedFd,
}

/// What a wait reported.
pub(crate) struct Events {
    list: Vec<epoll::Event>,
}

// SAFETY: what keeps it from being Send by itself is the pointer that an event's data could be;
// here it is always an integer.
unsafe impl Send for Events {}

impl Poller {
    /// A registration lasts.
    pub(crate) const ONESHOT: bool = false;
    /// Whether a source is registered for both directions from the beginning.
    pub(crate) const BOTH: bool = false;
    /// Whether a transfer of fewer bytes than asked for means that the next one would block.
    pub(crate) const SHORT_IS_EMPTY: bool = true;

    pub(crate) fn new() -> io::Result<Poller> {
        let poller = polling::Poller::new()?;
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        epoll::add(&poller, &wake, EventData::new_u64(WAKE as u64), EventFlags::IN | EventFlags::ET)?;
        Ok(Poller { poller, wake })
    }

    pub(crate) fn add(&self, source: &Registered<impl AsSource>, key: usize, writes: bool) -> io::Result<()> {
        let data = EventData::new_u64(key as u64);
        epoll::add(&self.poller, source, data, flags(writes)).map_err(|error| match error {
            Errno::PERM => super::always_ready(),
            error => error.into(),
        })
    }

    pub(crate) fn delete(&self, source: &Registered<impl AsSource>) -> io::Result<()> {
        Ok(epoll::delete(&self.poller, source)?)
    }

    /// Asks for writing, too, from now on; also if it can be written already.
    pub(crate) fn arm(
        &self,
        source: &Registered<impl AsSource>,
        key: usize,
        _awaited: impl FnOnce() -> (bool, bool),
    ) -> io::Result<()> {
        Ok(epoll::modify(&self.poller, source, EventData::new_u64(key as u64), flags(true))?)
    }

    /// Wakes the wait that is under way, or the next one. It may be called from a signal handler's
    /// thread: it cannot block.
    pub(crate) fn notify(&self) {
        // The only error is an overflow of the counter, and then the eventfd has been readable for
        // long.
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }

    /// Waits for events, for at most `timeout`. Coming back early or without events is normal.
    pub(crate) fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        events.list.clear();
        let done = match timeout {
            Some(timeout) if !timeout.is_zero() => self.wait_for(events, timeout),
            Some(_) => self.wait_coarse(events, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })),
            None => self.wait_coarse(events, None),
        };
        match done {
            // A signal came: the caller looks at its clock and waits again.
            Err(Errno::INTR) => Ok(()),
            done => Ok(done?),
        }
    }

    fn wait_for(&self, events: &mut Events, timeout: Duration) -> Result<(), Errno> {
        // A wait of days is cut short; the caller comes back.
        let timeout = timeout.min(Duration::from_secs(1 << 20));
        let timeout = Timespec { tv_sec: timeout.as_secs() as i64, tv_nsec: timeout.subsec_nanos().into() };
        if !COARSE.load(Ordering::Relaxed) {
            match self.wait_fine(events, &timeout) {
                Err(Errno::NOSYS | Errno::PERM) => COARSE.store(true, Ordering::Relaxed),
                done => return done,
            }
        }
        self.wait_coarse(events, Some(&timeout))
    }

    /// `epoll_wait`; milliseconds, rounded up.
    fn wait_coarse(&self, events: &mut Events, timeout: Option<&Timespec>) -> Result<(), Errno> {
        epoll::wait(&self.poller, rustix::buffer::spare_capacity(&mut events.list), timeout)?;
        Ok(())
    }

    /// `epoll_pwait2`; nanoseconds. rustix has it only as a choice for the whole program that has
    /// no way back.
    fn wait_fine(&self, events: &mut Events, timeout: &Timespec) -> Result<(), Errno> {
        /// The kernel's `struct __kernel_timespec`, which is the same on every machine.
        #[repr(C)]
        struct KernelTimespec {
            seconds: i64,
            nanoseconds: i64,
        }
        let timeout = KernelTimespec { seconds: timeout.tv_sec, nanoseconds: timeout.tv_nsec };
        // SAFETY: the descriptor is open as long as `self` lives; the list has capacity for
        // `capacity` events, of the layout that the kernel writes (rustix hands the same type to
        // it); the timespec has the kernel's layout; no signal mask is given.
        let count = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait2,
                self.poller.as_fd().as_raw_fd(),
                events.list.as_mut_ptr(),
                events.list.capacity() as libc::c_int,
                &raw const timeout,
                ptr::null::<libc::sigset_t>(),
                0_usize,
            )
        };
        let Ok(count) = usize::try_from(count) else {
            let code = io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL);
            return Err(Errno::from_raw_os_error(code));
        };
        // SAFETY: the kernel wrote `count` events, at most `capacity`, from the list's beginning.
        unsafe { events.list.set_len(count) };
        Ok(())
    }
}

fn flags(writes: bool) -> EventFlags {
    let read = EventFlags::IN | EventFlags::PRI | EventFlags::RDHUP | EventFlags::ET;
    if writes { read | EventFlags::OUT } else { read }
}

impl AsFd for Poller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.poller.as_fd()
    }
}

impl Events {
    pub(crate) fn new() -> Events {
        Events { list: Vec::with_capacity(1024) }
    }

    /// Whether nothing happened. A wake is something, though `iter` leaves it out.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether there may be more than the buffer held.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() == self.list.capacity()
    }

    #[inline]
    pub(crate) fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        let closed = EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR;
        // Urgent data ends a read early, there and where it was until it is replaced.
        let cut = closed | EventFlags::PRI;
        let readable = cut | EventFlags::IN;
        let writable = EventFlags::OUT | EventFlags::HUP | EventFlags::ERR;
        self.list.iter().filter(|event| event.data.u64() != WAKE as u64).map(move |event| {
            // Copied first: the kernel's record is packed.
            let flags = event.flags;
            Event {
                key: event.data.u64() as usize,
                readable: flags.intersects(readable),
                writable: flags.intersects(writable),
                cut: flags.intersects(cut),
            }
        })
    }
}
