//! Accepting on a loop, wherever it is polled.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use loop_api::Handle;
use loop_toolkit::{accept_retry, poll_accept_retry};

use super::closed;
use crate::inner::TokioHandle;

/// What `accept` gives, tried again where what it fails with can pass. tokio registers what it
/// accepts where it is polled. Without a handle it is tried once.
pub(super) async fn accept<T, A: Future<Output = io::Result<T>>>(
    handle: Option<&TokioHandle>,
    mut accept: impl FnMut() -> A,
) -> io::Result<T> {
    let accepted = match handle {
        Some(handle) => accept_retry(|| handle.poll_within(accept()), |wait| handle.sleep(wait)).await,
        None => accept().await,
    };
    accepted.map_err(closed)
}

/// The same as a poll.
pub(super) fn poll_accept<T>(
    handle: Option<&TokioHandle>,
    cx: &mut Context<'_>,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>,
) -> Poll<io::Result<T>> {
    let accepted = match handle {
        Some(handle) => {
            let within = |cx: &mut Context<'_>| pin!(handle.poll_within(poll_fn(&mut poll))).poll(cx);
            let later = |wait, waker: Waker| Ok(handle.call_later(wait, move || waker.wake()).map(drop)?);
            poll_accept_retry(cx, within, later)
        }
        None => poll(cx),
    };
    accepted.map_err(closed)
}
