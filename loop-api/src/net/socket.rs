//! What lies under a socket.

use std::future::Future;
use std::io;
use std::task::{Context, Poll, ready};

use socket2::SockRef;

use crate::io::Interest;
use crate::readiness::AsSource;

/// What lies under a socket, or under a half of a stream: its readiness, and the system's socket
/// where there is one. It is for calls that the traits of the sockets do not have.
///
/// Everything is provided. A network that has no readiness, or no system sockets, leaves it out and
/// so gives `Unsupported`.
///
/// ```
/// use loop_api::io::Interest;
/// use loop_api::net::{Socket, UdpSocket};
/// use std::mem::MaybeUninit;
///
/// /// The size of the next datagram, which stays there.
/// async fn next_size(socket: &impl UdpSocket) -> std::io::Result<usize> {
///     let mut buf = [MaybeUninit::uninit(); 65536];
///     std::future::poll_fn(|cx| socket.poll_io(cx, Interest::Readable, |socket| socket.peek(&mut buf))).await
/// }
/// ```
pub trait Socket {
    /// Waits until it is ready in a direction, has been closed by its peer, or has an error. One
    /// waiter a direction: a second one may take the first one's place. Cancel safe.
    ///
    /// # Errors
    ///
    /// That the loop is closed; `Unsupported`.
    fn poll_ready(&self, cx: &mut Context<'_>, interest: Interest) -> Poll<io::Result<()>> {
        let _ = (cx, interest);
        Poll::Ready(Err(unsupported()))
    }

    /// [`poll_ready`](Self::poll_ready) for any number of waiters.
    ///
    /// # Errors
    ///
    /// That the loop is closed; `Unsupported`.
    fn ready(&self, interest: Interest) -> impl Future<Output = io::Result<()>> + Send {
        let _ = interest;
        std::future::ready(Err(unsupported()))
    }

    /// Tries `op` when the direction may be ready; where it would block it waits. One waiter a
    /// direction, as with [`poll_ready`](Self::poll_ready).
    ///
    /// # Errors
    ///
    /// Those of `op`; that the loop is closed; `Unsupported`.
    fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut op: impl FnMut(SockRef<'_>) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        let mut was_ready = false;
        loop {
            match self.try_io(interest, &mut op) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => return Poll::Ready(result),
            }
            if was_ready {
                // It blocks although it is ready: the next turn tries again, not this poll forever.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            ready!(self.poll_ready(cx, interest))?;
            was_ready = true;
        }
    }

    /// Tries `op` once. A loop that remembers readiness forgets it where `op` would block.
    ///
    /// # Errors
    ///
    /// `WouldBlock` where the loop remembers that it is not ready; those of `op`; `Unsupported`.
    fn try_io<R>(&self, interest: Interest, op: impl FnOnce(SockRef<'_>) -> io::Result<R>) -> io::Result<R> {
        let _ = interest;
        self.with_std(op)
    }

    /// The system's socket, borrowed; `None` on a network that has none.
    fn descriptor(&self) -> Option<Descriptor<'_>> {
        None
    }

    /// Calls `f` with the system's socket, for its options and what else has nothing to do with
    /// readiness.
    ///
    /// # Errors
    ///
    /// Those of `f`; `Unsupported` on a network that has no system sockets.
    fn with_std<R>(&self, f: impl FnOnce(SockRef<'_>) -> io::Result<R>) -> io::Result<R> {
        match self.descriptor() {
            Some(descriptor) => f(SockRef::from(&descriptor)),
            None => Err(unsupported()),
        }
    }
}

/// A system's socket, borrowed: a `BorrowedFd`, on Windows a `BorrowedSocket`.
#[cfg(unix)]
pub type Descriptor<'a> = std::os::fd::BorrowedFd<'a>;
/// A system's socket, borrowed: a `BorrowedSocket`, on unix a `BorrowedFd`.
#[cfg(windows)]
pub type Descriptor<'a> = std::os::windows::io::BorrowedSocket<'a>;

/// What a [`Socket`] that is one of the system's gives as its [`descriptor`](Socket::descriptor).
#[inline]
pub fn borrow_descriptor(socket: &impl AsSource) -> Descriptor<'_> {
    #[cfg(unix)]
    return socket.as_fd();
    #[cfg(windows)]
    return socket.as_socket();
}

/// [`Socket`](crate::net::Socket) for what has another one inside: `forward_socket!([generics]
/// Type, |this| &this.inner)`.
#[doc(hidden)]
#[macro_export]
macro_rules! forward_socket {
    ([$($generics:tt)*] $name:ty, |$this:ident| $inner:expr) => {
        impl $($generics)* $crate::net::Socket for $name {
            fn poll_ready(
                &self,
                cx: &mut ::std::task::Context<'_>,
                interest: $crate::io::Interest,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                let $this = self;
                $crate::net::Socket::poll_ready($inner, cx, interest)
            }

            async fn ready(&self, interest: $crate::io::Interest) -> ::std::io::Result<()> {
                let $this = self;
                $crate::net::Socket::ready($inner, interest).await
            }

            fn poll_io<R>(
                &self,
                cx: &mut ::std::task::Context<'_>,
                interest: $crate::io::Interest,
                op: impl FnMut($crate::net::SockRef<'_>) -> ::std::io::Result<R>,
            ) -> ::std::task::Poll<::std::io::Result<R>> {
                let $this = self;
                $crate::net::Socket::poll_io($inner, cx, interest, op)
            }

            fn try_io<R>(
                &self,
                interest: $crate::io::Interest,
                op: impl FnOnce($crate::net::SockRef<'_>) -> ::std::io::Result<R>,
            ) -> ::std::io::Result<R> {
                let $this = self;
                $crate::net::Socket::try_io($inner, interest, op)
            }

            fn descriptor(&self) -> Option<$crate::net::Descriptor<'_>> {
                let $this = self;
                $crate::net::Socket::descriptor($inner)
            }

            fn with_std<R>(
                &self,
                f: impl FnOnce($crate::net::SockRef<'_>) -> ::std::io::Result<R>,
            ) -> ::std::io::Result<R> {
                let $this = self;
                $crate::net::Socket::with_std($inner, f)
            }
        }
    };
}

#[cold]
fn unsupported() -> io::Error {
    let message = "this loop's network has no system sockets: use the methods of the socket itself";
    io::Error::new(io::ErrorKind::Unsupported, message)
}
