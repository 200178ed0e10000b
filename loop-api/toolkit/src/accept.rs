//! Accepting in spite of what can pass: clients that are gone again, and descriptors that are all
//! in use.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::backoff::Backoff;

/// Calls `accept` until it gives a connection or an error that will not pass. A connection that was
/// gone before it could be accepted is passed over; when descriptors or memory are exhausted it
/// waits, by `sleep`, from 10 ms up to 500 ms at a time: the backlog keeps the clients meanwhile.
///
/// Cancel safe if `accept` is. The waker that it waits with may do anything in its drop: tokio and
/// async-io drop the one that they replace under a lock of the socket, so it is kept here until
/// they have.
///
/// # Errors
///
/// Every other error of `accept`, such as `InvalidInput` of a socket that does not listen.
///
/// ```
/// use std::io;
/// use loop_toolkit::accept_retry;
///
/// let mut answers = vec![Ok("client"), Err(io::Error::from(io::ErrorKind::ConnectionAborted))];
/// let attempt = || std::future::ready(answers.pop().unwrap());
/// let accepted = accept_retry(attempt, |_| std::future::ready(()));
/// assert_eq!(futures_lite::future::block_on(accepted).unwrap(), "client");
/// ```
pub async fn accept_retry<T, A, S>(
    mut accept: impl FnMut() -> A,
    mut sleep: impl FnMut(Duration) -> S,
) -> io::Result<T>
where
    A: Future<Output = io::Result<T>>,
    S: Future,
{
    let mut backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(500));
    loop {
        match (KeepWaker { future: accept(), kept: None }).await {
            Ok(accepted) => return Ok(accepted),
            Err(error) if is_gone(&error) => {}
            Err(error) if is_exhausted(&error) => {
                sleep(backoff.next_wait()).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// [`accept_retry`] as a poll. When descriptors or memory are exhausted it has `wake_later` wake the
/// task in 100 ms, and is pending; polled before, it tries before.
///
/// # Errors
///
/// Every other error of `poll_accept`; those of `wake_later`.
///
/// ```
/// use std::io;
/// use std::task::{Context, Poll, Waker};
/// use loop_toolkit::poll_accept_retry;
///
/// let mut answers = vec![Ok("client"), Err(io::Error::from(io::ErrorKind::ConnectionAborted))];
/// let mut cx = Context::from_waker(Waker::noop());
/// let attempt = |_: &mut Context<'_>| Poll::Ready(answers.pop().unwrap());
/// let accepted = poll_accept_retry(&mut cx, attempt, |_, _| Ok(()));
/// assert!(matches!(accepted, Poll::Ready(Ok("client"))));
/// ```
pub fn poll_accept_retry<T>(
    cx: &mut Context<'_>,
    mut poll_accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>,
    wake_later: impl FnOnce(Duration, Waker) -> io::Result<()>,
) -> Poll<io::Result<T>> {
    const WAIT: Duration = Duration::from_millis(100);
    loop {
        match poll_accept(cx) {
            Poll::Ready(Err(error)) if is_gone(&error) => {}
            Poll::Ready(Err(error)) if is_exhausted(&error) => {
                wake_later(WAIT, cx.waker().clone())?;
                return Poll::Pending;
            }
            polled => return polled,
        }
    }
}

pin_project! {
    /// A future that has a clone of the waker it waits with, so that the last one is not dropped
    /// inside the future.
    struct KeepWaker<F> {
        // Before the waker.
        #[pin]
        future: F,
        kept: Option<Waker>,
    }
}

impl<F: Future> Future for KeepWaker<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let polled = this.future.poll(cx);
        if polled.is_pending() && !this.kept.as_ref().is_some_and(|kept| kept.will_wake(cx.waker())) {
            let before = this.kept.replace(cx.waker().clone());
            drop(before);
        }
        polled
    }
}

/// Whether the error is that of one connection, which has left the backlog. Linux gives a
/// connection's pending network errors to the call that accepts it.
fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionReset, HostUnreachable, Interrupted, NetworkDown, NetworkUnreachable,
    };
    match error.kind() {
        ConnectionAborted | ConnectionReset | Interrupted | HostUnreachable | NetworkDown
        | NetworkUnreachable => true,
        _ => error.raw_os_error().is_some_and(is_gone_code),
    }
}

#[cfg(unix)]
fn is_gone_code(code: i32) -> bool {
    use rustix::io::Errno;
    [Errno::PROTO, Errno::NOPROTOOPT, Errno::HOSTDOWN].iter().any(|errno| errno.raw_os_error() == code)
}

#[cfg(windows)]
fn is_gone_code(code: i32) -> bool {
    const WSAENOTCONN: i32 = 10057;
    code == WSAENOTCONN
}

#[cfg(not(any(unix, windows)))]
fn is_gone_code(_: i32) -> bool {
    false
}

/// Whether the connection is still in the backlog, for want of a descriptor or of memory.
fn is_exhausted(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::OutOfMemory || error.raw_os_error().is_some_and(is_exhausted_code)
}

#[cfg(unix)]
fn is_exhausted_code(code: i32) -> bool {
    use rustix::io::Errno;
    let codes = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    codes.iter().any(|errno| errno.raw_os_error() == code)
}

#[cfg(windows)]
fn is_exhausted_code(code: i32) -> bool {
    const WSAEMFILE: i32 = 10024;
    const WSAENOBUFS: i32 = 10055;
    matches!(code, WSAEMFILE | WSAENOBUFS)
}

#[cfg(not(any(unix, windows)))]
fn is_exhausted_code(_: i32) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::cell::RefCell;
    use std::future::ready;

    use futures_lite::future::block_on;
    use rustix::io::Errno;

    use super::*;

    /// What accepting gives when the system gives `errors`, one after the other, and how long it
    /// waited each time.
    fn run(errors: &[Errno]) -> (io::Result<()>, Vec<u128>) {
        let mut errors = errors.iter();
        let waits = RefCell::new(Vec::new());
        let result = block_on(accept_retry(
            || ready(errors.next().map_or(Ok(()), |errno| Err(io::Error::from(*errno)))),
            |wait| {
                waits.borrow_mut().push(wait.as_millis());
                ready(())
            },
        ));
        (result, waits.into_inner())
    }

    #[test]
    fn clients_that_are_gone_are_passed_over_at_once() {
        let (result, waits) = run(&[Errno::CONNABORTED, Errno::INTR, Errno::PROTO, Errno::NETDOWN]);
        assert!(result.is_ok());
        assert!(waits.is_empty());
    }

    #[test]
    fn exhaustion_waits_longer_each_time_up_to_a_limit() {
        let (result, waits) = run(&[Errno::MFILE; 8]);
        assert!(result.is_ok());
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 500, 500]);
        assert_eq!(run(&[Errno::NFILE, Errno::NOBUFS, Errno::NOMEM]).1.len(), 3);
    }

    #[test]
    fn a_poll_passes_over_who_is_gone_and_has_the_task_woken_when_exhausted() {
        let mut errors = [Errno::CONNABORTED, Errno::MFILE, Errno::PROTO].into_iter();
        let mut cx = Context::from_waker(Waker::noop());
        let mut waits = 0;
        let mut poll = || {
            let attempt =
                |_: &mut Context<'_>| Poll::Ready(errors.next().map_or(Ok(()), |errno| Err(errno.into())));
            poll_accept_retry(&mut cx, attempt, |wait, _| {
                waits += wait.as_millis();
                Ok(())
            })
        };
        assert!(poll().is_pending());
        assert!(matches!(poll(), Poll::Ready(Ok(()))));
        assert_eq!(waits, 100);
    }

    #[test]
    fn what_will_not_pass_is_given() {
        let (result, waits) = run(&[Errno::INVAL]);
        assert_eq!(result.unwrap_err().raw_os_error(), Some(Errno::INVAL.raw_os_error()));
        assert!(waits.is_empty());
    }
}
