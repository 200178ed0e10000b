//! A guest as a future of its host.

use std::fmt;
use std::future::Future;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::task::{Context, Poll};

use loop_api::host::Watch;
use loop_api::readiness::Readiness;
use loop_api::turn::Turn;
use loop_api::{Closed, EventLoop};

use super::watch::HandleWatch;
use super::{Guest, GuestError};

/// A [`Guest`] that an asynchronous host polls: done when its main future is. The host wakes it
/// when the guest's descriptor is readable and when its next timer is due; it is not polled
/// otherwise.
///
/// It is not `Send`, as the guest stays on its thread: `block_on` it, or spawn it as a local task.
/// Cancel safe: dropped, it quits as [`Guest`] does. Polled when its host has ended, it gives
/// [`GuestError::Host`]; [`into_guest`](Self::into_guest) then takes the guest to another host.
#[must_use = "futures do nothing unless polled"]
pub struct Hosted<G: EventLoop, T: 'static> {
    /// Deregistered before the guest's descriptor is closed.
    watch: Box<dyn Watch>,
    guest: Guest<G, T>,
}

impl<G: Turn + AsFd, T: 'static> Guest<G, T> {
    /// As a future of the tokio runtime that the caller is in, with I/O and time enabled.
    ///
    /// ```
    /// use loop_api::{EventLoop, Handle};
    /// use loop_compat::guest::Guest;
    /// use loop_native::NativeLoop;
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let native = NativeLoop::new()?;
    ///     let sleep = native.handle().sleep(std::time::Duration::from_millis(1));
    ///     let guest = Guest::new(native, async move {
    ///         sleep.await;
    ///         6 * 7
    ///     })?;
    ///     assert_eq!(guest.on_tokio()?.await?, 42);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Any error of `dup(2)`, such as too many open files, or of registering the descriptor with
    /// tokio's I/O driver (`epoll_ctl(2)` or `kevent(2)`).
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, as tokio's own resources do.
    #[cfg(feature = "tokio")]
    pub fn on_tokio(self) -> io::Result<Hosted<G, T>> {
        self.with(|fd| Ok(Box::new(crate::host::TokioWatch::new(fd.try_clone_to_owned()?)?)))
    }

    /// As a future of any loop that can wait for descriptors: tokio's or smol's through their
    /// handles, or another native one.
    ///
    /// ```
    /// use loop_api::{EventLoop, Handle};
    /// use loop_compat::guest::Guest;
    /// use loop_native::NativeLoop;
    /// use loop_smol::SmolLoop;
    ///
    /// let mut host = SmolLoop::new()?;
    /// let guest = Guest::new(NativeLoop::new()?, async { 6 * 7 })?.on(host.handle())?;
    /// assert_eq!(host.block_on(guest).unwrap(), 42);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    ///
    /// Any error of `dup(2)`, such as too many open files, or of the host's
    /// [`Readiness::register`].
    pub fn on<H: Readiness>(self, host: &H) -> io::Result<Hosted<G, T>> {
        let host = host.clone();
        self.with(|fd| Ok(Box::new(HandleWatch::new(host, fd.try_clone_to_owned()?)?)))
    }

    /// As a future of any other host, by an implementation of [`Watch`] for it.
    ///
    /// # Errors
    ///
    /// Any error that `watch` gives.
    pub fn with(
        self,
        watch: impl FnOnce(BorrowedFd<'_>) -> io::Result<Box<dyn Watch>>,
    ) -> io::Result<Hosted<G, T>> {
        let watch = watch(self.as_fd())?;
        Ok(Hosted { watch, guest: self })
    }
}

impl<G: Turn + AsFd, T: 'static> Hosted<G, T> {
    /// The guest, such as for its handle.
    pub fn guest(&self) -> &Guest<G, T> {
        &self.guest
    }

    /// The guest, to be run by another host.
    pub fn into_guest(self) -> Guest<G, T> {
        self.guest
    }
}

// Nothing in it is pinned: the main future is in the guest's own task.
impl<G: EventLoop, T> Unpin for Hosted<G, T> {}

impl<G: Turn + AsFd, T: 'static> Future for Hosted<G, T> {
    type Output = Result<T, GuestError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Hosted { watch, guest } = &mut *self;
        // Twice, as the first look at the descriptor may find what the step before it has done.
        for _ in 0..2 {
            if let Poll::Ready(result) = guest.step() {
                return Poll::Ready(result);
            }
            // Both are asked, so that both wake the host.
            let readable = watch.poll_readable(cx).is_ready();
            if watch.is_closed() {
                return Poll::Ready(Err(GuestError::Host(Closed)));
            }
            let due = guest.deadline().is_some_and(|deadline| watch.poll_deadline(cx, deadline).is_ready());
            if !due && !readable {
                return Poll::Pending;
            }
        }
        // The host's other tasks have their turn.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<G: EventLoop, T> fmt::Debug for Hosted<G, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosted").field("guest", &self.guest).finish_non_exhaustive()
    }
}
