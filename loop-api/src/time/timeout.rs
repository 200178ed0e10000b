//! A future with a limit of time.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::Sleep;

/// The time was over before the future was done. It is an error of kind `TimedOut`, for `?` in I/O.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the deadline has elapsed")
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(elapsed: Elapsed) -> Self {
        io::Error::new(io::ErrorKind::TimedOut, elapsed)
    }
}

pin_project_lite::pin_project! {
    /// A future with a deadline: what [`Handle::timeout`](crate::Handle::timeout) gives.
    ///
    /// At each poll the future is asked first: a value that comes with the deadline is given, and a
    /// deadline in the past leaves the future one poll. A future that is ready at once costs no
    /// timer. Dropping this drops the future, and with it what it waits for; to keep the future
    /// after the deadline, give `&mut` of it.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Timeout<F, S> {
        #[pin]
        future: F,
        #[pin]
        sleep: S,
    }
}

impl<F, S: Sleep> Timeout<F, S> {
    /// `future`, until `sleep` is over.
    pub fn new(future: F, sleep: S) -> Self {
        Timeout { future, sleep }
    }

    /// The future.
    pub fn get_ref(&self) -> &F {
        &self.future
    }

    /// The future.
    pub fn get_mut(&mut self) -> &mut F {
        &mut self.future
    }

    /// The future, without its deadline.
    pub fn into_inner(self) -> F {
        self.future
    }

    /// When the time is over.
    pub fn deadline(&self) -> super::Instant {
        self.sleep.deadline()
    }

    /// Moves the deadline, also when it is past.
    pub fn reset(self: Pin<&mut Self>, deadline: super::Instant) {
        self.project().sleep.reset(deadline);
    }
}

impl<F: Future, S: Sleep> Future for Timeout<F, S> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        this.sleep.poll(cx).map(|()| Err(Elapsed(())))
    }
}
