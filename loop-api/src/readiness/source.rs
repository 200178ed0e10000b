//! What can be registered, and what that becomes.

use std::fmt;
use std::future::Future;
use std::io;
use std::task::{Context, Poll};

use crate::io::Interest;

/// What can be registered: on unix whatever has a file descriptor, on Windows whatever has a
/// socket.
#[cfg(unix)]
pub trait AsSource: std::os::fd::AsFd {}
#[cfg(unix)]
impl<T: std::os::fd::AsFd> AsSource for T {}

/// What can be registered: on unix whatever has a file descriptor, on Windows whatever has a
/// socket.
#[cfg(windows)]
pub trait AsSource: std::os::windows::io::AsSocket {}
#[cfg(windows)]
impl<T: std::os::windows::io::AsSocket> AsSource for T {}

/// What one transfer of a stream moved: see [`Source::poll_transfer`].
///
/// A transfer of fewer bytes than were asked for is the last for now only where nothing else ends
/// one early. On a TCP socket these do, beside an empty or a full buffer: more slices than the
/// system takes at once, and urgent data, which a loop with edges has to look for itself. On a unix
/// stream a message with a descriptor or of another sender does, too, which its `recvmsg` tells.
/// Where messages keep their bounds (datagrams, `SOCK_SEQPACKET`, packet pipes, terminals, eventfd,
/// inotify) a short transfer says nothing at all.
///
/// ```
/// use loop_api::readiness::Moved;
/// assert!(Moved::of(3, 8).is_last());
/// assert!(!Moved::of(8, 8).is_last());
/// assert!(!Moved::of(0, 8).is_last(), "the end, which is no reason to wait");
/// assert!(!Moved::some(3).is_last());
/// assert!(!Moved::of(1 << 30, usize::MAX).is_last(), "as much as the system moves at once");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    bytes: usize,
    last: bool,
}

impl Moved {
    /// From this many bytes on the system may have ended the transfer: Linux moves up to 2 GiB at
    /// once.
    const MUCH: usize = 1 << 30;

    /// `bytes` of those that were `wanted`; fewer are all for now, because nothing else can end
    /// this transfer.
    #[inline]
    pub const fn of(bytes: usize, wanted: usize) -> Moved {
        Moved { bytes, last: 0 < bytes && bytes < wanted && bytes < Self::MUCH }
    }

    /// `bytes`, which tell nothing about whether there are more.
    #[inline]
    pub const fn some(bytes: usize) -> Moved {
        Moved { bytes, last: false }
    }

    /// How many bytes it were.
    #[inline]
    pub const fn bytes(self) -> usize {
        self.bytes
    }

    /// Whether the next transfer would block, as far as this one can tell.
    #[inline]
    pub const fn is_last(self) -> bool {
        self.last
    }
}

/// A registered descriptor; dropping it deregisters it before it is closed, so that no event of it
/// can reach the one that gets its number next.
pub trait Source<T>: fmt::Debug + Send + Sync + Unpin {
    /// Tries `op` when the direction may be ready; on `WouldBlock` it registers the waker and
    /// waits. `Interrupted` is tried again. Hides whether the poller is edge triggered, level
    /// triggered or oneshot.
    ///
    /// One waiter a direction: a second one may take the first one's place, unless the backend says
    /// more. Readers and writers never take each other's. Cancel safe: nothing is lost that `op`
    /// did not take.
    fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        op: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>>;

    /// As `poll_io`, for the bytes of a stream: `op` gives how many it moved, and whether that was
    /// all there were, or all that the buffer took. If so, and where its system can be trusted in
    /// this, the loop lets the next call wait at once, without a system call that could only answer
    /// `WouldBlock`. What is said wrongly makes the next call wait forever: see [`Moved`].
    fn poll_transfer(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<Moved>,
    ) -> Poll<io::Result<usize>> {
        self.poll_io(cx, interest, |io| op(io).map(Moved::bytes))
    }

    /// As `poll_io`, for any number of waiters at once.
    fn io<R: Send>(
        &self,
        interest: Interest,
        op: impl FnMut(&T) -> io::Result<R> + Send,
    ) -> impl Future<Output = io::Result<R>> + Send;

    /// What was registered.
    fn get_ref(&self) -> &T;

    /// Deregisters, and gives back what was registered, still non-blocking.
    ///
    /// # Errors
    ///
    /// Any error of deregistering it from the poller, such as one of `epoll_ctl(2)`.
    fn into_inner(self) -> io::Result<T>;
}
