//! Whether a descriptor is ready now, asked of the system and not of the poller.

use std::io;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{SockRef, Socket};

use crate::io::Interest;
use crate::readiness::AsSource;

/// A watched descriptor as the poller sees it: itself, or, where it is in the poller already, a
/// duplicate.
pub(crate) struct Watched<T> {
    io: Arc<T>,
    duplicate: Option<Socket>,
}

impl<T: AsSource> Watched<T> {
    pub(super) fn direct(io: Arc<T>) -> Self {
        Watched { io, duplicate: None }
    }

    pub(super) fn duplicate(io: Arc<T>) -> io::Result<Self> {
        // Nothing here asks that it be a socket: on unix any descriptor is duplicated.
        let duplicate = SockRef::from(&*io).try_clone()?;
        Ok(Watched { io, duplicate: Some(duplicate) })
    }

    /// A duplicate at once, where a poller does not tell that it has the descriptor already and its
    /// second registration would take the first one's place. epoll tells.
    pub(super) fn shared_with_others(io: &Arc<T>) -> Option<io::Result<Self>> {
        let tells = cfg!(any(target_os = "linux", target_os = "android", windows));
        if tells { None } else { Some(Watched::duplicate(io.clone())) }
    }

    pub(super) fn get(&self) -> &T {
        &self.io
    }
}

#[cfg(unix)]
impl<T: AsSource> std::os::fd::AsFd for Watched<T> {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        match &self.duplicate {
            Some(duplicate) => duplicate.as_fd(),
            None => self.io.as_fd(),
        }
    }
}

#[cfg(windows)]
impl<T: AsSource> std::os::windows::io::AsSocket for Watched<T> {
    fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
        match &self.duplicate {
            Some(duplicate) => duplicate.as_socket(),
            None => self.io.as_socket(),
        }
    }
}

/// Whether it is ready in this direction; `WouldBlock` if not.
pub(super) fn probe<T: AsSource>(io: &Watched<T>, interest: Interest) -> io::Result<()> {
    let wanted = match interest {
        Interest::Readable => PollFlags::IN,
        Interest::Writable => PollFlags::OUT,
    };
    let mut fds = [PollFd::new(io, wanted)];
    poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
    let found = fds[0].revents();
    if found.contains(PollFlags::NVAL) {
        let message = "it was closed while it was watched: cancel the watcher first";
        Err(io::Error::new(io::ErrorKind::InvalidInput, message))
    } else if found.intersects(wanted | PollFlags::ERR | PollFlags::HUP) {
        Ok(())
    } else {
        Err(io::ErrorKind::WouldBlock.into())
    }
}
