//! Waiting for a moment.

use std::fmt;
use std::future::Future;
use std::marker::PhantomPinned;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

use loop_api::time::Instant;
use pin_project_lite::pin_project;

use crate::any::{self, each};

pin_project! {
    /// A wait for a moment: see [`sleep`](super::sleep). It is registered at its first poll, and
    /// costs nothing once dropped.
    ///
    /// It can be reset in place, which is cheaper than a new one, and be polled on any thread.
    /// Done, it stays done until it is reset. On a loop that was closed meanwhile it may never be
    /// done.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::time::{Duration, Instant, sleep};
    ///
    /// let mut pause = anyloop::pin!(sleep(Duration::MAX));
    /// let soon = Instant::now() + Duration::from_millis(2);
    /// pause.as_mut().reset(soon);
    /// assert_eq!(pause.deadline(), soon);
    /// pause.as_mut().await;
    /// assert!(pause.is_elapsed());
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Sleep {
        #[pin]
        inner: any::Sleep,
        // Whether it could be moved would depend on the backend.
        #[pin]
        pinned: PhantomPinned,
    }
}

impl Sleep {
    #[inline]
    pub(crate) fn new(inner: any::Sleep) -> Sleep {
        Sleep { inner, pinned: PhantomPinned }
    }

    /// The moment it waits for.
    #[inline]
    pub fn deadline(&self) -> Instant {
        each!(Sleep; &self.inner, sleep => loop_api::time::Sleep::deadline(sleep))
    }

    /// Whether it is past.
    #[inline]
    pub fn is_elapsed(&self) -> bool {
        each!(Sleep; &self.inner, sleep => loop_api::time::Sleep::is_elapsed(sleep))
    }

    /// Moves it to another moment, in place, whether it has been done or not.
    #[inline]
    pub fn reset(self: Pin<&mut Self>, deadline: Instant) {
        self.project().inner.reset(deadline);
    }
}

impl Future for Sleep {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().inner.poll(cx)
    }
}

impl loop_api::time::Sleep for Sleep {
    fn deadline(&self) -> Instant {
        Sleep::deadline(self)
    }

    fn is_elapsed(&self) -> bool {
        Sleep::is_elapsed(self)
    }

    #[inline]
    fn now(&self) -> Instant {
        each!(Sleep; &self.inner, sleep => loop_api::time::Sleep::now(sleep))
    }

    #[inline]
    fn reset(self: Pin<&mut Self>, deadline: Instant) {
        Sleep::reset(self, deadline);
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep").field("deadline", &self.deadline()).finish_non_exhaustive()
    }
}

impl UnwindSafe for Sleep {}
impl RefUnwindSafe for Sleep {}
